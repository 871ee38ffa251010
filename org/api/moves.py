"""Moving units, and their order among their siblings."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from core.http import actor_of
from core.schemas import Id, Schema
from org.api import texts
from org.api.requests import AskedOut
from org.services import moves, requests

router = Router()


class MoveIn(Schema):
    """Where the unit goes."""

    parent_id: Id
    basis: texts.Basis = ""


class MovedOut(Schema):
    """How many units moved."""

    moved: int


class OrderIn(Schema):
    """Before which sibling the unit stands; nothing for the last place."""

    before_id: Id | None = None
    basis: texts.Basis = ""


@router.post(
    "/units/{unit_id}/move", response={200: MovedOut, 202: AskedOut}, url_name="org-unit-move"
)
def move_unit(
    request: HttpRequest, unit_id: Id, body: MoveIn
) -> Status[MovedOut] | Status[requests.Asked]:
    """The unit stands with all below it under another parent; 202 where two people decide."""
    outcome = moves.move(
        actor=actor_of(request),
        unit_id=unit_id,
        parent_id=body.parent_id,
        basis=body.basis,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(200, MovedOut(moved=outcome.units))


@router.post("/units/{unit_id}/offer", response={202: AskedOut}, url_name="org-unit-offer")
def offer_unit(request: HttpRequest, unit_id: Id, body: MoveIn) -> Status[requests.Asked]:
    """The administrators of the new place are asked to take the unit in."""
    asked = moves.offer(
        actor=actor_of(request),
        unit_id=unit_id,
        parent_id=body.parent_id,
        basis=body.basis,
        now=timezone.now(),
    )
    return Status(202, asked)


@router.post("/units/{unit_id}/order", response={204: None}, url_name="org-unit-reorder")
def reorder_unit(request: HttpRequest, unit_id: Id, body: OrderIn) -> Status[None]:
    """The unit stands right before its sibling, or last."""
    moves.reorder(
        actor=actor_of(request),
        unit_id=unit_id,
        before_id=body.before_id,
        basis=body.basis,
        now=timezone.now(),
    )
    return Status(204, None)
