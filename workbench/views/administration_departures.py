"""系统管理 › 离职交接: who left from the viewer's units, and what is still to be handed over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import errors, http
from org import errors as org_errors
from org import policies as org_policies
from org.kinds import AdminRole
from org.queries import departures
from org.services import departures as departure_services
from workbench import dialogs, offices, personnel
from workbench.forms import departures as forms

PER_PAGE = 30


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Those who left, latest first; the open ones alone where asked."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if all(grant.role != AdminRole.PEOPLE for grant in office.grants):
        raise errors.NotFound
    only_open = request.GET.get("state") != "all"
    page = departures.in_scope(
        org_policies.Administrator(actor.require_person(), AdminRole.PEOPLE),
        at=now,
        only_open=only_open,
        limit=PER_PAGE,
        cursor=request.GET.get("cursor"),
    )
    context = {
        "screen": "administration",
        "office": office,
        "tab": "departures",
        "page": page,
        "only_open": only_open,
    }
    template = "departures_rows" if request.GET.get("cursor") else "departures"
    return render(request, f"workbench/administration/{template}.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def settle(request: HttpRequest, item_id: int) -> HttpResponse:
    """Dialog: who takes the item over, or that it is done."""
    now = timezone.now()
    actor = http.actor_of(request)
    item = departures.item(item_id)
    if item is None:
        raise org_errors.HandoverNotFound
    personnel.home_in_charge(actor, item.person_id, at=now)
    form = forms.Settle(request.POST if request.method == "POST" else None)

    def act(given: dict[str, int | None]) -> None:
        departure_services.settle(
            actor=actor, item_id=item_id, successor_id=given["successor_id"], now=now
        )

    if form.is_bound and form.carry_out(act):
        to = personnel.page_of_person(item.person_id)
        return dialogs.done(request, to=to, notice="交接事项已办结")
    return dialogs.show(
        request,
        form,
        title="办结交接事项",
        verb="办结",
        template="workbench/administration/settle.html",
        item=item,
    )


@http.page
@require_POST
def reopen(request: HttpRequest, item_id: int) -> HttpResponse:
    """The item is to be seen to again."""
    now = timezone.now()
    actor = http.actor_of(request)
    item = departures.item(item_id)
    if item is None:
        raise org_errors.HandoverNotFound
    departure_services.reopen(actor=actor, item_id=item_id, now=now)
    to = personnel.page_of_person(item.person_id)
    return dialogs.done(request, to=to, notice="交接事项已重开")


urlpatterns = [
    path("departures/", index, name="administration-departures"),
    path("handover-items/<int:item_id>/", settle, name="administration-settle"),
    path("handover-items/<int:item_id>/reopen/", reopen, name="administration-reopen"),
]
