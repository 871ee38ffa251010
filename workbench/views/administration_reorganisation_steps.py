"""系统管理, 机构改革: the steps of a draft are added, changed, ordered and removed in its page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, cast

from django.forms import Field
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from core import errors, http
from core.actor import Actor
from org import reorganisation_steps as shapes
from org.kinds import StepKind
from org.queries import people, units, visibility
from org.queries import reorganisations as queries
from org.services import reorganisations
from workbench import dialogs, parameters, plans
from workbench.forms import reorganisations as forms
from workbench.forms.base import Choices

PEOPLE_AT_MOST: Final = 100
PARTS_AT_MOST: Final = 200


@http.page
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, plan_id: int, kind: str) -> HttpResponse:
    """Dialog: one more step of the kind."""
    now, actor = timezone.now(), http.actor_of(request)
    card = queries.card(actor, plan_id, at=now)
    step_kind = _kind(kind)
    form = _form(request, step_kind, {"revision": card.revision}, actor, at=now)

    def act(given: dict[str, Any]) -> None:
        reorganisations.add_step(
            actor=actor,
            reorganisation_id=plan_id,
            revision=given["revision"],
            kind=step_kind,
            payload=form.payload(given),
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        return plan_fragment(request, plan_id, says="已添加步骤")
    title = f"添加步骤：{step_kind.label}"
    return _dialog(request, form, queries.steps(plan_id), title=title, verb="添加", at=now)


@http.page
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, plan_id: int, step_id: int) -> HttpResponse:
    """Dialog: the step holds something else."""
    now, actor = timezone.now(), http.actor_of(request)
    card = queries.card(actor, plan_id, at=now)
    rows = queries.steps(plan_id)
    row = next((one for one in rows if one.id == step_id), None)
    if row is None:
        raise errors.NotFound
    kind = StepKind(row.kind)
    initial = {**forms.initial_of(kind, row.payload), "revision": card.revision}
    form = _form(request, kind, initial, actor, at=now)

    def act(given: dict[str, Any]) -> None:
        reorganisations.change_step(
            actor=actor,
            reorganisation_id=plan_id,
            revision=given["revision"],
            step_id=step_id,
            payload=form.payload(given),
            now=now,
        )

    if form.is_bound and form.carry_out(act):
        return plan_fragment(request, plan_id, says="步骤已修改")
    earlier = [one for one in rows if one.position < row.position]
    title = f"修改第 {row.position} 步：{kind.label}"
    return _dialog(request, form, earlier, title=title, verb="保存", at=now)


@http.page
@require_POST
def place(request: HttpRequest, plan_id: int, step_id: int) -> HttpResponse:
    """The step stands at another position."""
    position = parameters.optional_id(request.POST, "position") or 1
    reorganisations.move_step(
        actor=http.actor_of(request),
        reorganisation_id=plan_id,
        revision=_revision(request),
        step_id=step_id,
        position=min(position, reorganisations.STEPS_AT_MOST),
        now=timezone.now(),
    )
    return plan_fragment(request, plan_id)


@http.page
@require_POST
def remove(request: HttpRequest, plan_id: int, step_id: int) -> HttpResponse:
    """The draft has the step no longer."""
    reorganisations.remove_step(
        actor=http.actor_of(request),
        reorganisation_id=plan_id,
        revision=_revision(request),
        step_id=step_id,
        now=timezone.now(),
    )
    return plan_fragment(request, plan_id, says="步骤已删除")


def context_of(actor: Actor, plan_id: int, *, at: datetime) -> dict[str, object]:
    """What the page of a plan and its fragment draw from."""
    kinds = [(kind.value, kind.label) for kind in forms.FORMS]
    return {"plan": plans.of(actor, plan_id, at=at), "kinds": kinds}


def plan_fragment(request: HttpRequest, plan_id: int, *, says: str = "") -> HttpResponse:
    """The plan in place of what the page shows; an open dialog closes."""
    now, actor = timezone.now(), http.actor_of(request)
    context = {**context_of(actor, plan_id, at=now), "says": says, "is_fragment": True}
    response = render(request, "workbench/administration/reorganisation_plan.html", context)
    response["HX-Retarget"] = "#plan"
    response["HX-Reswap"] = "outerHTML"
    return response


def _kind(text: str) -> StepKind:
    if text not in StepKind.values:
        raise errors.NotFound
    return StepKind(text)


def _form(
    request: HttpRequest, kind: StepKind, initial: dict[str, Any], actor: Actor, *, at: datetime
) -> forms.StepForm:
    shape = forms.FORMS[kind]
    if kind is not StepKind.SPLIT:
        return shape(request.POST or None, initial=initial)
    unit_id = parameters.optional_id(request.POST or request.GET, "unit")
    if unit_id is not None:
        initial = {**initial, "unit": {"unit_id": unit_id}}
        if request.method == "GET":
            initial["name"] = parameters.text(request.GET, "name", longest=120)
    held = initial.get("unit", {}).get("unit_id")
    named = units.names([held]).get(held) if held else None
    if named is not None:
        initial["unit_kind"] = named.kind
    viewer = visibility.viewer_of(actor, at=at)
    return forms.Split(
        request.POST or None,
        initial=initial,
        parts=_parts_of(held, viewer, at=at) if held else [],
        people=_people_of(held, viewer, at=at) if held else [],
    )


def _parts_of(unit_id: int, viewer: visibility.Viewer, *, at: datetime) -> Choices:
    page = units.children(unit_id, at=at, viewer=viewer, limit=PARTS_AT_MOST)
    return [(str(one.id), one.name) for one in page.items]


def _people_of(unit_id: int, viewer: visibility.Viewer, *, at: datetime) -> Choices:
    page = people.in_unit(unit_id, at=at, viewer=viewer, limit=PEOPLE_AT_MOST)
    return [(str(one.appointment_id), f"{one.name}　{one.title}") for one in page.items]


def _dialog(
    request: HttpRequest,
    form: forms.StepForm,
    earlier: Sequence[queries.StepRow],
    *,
    title: str,
    verb: str,
    at: datetime,
) -> HttpResponse:
    made = [
        (f"s{row.id}.{part}", name)
        for row in earlier
        for part, name in enumerate(shapes.names_made(row.step))
    ]
    fields = [_drawn(form, name, field, dict(made), at=at) for name, field in _visible(form)]
    return dialogs.show(
        request,
        form,
        title=title,
        verb=verb,
        template="workbench/administration/reorganisation_step.html",
        fields=fields,
        made=made,
        is_split=form.kind is StepKind.SPLIT,
    )


def _visible(form: forms.StepForm) -> list[tuple[str, Field]]:
    hidden = {field.name for field in form.hidden_fields()}
    return [(name, field) for name, field in form.fields.items() if name not in hidden]


def _drawn(
    form: forms.StepForm, name: str, field: Field, made: Mapping[str, str], *, at: datetime
) -> dict[str, object]:
    """A field with what stands in it already: chips of a picker, choices of an earlier step."""
    drawn: dict[str, object] = {"field": form[name], "name": name}
    if not isinstance(field, forms.PickedUnit):
        return drawn
    ids, chosen = _standing(form, name, field)
    is_person = isinstance(field, forms.PickedPerson)
    named = people.names(ids, at=at) if is_person else units.names(ids)
    return {
        **drawn,
        "is_picker": True,
        "many": field.many,
        "purpose": field.purpose,
        "placeholder": "" if is_person else "组织名称、简称或代码",
        "required": field.required or name not in form.optional,
        "picked": [{"id": one, "name": named[one].name} for one in ids if one in named],
        "made_chosen": [one for one in chosen if one in made],
        "offers_made": bool(made) and not is_person,
    }


def _standing(
    form: forms.StepForm, name: str, field: forms.PickedUnit
) -> tuple[list[int], list[str]]:
    if form.is_bound:
        sent = cast(QueryDict, form.data)
        return parameters.ids(sent.getlist(name), at_most=100), form.made_of(name)
    held = form.initial.get(name)
    if isinstance(held, int):
        return [held], []
    refs = held if isinstance(held, list | tuple) else [held] if held else []
    return (
        [int(ref["unit_id"]) for ref in refs if "unit_id" in ref],
        [f"s{ref['step_id']}.{ref.get('part', 0)}" for ref in refs if "step_id" in ref],
    )


def _revision(request: HttpRequest) -> int:
    found = parameters.optional_id(request.POST, "revision")
    if found is None:
        raise errors.NotFound
    return found


_STEPS = "reorganisations/<int:plan_id>/steps/"
urlpatterns = [
    path(f"{_STEPS}new/<slug:kind>/", add, name="administration-reorganisation-add"),
    path(f"{_STEPS}<int:step_id>/", change, name="administration-reorganisation-change"),
    path(f"{_STEPS}<int:step_id>/place/", place, name="administration-reorganisation-place"),
    path(f"{_STEPS}<int:step_id>/remove/", remove, name="administration-reorganisation-remove"),
]
