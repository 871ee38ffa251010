"""审批, 发起: choosing a template, filling in its form, changing it after it came back."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods

from approvals import definitions, form_rules, forms
from approvals import errors as approval_errors
from approvals.queries import cases as case_queries
from approvals.queries import pictures, templates
from approvals.services import cases
from core import errors, http
from org.queries import people
from workbench import parameters

_LONGEST_TEXT: Final = 10_000
_CHOSEN_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Chip:
    """A person already picked."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field as it is drawn: with what was typed, and what is wrong with it."""

    field: forms.Field
    value: str
    error: str
    people: list[Chip]


@dataclass(frozen=True, slots=True)
class Picking:
    """A step whose approvers are chosen here."""

    step: templates.ChoiceStep
    people: list[Chip]
    error: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: by the person's hand, or from the last revision."""

    title: str
    texts: Mapping[str, str]
    chosen: Mapping[str, Sequence[int]]
    idempotency_key: str
    faults: Mapping[str, str] = field(default_factory=dict)
    choice_faults: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The page of a form."""

    heading: str
    description: str
    title: str
    controls: list[Control]
    pickings: list[Picking]
    picture: SafeString
    refusal: str
    title_error: str
    idempotency_key: str
    returned: str
    back_id: int | None


@http.page
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """What may be started, by category."""
    context = {"screen": "approvals", "cards": templates.startable()}
    return render(request, "workbench/approvals/choose.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def fill_in(request: HttpRequest, key: str) -> HttpResponse:
    """The form of a template; posting it starts the case or shows what is wrong."""
    actor, now = http.actor_of(request), timezone.now()
    view = templates.view(key)

    def submit(typed: Typed) -> int:
        return cases.start(
            actor=actor,
            template_key=key,
            title=typed.title,
            form=forms.read_text(view.form_schema, typed.texts),
            subject=None,
            chosen=typed.chosen,
            idempotency_key=typed.idempotency_key,
            now=now,
        ).case_id

    if request.method == "POST":
        typed = _typed(request.POST, view.form_schema)
        if not typed.title:
            typed = _refused(typed, errors.Invalid(fields={"title": "请填写标题"}))
        else:
            typed, case_id = _try(typed, submit)
            if case_id is not None:
                return redirect(f"{reverse('approvals-case', args=[case_id])}?tab=started")
    else:
        typed = Typed(
            f"{actor.name}的{view.name.removesuffix('申请')}申请", {}, {}, uuid.uuid4().hex
        )
    sheet = _sheet(view.name, view.definition, view.form_schema, typed, at=now)
    return _page(request, sheet, typed)


@http.page
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, task_id: int) -> HttpResponse:
    """The form of a case that came back; posting it resubmits the case.

    A case about a subject is changed where the subject is kept.
    """
    actor, now = http.actor_of(request), timezone.now()
    case = case_queries.view_by_task(actor=actor, task_id=task_id, at=now)
    if case.subject_kind:
        raise approval_errors.OtherActExpected

    def submit(typed: Typed) -> int:
        return cases.resubmit(
            actor=actor,
            task_id=task_id,
            form=forms.read_text(case.form_schema, typed.texts),
            chosen=typed.chosen,
            subject=None,
            remark="",
            idempotency_key=typed.idempotency_key,
            now=now,
        ).case_id

    if request.method == "POST":
        typed, case_id = _try(_typed(request.POST, case.form_schema), submit)
        if case_id is not None:
            return redirect(f"{reverse('approvals-case', args=[case_id])}?tab=started")
    else:
        typed = Typed(case.title, _texts(case), case.chosen, uuid.uuid4().hex)
    sheet = _sheet(
        case.template_name,
        case.definition,
        case.form_schema,
        typed,
        at=now,
        returned=case.title,
        back_id=case.case_id,
    )
    return _page(request, sheet, typed)


def _try(typed: Typed, submit: Callable[[Typed], int]) -> tuple[Typed, int | None]:
    """Submit; a refusal of what was typed comes back to stand beside its field."""
    try:
        return typed, submit(typed)
    except (errors.Invalid, errors.Conflict) as refusal:
        return _refused(typed, refusal), None


def _refused(typed: Typed, refusal: errors.DomainError) -> Typed:
    faults: Any = refusal.details.get("fields", {})
    choice_faults = {}
    if isinstance(refusal, approval_errors.ChoiceInvalid):
        choice_faults = {str(refusal.details.get("node_id", "")): refusal.text}
    return Typed(
        title=typed.title,
        texts=typed.texts,
        chosen=typed.chosen,
        # The refused request took nothing with its key; a fresh one starts clean.
        idempotency_key=uuid.uuid4().hex,
        faults=dict(faults),
        choice_faults=choice_faults,
        refusal=refusal.text,
    )


def _typed(posted: QueryDict, schema: Mapping[str, Any]) -> Typed:
    return Typed(
        title=parameters.text(posted, "title", longest=200),
        texts={
            name: parameters.text(posted, f"form.{name}", longest=_LONGEST_TEXT)
            for name in schema.get("properties", {})
        },
        chosen={
            name.removeprefix("chosen."): _ids(posted.getlist(name))
            for name in posted
            if name.startswith("chosen.")
        },
        idempotency_key=parameters.text(posted, "idempotency_key", longest=80) or uuid.uuid4().hex,
    )


def _ids(texts: Sequence[str]) -> list[int]:
    return parameters.ids(texts, at_most=_CHOSEN_AT_MOST)


def _texts(case: case_queries.CaseView) -> dict[str, str]:
    texts = {}
    for name, value in case.form.items():
        texts[name] = ("true" if value else "") if isinstance(value, bool) else str(value)
    return texts


def _sheet(
    heading: str,
    definition: definitions.Definition,
    schema: Mapping[str, Any],
    typed: Typed,
    *,
    at: datetime,
    returned: str = "",
    back_id: int | None = None,
) -> Sheet:
    fields = forms.fields(schema)
    names = people.names(_people_in(fields, typed), at=at)

    def chips(ids: Sequence[int]) -> list[Chip]:
        return [Chip(person, names[person].name) for person in ids if person in names]

    texts = form_rules.complete(schema, typed.texts)

    def control(one: forms.Field) -> Control:
        value = str(texts.get(one.name, ""))
        people_shown = chips(_ids([value])) if one.widget == "person" else []
        return Control(one, value, typed.faults.get(one.name, ""), people_shown)

    def picking(step: templates.ChoiceStep) -> Picking:
        fault = typed.choice_faults.get(step.node_id, "")
        return Picking(step, chips(typed.chosen.get(step.node_id, [])), fault)

    return Sheet(
        heading=heading,
        description=definition.description,
        title=typed.title,
        controls=[control(one) for one in fields],
        pickings=[picking(step) for step in templates.choices(definition)],
        picture=SafeString(pictures.of_template(definition)),  # every text in it is escaped
        refusal=typed.refusal,
        title_error=typed.faults.get("title", ""),
        idempotency_key=typed.idempotency_key,
        returned=returned,
        back_id=back_id,
    )


def _people_in(fields: Sequence[forms.Field], typed: Typed) -> set[int]:
    chosen = {person for ids in typed.chosen.values() for person in ids}
    return chosen | set(
        _ids([typed.texts.get(one.name, "") for one in fields if one.widget == "person"])
    )


def _page(request: HttpRequest, sheet: Sheet, typed: Typed) -> HttpResponse:
    status = 422 if typed.refusal else 200
    context = {"screen": "approvals", "sheet": sheet}
    return render(request, "workbench/approvals/form.html", context, status=status)
