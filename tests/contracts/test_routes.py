"""Every address asks who is there, or stands on the list of open ones with its reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from config import api

OPEN = {
    "healthz": "liveness, says nothing but ok",
    "readyz": "readiness, says which parts answer",
    "api/v1/": "the root, openapi.json and docs describe the public interface",
    "api/v1/openapi.json": "the public description of the interface",
    "api/v1/docs": "the same, to browse",
    "api/v1/errors/<str:code>": "what the type of a problem document leads to",
    "accounts/": "allauth guards its own pages; signing in must be open",
    "scim/v2/": "the SCIM endpoints take a bearer token, never a session (tests/org/test_scim.py)",
    "oauth/": "the OAuth endpoints authenticate the client, the code or the session themselves",
    ".well-known/": "discovery documents and public keys (OpenID Connect Discovery 1.0)",
}


def _routes(resolver: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.callback


def _is_open(route: str) -> bool:
    return any(
        route == entry or (entry.endswith("/") and entry != "api/v1/" and route.startswith(entry))
        for entry in OPEN
    )


def test_every_page_is_guarded_or_listed_as_open() -> None:
    pages = [
        (route, view)
        for route, view in _routes(get_resolver())
        if not route.startswith("api/v1/") and not _is_open(route)
    ]
    assert len(pages) > 20
    assert [route for route, view in pages if not getattr(view, "is_guarded", False)] == []


def _operations() -> Iterator[tuple[str, Any]]:
    for router in api.api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    yield f"{method} {router.prefix}{path}", operation


def test_every_operation_of_the_api_authenticates() -> None:
    operations = dict(_operations())
    assert len(operations) > 40
    assert [name for name, op in operations.items() if not op.auth_callbacks] == []


@pytest.mark.django_db
def test_a_stranger_is_refused_everywhere_with_a_problem_document() -> None:
    stranger = Client()
    for path, operations in api.api.get_openapi_schema()["paths"].items():
        address = path.replace("{", "").replace("}", "")
        for method in operations:
            answer = getattr(stranger, method)(_filled(address), content_type="application/json")
            assert answer.status_code == 401, (method, path, answer.status_code)
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "NOT_SIGNED_IN"


def _filled(address: str) -> str:
    return "/".join("1" if part.endswith("_id") else part for part in address.split("/"))
