"""Whatever administrators alone read or do asks for the second factor, also what is added later."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config import api
from core.models import AuditEntry
from org.models import Account
from tests import factories
from tests.factories import Province
from workbench import picking

pytestmark = pytest.mark.django_db

REQUIRED = "ORG_SECOND_FACTOR_REQUIRED"
OWN = {"/api/v1/org/sessions"}
COLLEAGUES = {
    "/api/v1/org/units",
    "/api/v1/org/units/search",
    "/api/v1/org/units/{unit_id}",
    "/api/v1/org/units/{unit_id}/children",
    "/api/v1/org/units/{unit_id}/people",
    "/api/v1/org/units/{unit_id}/lines",
    "/api/v1/org/units/{unit_id}/line-roles",
    "/api/v1/org/people/search",
    "/api/v1/org/people/{person_id}",
    "/api/v1/org/lines/{line_id}/units",
    "/api/v1/org/lines/{line_id}/people",
    "/api/v1/org/lines/{line_id}/units/{unit_id}/competent",
    "/api/v1/org/lines/{line_id}/units/{unit_id}/subordinates",
    "/api/v1/org/history/units",
    "/api/v1/org/history/units/{unit_id}",
    "/api/v1/org/history/units/{unit_id}/children",
    "/api/v1/org/history/units/{unit_id}/people",
    "/api/v1/org/codes/{code}",
}
"""What every colleague reads of the directory; nothing here takes a right."""


@pytest.fixture
def province() -> Province:
    return factories.small_province()


def signed_in(province: Province, name: str) -> Client:
    """A browser in which the person signed in by the password alone."""
    account_id = province.accounts[name]
    client = Client()
    client.force_login(
        Account.objects.get(pk=account_id),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    session = client.session
    session["account_session_id"] = factories.sign_in_row(account_id, second_factor="")
    session.save()
    return client


def operations() -> Iterator[tuple[str, str]]:
    """Path and method of every operation of org's API."""
    for path, methods in api.api.get_openapi_schema()["paths"].items():
        if path.startswith("/api/v1/org/"):
            for method in methods:
                yield path, method


def test_every_administrators_operation_of_org_asks_an_administrator_for_it(
    province: Province,
) -> None:
    client = signed_in(province, "何管理")
    open_ones, listed = set(), list(operations())
    assert len(listed) > 100
    for path, method in listed:
        if path in OWN or path.startswith("/api/v1/org/sessions/"):
            continue
        answer = getattr(client, method)(_filled(path, province), content_type="application/json")
        is_asked = answer.status_code == 403 and answer.json()["code"] == REQUIRED
        if not is_asked:
            open_ones.add((path, method))
    assert open_ones == {(path, "get") for path in COLLEAGUES}


def test_what_asks_for_none_takes_no_right(province: Province) -> None:
    client = signed_in(province, "张晓梅")
    for path in sorted(COLLEAGUES):
        query = {"text": "民政"} if path.endswith("/search") else {}
        query |= {"as_of": "2026-01-01"} if "/history/" in path else {}
        answer = client.get(_filled(path, province), query)
        absent = "/lines/" in path  # no line runs here
        assert answer.status_code == (404 if absent else 200), path


def test_every_page_of_the_administration_asks_an_administrator_for_it(
    province: Province,
) -> None:
    client = signed_in(province, "何管理")
    routes = [route for route in _routes(get_resolver()) if route.startswith("administration/")]
    assert len(routes) > 80
    for route in routes:
        for method in (client.get, client.post):
            answer = method("/" + _numbered(route))
            assert answer.status_code == 403, route
            assert answer.context["code"] == REQUIRED, route


def test_whole_numbers_and_pickers_of_administrators_ask_an_administrator_for_it(
    province: Province,
) -> None:
    client = signed_in(province, "何管理")
    phone = "/directory/people/{}/phone/"
    refused = client.post(phone.format(province.person("王伟民")))
    assert (refused.status_code, refused.context["code"]) == (403, REQUIRED)
    assert not AuditEntry.objects.filter(action="org.phone.revealed").exists()
    assert client.post(phone.format(province.person("何管理"))).status_code == 200
    for name, purpose in picking.PURPOSES.items():
        for what in ("", "tree/", f"units/{province.unit('西湖区')}/", "units/1/people/"):
            answer = client.get(f"/picker/{name}/{what}", {"q": "13800000015"})
            assert (answer.status_code == 403) == (purpose.role is not None), (name, what)


def test_pages_elsewhere_hold_no_administration() -> None:
    named = [
        route
        for route, name in _named(get_resolver())
        if name.startswith("administration") and not route.startswith("administration/")
    ]
    assert named == []
    assert "/administration/" in settings.SECOND_FACTOR_PATHS


def _filled(path: str, province: Province) -> str:
    values = {
        "unit_id": province.unit("西湖区民政局"),
        "person_id": province.person("王伟民"),
        "code": "330106",
    }
    parts = path.split("/")
    filled = [str(values.get(part[1:-1], 1)) if part.startswith("{") else part for part in parts]
    return "/".join(filled)


def _numbered(route: str) -> str:
    parts = route.split("/")
    known = {"<str:kind>": "rename", "<str:what>": "unit"}
    return "/".join(known.get(part, "1") if part.startswith("<") else part for part in parts)


def _routes(resolver: Any) -> Iterator[str]:
    for route, _name in _named(resolver):
        yield route


def _named(resolver: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _named(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.name or ""
