"""系统管理, audit log: read by auditors only, and proved whole on request."""

from datetime import date

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET, require_POST

from core import audit, http
from workbench import audit_log, audit_words, offices, parameters


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The log, newest first, narrowed by the filters in the address."""
    office = offices.require_audit(http.actor_of(request), at=timezone.now())
    filters = _filters(request.GET)
    asked = request.GET.copy()
    asked.pop("cursor", None)
    context = {
        "screen": "administration",
        "office": office,
        "tab": "audit",
        "filters": filters,
        "page": audit_log.page(filters, cursor=request.GET.get("cursor"), at=timezone.now()),
        "asked": asked.urlencode(),
        "actions": audit_words.ACTIONS.values(),
    }
    template = "audit_rows" if request.GET.get("cursor") else "audit"
    return render(request, f"workbench/administration/{template}.html", context)


@http.page
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Fragment: whether every chain is whole, and else where it breaks."""
    offices.require_audit(http.actor_of(request), at=timezone.now())
    context = {"verification": audit.verify()}
    return render(request, "workbench/administration/verification.html", context)


def _filters(values: QueryDict) -> audit_log.Filters:
    return audit_log.Filters(
        action=parameters.text(values, "action", longest=80),
        name=parameters.text(values, "name", longest=60),
        since=_day(values, "since"),
        until=_day(values, "until"),
    )


def _day(values: QueryDict, name: str) -> date | None:
    try:
        return parse_date(values.get(name, ""))
    except ValueError:
        return None


urlpatterns = [
    path("audit/", index, name="administration-audit"),
    path("audit/verify/", verify, name="administration-audit-verify"),
]
