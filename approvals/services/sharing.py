"""Cases shown in conversations, as cards that stay true."""

from datetime import datetime

from approvals import told
from approvals.queries import cases as queries
from approvals.queries.cases import CaseRow
from core.actor import Actor
from core.db import service
from messaging.kinds import Tone
from messaging.services import cards

_TONES = {
    "running": Tone.WAITING,
    "approved": Tone.GOOD,
    "rejected": Tone.BAD,
    "terminated": Tone.BAD,
}


@service
def share(*, actor: Actor, case_id: int, places: cards.Places, now: datetime) -> cards.Put:
    """The case's card is the actor's message in the conversations; opening it needs a part in it.

    Raises CaseNotFound for whoever takes no part in it, and what cards.share raises.
    """
    queries.readable(case_id, actor.require_person())
    cards.hold(actor=actor, source=told.SOURCE, key=told.card_key(case_id), now=now)
    row = queries.row(case_id, at=now)
    return cards.share(
        actor=actor,
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=told.card_key(case_id),
        places=places,
        content=_content(row),
        now=now,
    )


@service
def renew(*, actor: Actor, case_id: int, now: datetime) -> None:
    """The card of the case tells how it stands now, wherever it was shown. For handlers."""
    cards.hold(actor=actor, source=told.SOURCE, key=told.card_key(case_id), now=now)
    cards.put(
        actor=actor,
        source=told.SOURCE,
        source_name=told.SOURCE_NAME,
        key=told.card_key(case_id),
        conversation_ids=[],
        content=_content(queries.row(case_id, at=now)),
        now=now,
    )


def _content(row: CaseRow) -> cards.Content:
    return cards.Content(
        title=row.title,
        lines=(
            f"{row.template_name}　{row.serial_number}",
            f"申请人：{row.initiator_name}　{row.unit_name}".rstrip(),
        ),
        state=row.state_name,
        link=f"/approvals/{row.case_id}/",
        tone=Tone.BAD if row.is_returned else _TONES.get(row.state, Tone.NEUTRAL),
    )
