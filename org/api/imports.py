"""Files are imported: template, upload, columns, check, confirm, report."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Form, Query, Router, Status
from ninja.files import UploadedFile
from pydantic import Field

from core import errors as core_errors
from core.http import actor_of
from core.paging import Cursor, Limit
from core.schemas import Id, Schema
from org import errors
from org.api.requests import AskedOut
from org.api.units import CreatedOut
from org.exchange import files, intake, progress, workbooks
from org.kinds import ExchangeSubject, FaultGravity, ImportMode, ImportOutcome
from org.queries import exports as export_queries
from org.queries import imports as queries
from org.services import imports, requests

router = Router()

_XLSX = files.CONTENT_TYPES[files.FileFormat.XLSX]
_BINARY = {
    "responses": {200: {"content": {_XLSX: {}}, "description": "A workbook"}},
}
Column = Annotated[int, Field(ge=0, le=99)]
FieldKey = Annotated[str, Field(max_length=20, pattern=r"^[a-z_]+$")]
FaultCode = Annotated[str, Field(max_length=40, pattern=r"^[A-Z_]*$")]


class ImportListedOut(Schema):
    """One import in the history."""

    id: int
    subject: str
    subject_name: str
    mode_name: str
    state: str
    state_name: str
    unit_id: int
    unit_name: str
    file_name: str
    row_count: int
    uploaded_by: str
    uploaded_at: datetime
    finished_at: datetime | None


class ImportsOut(Schema):
    """Imports, newest first."""

    items: list[ImportListedOut]
    next_cursor: str | None


class GuardedOut(Schema):
    """More of this unit would end than is done without asking."""

    name: str
    ending: int
    of: int


class ImportOut(Schema):
    """One import: `columns` is field → index of the column, `counts` outcome → rows."""

    id: int
    subject: ExchangeSubject
    mode: ImportMode
    state: str
    unit_id: int
    unit_name: str
    file_name: str
    row_count: int
    header_row: int
    headings: list[str]
    columns: dict[str, int]
    counts: dict[str, int]
    guarded: list[GuardedOut]
    error_count: int
    note_count: int
    refusal: str
    review_request_id: int | None
    uploaded_at: datetime
    checked_at: datetime | None
    finished_at: datetime | None


class ColumnsIn(Schema):
    """Field → index of the column, from 0."""

    columns: Annotated[dict[FieldKey, Column], Field(max_length=40)]


class ConfirmIn(Schema):
    """`ending_is_meant` where more than a twentieth of a unit would end."""

    ending_is_meant: bool = False


class FaultOut(Schema):
    """What is wrong with a row. `column` counts from 0."""

    row: int
    column: int | None
    heading: str
    code: str
    gravity: str
    text: str


class FaultsOut(Schema):
    """Faults in the order of the file."""

    items: list[FaultOut]
    next_cursor: str | None


class ImportChangeOut(Schema):
    """One thing that a row changes."""

    label: str
    before: str
    after: str


class ImportLineOut(Schema):
    """What one row changes; row 0 for what no row names."""

    row: int
    outcome: str
    name: str
    place: str
    changes: list[ImportChangeOut]


class LinesOut(Schema):
    """Rows that change something, in the order of the plan."""

    items: list[ImportLineOut]
    next_cursor: str | None


class ProgressOut(Schema):
    """How far the job has come."""

    state: str
    phase: str
    done: int
    total: int


@router.get("/imports/template", url_name="org-import-template", openapi_extra=_BINARY)
def download_template(
    request: HttpRequest, subject: ExchangeSubject, unit_id: Annotated[Id, Query()]
) -> HttpResponse:
    """The workbook to fill in, with code lists and the units of the scope."""
    actor, now = actor_of(request), timezone.now()
    queries.require_scope(actor, subject, unit_id, at=now)
    scope = export_queries.scope_of(actor, subject, unit_id, at=now)
    listed = export_queries.places(scope, limit=workbooks.UNITS_IN_TEMPLATE)
    content = workbooks.template(subject, listed)
    return attachment(content, f"{subject.label}导入模板.xlsx", _XLSX)


@router.get("/imports", response=ImportsOut, url_name="org-imports")
def list_imports(request: HttpRequest, limit: Limit = 20, cursor: Cursor = "") -> ImportsOut:
    """The imports into units that the caller manages."""
    found = queries.history(actor_of(request), at=timezone.now(), limit=limit, cursor=cursor)
    return ImportsOut.model_validate(found)


@router.post("/imports", response={201: CreatedOut}, url_name="org-import-upload")
def upload(
    request: HttpRequest,
    file: Annotated[UploadedFile, File()],
    subject: Annotated[ExchangeSubject, Form()],
    unit_id: Annotated[Id, Form()],
    mode: Annotated[ImportMode, Form()] = ImportMode.MERGE,
) -> Status[CreatedOut]:
    """A file of people or units is taken: multipart, 18 MB at most; its columns are guessed."""
    actor, now = actor_of(request), timezone.now()
    queries.require_scope(actor, subject, unit_id, at=now)
    received = intake.receive(file.name or "", _content(file), subject=subject)
    created = imports.open_import(
        actor=actor, subject=subject, mode=mode, unit_id=unit_id, received=received, now=now
    )
    return Status(201, CreatedOut(id=created))


@router.get("/imports/{import_id}", response=ImportOut, url_name="org-import")
def show_import(request: HttpRequest, import_id: Id) -> queries.Detail:
    """One import, its columns and what it would do."""
    return queries.detail(actor_of(request), import_id, at=timezone.now())


@router.post("/imports/{import_id}/columns", response={202: None}, url_name="org-import-columns")
def name_columns(request: HttpRequest, import_id: Id, body: ColumnsIn) -> Status[None]:
    """The columns mean this; the file is checked in the background."""
    imports.name_columns(
        actor=actor_of(request), import_id=import_id, chosen=body.columns, now=timezone.now()
    )
    return Status(202, None)


@router.get("/imports/{import_id}/faults", response=FaultsOut, url_name="org-import-faults")
def list_faults(
    request: HttpRequest,
    import_id: Id,
    gravity: FaultGravity | None = None,
    code: FaultCode = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> FaultsOut:
    """What is wrong with the file, row by row."""
    queries.detail(actor_of(request), import_id, at=timezone.now())
    found = queries.faults(import_id, gravity=gravity or "", code=code, limit=limit, cursor=cursor)
    return FaultsOut.model_validate(found)


@router.get("/imports/{import_id}/lines", response=LinesOut, url_name="org-import-lines")
def list_lines(
    request: HttpRequest,
    import_id: Id,
    outcome: ImportOutcome | None = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> LinesOut:
    """What the file would change, row by row, before and after."""
    queries.detail(actor_of(request), import_id, at=timezone.now())
    found = queries.lines(import_id, outcome=outcome or "", limit=limit, cursor=cursor)
    return LinesOut.model_validate(found)


@router.get("/imports/{import_id}/progress", response=ProgressOut, url_name="org-import-progress")
def show_progress(request: HttpRequest, import_id: Id) -> ProgressOut:
    """How far checking or importing has come."""
    found = queries.detail(actor_of(request), import_id, at=timezone.now())
    told = progress.of(import_id) or progress.Progress("", 0, 0)
    return ProgressOut(state=found.state, phase=told.phase, done=told.done, total=told.total)


@router.post(
    "/imports/{import_id}/confirm",
    response={200: CreatedOut, 202: AskedOut},
    url_name="org-import-confirm",
)
def confirm(
    request: HttpRequest, import_id: Id, body: ConfirmIn
) -> Status[CreatedOut] | Status[requests.Asked]:
    """The plan is carried out in the background; 202 where a second person decides first."""
    outcome = imports.confirm(
        actor=actor_of(request),
        import_id=import_id,
        ending_is_meant=body.ending_is_meant,
        now=timezone.now(),
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(200, CreatedOut(id=import_id))


@router.post("/imports/{import_id}/cancel", response={204: None}, url_name="org-import-cancel")
def cancel(request: HttpRequest, import_id: Id) -> Status[None]:
    """Nothing of the file is imported; a running import stops before it commits."""
    imports.cancel(actor=actor_of(request), import_id=import_id, now=timezone.now())
    return Status(204, None)


@router.get("/imports/{import_id}/report", url_name="org-import-report", openapi_extra=_BINARY)
def download_report(request: HttpRequest, import_id: Id) -> HttpResponse:
    """The uploaded file, wrong cells red, with a last column that says what is wrong."""
    found = queries.detail(actor_of(request), import_id, at=timezone.now())
    stored = queries.stored(import_id)
    if stored is None:
        raise errors.ImportNotFound
    content = intake.report(
        stored.key,
        sha256=stored.sha256,
        file_format=stored.file_format,
        subject=stored.subject,
        header_row=stored.header_row,
        faults=queries.all_faults(import_id),
    )
    return attachment(content, f"{found.file_name.rpartition('.')[0]}-检查结果.xlsx", _XLSX)


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """The content as a file that no browser opens in our name."""
    response = HttpResponse(content, content_type=content_type)
    shown = quote(name, safe="")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{shown}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _content(file: UploadedFile) -> bytes:
    if file.size is None or file.size > files.FILE_AT_MOST:
        raise core_errors.TooLarge
    return bytes(file.read())
