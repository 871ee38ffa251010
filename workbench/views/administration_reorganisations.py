"""系统管理, 机构改革: drafted, tried out side by side, decided by a second person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import errors, http
from core.actor import Actor
from org import errors as org_errors
from org.kinds import AdminRole
from org.kinds import ReorganisationStatus as Status
from org.queries import reorganisations as queries
from org.queries import units
from org.services import reorganisation_decisions as decisions
from org.services import reorganisations
from workbench import dialogs, offices, parameters
from workbench.forms import reorganisations as forms
from workbench.forms.base import Choices
from workbench.views import administration_reorganisation_steps as steps

REASON_AT_MOST: Final = 400


@dataclass(frozen=True, slots=True)
class Box:
    """One list: the plans that stand alike."""

    key: str
    label: str
    statuses: tuple[Status, ...]
    empty: str
    count: int = 0


BOXES: Final = (
    Box("all", "全部", (), "还没有机构改革方案"),
    Box("open", "草案", queries.OPEN, "没有正在起草的方案"),
    Box("submitted", "待审批", (Status.SUBMITTED,), "没有等待审批的方案"),
    Box("approved", "待生效", (Status.APPROVED,), "没有等待生效的方案"),
    Box("effective", "已生效", (Status.EFFECTIVE,), "还没有生效的方案"),
)


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The plans that the viewer drafted or may decide about, the latest first."""
    now, actor = timezone.now(), http.actor_of(request)
    counts = queries.counts(actor, at=now)
    boxes = [_counted(box, counts) for box in BOXES]
    box = next((one for one in boxes if one.key == request.GET.get("box")), boxes[0])
    page = queries.listing(actor, at=now, statuses=box.statuses, cursor=request.GET.get("cursor"))
    context = {
        "screen": "administration",
        "tab": "reorganisations",
        "office": _office(actor, at=now),
        "boxes": boxes,
        "box": box,
        "page": page,
    }
    return render(request, "workbench/administration/reorganisations.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """Dialog: a new plan."""
    now, actor = timezone.now(), http.actor_of(request)
    form = forms.NewPlan(request.POST or None, scopes=_scopes(actor, at=now))
    made: list[int] = []

    def act(given: dict[str, Any]) -> None:
        given["scope_id"] = int(given["scope_id"])
        made.append(reorganisations.draft(actor=actor, now=now, **given))

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(made[0]), notice="方案已建立，请添加步骤")
    return dialogs.show(request, form, title="起草机构改革方案", verb="建立方案")


@http.page
@require_GET
def show(request: HttpRequest, plan_id: int) -> HttpResponse:
    """One plan, with everything that may be done to it."""
    now, actor = timezone.now(), http.actor_of(request)
    context = {
        "screen": "administration",
        "tab": "reorganisations",
        "office": _office(actor, at=now),
        **steps.context_of(actor, plan_id, at=now),
    }
    return render(request, "workbench/administration/reorganisation.html", context)


@http.page
@require_GET
def fragment(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Fragment: the plan as it stands now, for a page that waits."""
    return steps.plan_fragment(request, plan_id)


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Dialog: another title or basis."""
    now, actor = timezone.now(), http.actor_of(request)
    card = queries.card(actor, plan_id, at=now)
    initial = {"title": card.title, "basis": card.basis}
    form = forms.Plan(request.POST or None, initial=initial)

    def act(given: dict[str, Any]) -> None:
        reorganisations.edit(
            actor=actor, reorganisation_id=plan_id, revision=card.revision, now=now, **given
        )

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(plan_id), notice="已保存")
    return dialogs.show(request, form, title="修改方案信息", verb="保存")


@http.page
@require_POST
def submit(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan waits for a second administrator."""
    decisions.submit(
        actor=http.actor_of(request),
        reorganisation_id=plan_id,
        revision=_revision(request),
        now=timezone.now(),
    )
    return dialogs.done(request, to=_page_of(plan_id), notice="已提交审批")


@http.page
@require_POST
def approve(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan takes effect at once, or at the time given."""
    decisions.approve(
        actor=http.actor_of(request),
        reorganisation_id=plan_id,
        revision=_revision(request),
        effective_at=_effective_at(request),
        now=timezone.now(),
    )
    return dialogs.done(request, to=_page_of(plan_id), notice="已批准")


@http.page
@require_POST
def reject(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan goes back to its drafter, with a reason."""
    decisions.reject(
        actor=http.actor_of(request),
        reorganisation_id=plan_id,
        revision=_revision(request),
        reason=parameters.text(request.POST, "reason", longest=REASON_AT_MOST),
        now=timezone.now(),
    )
    return dialogs.done(request, to=_page_of(plan_id), notice="已退回起草人")


@http.page
@require_POST
def withdraw(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan waits no longer."""
    decisions.withdraw(actor=http.actor_of(request), reorganisation_id=plan_id, now=timezone.now())
    return dialogs.done(request, to=_page_of(plan_id), notice="方案已撤回，可修改后重新提交")


@http.page
@require_POST
def discard(request: HttpRequest, plan_id: int) -> HttpResponse:
    """A draft that nobody but its drafter has seen is gone."""
    reorganisations.discard(
        actor=http.actor_of(request), reorganisation_id=plan_id, now=timezone.now()
    )
    to = reverse("administration-reorganisations")
    return dialogs.done(request, to=to, notice="草案已删除")


def _office(actor: Actor, *, at: datetime) -> offices.Office:
    """The office of an organisation administrator; the page isn't there for others."""
    office = offices.of(actor, at=at)
    if not any(grant.role == AdminRole.ORG for grant in office.grants):
        raise errors.NotFound
    return office


def _scopes(actor: Actor, *, at: datetime) -> Choices:
    office = _office(actor, at=at)
    roots = list(
        dict.fromkeys(grant.root_id for grant in office.grants if grant.role == AdminRole.ORG)
    )
    named = units.names(roots)
    return [(str(root), named[root].name) for root in roots if root in named]


def _counted(box: Box, counts: dict[str, int]) -> Box:
    total = sum(counts.get(one.value, 0) for one in box.statuses or Status)
    return Box(box.key, box.label, box.statuses, box.empty, total)


def _revision(request: HttpRequest) -> int:
    found = parameters.optional_id(request.POST, "revision")
    if found is None:
        raise errors.NotFound
    return found


def _effective_at(request: HttpRequest) -> datetime | None:
    if request.POST.get("when") != "later":
        return None
    try:
        local = datetime.fromisoformat(parameters.text(request.POST, "effective_at", longest=20))
    except ValueError as wrong:
        raise org_errors.EffectiveTimePast from wrong
    return timezone.make_aware(local) if timezone.is_naive(local) else local


def _page_of(plan_id: int) -> str:
    return reverse("administration-reorganisation", args=[plan_id])


_PLAN = "reorganisations/<int:plan_id>/"
urlpatterns = [
    path("reorganisations/", index, name="administration-reorganisations"),
    path("reorganisations/new/", draft, name="administration-reorganisation-draft"),
    path(_PLAN, show, name="administration-reorganisation"),
    path(f"{_PLAN}now/", fragment, name="administration-reorganisation-now"),
    path(f"{_PLAN}edit/", edit, name="administration-reorganisation-edit"),
    path(f"{_PLAN}submit/", submit, name="administration-reorganisation-submit"),
    path(f"{_PLAN}approve/", approve, name="administration-reorganisation-approve"),
    path(f"{_PLAN}reject/", reject, name="administration-reorganisation-reject"),
    path(f"{_PLAN}withdraw/", withdraw, name="administration-reorganisation-withdraw"),
    path(f"{_PLAN}discard/", discard, name="administration-reorganisation-discard"),
    *steps.urlpatterns,
]
