"""应用管理: the apps one develops or reviews, their releases, and the way into an app."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode, urljoin

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import include, path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import errors as core_errors
from core import http
from core.actor import Actor
from miniapps import manifests
from miniapps.queries import registry as apps
from miniapps.services import registry, sign_in
from workbench import parameters
from workbench.views import apps_actions, apps_example

_REFUSALS: Final = (core_errors.Invalid, core_errors.Conflict, core_errors.Forbidden)
"""What the form itself says, with the manifest still in it."""
TABS: Final = (("mine", "我的应用"), ("queue", "待我审核"), ("all", "管辖应用"))
_LONGEST_LINK: Final = 300


@dataclass(frozen=True, slots=True)
class Listing:
    """The left pane: one tab of apps, and how many wait for a review."""

    tab: str
    lines: list[apps.AppLine]
    waiting: int


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The apps of one tab."""
    actor, now = http.actor_of(request), timezone.now()
    listing = _listing(request, actor, now)
    return _show(request, "index", listing=listing, is_detail=False)


@http.page
@require_GET
def detail(request: HttpRequest, app_id: int) -> HttpResponse:
    """One app with its releases, and what the viewer may do with it."""
    actor, now = http.actor_of(request), timezone.now()
    app = apps.detail(actor, app_id, at=now)
    return _show(
        request,
        "detail",
        listing=_listing(request, actor, now, app),
        is_detail=True,
        app=app,
        release=_in_focus(app),
    )


@http.page
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A manifest pasted or uploaded makes an app; its secret is on this one answer only."""
    if request.method != "POST":
        return _show_form(request, text="", app_id=None)
    text = _manifest_text(request)
    try:
        made = registry.register(
            actor=http.actor_of(request), document=manifests.read(text), now=timezone.now()
        )
    except _REFUSALS as refusal:
        return _show_form(request, text=text, app_id=None, refusal=refusal)
    return _show(request, "secret", made=made, is_new=True)


@http.page
@require_http_methods(["GET", "POST"])
def add_release(request: HttpRequest, app_id: int) -> HttpResponse:
    """A manifest with a higher version code makes a draft of the next release."""
    actor, now = http.actor_of(request), timezone.now()
    if request.method != "POST":
        apps.detail(actor, app_id, at=now)
        return _show_form(request, text="", app_id=app_id)
    text = _manifest_text(request)
    try:
        registry.add_release(actor=actor, app_id=app_id, document=manifests.read(text), now=now)
    except _REFUSALS as refusal:
        return _show_form(request, text=text, app_id=app_id, refusal=refusal)
    messages.success(request, "新版本已保存为草稿")
    return redirect("apps-detail", app_id)


@http.page
@require_POST
def renew_secret(request: HttpRequest, app_id: int) -> HttpResponse:
    """A new client secret, on this one answer only."""
    made = registry.renew_secret(actor=http.actor_of(request), app_id=app_id, now=timezone.now())
    return _show(request, "secret", made=made, is_new=False)


@http.page
@require_GET
def open_app(request: HttpRequest, app_id: int) -> HttpResponse:
    """Into the app: third-party-initiated login (OIDC Core 1.0, 4), or its address.

    `to` names a path inside the app; whatever could lead elsewhere is dropped.
    """
    entrance = sign_in.open_app(actor=http.actor_of(request), app_id=app_id, now=timezone.now())
    inner = parameters.text(request.GET, "to", longest=_LONGEST_LINK)
    target = (
        urljoin(entrance.base_url, inner) if manifests.is_inner_path(inner) else entrance.base_url
    )
    query = urlencode({"iss": settings.SITE_ORIGIN, "target_link_uri": target})
    separator = "&" if "?" in entrance.initiate_login_uri else "?"
    return HttpResponseRedirect(f"{entrance.initiate_login_uri}{separator}{query}")


def _listing(
    request: HttpRequest, actor: Actor, now: datetime, app: apps.AppDetail | None = None
) -> Listing:
    """The tab that was asked for, else the one in which the open app stands."""
    queue = apps.review_queue(actor, at=now)
    tab = request.GET.get("tab", "")
    if tab not in dict(TABS):
        tab = _fitting_tab(app, queue)
    if tab == "queue":
        lines = queue
    elif tab == "all":
        lines = apps.administered(actor, at=now)
    else:
        lines = apps.mine(actor, at=now)
    return Listing(tab=tab, lines=lines, waiting=len(queue))


def _fitting_tab(app: apps.AppDetail | None, queue: list[apps.AppLine]) -> str:
    if app is None or app.rights.develop:
        return "mine"
    return "queue" if any(line.id == app.line.id for line in queue) else "all"


def _in_focus(app: apps.AppDetail) -> apps.ReleaseLine:
    """The release that waits for somebody, else the one that is out, else the newest."""
    for state in ("submitted", "reviewing", "approved", "draft", "published", "suspended"):
        for release in app.releases:
            if release.state == state:
                return release
    return app.releases[0]


def _manifest_text(request: HttpRequest) -> str:
    """The pasted text, or the uploaded file; Invalid where that is no UTF-8."""
    uploaded = request.FILES.get("manifest_file")
    if not isinstance(uploaded, UploadedFile):
        return str(request.POST.get("manifest", ""))
    content: bytes = uploaded.read(manifests.MAX_BYTES + 1)
    return content.decode("utf-8-sig", errors="replace")


def _show_form(
    request: HttpRequest,
    *,
    text: str,
    app_id: int | None,
    refusal: core_errors.DomainError | None = None,
) -> HttpResponse:
    actor = http.actor_of(request)
    organs = apps.own_organs(actor, at=timezone.now())
    return _show(
        request,
        "register",
        status=refusal.status if refusal else 200,
        text=text,
        app_id=app_id,
        organs=organs,
        example=apps_example.text(organs[0], actor.name) if organs else "",
        refusal=refusal.text if refusal else "",
        faults=refusal.details.get("faults", []) if refusal else [],
    )


def _show(request: HttpRequest, page: str, *, status: int = 200, **context: object) -> HttpResponse:
    shown = {"screen": "apps", "tabs": TABS, **context}
    return render(request, f"workbench/apps/{page}.html", shown, status=status)


urlpatterns = [
    path("", index, name="apps"),
    path("register", register, name="apps-register"),
    path("<int:app_id>/", detail, name="apps-detail"),
    path("<int:app_id>/open", open_app, name="apps-open"),
    path("<int:app_id>/releases", add_release, name="apps-add-release"),
    path("<int:app_id>/secret", renew_secret, name="apps-renew-secret"),
    path("", include(apps_actions.urlpatterns)),
]
