"""Forms in a dialog: asked for by htmx, answered by a fragment or by a move to the next page."""

import json

from django.contrib import messages as flashes
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from workbench.forms.base import PageForm


def show(
    request: HttpRequest,
    form: PageForm,
    *,
    title: str,
    verb: str,
    template: str = "workbench/components/form_dialog.html",
    **context: object,
) -> HttpResponse:
    """The dialog with the form; 422 when what was sent was not right."""
    status = 422 if form.is_bound else 200
    whole = {"form": form, "title": title, "verb": verb, "action": request.path, **context}
    return render(request, template, whole, status=status)


def done(request: HttpRequest, *, to: str, notice: str) -> HttpResponse:
    """The page moves on and says what happened."""
    flashes.success(request, notice)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = to
    return response


def closed(*, notice: str) -> HttpResponse:
    """The dialog closes on the page where it is, which says what happened."""
    response = HttpResponse(status=204)
    response["HX-Trigger"] = json.dumps({"dialog:done": {"message": notice}})
    return response


def asked(request: HttpRequest, request_id: int) -> HttpResponse:
    """The page moves on to what now waits for a second person."""
    to = reverse("administration-request", args=[request_id])
    return done(request, to=to, notice="已提交复核，同意后生效")
