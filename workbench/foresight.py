"""Dialogs in two steps: what is asked for, then what it touches; only then it is done."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from org.queries.impact import Impact
from workbench import dialogs
from workbench.forms.base import PageForm

_STEPS = frozenset({"confirmed", "back", "csrfmiddlewaretoken"})


def is_asked_for(request: HttpRequest) -> bool:
    """The form was filled in: checked, or sent after its consequences were shown."""
    return request.method == "POST"


def is_confirmed(request: HttpRequest) -> bool:
    """Whoever sent it has seen what it touches."""
    return request.POST.get("confirmed") == "1"


def given(form: PageForm) -> dict[str, Any]:
    """What was typed, so that a step back or a refusal does not lose what was picked."""
    if form.is_bound:
        form.is_valid()
    return dict(getattr(form, "cleaned_data", {}))


def show(
    request: HttpRequest,
    form: PageForm,
    *,
    title: str,
    verb: str,
    foresee: Callable[[dict[str, Any]], Impact],
    takes_two: Callable[[dict[str, Any], Impact], bool],
    template: str,
    verb_look: str = "primary",
    **context: object,
) -> HttpResponse:
    """The form; once it is filled in rightly, what would happen, with the button that does it.

    The second step carries what was typed along and leads back to it. It says where a second
    person decides. The button that does it may warn by its look.
    """
    goes_back = request.POST.get("back") == "1"
    if form.is_bound and not goes_back and form.is_valid():
        typed = dict(form.cleaned_data)
        impact = foresee(typed)
        whole = {
            "title": title,
            "verb": verb,
            "verb_look": verb_look,
            "action": request.path,
            "impact": impact,
            "takes_two": takes_two(typed, impact),
            "typed": _typed(request.POST),
        }
        return render(request, "workbench/administration/unit_foreseen.html", whole)
    answer = dialogs.show(request, form, title=title, verb="查看影响", template=template, **context)
    if goes_back:
        answer.status_code = 200
    return answer


def _typed(sent: QueryDict) -> list[tuple[str, str]]:
    return [
        (name, str(value))
        for name, values in sent.lists()
        if name not in _STEPS
        for value in values
    ]
