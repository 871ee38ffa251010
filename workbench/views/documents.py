"""公文: the boxes of documents, one document beside its handling, and what is done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib import messages as flashes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from approvals.queries import timelines
from core import errors, http, paging
from core.actor import Actor
from documents import policies
from documents.queries import circulation as circulation_queries
from documents.queries import details, listing
from documents.queries.listing import Box
from documents.services import circulation, issuing
from workbench import parameters
from workbench.views import documents_drafting

TABS: Final[Mapping[Box, str]] = {
    Box.AWAITING: "待签收",
    Box.INCOMING: "收文",
    Box.OUTGOING: "发文",
    Box.DONE: "已办",
    Box.DRAFTS: "草稿",
}
NOTHING: Final[Mapping[Box, tuple[str, str]]] = {
    Box.AWAITING: ("没有待签收的公文", "发给本单位的公文会出现在这里，由收发员签收"),
    Box.INCOMING: ("还没有收文", "本单位签收的公文会出现在这里"),
    Box.OUTGOING: ("还没有发文", "提交核签和已印发的公文会出现在这里"),
    Box.DONE: ("还没有办理过公文", "您核稿、会签、签发或签收过的公文会保留在这里"),
    Box.DRAFTS: ("没有草稿", "点击右上角“拟稿”起草一份通知"),
}
_COLOURS: Final[Mapping[str, str]] = {
    "in_review": "blue",
    "returned": "amber",
    "signed": "green",
    "numbered": "blue",
    "issued": "green",
}
_MARKS: Final[Mapping[str, str]] = {
    "rejected": "is-refused",
    "sent_back": "is-refused",
    "withdrawn": "is-refused",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list."""

    row: listing.DocumentRow
    meta: str
    tag: str
    colour: str


@dataclass(frozen=True, slots=True)
class Listing:
    """The list pane: one page of a box."""

    tab: Box
    lines: list[Line]
    next_cursor: str | None
    nothing: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the handling timeline."""

    title: str
    meta: str
    remark: str
    at: datetime | None
    mark: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One organ the document went to, with its readers."""

    sent: circulation_queries.DispatchView
    readers: list[circulation_queries.Reader]


@dataclass(frozen=True, slots=True)
class Detail:
    """The detail pane: the paper, how it was handled, where it went."""

    document: details.DocumentView
    colour: str
    page_numbers: range
    story: list[Happening]
    case_id: int | None
    """The approval case, for those who take part in it."""
    deliveries: list[Delivery]
    own_readers: list[circulation_queries.Reader]
    undelivered: list[details.RecipientView]


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The list of a box, with no document open."""
    return render(request, "workbench/documents/index.html", _frame(request, None))


@http.page
@require_GET
def rows(request: HttpRequest) -> HttpResponse:
    """Fragment: the list of a box, or its next rows."""
    template = "rows" if request.GET.get("cursor") else "listing"
    context = {"listing": _listing(request, _tab(request, None))}
    return render(request, f"workbench/documents/{template}.html", context)


@http.page
@require_GET
def detail(request: HttpRequest, document_id: int) -> HttpResponse:
    """One document: a fragment for htmx, else the whole screen with the document open."""
    actor, now = http.actor_of(request), timezone.now()
    circulation.record_opening(actor=actor, document_id=document_id, now=now)
    is_fragment = "HX-Request" in request.headers
    if is_fragment and "HX-History-Restore-Request" not in request.headers:
        shown = _detail(actor, document_id, now)
        context = {"detail": shown, "tab": _tab(request, shown)}
        response = render(request, "workbench/documents/detail.html", context)
        if request.GET.get("was") not in (None, shown.document.state):
            response["HX-Trigger"] = "documents:changed"
        return response
    return render(request, "workbench/documents/index.html", _frame(request, document_id))


@http.page
@gzip_page
@require_GET
def page_image(request: HttpRequest, document_id: int, number: int) -> HttpResponse:
    """A page of the paper as an image."""
    pages = details.pages(actor=http.actor_of(request), document_id=document_id, at=timezone.now())
    if not 1 <= number <= len(pages):
        raise errors.NotFound
    return HttpResponse(pages[number - 1], content_type="image/svg+xml")


@http.page
@require_POST
def issue(request: HttpRequest, document_id: int) -> HttpResponse:
    """The document is numbered; its final PDF follows while the page waits."""
    numbered = issuing.issue(
        actor=http.actor_of(request), document_id=document_id, now=timezone.now()
    )
    flashes.success(request, f"已编号：{numbered.number}")
    return redirect("documents-detail", document_id=document_id)


@http.page
@require_POST
def dispatch(request: HttpRequest, document_id: int) -> HttpResponse:
    """The document is sent to the organs that were ticked."""
    sent = circulation.dispatch(
        actor=http.actor_of(request),
        document_id=document_id,
        unit_ids=documents_drafting.ids(request.POST.getlist("unit")),
        now=timezone.now(),
    )
    flashes.success(request, f"已分发 {len(sent.unit_ids)} 个单位")
    return redirect("documents-detail", document_id=document_id)


@http.page
@require_POST
def acknowledge(request: HttpRequest, document_id: int) -> HttpResponse:
    """The actor's organ has acknowledged the document."""
    circulation.acknowledge(
        actor=http.actor_of(request), document_id=document_id, now=timezone.now()
    )
    flashes.success(request, "已签收，本单位人员现在可以查看")
    return redirect("documents-detail", document_id=document_id)


def _frame(request: HttpRequest, document_id: int | None) -> dict[str, object]:
    actor, now = http.actor_of(request), timezone.now()
    # Before the list: what is printed meanwhile is then old beside it, and looks again by itself.
    shown = None if document_id is None else _detail(actor, document_id, now)
    counts, tab = listing.counts(actor=actor, at=now), _tab(request, shown)
    return {
        "screen": "documents",
        "tabs": [(box.value, name, _waiting(box, counts)) for box, name in TABS.items()],
        "tab": tab,
        "listing": _listing(request, tab),
        "may_draft": policies.may_draft(policies.standing_of(actor, at=now)),
        "current_id": document_id,
        "detail": shown,
    }


def _waiting(tab: Box, counts: listing.Counts) -> int:
    return counts.awaiting if tab is Box.AWAITING else 0


def _tab(request: HttpRequest, shown: Detail | None) -> Box:
    """The box that was asked for; else the drafts beside an own draft, else where work waits."""
    wanted = parameters.text(request.GET, "tab", longest=10)
    if wanted in set(Box):
        return Box(wanted)
    if shown is not None and shown.document.rights.edit:
        return Box.DRAFTS
    actor, now = http.actor_of(request), timezone.now()
    counts = listing.counts(actor=actor, at=now)
    if counts.awaiting:
        return Box.AWAITING
    return Box.OUTGOING if policies.may_draft(policies.standing_of(actor, at=now)) else Box.INCOMING


def _listing(request: HttpRequest, tab: Box) -> Listing:
    page: paging.Page[listing.DocumentRow] = listing.box(
        actor=http.actor_of(request),
        box=tab,
        at=timezone.now(),
        cursor=parameters.text(request.GET, "cursor", longest=512) or None,
    )
    return Listing(tab, [_line(tab, row) for row in page.items], page.next_cursor, NOTHING[tab])


def _line(tab: Box, row: listing.DocumentRow) -> Line:
    meta = "　".join(part for part in (row.issuer_name, row.number_text) if part)
    if tab is Box.INCOMING:
        return Line(row, meta, *(("已签收", "green") if row.acknowledged else ("待签收", "amber")))
    if tab is Box.AWAITING:
        return Line(row, meta, row.urgency_name or "待签收", "red" if row.urgency else "amber")
    return Line(row, meta, row.state_name, _COLOURS.get(row.state, ""))


def _detail(actor: Actor, document_id: int, now: datetime) -> Detail:
    document = details.view(actor=actor, document_id=document_id, at=now)
    sent = circulation_queries.dispatches(actor=actor, document_id=document_id, at=now)
    readers = (
        circulation_queries.readers(actor=actor, document_id=document_id, at=now)
        if document.rights.see_readers
        else []
    )
    delivered = {one.unit_id for one in sent}
    pages = details.pages(actor=actor, document_id=document_id, at=now)
    timeline = details.timeline(actor=actor, document_id=document_id, at=now)
    return Detail(
        document=document,
        colour=_COLOURS.get(document.state, ""),
        page_numbers=range(1, len(pages) + 1),
        story=_story(document, timeline),
        case_id=document.case_id if _takes_part(actor, document) else None,
        deliveries=[
            Delivery(one, [reader for reader in readers if reader.organ_id == one.unit_id])
            for one in sent
        ],
        own_readers=[reader for reader in readers if reader.organ_id not in delivered],
        undelivered=[
            unit for unit in (*document.main, *document.cc) if unit.unit_id not in delivered
        ],
    )


def _takes_part(actor: Actor, document: details.DocumentView) -> bool:
    asked = {document.drafter_id, *(one.person_id for one in document.participants)}
    return actor.person_id in asked


def _story(document: details.DocumentView, timeline: timelines.Timeline | None) -> list[Happening]:
    story = [Happening("拟稿", document.drafter_name, "", document.created_at, "is-done")]
    if timeline is not None:
        story += [_entry(entry) for entry in timeline.entries if entry.kind != "ended"]
        story += [
            Happening(f"等待{one.node_name}", one.person_name, "", one.since, "is-current")
            for one in timeline.waiting
        ]
    if document.state == "signed":
        story.append(Happening("等待编号印发", "", "", None, "is-current"))
    if document.state == "numbered":
        story.append(Happening("正在排版印制", document.number_text, "", None, "is-current"))
    if document.issued_at is not None:
        story.append(Happening("编号印发", document.number_text, "", document.issued_at, "is-done"))
    return story


def _entry(entry: timelines.Entry) -> Happening:
    """An event of the sign-off in the words of documents: 核稿：同意 by whom."""
    match entry.kind:
        case "started" | "resubmitted":
            title = "提交核稿"
        case "skipped":
            title = f"{entry.node_name}：无需办理"
        case _:
            title = f"{entry.node_name}：{entry.headline}" if entry.node_name else entry.headline
    who = "　".join(part for part in (entry.person_name, entry.person_title) if part)
    return Happening(title, who, entry.remark, entry.at, _MARKS.get(entry.kind, "is-done"))


urlpatterns = [
    path("", index, name="documents"),
    path("rows/", rows, name="documents-rows"),
    path("new/", documents_drafting.new, name="documents-new"),
    path("specimen/", documents_drafting.specimen, name="documents-specimen"),
    path("<int:document_id>/", detail, name="documents-detail"),
    path("<int:document_id>/edit/", documents_drafting.edit, name="documents-edit"),
    path("<int:document_id>/submit/", documents_drafting.submit, name="documents-submit"),
    path("<int:document_id>/issue/", issue, name="documents-issue"),
    path("<int:document_id>/dispatch/", dispatch, name="documents-dispatch"),
    path("<int:document_id>/acknowledge/", acknowledge, name="documents-acknowledge"),
    path("<int:document_id>/pages/<int:number>.svg", page_image, name="documents-page"),
]
