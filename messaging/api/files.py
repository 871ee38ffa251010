"""Files: handed over before they are sent, had by whoever sees the message that carries them."""

from typing import Annotated, TypeVar
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import File, Form, Router, Status
from ninja.files import UploadedFile

from core import pictures
from core.actor import Actor
from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from messaging import errors, handing_out, intake, policies
from messaging.api.schemas import FileOut, PlacedFileOut
from messaging.queries import file_places
from messaging.queries import files as queries
from messaging.queries.files import FileRef, Stored
from messaging.services import files

R = TypeVar("R", bound=HttpResponseBase)
Download = HttpResponse | StreamingHttpResponse

router = Router()

_BYTES = {
    "responses": {
        200: {"content": {"application/octet-stream": {}}, "description": "The file as uploaded"}
    }
}
_PICTURE = {
    "responses": {200: {"content": {pictures.MIME: {}}, "description": "A smaller picture"}}
}
_MOTION = {
    "responses": {200: {"content": {queries.MOVING: {}}, "description": "The picture as uploaded"}}
}
_AT = "/conversations/{conversation_id}/messages/{seq}/files/{file_id}"


class FilesOut(Schema):
    """The files of a conversation, newest first."""

    items: list[PlacedFileOut]
    next_cursor: str | None


@router.post(
    "/conversations/{conversation_id}/files",
    response={201: FileOut},
    url_name="messaging-upload",
)
def upload(
    request: HttpRequest,
    conversation_id: Id,
    file: Annotated[UploadedFile, File()],
    upload_id: Annotated[UUID, Form()],
) -> Status[FileRef]:
    """A file is handed over: multipart, 50 MB at most; the same upload_id is the same file."""
    received = intake.receive(
        actor=actor_of(request),
        conversation_id=conversation_id,
        upload_id=upload_id,
        name=file.name or "",
        content=_content(file),
        now=timezone.now(),
    )
    return Status(201, received)


@router.get("/conversations/{conversation_id}/files", response=FilesOut, url_name="messaging-files")
def list_files(
    request: HttpRequest,
    conversation_id: Id,
    kind: file_places.FilesOf,
    limit: Limit = 30,
    cursor: Cursor = "",
) -> FilesOut:
    """The pictures, or the other files, that the reader may see; newest first."""
    found = file_places.listed(
        actor=actor_of(request),
        conversation_id=conversation_id,
        kind=kind,
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )
    return FilesOut.model_validate(found)


@router.get(_AT, url_name="messaging-file", openapi_extra=_BYTES)
def download(request: HttpRequest, conversation_id: Id, seq: Id, file_id: Id) -> Download:
    """The file as it was uploaded, under its name; taking it away is audited."""
    return handed_out(request, _stored(request, conversation_id, seq, file_id))


@router.get(f"{_AT}/thumbnail", url_name="messaging-file-thumbnail", openapi_extra=_PICTURE)
def thumbnail(request: HttpRequest, conversation_id: Id, seq: Id, file_id: Id) -> HttpResponse:
    """A small picture of the picture."""
    return shown(_stored(request, conversation_id, seq, file_id), intake.THUMBNAIL)


@router.get(f"{_AT}/view", url_name="messaging-file-view", openapi_extra=_PICTURE)
def view(request: HttpRequest, conversation_id: Id, seq: Id, file_id: Id) -> HttpResponse:
    """A picture of the picture that fills a screen."""
    return shown(_stored(request, conversation_id, seq, file_id), intake.VIEW)


@router.get(f"{_AT}/motion", url_name="messaging-file-motion", openapi_extra=_MOTION)
def motion(request: HttpRequest, conversation_id: Id, seq: Id, file_id: Id) -> HttpResponse:
    """A small picture that moves, to be looked at; it is the file itself, so this is audited."""
    return moving(request, _stored(request, conversation_id, seq, file_id))


def handed_out(request: HttpRequest, stored: Stored) -> Download:
    """The bytes as a file that no browser opens in our name. The caller has asked for the right."""
    actor = actor_of(request)
    response = handing_out.response(stored, person_id=actor.require_person())
    _record(actor, stored)
    return _attached(response, stored)


def shown(stored: Stored, suffix: str) -> HttpResponse:
    """The smaller picture, kept by the reader's own browser for an hour."""
    return _kept(_closed(HttpResponse(intake.fetch_picture(stored, suffix), pictures.MIME)))


def moving(request: HttpRequest, stored: Stored) -> HttpResponse:
    """The picture as it was uploaded, for an `img` of ours: opened by itself it is a download."""
    response = HttpResponse(intake.fetch_motion(stored), stored.mime)
    _record(actor_of(request), stored)
    return _kept(_attached(response, stored))


def _record(actor: Actor, stored: Stored) -> None:
    files.record_download(actor=actor, file_id=stored.file_id, name=stored.name, now=timezone.now())


def _attached(response: R, stored: Stored) -> R:
    name = quote(stored.name, safe="")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return _closed(response)


def _kept(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _closed(response: R) -> R:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _stored(request: HttpRequest, conversation_id: int, seq: int, file_id: int) -> Stored:
    return file_places.of_message(
        actor=actor_of(request), conversation_id=conversation_id, seq=seq, file_id=file_id
    )


def _content(file: UploadedFile) -> bytes:
    if file.size is None or file.size > policies.FILE_AT_MOST:
        raise errors.FileTooLarge(limit_mb=policies.FILE_AT_MOST // 1024 // 1024)
    return bytes(file.read())
