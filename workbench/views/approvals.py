"""审批: what waits for me, what I did, what I got a copy of, what I started; one case in full."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from approvals import forms
from approvals.queries import cases as case_queries
from approvals.queries import pictures, tasks, timelines
from approvals.services import cases, decisions
from core import errors, http, paging
from core.actor import Actor
from org.queries import people
from workbench import parameters
from workbench.views import approvals_starting

TABS: Final[Mapping[str, str]] = {
    "to_do": "待办",
    "done": "已办",
    "copied": "抄送我的",
    "started": "我发起的",
}
NOTHING: Final[Mapping[str, tuple[str, str]]] = {
    "to_do": ("没有待办的审批", "需要您审批的事项会出现在这里"),
    "done": ("还没有办理过审批", "您办理过的事项会保留在这里"),
    "copied": ("没有抄送给您的审批", "抄送给您的事项会出现在这里"),
    "started": ("还没有发起过审批", "点击右上角“发起”开始一项申请"),
}
_TAGS: Final[Mapping[str, str]] = {
    "running": "blue",
    "approved": "green",
    "rejected": "red",
    "sent_back": "amber",
}
_ITEM: Final[Mapping[str, str]] = {
    "approved": "is-done",
    "started": "is-done",
    "resubmitted": "is-done",
    "rejected": "is-refused",
    "sent_back": "is-refused",
    "withdrawn": "is-refused",
    "ended": "is-done",
}
_DONE: Final[Mapping[str, str]] = {
    "approve": "已同意",
    "reject": "已办理：不同意",
    "send-back": "已退回",
}
_REMARK_AT_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list, whatever tab it stands in."""

    case_id: int
    title: str
    meta: str
    person_name: str
    at: datetime
    tag: str
    tag_colour: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The list pane: one page of a tab."""

    tab: str
    lines: list[Line]
    next_cursor: str | None
    nothing: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """One field of the form as it was filled in."""

    label: str
    value: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline with its mark."""

    entry: timelines.Entry
    mark: str


@dataclass(frozen=True, slots=True)
class Detail:
    """The detail pane: one case with everything the actor may do about it."""

    case: case_queries.CaseView
    state_colour: str
    answers: list[Answer]
    story: list[Happening]
    waiting: tuple[timelines.Waiting, ...]
    picture: SafeString
    subject_link: str
    idempotency_key: str


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list of a tab, with no case open."""
    return render(request, "workbench/approvals/index.html", _frame(request, None))


@http.page
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """Fragment: the list of a tab, or its next rows."""
    context = {"listing": _listing(request)}
    template = "rows" if request.GET.get("cursor") else "listing"
    return render(request, f"workbench/approvals/{template}.html", context)


@http.page
@require_GET
def detail(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case: a fragment for htmx, else the whole screen with the case open."""
    is_fragment = "HX-Request" in request.headers
    if is_fragment and "HX-History-Restore-Request" not in request.headers:
        return _fragment(request, case_id)
    return render(request, "workbench/approvals/index.html", _frame(request, case_id))


@http.page
@require_POST
def decide(request: HttpRequest, task_id: int, verb: str) -> HttpResponse:
    """The task is approved, rejected or sent back; the case is shown as it now stands."""
    act: Mapping[str, Any] = {
        "approve": decisions.approve,
        "reject": decisions.reject,
        "send-back": decisions.send_back,
    }
    if verb not in act:
        raise errors.NotFound
    more: dict[str, str] = {}
    if verb == "send-back":
        more["target"] = parameters.text(request.POST, "target", longest=40) or "start"
    actor = http.actor_of(request)
    try:
        decided: decisions.Decided = act[verb](
            actor=actor,
            task_id=task_id,
            remark=parameters.text(request.POST, "remark", longest=_REMARK_AT_MOST),
            form_revision=parameters.optional_id(request.POST, "form_revision") or 0,
            idempotency_key=_key(request),
            now=timezone.now(),
            **more,
        )
    except errors.Conflict as refusal:
        case_id = tasks.case_of(task_id, actor.require_person())
        return _moved_on(request, case_id, refusal)
    return _after(request, decided.case_id, _DONE[verb])


@http.page
@require_POST
def withdraw(request: HttpRequest, case_id: int) -> HttpResponse:
    """The initiator's case is taken back and shown as it now stands."""
    try:
        cases.withdraw(
            actor=http.actor_of(request),
            case_id=case_id,
            remark=parameters.text(request.POST, "remark", longest=_REMARK_AT_MOST),
            idempotency_key=_key(request),
            now=timezone.now(),
        )
    except errors.Conflict as refusal:
        return _moved_on(request, case_id, refusal)
    return _after(request, case_id, "已撤回")


def _key(request: HttpRequest) -> str:
    return parameters.text(request.POST, "idempotency_key", longest=80) or uuid.uuid4().hex


def _after(request: HttpRequest, case_id: int, toast: str) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return redirect("approvals-case", case_id=case_id)
    response = _fragment(request, case_id)
    response["HX-Trigger"] = "approvals:changed, tongwen:changed"
    response["X-Toast"] = quote(toast)
    return response


def _moved_on(request: HttpRequest, case_id: int | None, refusal: errors.Conflict) -> HttpResponse:
    """Somebody was faster: htmx shows the case as it is now, and why nothing was done."""
    if "HX-Request" not in request.headers or case_id is None:
        raise refusal
    response = _fragment(request, case_id)
    shown = {"problem": {"code": refusal.code, "message": refusal.text}}
    response["HX-Trigger"] = json.dumps({**shown, "approvals:changed": "", "tongwen:changed": ""})
    return response


def _fragment(request: HttpRequest, case_id: int) -> HttpResponse:
    context = {"detail": _detail(http.actor_of(request), case_id), "tab": _tab(request)}
    return render(request, "workbench/approvals/detail.html", context)


def _frame(request: HttpRequest, case_id: int | None) -> dict[str, Any]:
    return {
        "screen": "approvals",
        "tabs": TABS,
        "tab": _tab(request),
        "listing": _listing(request),
        "current_id": case_id,
        "detail": _detail(http.actor_of(request), case_id) if case_id is not None else None,
        "to_do_count": tasks.to_do_count(http.actor_of(request).require_person()),
    }


def _tab(request: HttpRequest) -> str:
    tab = request.GET.get("tab") or request.POST.get("tab") or "to_do"
    return tab if tab in TABS else "to_do"


def _listing(request: HttpRequest) -> Listing:
    tab, cursor, now = _tab(request), request.GET.get("cursor"), timezone.now()
    actor = http.actor_of(request)
    lines: paging.Page[Line]
    if tab in ("to_do", "done"):
        query = tasks.to_do if tab == "to_do" else tasks.done
        found = query(actor=actor, at=now, cursor=cursor)
        lines = paging.Page([_task_line(row) for row in found.items], found.next_cursor)
    else:
        listed = case_queries.copied if tab == "copied" else case_queries.started
        met = listed(actor=actor, at=now, cursor=cursor)
        lines = paging.Page([_case_line(row) for row in met.items], met.next_cursor)
    return Listing(tab, lines.items, lines.next_cursor, NOTHING[tab])


def _task_line(row: tasks.TaskRow) -> Line:
    if row.action:
        tag, colour = row.action_name, _TAGS.get(row.action, "")
    else:
        tag, colour = ("退回修改", "amber") if row.kind == "resubmit" else ("", "")
    return Line(
        case_id=row.case_id,
        title=row.title,
        meta="，".join(part for part in (row.template_name, row.node_name) if part),
        person_name=row.initiator_name,
        at=row.at,
        tag=tag,
        tag_colour=colour,
    )


def _case_line(row: case_queries.CaseRow) -> Line:
    return Line(
        case_id=row.case_id,
        title=row.title,
        meta=f"{row.template_name}，{row.serial_number}",
        person_name=row.initiator_name,
        at=row.at,
        tag=row.state_name,
        tag_colour=_colour(row),
    )


def _colour(case: case_queries.CaseRow | case_queries.CaseView) -> str:
    return _TAGS["sent_back"] if case.is_returned else _TAGS.get(case.state, "")


def _detail(actor: Actor, case_id: int) -> Detail:
    now = timezone.now()
    case = case_queries.view(actor=actor, case_id=case_id, at=now)
    story = timelines.timeline(actor=actor, case_id=case_id, at=now)
    drawn = pictures.of_case(actor=actor, case_id=case_id, at=now)
    return Detail(
        case=case,
        state_colour=_colour(case),
        answers=_answers(case, at=now),
        story=[Happening(entry, _ITEM.get(entry.kind, "")) for entry in story.entries],
        waiting=story.waiting,
        picture=SafeString(drawn),  # pictures.draw escapes every text it is given
        subject_link=_subject_link(case),
        idempotency_key=uuid.uuid4().hex,
    )


def _answers(case: case_queries.CaseView, *, at: datetime) -> list[Answer]:
    shown = forms.shown(case.form_schema, case.form)
    person_ids = {int(text) for field, text in shown if field.widget == "person" and text}
    names = people.names(person_ids, at=at)
    answers = []
    for field, text in shown:
        value = text
        if field.widget == "person" and text:
            value = names[int(text)].name if int(text) in names else ""
        answers.append(Answer(field.label, value, field.widget == "textarea"))
    return answers


def _subject_link(case: case_queries.CaseView) -> str:
    if case.subject_kind == "document" and case.subject_id is not None:
        return f"{reverse('documents')}{case.subject_id}/"
    return ""


urlpatterns = [
    path("", index, name="approvals"),
    path("list/", rows, name="approvals-list"),
    path("new/", approvals_starting.choose, name="approvals-new"),
    path("new/<slug:key>/", approvals_starting.fill_in, name="approvals-start"),
    path("<int:case_id>/", detail, name="approvals-case"),
    path("<int:case_id>/withdraw/", withdraw, name="approvals-withdraw"),
    path("tasks/<int:task_id>/resubmit/", approvals_starting.change, name="approvals-change"),
    path("tasks/<int:task_id>/<slug:verb>/", decide, name="approvals-decide"),
]
