"""Routes of the registry: register an app, hand in a version, ask for a review."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from ninja.responses import Status

from core import http as core_http
from core.schemas import Id, Schema
from miniapps.queries import audience
from miniapps.queries import registry as apps
from miniapps.services import registry

router = Router()


class Manifest(Schema):
    """A W3C MiniApp manifest with the member x_gov, as a JSON object."""

    manifest: dict[str, Any]


class Registered(Schema):
    """A new app with its OAuth client. The secret is never shown again."""

    app_id: int
    release_id: int
    client_id: str
    client_secret: str


class ReleaseId(Schema):
    """The release that was made."""

    release_id: int


class AppLine(Schema):
    """An app in a list."""

    id: int
    app_id: str
    name: str
    icon_url: str
    category: str
    owner_unit_name: str
    release_id: int
    version_name: str
    state: str
    state_words: str
    is_mine: bool
    changed_at: datetime


class Tile(Schema):
    """An app on the workbench of the person who asks."""

    id: int
    name: str
    category: str
    icon_url: str
    open_url: str


@router.get("/tiles", response=list[Tile], url_name="miniapps-tiles", summary="The apps I see")
def list_tiles(request: HttpRequest) -> list[audience.AppTile]:
    """Lists the published apps whose audience the person is in, by category and name."""
    return audience.apps_for(core_http.actor_of(request), at=timezone.now())


@router.get("/mine", response=list[AppLine], url_name="miniapps-mine", summary="The apps I develop")
def list_mine(request: HttpRequest) -> list[apps.AppLine]:
    """Lists the apps the person develops, newest first."""
    return apps.mine(core_http.actor_of(request), at=timezone.now())


@router.post(
    "/apps", response={201: Registered}, url_name="miniapps-register", summary="Register an app"
)
def register(request: HttpRequest, payload: Manifest) -> Status[registry.Registered]:
    """Makes an app of the manifest, with a first draft and an OAuth client."""
    made = registry.register(
        actor=core_http.actor_of(request), document=payload.manifest, now=timezone.now()
    )
    return Status(201, made)


@router.post(
    "/apps/{app_id}/releases",
    response={201: ReleaseId},
    url_name="miniapps-releases",
    summary="Hand in a new version",
)
def add_release(request: HttpRequest, app_id: Id, payload: Manifest) -> Status[ReleaseId]:
    """Makes a draft of the app's next version."""
    release_id = registry.add_release(
        actor=core_http.actor_of(request),
        app_id=app_id,
        document=payload.manifest,
        now=timezone.now(),
    )
    return Status(201, ReleaseId(release_id=release_id))


@router.post(
    "/releases/{release_id}/submit",
    response={204: None},
    url_name="miniapps-submit",
    summary="Ask for a review",
)
def submit(request: HttpRequest, release_id: Id) -> Status[None]:
    """Puts the draft into the reviewers' queue."""
    registry.submit(actor=core_http.actor_of(request), release_id=release_id, now=timezone.now())
    return Status(204, None)


@router.post(
    "/releases/{release_id}/withdraw",
    response={204: None},
    url_name="miniapps-withdraw",
    summary="Take a release back",
)
def withdraw(request: HttpRequest, release_id: Id) -> Status[None]:
    """Makes the release a draft again, before anybody has decided."""
    registry.withdraw(actor=core_http.actor_of(request), release_id=release_id, now=timezone.now())
    return Status(204, None)
