"""系统管理 › 导入导出: a file is uploaded, its columns named, checked, confirmed, carried out."""

from datetime import datetime
from typing import Any

from django.contrib import messages as flashes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import errors, http, storage
from core.actor import Actor
from org import errors as org_errors
from org.exchange import columns, files, intake, progress, workbooks
from org.kinds import ExchangeSubject, ImportMode, ImportState, PhoneReach
from org.queries import exports as export_queries
from org.queries import imports as queries
from org.services import exports, imports, requests
from workbench import exchange, exchange_words, offices, parameters
from workbench.forms import exchange as forms
from workbench.forms.base import PageForm

PER_PAGE = 50
HISTORY_PER_PAGE = 20
XLSX = files.CONTENT_TYPES[files.FileFormat.XLSX]


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """What can be imported and exported, and what was."""
    return _index(request, http.actor_of(request), at=timezone.now())


@http.page
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """The file is taken and its import opened; else the page says what is wrong with it."""
    now, actor = timezone.now(), http.actor_of(request)
    form = forms.Upload(request.POST, request.FILES)
    if not _is_right(form, actor, at=now):
        return _index(request, actor, at=now, upload=form, status=422)
    given = form.cleaned_data
    subject, unit_id = ExchangeSubject(given["subject"]), given["unit_id"]
    try:
        received = intake.receive(given["file"].name, given["file"].read(), subject=subject)
    except (errors.Unsupported, errors.TooLarge, errors.Invalid) as refusal:
        form.add_error("file", refusal.text)
        return _index(request, actor, at=now, upload=form, status=refusal.status)
    opened = imports.open_import(
        actor=actor,
        subject=subject,
        mode=ImportMode(given["mode"]),
        unit_id=unit_id,
        received=received,
        now=now,
    )
    return redirect("administration-import", opened)


@http.page
@require_GET
def show(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import at the step it has come to."""
    return _show(request, http.actor_of(request), import_id, at=timezone.now())


@http.page
@require_POST
def name_columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """The columns mean what was chosen; checking begins."""
    now, actor = timezone.now(), http.actor_of(request)
    found = queries.detail(actor, import_id, at=now)
    chosen, twice = exchange.chosen_columns(request.POST, len(found.headings))
    if twice:
        fault = exchange.told_twice(found.subject, twice)
        return _show(request, actor, import_id, at=now, chosen=chosen, fault=fault, status=422)
    try:
        imports.name_columns(actor=actor, import_id=import_id, chosen=chosen, now=now)
    except org_errors.ColumnsIncomplete as refusal:
        return _show(
            request, actor, import_id, at=now, chosen=chosen, fault=refusal.text, status=422
        )
    return redirect("administration-import", import_id)


@http.page
@require_POST
def check_again(request: HttpRequest, import_id: int) -> HttpResponse:
    """The columns mean what they meant; the file is checked against what stands now."""
    now, actor = timezone.now(), http.actor_of(request)
    found = queries.detail(actor, import_id, at=now)
    imports.name_columns(actor=actor, import_id=import_id, chosen=found.columns, now=now)
    return redirect("administration-import", import_id)


@http.page
@require_GET
def watch(request: HttpRequest, import_id: int) -> HttpResponse:
    """Fragment: how far the job has come; once it is over the page is shown anew."""
    found = queries.detail(http.actor_of(request), import_id, at=timezone.now())
    if found.state not in exchange.RUNNING:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    context = {"found": found, "progress": progress.of(import_id)}
    return render(request, "workbench/administration/exchange/progress.html", context)


@http.page
@require_GET
def faults(request: HttpRequest, import_id: int) -> HttpResponse:
    """Fragment: what is wrong with the file, narrowed by the filters in the address."""
    queries.detail(http.actor_of(request), import_id, at=timezone.now())
    context = {"import_id": import_id, **_faults(request, import_id)}
    template = "fault_rows" if request.GET.get("cursor") else "faults"
    return render(request, f"workbench/administration/exchange/{template}.html", context)


@http.page
@require_GET
def lines(request: HttpRequest, import_id: int) -> HttpResponse:
    """Fragment: what the file changes, of one outcome or of all."""
    found = queries.detail(http.actor_of(request), import_id, at=timezone.now())
    context = {"found": found, **_lines(request, found)}
    template = "line_rows" if request.GET.get("cursor") else "lines"
    return render(request, f"workbench/administration/exchange/{template}.html", context)


@http.page
@require_POST
def confirm(request: HttpRequest, import_id: int) -> HttpResponse:
    """The plan is carried out, or waits for a second person."""
    now, actor = timezone.now(), http.actor_of(request)
    try:
        outcome = imports.confirm(
            actor=actor,
            import_id=import_id,
            ending_is_meant=request.POST.get("ending_is_meant") == "yes",
            now=now,
        )
    except (errors.Conflict, errors.Invalid) as refusal:
        return _show(request, actor, import_id, at=now, fault=refusal.text, status=refusal.status)
    if isinstance(outcome, requests.Asked):
        flashes.success(request, "已提交复核，同意后开始导入")
    return redirect("administration-import", import_id)


@http.page
@require_POST
def cancel(request: HttpRequest, import_id: int) -> HttpResponse:
    """Nothing of the file is imported."""
    imports.cancel(actor=http.actor_of(request), import_id=import_id, now=timezone.now())
    return redirect("administration-import", import_id)


@http.page
@require_GET
def report(request: HttpRequest, import_id: int) -> HttpResponse:
    """The uploaded file with its wrong cells in red."""
    found = queries.detail(http.actor_of(request), import_id, at=timezone.now())
    stored = queries.stored(import_id)
    if stored is None:
        raise org_errors.ImportNotFound
    content = intake.report(
        stored.key,
        sha256=stored.sha256,
        file_format=stored.file_format,
        subject=stored.subject,
        header_row=stored.header_row,
        faults=queries.all_faults(import_id),
    )
    name = f"{found.file_name.rpartition('.')[0]}-检查结果.xlsx"
    return exchange.attachment(content, name, XLSX)


@http.page
@require_GET
def template(request: HttpRequest, subject: str) -> HttpResponse:
    """The workbook to fill in, for the units of the scope asked for."""
    now, actor = timezone.now(), http.actor_of(request)
    if subject not in ExchangeSubject.values:
        raise errors.NotFound
    meant = ExchangeSubject(subject)
    offered = exchange.scopes(offices.of(actor, at=now))
    unit_id = parameters.optional_id(request.GET, "unit") or offered[0]
    queries.require_scope(actor, meant, unit_id, at=now)
    scope = export_queries.scope_of(actor, meant, unit_id, at=now)
    listed = export_queries.places(scope, limit=workbooks.UNITS_IN_TEMPLATE)
    return exchange.attachment(
        workbooks.template(meant, listed), f"{meant.label}导入模板.xlsx", XLSX
    )


@http.page
@require_POST
def ask_export(request: HttpRequest) -> HttpResponse:
    """The list is written in the background, at once or after a second person's consent."""
    now, actor = timezone.now(), http.actor_of(request)
    form = forms.Export(request.POST)

    def act(given: dict[str, Any]) -> None:
        outcome = exports.ask(
            actor=actor,
            subject=ExchangeSubject(given["subject"]),
            unit_id=given["unit_id"],
            file_format=files.FileFormat(given["file_format"]),
            phones=PhoneReach(given["phones"]),
            now=now,
        )
        asked = isinstance(outcome, requests.Asked)
        told = "已提交复核，同意后生成文件" if asked else "正在生成，完成后可在“我的导出”下载"
        flashes.success(request, told)

    if not _is_right(form, actor, at=now) or not form.carry_out(act):
        return _index(request, actor, at=now, export=form, status=422)
    return redirect("administration-exchange")


@http.page
@require_GET
def export_state(request: HttpRequest) -> HttpResponse:
    """Fragment: the viewer's exports; asked for again while one is being written."""
    context = _exports(http.actor_of(request), at=timezone.now())
    return render(request, "workbench/administration/exchange/exports.html", context)


@http.page
@require_GET
def download(request: HttpRequest, export_id: int) -> HttpResponse:
    """The file, checked against its digest; that it was fetched is recorded."""
    file = exports.fetch(actor=http.actor_of(request), export_id=export_id, now=timezone.now())
    content = storage.get(file.key, sha256=file.sha256)
    return exchange.attachment(content, file.file_name, file.content_type)


def _index(
    request: HttpRequest,
    actor: Actor,
    *,
    at: datetime,
    upload: forms.Upload | None = None,
    export: forms.Export | None = None,
    status: int = 200,
) -> HttpResponse:
    office = offices.of(actor, at=at)
    asked_unit = parameters.optional_id(request.GET, "unit") or exchange.scopes(office)[0]
    page = queries.history(actor, at=at, limit=HISTORY_PER_PAGE, cursor=request.GET.get("cursor"))
    initial = {"unit_id": asked_unit, "subject": exchange.first_subject(office)}
    upload = upload or forms.Upload(initial=initial)
    export = export or forms.Export(initial=initial)
    context = {
        "screen": "administration",
        "office": office,
        "tab": "exchange",
        "upload": upload,
        "export": export,
        "purpose": exchange.purpose_of(office),
        "uploaded_to": exchange.picked(upload),
        "exported_from": exchange.picked(export),
        "page": page,
        "template_unit": asked_unit,
        **_exports(actor, at=at),
    }
    return render(request, "workbench/administration/exchange/index.html", context, status=status)


def _is_right(form: PageForm, actor: Actor, *, at: datetime) -> bool:
    """Whether what was typed can be done by the viewer; else the form says why not."""
    if form.is_valid():
        subject = ExchangeSubject(form.cleaned_data["subject"])
        if not queries.may_exchange(actor, subject, form.cleaned_data["unit_id"], at=at):
            form.add_error("unit_id", f"请选择您可以管理{subject.label}的组织")
    return not form.errors


def _exports(actor: Actor, *, at: datetime) -> dict[str, object]:
    listed = export_queries.history(actor, at=at, limit=HISTORY_PER_PAGE).items
    return {"exports": listed, "is_writing": any(one.state == "queued" for one in listed)}


def _show(
    request: HttpRequest,
    actor: Actor,
    import_id: int,
    *,
    at: datetime,
    chosen: dict[str, int] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    found = queries.detail(actor, import_id, at=at)
    remap = request.GET.get("columns") == "again" or chosen is not None
    is_mapping = found.state is ImportState.UPLOADED or (
        found.state is ImportState.CHECKED and remap
    )
    context: dict[str, object] = {
        "screen": "administration",
        "office": offices.of(actor, at=at),
        "tab": "exchange",
        "found": found,
        "steps": exchange.steps(found.state, is_mapping=is_mapping),
        "is_mapping": is_mapping,
        "is_running": found.state in exchange.RUNNING,
        "fault": fault,
        "progress": progress.of(import_id),
    }
    if is_mapping:
        context["columns"] = exchange.column_choices(found, chosen)
        context["fields"] = columns.FIELDS[found.subject]
    elif found.checked_at is not None:
        context |= {
            "import_id": import_id,
            "tallies": exchange.tallies(found.subject, found.counts),
            "faulty_rows": queries.faulty_rows(import_id),
        }
        context |= _faults(request, import_id)
        context |= _lines(request, found)
    return render(request, "workbench/administration/exchange/import.html", context, status=status)


def _faults(request: HttpRequest, import_id: int) -> dict[str, object]:
    code = parameters.text(request.GET, "code", longest=40)
    page = queries.faults(import_id, code=code, limit=PER_PAGE, cursor=request.GET.get("cursor"))
    kinds = [
        (key, exchange_words.word(key), count)
        for key, _example, count in queries.fault_codes(import_id)
    ]
    return {"faults": page, "fault_kinds": kinds, "code": code}


def _lines(request: HttpRequest, found: queries.Detail) -> dict[str, object]:
    outcome = parameters.text(request.GET, "outcome", longest=10)
    page = queries.lines(
        found.id, outcome=outcome, limit=PER_PAGE, cursor=request.GET.get("cursor")
    )
    return {
        "lines": page,
        "outcome": outcome,
        "outcomes": exchange.outcomes(found.subject, found.counts),
    }


urlpatterns = [
    path("exchange/", index, name="administration-exchange"),
    path("exchange/imports/", upload, name="administration-import-upload"),
    path("exchange/imports/<int:import_id>/", show, name="administration-import"),
    path(
        "exchange/imports/<int:import_id>/columns/", name_columns,
        name="administration-import-columns",
    ),
    path(
        "exchange/imports/<int:import_id>/progress/", watch,
        name="administration-import-progress",
    ),
    path("exchange/imports/<int:import_id>/faults/", faults, name="administration-import-faults"),
    path("exchange/imports/<int:import_id>/lines/", lines, name="administration-import-lines"),
    path(
        "exchange/imports/<int:import_id>/confirm/", confirm, name="administration-import-confirm"
    ),
    path(
        "exchange/imports/<int:import_id>/again/", check_again, name="administration-import-again"
    ),
    path("exchange/imports/<int:import_id>/cancel/", cancel, name="administration-import-cancel"),
    path("exchange/imports/<int:import_id>/report/", report, name="administration-import-report"),
    path("exchange/template/<str:subject>/", template, name="administration-import-template"),
    path("exchange/exports/", ask_export, name="administration-export-ask"),
    path("exchange/exports/list/", export_state, name="administration-exports"),
    path("exchange/exports/<int:export_id>/file/", download, name="administration-export-file"),
]  # fmt: skip
