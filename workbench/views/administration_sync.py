"""系统管理 › 目录同步: tokens with which other systems provision people and units (SCIM)."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import errors, http
from org import policies as org_policies
from org.kinds import AdminRole
from org.queries import tokens, units
from org.services import tokens as token_services
from workbench import dialogs, offices
from workbench.forms import sync as forms


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The tokens over the viewer's units, and the address that they are for."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if not _may_make(office):
        raise errors.NotFound
    listed = tokens.in_scope(actor.require_person(), at=now)
    context = {
        "screen": "administration",
        "office": office,
        "tab": "sync",
        "lines": [{"token": token, "stands": token.stands(now)} for token in listed],
        "base_url": _base_url(),
    }
    return render(request, "workbench/administration/sync.html", context)


@http.page
@require_http_methods(["GET", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    """Dialog: a new token; its secret is shown this once."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    if not _may_make(office):
        raise errors.NotFound
    form = forms.MakeToken(request.POST or None)
    made: list[token_services.Made] = []

    def act(given: dict[str, Any]) -> None:
        made.append(
            token_services.make(
                actor=actor,
                name=given["name"],
                root_id=given["root_id"],
                expires_at=now + timedelta(days=int(given["days"])),
                now=now,
            )
        )

    if form.is_bound and form.carry_out(act):
        return _secret(request, made[0], form.cleaned_data, at=now)
    chosen = form.cleaned_data.get("root_id") if form.is_bound else None
    return dialogs.show(
        request,
        form,
        title="新建同步令牌",
        verb="新建",
        template="workbench/administration/sync_make.html",
        chosen=list(units.names([chosen]).values()) if chosen else [],
        purpose="parents" if _holds(office, AdminRole.ORG) else "units",
    )


@http.page
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """The token is worth nothing any more."""
    now = timezone.now()
    token_services.revoke(actor=http.actor_of(request), token_id=token_id, now=now)
    return dialogs.done(request, to=reverse("administration-sync"), notice="令牌已收回")


def _secret(
    request: HttpRequest, made: token_services.Made, given: dict[str, Any], *, at: datetime
) -> HttpResponse:
    """The only page that ever shows this secret; no cache keeps it."""
    actor, root_id = http.actor_of(request), given["root_id"]
    context = {
        "made": made,
        "name": given["name"],
        "root": units.names([root_id])[root_id],
        "base_url": _base_url(),
        "writes_people": org_policies.may_manage_people(actor, root_id, at=at),
    }
    response = render(request, "workbench/administration/sync_secret.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _may_make(office: offices.Office) -> bool:
    return any(_holds(office, role) for role in tokens.MAKERS)


def _holds(office: offices.Office, role: AdminRole) -> bool:
    return any(grant.role == role for grant in office.grants)


def _base_url() -> str:
    return f"{settings.SITE_ORIGIN}/scim/v2"


urlpatterns = [
    path("sync/", index, name="administration-sync"),
    path("sync/make/", make, name="administration-sync-make"),
    path("sync/<int:token_id>/revoke/", revoke, name="administration-sync-revoke"),
]
