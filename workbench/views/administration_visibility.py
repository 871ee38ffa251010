"""系统管理, 可见范围: which units and people are kept from whom, and who would not see whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import errors, http
from core.actor import Actor
from org import errors as org_errors
from org.kinds import AdminRole, MaskedField, Scene, VisibilityEffect
from org.queries import authority, people, units
from org.queries import visibility_rules as queries
from org.services import visibility
from workbench import dialogs, offices, parameters
from workbench.forms.visibility import VisibilityTerms

_ROLES: Final = frozenset({AdminRole.ORG.value, AdminRole.SECURITY.value})
_WHAT: Final = {"unit": "组织", "person": "人员"}


@dataclass(frozen=True, slots=True)
class Picked:
    """What stands in the pickers of the form, so that a refusal loses nothing."""

    subject: list[queries.Named]
    units: list[queries.Named]
    people: list[queries.Named]


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The rules about what the viewer administers."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if _ROLES.isdisjoint(grant.role for grant in office.grants):
        raise errors.NotFound
    context = {
        "screen": "administration",
        "office": office,
        "tab": "visibility",
        "rules": queries.listed(actor, at=now),
        "now": now,
    }
    return render(request, "workbench/administration/visibility.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, what: str) -> HttpResponse:
    """Dialog: a new rule about a unit with all below it, or about a person."""
    now = timezone.now()
    actor = http.actor_of(request)
    if what not in _WHAT:
        raise errors.NotFound
    initial = {"scenes": Scene.values, "effect": VisibilityEffect.HIDE}
    form = VisibilityTerms(request.POST or None, initial=initial)

    def act(given: dict[str, Any]) -> None:
        subject = _subject(request.POST, what)
        visibility.make(actor=actor, subject=subject, terms=_terms(request, given), now=now)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_home(), notice="可见范围规则已生效")
    return _dialog(request, form, actor, what, title=f"新增规则：{_WHAT[what]}", at=now)


@http.page
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Dialog: the same rule with other terms."""
    now = timezone.now()
    actor = http.actor_of(request)
    rule = queries.by_id(actor, rule_id, at=now)
    if rule is None:
        raise org_errors.VisibilityRuleNotFound
    initial = {
        "effect": rule.effect.value,
        "masked": [field.value for field in rule.masked],
        "scenes": [scene.value for scene in rule.scenes],
        "except_levels": [str(level) for level in rule.except_levels],
        "until": timezone.localdate(rule.valid_to) if rule.valid_to else None,
        "reason": rule.reason,
    }
    form = VisibilityTerms(request.POST or None, initial=initial)

    def act(given: dict[str, Any]) -> None:
        terms = _terms(request, given)
        visibility.change(actor=actor, rule_id=rule_id, terms=terms, now=now)

    if form.is_bound and form.carry_out(act):
        return dialogs.done(request, to=_home(), notice="可见范围规则已修改")
    what = "unit" if rule.unit_id else "person"
    title = f"修改规则：{rule.subject_name}"
    return _dialog(request, form, actor, what, title=title, at=now, rule=rule)


@http.page
@require_POST
def end(request: HttpRequest, rule_id: int) -> HttpResponse:
    """The rule binds nobody any more."""
    visibility.end(actor=http.actor_of(request), rule_id=rule_id, now=timezone.now())
    return dialogs.done(request, to=_home(), notice="规则已结束")


@http.page
@require_POST
def preview(request: HttpRequest, what: str) -> HttpResponse:
    """Fragment: how many people the rule would keep back from how many others."""
    now = timezone.now()
    subject = _subject(request.POST, what)
    reach = None
    if subject != visibility.Subject():
        actor = http.actor_of(request)
        if not queries.may_rule(actor, subject.unit_id, subject.person_id, at=now):
            raise org_errors.OutOfScope
        reach = queries.reach(
            unit_id=subject.unit_id,
            person_id=subject.person_id,
            except_unit_ids=_ids(request.POST, "except_unit"),
            except_person_ids=_ids(request.POST, "except_person"),
            at=now,
        )
    context = {"reach": reach, "effect": request.POST.get("effect", "")}
    return render(request, "workbench/administration/visibility_reach.html", context)


def _dialog(
    request: HttpRequest,
    form: VisibilityTerms,
    actor: Actor,
    what: str,
    *,
    title: str,
    at: datetime,
    rule: queries.Rule | None = None,
) -> HttpResponse:
    return dialogs.show(
        request,
        form,
        title=title,
        verb="保存",
        template="workbench/administration/visibility_rule.html",
        what=what,
        rule=rule,
        purpose=_purpose(actor, what, at=at),
        placeholder="组织名称、简称或代码" if what == "unit" else "",
        picked=_picked(request, rule, what, at=at),
    )


def _purpose(actor: Actor, what: str, *, at: datetime) -> str:
    """Administrators of the organisation pick among their own; those of security everywhere."""
    if what == "person":
        return "people"
    grants = authority.of_person(actor.require_person(), at=at)
    has_security = any(grant.role == AdminRole.SECURITY for grant in grants)
    return "units" if has_security else "parents"


def _picked(request: HttpRequest, rule: queries.Rule | None, what: str, *, at: datetime) -> Picked:
    if request.method == "GET":
        if rule is None:
            return Picked([], [], [])
        subject = queries.Named(rule.unit_id or rule.person_id or 0, rule.subject_name)
        return Picked([subject], list(rule.except_units), list(rule.except_people))
    subject_ids = _ids(request.POST, "subject")
    return Picked(
        _units(subject_ids) if what == "unit" else _people(subject_ids, at=at),
        _units(_ids(request.POST, "except_unit")),
        _people(_ids(request.POST, "except_person"), at=at),
    )


def _units(unit_ids: Sequence[int]) -> list[queries.Named]:
    return [queries.Named(unit.id, unit.name) for unit in units.names(unit_ids).values()]


def _people(person_ids: Sequence[int], *, at: datetime) -> list[queries.Named]:
    return [queries.Named(one.id, one.name) for one in people.names(person_ids, at=at).values()]


def _subject(posted: QueryDict, what: str) -> visibility.Subject:
    """What was picked, or nothing."""
    chosen = next(iter(_ids(posted, "subject")), None)
    if what == "unit":
        return visibility.Subject(unit_id=chosen)
    return visibility.Subject(person_id=chosen)


def _terms(request: HttpRequest, given: dict[str, Any]) -> visibility.Terms:
    return visibility.Terms(
        effect=VisibilityEffect(given["effect"]),
        scenes=[Scene(scene) for scene in given["scenes"]],
        masked=[MaskedField(field) for field in given["masked"]],
        except_unit_ids=_ids(request.POST, "except_unit"),
        except_person_ids=_ids(request.POST, "except_person"),
        except_levels=[int(level) for level in given["except_levels"]],
        reason=given["reason"],
        valid_to=_end_of(given["until"]),
    )


def _end_of(day: date | None) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


def _ids(posted: QueryDict, name: str) -> list[int]:
    return parameters.ids(posted.getlist(name), at_most=visibility.EXCEPTIONS_AT_MOST)


def _home() -> str:
    return reverse("administration-visibility")


urlpatterns = [
    path("visibility/", index, name="administration-visibility"),
    path("visibility/add/<slug:what>/", add, name="administration-visibility-add"),
    path("visibility/preview/<slug:what>/", preview, name="administration-visibility-preview"),
    path("visibility/<int:rule_id>/", edit, name="administration-visibility-edit"),
    path("visibility/<int:rule_id>/end/", end, name="administration-visibility-end"),
]
