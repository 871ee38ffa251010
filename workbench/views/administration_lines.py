"""系统管理, 条线: the lines that run through the viewer's units, who serves them and under whom."""

from collections.abc import Sequence
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
from org import policies as org_policies
from org.kinds import AdminRole, LineRelationKind, LineRole
from org.queries import authority, line_proposals, units
from org.queries import lines as queries
from org.services import lines
from workbench import dialogs, offices, parameters, viewers
from workbench.forms import lines as forms
from workbench.forms.base import Choices

UNITS_AT_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Node:
    """A unit of the line below the one that is above it in the line."""

    unit: queries.LineUnitRow
    depth: int
    above: queries.Competent | None
    may_manage: bool


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The lines of the viewer's scope; the one in the address stands open."""
    return _render(request, None)


@http.page
@require_GET
def show(request: HttpRequest, line_id: int) -> HttpResponse:
    """One line: its units as they stand below each other in it."""
    return _render(request, line_id)


@http.page
@require_http_methods(["GET", "POST"])
def define(request: HttpRequest) -> HttpResponse:
    """Dialog: a new line."""
    now, actor = timezone.now(), http.actor_of(request)
    form = forms.NewLine(request.POST or None, roots=_root_choices(actor, at=now))
    made: list[int] = []

    def act(given: dict[str, Any]) -> None:
        given["root_id"] = int(given["root_id"])
        made.append(lines.define(actor=actor, now=now, **given))

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(made[0]), notice="条线已设立，请添加单位")
    return dialogs.show(request, form, title="设立条线", verb="设立")


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, line_id: int) -> HttpResponse:
    """Dialog: another name, other endings."""
    now, actor = timezone.now(), http.actor_of(request)
    line = queries.line(line_id, at=now, viewer=viewers.of(request, at=now))
    initial = {"name": line.name, "name_endings": line.name_endings}
    form = forms.Line(request.POST or None, initial=initial)

    def act(given: dict[str, Any]) -> None:
        lines.update(actor=actor, line_id=line_id, now=now, **given)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(line_id), notice="已保存")
    return dialogs.show(request, form, title=f"修改“{line.name}”条线", verb="保存")


@http.page
@require_POST
def end(request: HttpRequest, line_id: int) -> HttpResponse:
    """The line runs no longer."""
    lines.end(actor=http.actor_of(request), line_id=line_id, now=timezone.now())
    return dialogs.done(request, to=reverse("administration-lines"), notice="条线已撤销")


@http.page
@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, line_id: int) -> HttpResponse:
    """Dialog: units are proposed by their names, looked through, and join the line."""
    now, actor = timezone.now(), http.actor_of(request)
    root_id = _scope(actor, at=now)
    line = queries.line(line_id, root_id=root_id, at=now, viewer=viewers.of(request, at=now))
    if request.method == "POST":
        chosen = parameters.ids(request.POST.getlist("unit_id"), at_most=UNITS_AT_MOST)
        chosen += parameters.ids(request.POST.getlist("others"), at_most=UNITS_AT_MOST)
        role = LineRole.ASSIST if request.POST.get("role") == "assist" else LineRole.LEAD
        if chosen:
            placed = lines.place(actor=actor, line_id=line_id, unit_ids=chosen, role=role, now=now)
            return dialogs.done(request, to=_page_of(line_id), notice=f"已加入 {placed} 个单位")
    form = forms.Line({"name": line.name, "name_endings": _asked_endings(request, line)})
    endings = form.cleaned_data.get("name_endings", []) if form.is_valid() else []
    context = {
        "line": line,
        "form": form,
        "proposed": _may_place(
            actor, line_proposals.proposal(line_id, endings, root_id=root_id, at=now), at=now
        ),
        "is_empty_choice": request.method == "POST",
    }
    status = 422 if request.method == "POST" else 200
    template = "workbench/administration/line_place.html"
    return render(request, template, context, status=status)


@http.page
@require_POST
def withdraw(request: HttpRequest, line_id: int, unit_id: int) -> HttpResponse:
    """The unit serves the line no longer."""
    lines.withdraw(
        actor=http.actor_of(request), line_id=line_id, unit_id=unit_id, now=timezone.now()
    )
    return dialogs.done(request, to=_page_of(line_id), notice="已移出条线")


@http.page
@require_http_methods(["GET", "POST"])
def relate(request: HttpRequest, line_id: int, unit_id: int) -> HttpResponse:
    """Dialog: who stands above the unit in the line."""
    now, actor = timezone.now(), http.actor_of(request)
    unit = units.names([unit_id]).get(unit_id)
    if unit is None:
        raise errors.NotFound
    form = forms.Relation(request.POST or None)

    def act(given: dict[str, Any]) -> None:
        lines.relate(
            actor=actor,
            line_id=line_id,
            lower_id=unit_id,
            upper_id=given["upper_id"],
            kind=LineRelationKind(given["kind"]),
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_page_of(line_id), notice="关系已建立")
    return dialogs.show(
        request,
        form,
        title=f"指定“{unit.name}”的上级",
        verb="保存",
        template="workbench/administration/line_relate.html",
        unit=unit,
    )


@http.page
@require_POST
def unrelate(request: HttpRequest, line_id: int, relation_id: int) -> HttpResponse:
    """The relation holds no longer; the place in the tree decides again."""
    lines.unrelate(actor=http.actor_of(request), relation_id=relation_id, now=timezone.now())
    return dialogs.done(request, to=_page_of(line_id), notice="关系已解除")


@http.page
@require_GET
def people(request: HttpRequest, line_id: int) -> HttpResponse:
    """Fragment: the line's people at or below the viewer's scope, a page at a time."""
    now, actor = timezone.now(), http.actor_of(request)
    root_id = _scope(actor, at=now)
    viewer = viewers.of(request, at=now)
    context = {
        "line": queries.line(line_id, root_id=root_id, at=now, viewer=viewer),
        "page": queries.people_of(
            line_id,
            root_id=root_id,
            at=now,
            viewer=viewer,
            cursor=request.GET.get("cursor"),
        ),
    }
    return render(request, "workbench/administration/line_people.html", context)


def _render(request: HttpRequest, line_id: int | None) -> HttpResponse:
    now, actor = timezone.now(), http.actor_of(request)
    root_id = _scope(actor, at=now)
    all_lines = queries.lines(root_id, at=now, viewer=viewers.of(request, at=now))
    line = next((one for one in all_lines if one.id == line_id), None)
    if line_id is not None and line is None:
        raise errors.NotFound
    context = {
        "screen": "administration",
        "tab": "lines",
        "office": offices.of(actor, at=now),
        "scope": units.names([root_id])[root_id],
        "lines": all_lines,
        "line": line,
        "nodes": _nodes(request, actor, line, root_id, at=now) if line else [],
        "keeps": line is not None and org_policies.may_manage_units(actor, line.root_id, at=now),
        "may_seed": not all_lines,
    }
    return render(request, "workbench/administration/lines.html", context)


def _nodes(
    request: HttpRequest, actor: Actor, line: queries.LineCard, root_id: int, *, at: datetime
) -> list[Node]:
    """The line's units at or below the scope, each below the one above it in the line."""
    viewer = viewers.of(request, at=at)
    page = queries.units_of(line.id, root_id=root_id, at=at, viewer=viewer, limit=UNITS_AT_MOST)
    ids = [row.id for row in page.items]
    above = queries.competent_units(ids, line.id, at=at, viewer=viewer)
    managed = _managed(actor, ids, at=at)
    children: dict[int, list[queries.LineUnitRow]] = {}
    tops = []
    for row in page.items:
        upper = above.get(row.id)
        if upper is not None and upper.unit_id in set(ids):
            children.setdefault(upper.unit_id, []).append(row)
        else:
            tops.append(row)
    nodes: list[Node] = []
    waiting = [(row, 0) for row in reversed(tops)]
    while waiting:
        row, depth = waiting.pop()
        nodes.append(Node(row, min(depth, 6), above.get(row.id), row.id in managed))
        waiting += [(child, depth + 1) for child in reversed(children.pop(row.id, []))]
    return nodes


def _managed(actor: Actor, unit_ids: Sequence[int], *, at: datetime) -> set[int]:
    administrator = org_policies.Administrator(actor.require_person(), AdminRole.ORG)
    return authority.administered(administrator, unit_ids, at=at)


def _may_place(
    actor: Actor, proposed: Sequence[queries.LineUnitRow], *, at: datetime
) -> list[queries.LineUnitRow]:
    managed = _managed(actor, [row.id for row in proposed], at=at)
    return [row for row in proposed if row.id in managed]


def _asked_endings(request: HttpRequest, line: queries.LineCard) -> str:
    asked = parameters.text(request.GET or request.POST, "name_endings", longest=400)
    return asked or "、".join(line.name_endings)


def _scope(actor: Actor, *, at: datetime) -> int:
    """The highest unit over which the viewer is organisation administrator; NotFound without."""
    grants = authority.of_person(actor.require_person(), at=at)
    tops = authority.tops([one for one in grants if one.role == AdminRole.ORG], at=at)
    if not tops:
        raise errors.NotFound
    return tops[0]


def _root_choices(actor: Actor, *, at: datetime) -> Choices:
    grants = authority.of_person(actor.require_person(), at=at)
    roots = dict.fromkeys(one.root_id for one in grants if one.role == AdminRole.ORG)
    named = units.names(list(roots))
    return [(str(root), named[root].name) for root in roots if root in named]


def _page_of(line_id: int) -> str:
    return reverse("administration-line", args=[line_id])


_LINE = "lines/<int:line_id>/"
urlpatterns = [
    path("lines/", index, name="administration-lines"),
    path("lines/new/", define, name="administration-line-define"),
    path(_LINE, show, name="administration-line"),
    path(f"{_LINE}edit/", edit, name="administration-line-edit"),
    path(f"{_LINE}end/", end, name="administration-line-end"),
    path(f"{_LINE}place/", place, name="administration-line-place"),
    path(f"{_LINE}people/", people, name="administration-line-people"),
    path(f"{_LINE}units/<int:unit_id>/withdraw/", withdraw, name="administration-line-withdraw"),
    path(f"{_LINE}units/<int:unit_id>/relate/", relate, name="administration-line-relate"),
    path(f"{_LINE}relations/<int:relation_id>/end/", unrelate, name="administration-line-unrelate"),
]
