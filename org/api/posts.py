"""The posts of a unit: titles, what they are for, and how many may hold them."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from core.http import actor_of
from core.schemas import Id, Schema
from org import errors, policies
from org.api import texts
from org.api.units import CreatedOut
from org.kinds import PostFunction
from org.queries import posts as queries
from org.services import posts

router = Router()


class PostIn(Schema):
    """A post of the unit; `establishment` is how many may hold it (编制数)."""

    title: texts.PostTitle
    function: PostFunction
    rank: Annotated[int, Field(ge=1, le=999)]
    establishment: Annotated[int, Field(ge=0, le=9_999)] | None = None


class PostOut(Schema):
    """A post, and how many hold it."""

    id: int
    unit_id: int
    title: str
    function: str
    function_name: str
    rank: int
    establishment: int | None
    holders: int
    is_over: bool


@router.get("/units/{unit_id}/posts", response=list[PostOut], url_name="org-posts")
def list_posts(request: HttpRequest, unit_id: Id) -> list[queries.PostHeld]:
    """The unit's own posts by rank, for its administrators."""
    now = timezone.now()
    if not policies.may_manage_people(actor_of(request), unit_id, at=now):
        raise errors.OutOfScope
    return queries.of_unit(unit_id, at=now)


@router.post("/units/{unit_id}/posts", response={201: CreatedOut}, url_name="org-posts")
def add_post(request: HttpRequest, unit_id: Id, body: PostIn) -> Status[CreatedOut]:
    """The unit has the post."""
    created = posts.add(actor=actor_of(request), unit_id=unit_id, now=timezone.now(), **dict(body))
    return Status(201, CreatedOut(id=created))


@router.put("/posts/{post_id}", response={204: None}, url_name="org-post")
def update_post(request: HttpRequest, post_id: Id, body: PostIn) -> Status[None]:
    """The post is as given, for all who hold it or held it."""
    posts.update(actor=actor_of(request), post_id=post_id, now=timezone.now(), **dict(body))
    return Status(204, None)


@router.delete("/posts/{post_id}", response={204: None}, url_name="org-post")
def remove_post(request: HttpRequest, post_id: Id) -> Status[None]:
    """The post is gone; only one that nobody ever held."""
    posts.remove(actor=actor_of(request), post_id=post_id, now=timezone.now())
    return Status(204, None)
