"""Signing in through the organisation's own service, step by step."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client, override_settings

from tests.org.upstream_service import Service

START, CALLBACK = "/accounts/upstream/", "/accounts/upstream/callback/"
CLIENT_ID, CLIENT_SECRET = "tong wen:1", "/+=" + "s3cret" * 8


def configured(issuer: str, **more: Any) -> Any:
    """The installation knows the service."""
    return override_settings(
        UPSTREAM_OIDC_ISSUER=issuer,
        UPSTREAM_OIDC_CLIENT_ID=CLIENT_ID,
        UPSTREAM_OIDC_CLIENT_SECRET=CLIENT_SECRET,
        **more,
    )


def asked(client: Client, **query: str) -> dict[str, str]:
    """What the browser is sent to the service with."""
    leads = client.get(START, query)
    assert leads.status_code == 302, leads
    found = parse_qs(urlsplit(leads["Location"]).query)
    return {name: values[0] for name, values in found.items()}


def honest(service: Service, question: dict[str, str], **claims: Any) -> None:
    """The service will say who it was, and that it was asked this."""
    now = int(time.time())
    service.claims = {
        "iss": service.issuer,
        "sub": "u-1001",
        "aud": CLIENT_ID,
        "exp": now + 300,
        "iat": now,
        "nonce": question["nonce"],
        "preferred_username": "wangweimin",
        **claims,
    }


def answered(client: Client, question: dict[str, str], **query: str) -> Any:
    """The answer to the browser that comes back."""
    return client.get(CALLBACK, {"code": "c-1", "state": question["state"], **query})


def is_in(client: Client) -> bool:
    """Whether the browser is signed in."""
    return client.get("/api/v1/org/units").status_code == 200


def sign_in(service: Service, client: Client, **claims: Any) -> Any:
    """The answer to a browser that went to the service and came back."""
    question = asked(client)
    honest(service, question, **claims)
    return answered(client, question)
