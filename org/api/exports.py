"""Lists of people and units are asked for and fetched as files."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router, Status

from core import storage
from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org.api.imports import attachment
from org.api.requests import AskedOut
from org.api.units import CreatedOut
from org.exchange.files import CONTENT_TYPES, FileFormat
from org.kinds import ExchangeSubject, PhoneReach
from org.queries import exports as queries
from org.services import exports, requests

router = Router()

_FILE = {
    "responses": {
        200: {
            "content": {CONTENT_TYPES[FileFormat.XLSX]: {}, "text/csv": {}},
            "description": "The list",
        }
    }
}


class ExportIn(Schema):
    """What is exported. Complete phone numbers only where they are needed."""

    subject: ExchangeSubject
    unit_id: Id
    file_format: Literal["xlsx", "csv"] = "xlsx"
    phones: PhoneReach = PhoneReach.MASKED


class ExportOut(Schema):
    """One export."""

    id: int
    subject: str
    unit_name: str
    file_name: str
    state: str
    state_name: str
    row_count: int
    size: int
    refusal: str
    review_request_id: int | None
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None


class ExportsOut(Schema):
    """Exports, newest first."""

    items: list[ExportOut]
    next_cursor: str | None


@router.get("/exports", response=ExportsOut, url_name="org-exports")
def list_exports(request: HttpRequest, limit: Limit = 20, cursor: Cursor = "") -> ExportsOut:
    """The caller's own exports."""
    found = queries.history(actor_of(request), at=timezone.now(), limit=limit, cursor=cursor)
    return ExportsOut.model_validate(found)


@router.post("/exports", response={201: CreatedOut, 202: AskedOut}, url_name="org-export-ask")
def ask_export(request: HttpRequest, body: ExportIn) -> Status[CreatedOut] | Status[requests.Asked]:
    """The list is written in the background; 202 where a second person decides first."""
    outcome = exports.ask(
        actor=actor_of(request),
        subject=body.subject,
        unit_id=body.unit_id,
        file_format=FileFormat(body.file_format),
        phones=body.phones,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(201, CreatedOut(id=outcome.id or 0))


@router.get("/exports/{export_id}", response=ExportOut, url_name="org-export")
def show_export(request: HttpRequest, export_id: Id) -> queries.Listed:
    """One of the caller's exports."""
    return queries.detail(actor_of(request), export_id)


@router.get("/exports/{export_id}/file", url_name="org-export-file", openapi_extra=_FILE)
def download_export(request: HttpRequest, export_id: Id) -> HttpResponse:
    """The file; that it was fetched is recorded."""
    file = exports.fetch(actor=actor_of(request), export_id=export_id, now=timezone.now())
    content = storage.get(file.key, sha256=file.sha256)
    return attachment(content, file.file_name, file.content_type)
