"""Finding people to talk to."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from core.http import actor_of
from core.paging import Limit
from core.schemas import Schema
from messaging.queries import colleagues as queries

router = Router()

SearchText = Annotated[str, Query(min_length=1, max_length=60, pattern=r"^[^\x00]+$")]


class ColleagueOut(Schema):
    """One appointment of a person who can be talked to."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str


@router.get("/colleagues", response=list[ColleagueOut], url_name="messaging-colleagues")
def search(request: HttpRequest, text: SearchText, limit: Limit = 20) -> list[queries.Colleague]:
    """People by neighbouring characters of the name, by pinyin or by initials."""
    return queries.search(text, actor=actor_of(request), at=timezone.now(), limit=limit)
