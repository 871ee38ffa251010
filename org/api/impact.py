"""What an operation on units would touch, before anyone does it."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from core.http import actor_of
from core.schemas import Id, Schema
from org.api.mergers import MergeIn
from org.queries import impact as queries

router = Router()


class ImpactOut(Schema):
    """Counts, lines in words, and why it can't be done."""

    units: int
    people: int
    grants: int
    accounts: int
    notes: list[str]
    blocking: list[str]


@router.get("/units/{unit_id}/impact/move", response=ImpactOut, url_name="org-impact-move")
def impact_of_move(request: HttpRequest, unit_id: Id, parent_id: Id) -> queries.Impact:
    """If the unit moved below that one; for its administrators."""
    now = timezone.now()
    actor = actor_of(request)
    queries.permit_foresight(actor, [unit_id], beside=[parent_id], at=now)
    return queries.impact_of_move(actor, unit_id, parent_id=parent_id, at=now)


@router.get("/units/{unit_id}/impact/abolish", response=ImpactOut, url_name="org-impact-abolish")
def impact_of_abolish(
    request: HttpRequest, unit_id: Id, successor_id: Annotated[Id | None, Query()] = None
) -> queries.Impact:
    """If the unit were abolished; for its administrators."""
    now = timezone.now()
    queries.permit_foresight(actor_of(request), [unit_id], beside=[successor_id], at=now)
    return queries.impact_of_abolish(unit_id, successor_id=successor_id, at=now)


@router.post("/mergers/impact", response=ImpactOut, url_name="org-impact-merge")
def impact_of_merge(request: HttpRequest, body: MergeIn) -> queries.Impact:
    """If the units became one; for the administrators of all of them."""
    now = timezone.now()
    queries.permit_foresight(actor_of(request), body.unit_ids, beside=[body.into_id], at=now)
    return queries.impact_of_merge(
        body.unit_ids,
        into_id=body.into_id,
        new_name=body.new.name if body.new else "",
        at=now,
    )
