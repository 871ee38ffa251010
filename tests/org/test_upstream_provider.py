"""Signing in through a real provider of OpenID Connect."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from django.conf import settings
from django.test import Client

from core.models import AuditEntry
from org.models import AccountSession, UpstreamLink
from tests import factories, ports
from tests.org import upstream

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """oidc-provider-mock, a process of its own; its issuer."""
    port = ports.free()
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{issuer}/.well-known/openid-configuration", process)
        yield issuer
    finally:
        process.terminate()
        process.wait(timeout=120)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail("the provider did not start")


def _known(issuer: str, subject: str, **claims: str) -> None:
    answer = httpx.put(f"{issuer}/users/{subject}", json=claims, trust_env=False)
    assert answer.status_code in (200, 204), answer.text


def _consent(address: str, subject: str) -> str:
    """The address that the provider sends the browser back to."""
    answer = httpx.post(address, data={"sub": subject}, trust_env=False, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_a_real_provider_signs_a_person_in(province: factories.Province, provider: str) -> None:
    _known(provider, "1001", preferred_username="wangweimin")
    client = Client()
    before = client.session.session_key
    with upstream.configured(provider):
        page = client.get("/accounts/login/?next=/directory/").content.decode()
        assert "/accounts/upstream/?next=/directory/" in page
        leads = client.get(upstream.START, {"next": "/directory/"})
        assert leads["Location"].startswith(f"{provider}/oauth2/authorize?")
        back = _consent(leads["Location"], "1001")
        assert back.startswith(f"{settings.SITE_ORIGIN}{upstream.CALLBACK}?")
        answer = client.get(f"{upstream.CALLBACK}?{urlsplit(back).query}")
    assert (answer.status_code, answer["Location"]) == (302, "/directory/")
    assert upstream.is_in(client)
    assert client.session.session_key != before
    row = AccountSession.objects.get(pk=client.session["account_session_id"])
    assert (row.method, row.second_factor) == ("upstream", "")
    link = UpstreamLink.objects.get()
    assert (link.account_id, link.subject) == (province.accounts["王伟民"], "1001")
    actions = AuditEntry.objects.filter(object_id=str(province.accounts["王伟民"]))
    assert list(actions.order_by("id").values_list("action", flat=True)) == [
        "org.account.upstream_linked",
        "org.sign_in.succeeded",
    ]


def test_a_real_providers_code_for_one_browser_is_worth_nothing_in_another(
    province: factories.Province, provider: str
) -> None:
    _known(provider, "1001", preferred_username="wangweimin")
    victim, attacker = Client(), Client()
    with upstream.configured(provider):
        back = _consent(attacker.get(upstream.START)["Location"], "1001")
        theirs = upstream.asked(victim)
        code = parse_qs(urlsplit(back).query)["code"][0]
        # The attacker's answer as it is, and with the victim's own state: the nonce differs.
        assert (
            victim.get(f"{upstream.CALLBACK}?{urlsplit(back).query}")["Location"]
            == "/accounts/login/"
        )
        theirs = upstream.asked(victim)
        mixed = urlencode({"code": code, "state": theirs["state"]})
        assert victim.get(f"{upstream.CALLBACK}?{mixed}")["Location"] == "/accounts/login/"
    assert not upstream.is_in(victim)
    assert not UpstreamLink.objects.exists()
