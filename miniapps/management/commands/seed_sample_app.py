"""`manage.py seed_sample_app`: a sample app stands registered, reviewed and published."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.actor import Actor
from miniapps import manifests
from miniapps.queries import publishing as plans
from miniapps.queries import registry as apps
from miniapps.services import publishing, registry, review
from org.queries import accounts, units

DEFAULT: Final[Path] = settings.BASE_DIR / "samples" / "duty_roster" / "manifest.json"


class Command(BaseCommand):
    """Takes a sample's manifest through the same services as any app. Safe to run again."""

    help = "Registers, reviews and publishes a sample app, and writes its credentials."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Units by code, people by username."""
        parser.add_argument("--manifest", type=Path, default=DEFAULT)
        parser.add_argument("--owner-unit", required=True, help="code of the unit that offers it")
        parser.add_argument("--developer", required=True, help="username")
        parser.add_argument("--reviewer", required=True, help="username, with apps rights")
        parser.add_argument("--audience-unit", required=True, help="code; with all below it")
        parser.add_argument("--base-url", required=True, help="where the sample will serve")
        parser.add_argument("--credentials", type=Path, required=True, help="JSON file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        """Brings the app up to its manifest and the credentials file up to the app."""
        developer, reviewer = _actor(options["developer"]), _actor(options["reviewer"])
        audience = units.by_code(options["audience_unit"])
        if audience is None:
            raise CommandError(f"no unit has the code {options['audience_unit']}")
        base_url = options["base_url"].rstrip("/") + "/"
        document = _document(options["manifest"], options["owner_unit"], base_url)
        app_id = _registered(developer, document, options["credentials"], base_url)
        release = _current_release(developer, app_id, document)
        _advance(developer, reviewer, release, audience.id)
        _keep_credentials(developer, app_id, options["credentials"], base_url)
        self.stdout.write(f"{document['name']}: {audience.name}, {base_url}")


def _actor(username: str) -> Actor:
    account = accounts.by_username(username)
    actor = accounts.actor(account.id, at=timezone.now()) if account else None
    if actor is None:
        raise CommandError(f"no person signs in as {username}")
    return actor


def _document(path: Path, owner_unit: str, base_url: str) -> dict[str, Any]:
    """The manifest with this installation's owner and addresses."""
    document = manifests.read(path.read_text(encoding="utf-8"))
    government = document["x_gov"]
    government["owner_unit"] = owner_unit
    government["entry"] = {"base_url": base_url}
    oauth = government["oauth"]
    oauth["redirect_uris"] = [_moved(uri, base_url) for uri in oauth["redirect_uris"]]
    oauth["initiate_login_uri"] = _moved(oauth["initiate_login_uri"], base_url)
    return document


def _moved(uri: str, base_url: str) -> str:
    return urljoin(base_url, urlsplit(uri).path.lstrip("/"))


def _registered(developer: Actor, document: dict[str, Any], path: Path, base_url: str) -> int:
    """The app's id; a new app's secret is written at once, it is never shown again."""
    for line in apps.mine(developer, at=timezone.now()):
        if line.app_id == document["app_id"]:
            return line.id
    made = registry.register(actor=developer, document=document, now=timezone.now())
    _write(path, made.client_id, made.client_secret, base_url)
    return made.app_id


def _current_release(developer: Actor, app_id: int, document: dict[str, Any]) -> apps.ReleaseLine:
    """The newest release if it says the same as the document, else a new one."""
    newest = apps.detail(developer, app_id, at=timezone.now()).releases[0]
    document["version"] = {"code": newest.version_code, "name": newest.version_name}
    if newest.state == "rejected" or newest.digest != manifests.digest_of(document):
        code = newest.version_code + 1
        document["version"] = {"code": code, "name": f"1.0.{code - 1}"}
        registry.add_release(actor=developer, app_id=app_id, document=document, now=timezone.now())
        newest = apps.detail(developer, app_id, at=timezone.now()).releases[0]
    return newest


def _advance(developer: Actor, reviewer: Actor, release: apps.ReleaseLine, unit_id: int) -> None:
    """From whatever state it is in to published."""
    state, now = release.state, timezone.now()
    if state == "draft":
        registry.submit(actor=developer, release_id=release.id, now=now)
        state = "submitted"
    if state in ("submitted", "reviewing"):
        review.approve(actor=reviewer, release_id=release.id, remark="演示应用，同意上架", now=now)
        state = "approved"
    if state == "approved":
        audience = [plans.rule(effect="allow", subject="subtree", unit_id=unit_id)]
        publishing.publish(actor=reviewer, release_id=release.id, audience=audience, now=now)


def _keep_credentials(developer: Actor, app_id: int, path: Path, base_url: str) -> None:
    """The file holds the app's client and where it serves; a lost secret is renewed."""
    client_id = apps.detail(developer, app_id, at=timezone.now()).client_id
    held = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if held.get("client_id") != client_id:
        renewed = registry.renew_secret(actor=developer, app_id=app_id, now=timezone.now())
        _write(path, renewed.client_id, renewed.client_secret, base_url)
    elif held.get("base_url") != base_url:
        _write(path, client_id, held["client_secret"], base_url)


def _write(path: Path, client_id: str, client_secret: str, base_url: str) -> None:
    """Replaces the file as a whole; nobody else can read it, not even for a moment."""
    content = {"client_id": client_id, "client_secret": client_secret, "base_url": base_url}
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        json.dump(content, file, indent=2)
    fresh.replace(path)
