"""Writing the rows of a DING: some thousands at once, and what stands already stays as it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from messaging.kinds import DingState, DingStep, StepOutcome
from messaging.models import Ding

_CALL: Final = """
INSERT INTO messaging_dingtarget (ding_id, person_id, state)
SELECT %(ding)s, unnest(%(people)s::bigint[]), %(state)s
ON CONFLICT DO NOTHING
"""
_KEEP: Final = """
UPDATE messaging_dingrequest SET still_to_call = %(people)s::bigint[] WHERE request_id = %(request)s
"""
_PROVE: Final = """
INSERT INTO messaging_dingevidence (ding_id, person_id, step, outcome, said, reference, at)
SELECT %(ding)s, unnest(%(people)s::bigint[]), %(step)s, %(outcome)s, %(said)s, '', %(now)s
ON CONFLICT DO NOTHING
"""
_PROVE_EACH: Final = """
INSERT INTO messaging_dingevidence
       (ding_id, person_id, step, outcome, said, reference, to_person_id, at)
SELECT %(ding)s, t.person_id, %(step)s, %(outcome)s, t.said, %(reference)s,
       nullif(%(to)s::bigint, t.person_id), %(now)s
  FROM unnest(%(people)s::bigint[], %(said)s::text[]) AS t (person_id, said)
ON CONFLICT DO NOTHING
"""


def call(ding: Ding, person_ids: Sequence[int]) -> None:
    """The DING calls the people."""
    state = DingState.PENDING.value
    _write(_CALL, {"ding": ding.pk, "people": list(person_ids), "state": state})


def keep_for_later(request_id: int, person_ids: Sequence[int]) -> None:
    """The people of the request are still to be called; the ORM would look at each of them."""
    _write(_KEEP, {"request": request_id, "people": list(person_ids)})


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


def prove_each(
    ding_id: int,
    said: Mapping[int, str],
    step: DingStep,
    outcome: StepOutcome,
    reference: str,
    *,
    to_id: int | None,
    now: datetime,
) -> None:
    """Evidence of one delivery stands for each of the people, in words of his own.

    Where somebody else was told instead of them, it names him.
    """
    values = {"step": step.value, "outcome": outcome.value, "reference": reference, "now": now}
    people = {"people": list(said), "said": list(said.values()), "to": to_id}
    _write(_PROVE_EACH, {"ding": ding_id, **people, **values})


def _write(sql: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
