"""The demo's sample app goes through the same services as any app, as often as one likes."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.models import AuditEntry
from miniapps.models import MiniApp, Release
from miniapps.queries import audience
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def seed(folder: Path, **changes: str) -> dict[str, Any]:
    """Runs the command; what the credentials file holds afterwards."""
    options = {
        "owner_unit": apps.OWNER_CODE,
        "developer": "zengguoqiang",
        "reviewer": "heguanli",
        "audience_unit": "330106",
        "base_url": "http://127.0.0.1:9100",
    } | changes
    file = folder / "sample-credentials.json"
    call_command("seed_sample_app", credentials=file, **options)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held: dict[str, Any] = json.loads(file.read_text())
    return held


def test_the_sample_is_registered_reviewed_and_published(
    province: Province, tmp_path: Path
) -> None:
    held = seed(tmp_path)
    app = MiniApp.objects.get()
    assert held["client_id"] == app.oauth_client.client_id
    assert held["base_url"] == "http://127.0.0.1:9100/"
    assert app.oauth_client.redirect_uris == "http://127.0.0.1:9100/callback"
    tiles = audience.apps_for(province.actor(apps.VIEWER), at=timezone.now())
    assert [tile.name for tile in tiles] == ["值班排班"]
    assert tiles[0].icon_url.startswith("data:image/svg+xml;base64,")
    actions = AuditEntry.objects.filter(action__startswith="miniapps.").order_by("at", "seq")
    assert set(actions.values_list("action", flat=True)) == {
        "miniapps.app.registered",
        "miniapps.release.submitted",
        "miniapps.review.approved",
        "miniapps.release.published",
    }


def test_a_second_run_changes_nothing(province: Province, tmp_path: Path) -> None:
    first = seed(tmp_path)
    entries = AuditEntry.objects.count()
    assert seed(tmp_path) == first
    assert Release.objects.count() == 1
    assert AuditEntry.objects.count() == entries


def test_another_address_is_another_release(province: Province, tmp_path: Path) -> None:
    first = seed(tmp_path)
    moved = seed(tmp_path, base_url="http://127.0.0.1:9200")
    assert moved["client_secret"] == first["client_secret"]
    assert moved["base_url"] == "http://127.0.0.1:9200/"
    states = dict(Release.objects.values_list("version_code", "state"))
    assert states == {1: "superseded", 2: "published"}
    client = MiniApp.objects.get().oauth_client
    assert client.redirect_uris == "http://127.0.0.1:9200/callback"


def test_lost_credentials_are_renewed(province: Province, tmp_path: Path) -> None:
    first = seed(tmp_path)
    (tmp_path / "sample-credentials.json").unlink()
    renewed = seed(tmp_path)
    assert renewed["client_id"] == first["client_id"]
    assert renewed["client_secret"] != first["client_secret"]


def test_an_unknown_person_or_unit_is_named(province: Province, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nobody-here"):
        seed(tmp_path, developer="nobody-here")
    with pytest.raises(CommandError, match="999999"):
        seed(tmp_path, audience_unit="999999")
    assert MiniApp.objects.count() == 0
