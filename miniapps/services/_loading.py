"""Rows read under lock, always in the same order: the app, then its release."""

from core import errors as core_errors
from miniapps.models import MiniApp, Release


def app(app_id: int) -> MiniApp:
    """The app with its OAuth client, locked until the commit; NotFound if there is none."""
    found = (
        MiniApp.objects.select_for_update(of=("self",))
        .select_related("oauth_client")
        .filter(pk=app_id)
        .first()
    )
    if found is None:
        raise core_errors.NotFound
    return found


def release(release_id: int) -> Release:
    """The release and its app, both locked until the commit; NotFound if there is none."""
    app_id = Release.objects.filter(pk=release_id).values_list("app_id", flat=True).first()
    if app_id is None:
        raise core_errors.NotFound
    owner = app(app_id)
    found = Release.objects.select_for_update().get(pk=release_id)
    found.app = owner
    return found
