"""收藏: what the caller keeps for himself."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StringConstraints

from core import pictures
from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from messaging import intake, rates
from messaging.api import files as file_api
from messaging.api.messages import ForwardsOut, RecordItemOut
from messaging.api.schemas import CardOut, FileOut, ForwardedOut
from messaging.queries import favourites as queries
from messaging.queries import files
from messaging.services import favourites

router = Router()

_BYTES = {
    "responses": {
        200: {"content": {"application/octet-stream": {}}, "description": "The file as uploaded"}
    }
}
_MOTION = {
    "responses": {200: {"content": {files.MOVING: {}}, "description": "The picture as uploaded"}}
}
_PICTURE = {
    "responses": {200: {"content": {pictures.MIME: {}}, "description": "A smaller picture"}}
}
_FILE = "/favourites/{favourite_id}/files/{file_id}"

KeptKind = Literal["text", "image", "file", "card", "record"]
Words = Annotated[str, StringConstraints(max_length=60, pattern=r"^[^\x00]*$")]


class FavouriteOut(Schema):
    """A message as it was when it was kept; of a recalled one nothing is left."""

    id: int
    conversation_id: int
    seq: int
    kind: str
    sender_name: str
    place: str
    body: str
    recalled: bool
    file: FileOut | None
    forwarded: ForwardedOut | None
    card: CardOut | None
    said_at: datetime
    kept_at: datetime


class FavouritesOut(Schema):
    """What was kept, the newest first."""

    items: list[FavouriteOut]
    next_cursor: str | None


class FavouriteWholeOut(Schema):
    """One of them, with the items of a record."""

    favourite: FavouriteOut
    items: list[RecordItemOut]


class FavouriteMarkOut(Schema):
    """That a message of the conversation is kept."""

    id: int
    seq: int


class KeptOut(Schema):
    """Under this id it is kept."""

    id: int


class FavouriteForwardIn(Schema):
    """Where to. The client repeats the id when it tries again."""

    client_message_id: UUID
    to: Annotated[list[Id], Field(min_length=1, max_length=favourites.FORWARDED_AT_MOST)]


@router.get("/favourites", response=FavouritesOut, url_name="messaging-favourites")
def list_favourites(
    request: HttpRequest,
    kind: KeptKind | None = None,
    words: Words = "",
    limit: Limit = 30,
    cursor: Cursor = "",
) -> FavouritesOut:
    """What the caller keeps; `words` finds text, names of files, senders and conversations."""
    found = queries.listed(
        actor=actor_of(request), kind=kind, words=words, cursor=cursor, limit=limit
    )
    return FavouritesOut.model_validate(found)


@router.get(
    "/favourites/{favourite_id}", response=FavouriteWholeOut, url_name="messaging-favourite"
)
def read(request: HttpRequest, favourite_id: Id) -> queries.KeptWhole:
    """One of them, with the items of a record."""
    return queries.whole(actor=actor_of(request), favourite_id=favourite_id)


@router.get(
    "/conversations/{conversation_id}/favourites",
    response=list[FavouriteMarkOut],
    url_name="messaging-favourite-marks",
)
def marks(request: HttpRequest, conversation_id: Id) -> list[queries.Mark]:
    """Which messages of the conversation the caller keeps."""
    return queries.marks(actor=actor_of(request), conversation_id=conversation_id)


@router.put(
    "/conversations/{conversation_id}/messages/{seq}/favourite",
    response=KeptOut,
    url_name="messaging-keep",
)
def keep(request: HttpRequest, conversation_id: Id, seq: Id) -> KeptOut:
    """The caller keeps the message as it is now."""
    kept_id = favourites.keep(
        actor=actor_of(request), conversation_id=conversation_id, seq=seq, now=timezone.now()
    )
    return KeptOut(id=kept_id)


@router.delete("/favourites/{favourite_id}", response={204: None}, url_name="messaging-favourite")
def let_go(request: HttpRequest, favourite_id: Id) -> Status[None]:
    """The caller keeps it no longer."""
    favourites.let_go(actor=actor_of(request), favourite_id=favourite_id, now=timezone.now())
    return Status(204, None)


@router.post(
    "/favourites/{favourite_id}/forward",
    response=ForwardsOut,
    url_name="messaging-favourite-forward",
)
def forward(request: HttpRequest, favourite_id: Id, body: FavouriteForwardIn) -> ForwardsOut:
    """What was kept stands in each of the conversations; it counts as a message in each."""
    actor = actor_of(request)
    targets = sorted(set(body.to))
    rates.take_several(
        person_id=actor.require_person(),
        count=min(len(targets), favourites.FORWARDED_AT_MOST),
        act=[body.client_message_id, "favourite", favourite_id, targets],
    )
    sent = favourites.forward(
        actor=actor,
        favourite_id=favourite_id,
        to_ids=body.to,
        client_message_id=body.client_message_id,
        now=timezone.now(),
    )
    return ForwardsOut.model_validate({"sent": sent})


@router.get(_FILE, url_name="messaging-favourite-file", openapi_extra=_BYTES)
def download(request: HttpRequest, favourite_id: Id, file_id: Id) -> file_api.Download:
    """A file of what was kept."""
    stored = queries.file_of(actor=actor_of(request), favourite_id=favourite_id, file_id=file_id)
    return file_api.handed_out(request, stored)


@router.get(f"{_FILE}/thumbnail", url_name="messaging-favourite-thumbnail", openapi_extra=_PICTURE)
def thumbnail(request: HttpRequest, favourite_id: Id, file_id: Id) -> HttpResponse:
    """A small picture of a picture that was kept."""
    stored = queries.file_of(actor=actor_of(request), favourite_id=favourite_id, file_id=file_id)
    return file_api.shown(stored, intake.THUMBNAIL)


@router.get(f"{_FILE}/view", url_name="messaging-favourite-view", openapi_extra=_PICTURE)
def view(request: HttpRequest, favourite_id: Id, file_id: Id) -> HttpResponse:
    """A picture that was kept, to fill a screen."""
    stored = queries.file_of(actor=actor_of(request), favourite_id=favourite_id, file_id=file_id)
    return file_api.shown(stored, intake.VIEW)


@router.get(f"{_FILE}/motion", url_name="messaging-favourite-motion", openapi_extra=_MOTION)
def motion(request: HttpRequest, favourite_id: Id, file_id: Id) -> HttpResponse:
    """A small picture that moves and was kept, to be looked at."""
    stored = queries.file_of(actor=actor_of(request), favourite_id=favourite_id, file_id=file_id)
    return file_api.moving(request, stored)
