"""系统管理, audit log: read by auditors only, proved whole on request, taken away as a table."""

from datetime import date
from ipaddress import ip_address
from typing import cast

from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
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
    filters, faults = _filters(request.GET), _faults_of(request.GET)
    asked = request.GET.copy()
    asked.pop("cursor", None)
    context = {
        "screen": "administration",
        "office": office,
        "tab": "audit",
        "filters": filters,
        "field_faults": faults,
        "page": None
        if faults
        else audit_log.page(filters, cursor=request.GET.get("cursor"), at=timezone.now()),
        "asked": asked.urlencode(),
        "actions": audit_words.ACTIONS.values(),
        "objects": audit_words.OBJECTS.items(),
        **_latest_check(),
    }
    template = "audit_rows" if request.GET.get("cursor") and not faults else "audit"
    status = 422 if faults else 200
    return render(request, f"workbench/administration/{template}.html", context, status=status)


@http.page
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Fragment: a worker walks along the chains; the fragment asks how far it has come."""
    now = timezone.now()
    actor = http.actor_of(request)
    offices.require_audit(actor, at=now)
    audit.ask_for_check(actor=actor, now=now)
    return _check(request)


@http.page
@require_GET
def verification(request: HttpRequest) -> HttpResponse:
    """Fragment: how far the last check has come, and else what it found."""
    offices.require_audit(http.actor_of(request), at=timezone.now())
    return _check(request)


@http.page
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The entries that the filters let through as CSV; that they were taken away is recorded.

    Filters that can't be meant lead back to the page, which says what is wrong with them.
    """
    now = timezone.now()
    actor = http.actor_of(request)
    offices.require_audit(actor, at=now)
    if _faults_of(request.GET):
        return redirect(f"{reverse('administration-audit')}?{request.GET.urlencode()}")
    table = audit_log.export(_filters(request.GET), actor=actor, at=now)
    name = f"审计日志-{timezone.localtime(now):%Y%m%d-%H%M%S}.csv"
    answer = FileResponse(table, as_attachment=True, filename=name, content_type="text/csv")
    return cast(HttpResponse, answer)  # a page's answer may as well be streamed


def _check(request: HttpRequest) -> HttpResponse:
    return render(request, "workbench/administration/verification.html", _latest_check())


def _latest_check() -> dict[str, object]:
    check = audit.latest_check()
    return {"check": check, "faults": [audit_words.fault(f) for f in check.faults] if check else []}


def _filters(values: QueryDict) -> audit_log.Filters:
    return audit_log.Filters(
        action=parameters.text(values, "action", longest=80),
        name=parameters.text(values, "name", longest=60),
        address=parameters.text(values, "address", longest=64),
        object_kind=parameters.text(values, "object", longest=40),
        since=_day(values, "since"),
        until=_day(values, "until"),
    )


def _faults_of(values: QueryDict) -> dict[str, str]:
    """Filter → what is wrong with it: such a filter finds nothing, which would read as proof."""
    faults = {}
    filters = _filters(values)
    if filters.address and not _is_address(filters.address):
        faults["address"] = "请填写完整的 IP 地址，如 10.1.2.3"
    for name in ("since", "until"):
        if values.get(name) and _day(values, name) is None:
            faults[name] = "日期应形如 2026-03-01"
    if filters.since and filters.until and filters.since > filters.until:
        faults["until"] = "止日不能早于起日"
    return faults


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _day(values: QueryDict, name: str) -> date | None:
    try:
        return parse_date(values.get(name, ""))
    except ValueError:
        return None


urlpatterns = [
    path("audit/", index, name="administration-audit"),
    path("audit/export/", export, name="administration-audit-export"),
    path("audit/verify/", verify, name="administration-audit-verify"),
    path("audit/verification/", verification, name="administration-audit-verification"),
]
