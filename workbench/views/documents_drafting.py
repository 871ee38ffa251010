"""Drafting on screen: the form beside the page it becomes, and whom to ask for the sign-off."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages as flashes
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core import errors, http
from core.actor import Actor
from documents import drafts
from documents.queries import details
from documents.queries import drafting as queries
from documents.services import drafting, sign_off
from workbench import parameters

URGENCIES: Final = (("", "平件"), ("urgent", "加急"), ("critical", "特急"))
CLASSIFICATIONS: Final = (("internal", "内部"), ("public", "公开"))
REFUSED: Final = ("秘密", "机密", "绝密")
"""Shown so that the rule is seen, never to be chosen; documents refuses them again."""
_PICKED_AT_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form as it stands; `document_id` None for a new draft."""

    document_id: int | None
    revision: int
    title: str
    body: str
    note: str
    classification: str
    urgency: str
    main: Sequence[details.RecipientView]
    cc: Sequence[details.RecipientView]


@http.page
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A new draft: its form, or the stored draft."""
    actor, now = http.actor_of(request), timezone.now()
    if request.method == "POST":
        try:
            made = drafting.create(actor=actor, draft=_draft(request.POST), now=now)
        except errors.DomainError as refusal:
            return _refused(request, refusal)
        return _saved(request, made.id)
    sheet = Sheet(None, 0, "", "", "", "internal", "", (), ())
    return _form(request, actor, sheet)


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, document_id: int) -> HttpResponse:
    """A draft to change: its form, or the stored change."""
    actor, now = http.actor_of(request), timezone.now()
    if request.method == "POST":
        try:
            drafting.revise(
                actor=actor,
                document_id=document_id,
                draft=_draft(request.POST),
                revision=parameters.optional_id(request.POST, "revision") or 0,
                now=now,
            )
        except errors.DomainError as refusal:
            return _refused(request, refusal)
        return _saved(request, document_id)
    document = details.view(actor=actor, document_id=document_id, at=now)
    if not document.rights.edit:
        return redirect("documents-detail", document_id=document_id)
    sheet = Sheet(
        document_id=document.id,
        revision=document.revision,
        title=document.title,
        body=document.body,
        note=document.note,
        classification=document.classification,
        urgency=document.urgency,
        main=document.main,
        cc=document.cc,
    )
    return _form(request, actor, sheet)


@http.page
@require_http_methods(["GET", "POST"])
def submit(request: HttpRequest, document_id: int) -> HttpResponse:
    """Whom to ask for the sign-off, or the document on its way to them."""
    actor, now = http.actor_of(request), timezone.now()
    if request.method == "POST":
        try:
            sign_off.submit(
                actor=actor, document_id=document_id, route=_route(request.POST), now=now
            )
        except errors.DomainError as refusal:
            return _refused(request, refusal)
        flashes.success(request, "已提交核稿")
        return _to(reverse("documents-detail", args=[document_id]))
    document = details.view(actor=actor, document_id=document_id, at=now)
    if not document.rights.submit:
        return redirect("documents-detail", document_id=document_id)
    asked = {
        role: [one for one in document.participants if one.role == role]
        for role in ("reviewer", "countersigner", "signatory")
    }
    context = {
        "screen": "documents",
        "document": document,
        "circle": queries.circle(actor=actor, at=now),
        "reviewer_ids": [one.person_id for one in asked["reviewer"]],
        "signatory_ids": [one.person_id for one in asked["signatory"]],
        "countersigners": asked["countersigner"],
    }
    return render(request, "workbench/documents/submit.html", context)


@http.page
@require_POST
def specimen(request: HttpRequest) -> HttpResponse:
    """Fragment: the first page of what is being written; nothing of it is stored."""
    draft = _draft(request.POST)
    try:
        pages = queries.specimen(actor=http.actor_of(request), draft=draft, at=timezone.now())
    except errors.DomainError as refusal:
        answer = http.note_refusal(request, refusal)
        return render(request, "workbench/documents/specimen.html", {"refusal": answer.text})
    image = base64.b64encode(pages[0]).decode()
    context = {"image": f"data:image/svg+xml;base64,{image}", "pages": len(pages)}
    return render(request, "workbench/documents/specimen.html", context)


def ids(texts: Sequence[str]) -> list[int]:
    """The ids of the units or people that were picked."""
    return parameters.ids(texts, at_most=_PICKED_AT_MOST)


def _form(request: HttpRequest, actor: Actor, sheet: Sheet) -> HttpResponse:
    context = {
        "screen": "documents",
        "sheet": sheet,
        "desk": queries.desk(actor=actor, at=timezone.now()),
        "urgencies": URGENCIES,
        "classifications": CLASSIFICATIONS,
        "refused": REFUSED,
    }
    return render(request, "workbench/documents/form.html", context)


def _draft(posted: QueryDict) -> drafts.Draft:
    return drafts.Draft(
        title=parameters.text(posted, "title", longest=120),
        body=parameters.text(posted, "body", longest=100_000),
        note=parameters.text(posted, "note", longest=200),
        classification=parameters.text(posted, "classification", longest=20),
        urgency=parameters.text(posted, "urgency", longest=20),
        main_unit_ids=ids(posted.getlist("main")),
        cc_unit_ids=ids(posted.getlist("cc")),
    )


def _route(posted: QueryDict) -> sign_off.Route:
    signatories = ids(posted.getlist("signatory"))
    return sign_off.Route(
        reviewer_ids=ids(posted.getlist("reviewer")),
        countersigner_ids=ids(posted.getlist("countersigner")),
        signatory_id=signatories[0] if signatories else 0,
    )


def _saved(request: HttpRequest, document_id: int) -> HttpResponse:
    if "then_submit" in request.POST:
        return _to(reverse("documents-submit", args=[document_id]))
    flashes.success(request, "草稿已保存")
    return _to(reverse("documents-detail", args=[document_id]))


def _to(address: str) -> HttpResponse:
    """htmx leaves the form's page; what was typed there is not echoed by a refusal."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


def _refused(request: HttpRequest, refusal: errors.DomainError) -> HttpResponse:
    """Fragment: the refusal above the form, which keeps what was typed in the browser only."""
    answer = http.note_refusal(request, refusal)
    context = {"refusal": answer.text, "code": answer.code}
    return render(request, "workbench/documents/refusal.html", context, status=422)
