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
    return cards.share(
        actor=actor,
        subject=told.card_of(case_id),
        places=places,
        content=lambda: _content(queries.row(case_id, at=now)),
        now=now,
    )


@service
def renew(*, actor: Actor, case_id: int, now: datetime) -> None:
    """The card of the case tells how it stands now, wherever it was shown. For handlers."""
    cards.renew(
        actor=actor,
        subject=told.card_of(case_id),
        content=lambda: _content(queries.row(case_id, at=now)),
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
