"""Writing the rows of a DING: some thousands at once, while the conversation is held."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import Ding

_CALL: Final = """
INSERT INTO messaging_dingtarget (ding_id, person_id, state)
SELECT %(ding)s, unnest(%(people)s::bigint[]), %(state)s
"""
_PROVE: Final = """
INSERT INTO messaging_dingevidence (ding_id, person_id, step, outcome, said, reference, at)
SELECT %(ding)s, unnest(%(people)s::bigint[]), %(step)s, %(outcome)s, %(said)s, '', %(now)s
"""


def call(ding: Ding, person_ids: Sequence[int]) -> None:
    """The DING calls the people."""
    state = DingState.PENDING.value
    _write(_CALL, {"ding": ding.pk, "people": list(person_ids), "state": state})


def prove(
    ding: Ding,
    person_ids: Sequence[int],
    step: DingStep,
    outcome: StepOutcome,
    said: str,
    *,
    now: datetime,
) -> None:
    """The same evidence stands for each of the people."""
    values = {"step": step.value, "outcome": outcome.value, "said": said, "now": now}
    _write(_PROVE, {"ding": ding.pk, "people": list(person_ids), **values})


def _write(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
