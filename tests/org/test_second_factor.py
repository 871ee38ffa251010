"""The secrets of the second factor: stored sealed, and good for signing in."""

import json
import time

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db

SIGN_IN = "/accounts/login/"


def _code(secret: str) -> str:
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))


def _password_given(username: str) -> Client:
    client = Client()
    client.post(SIGN_IN, {"login": username, "password": factories.PASSWORD})
    return client


def test_the_secret_is_stored_sealed_and_its_code_signs_in() -> None:
    province = factories.small_province()
    client = _password_given("wangweimin")
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    secret = client.session["mfa.totp.secret"]
    client.post("/accounts/2fa/totp/activate/", {"code": _code(secret)})

    stored = Authenticator.objects.filter(user_id=province.accounts["王伟民"])
    assert secret not in json.dumps(list(stored.values_list("data", flat=True)))
    sealed = stored.get(type=Authenticator.Type.TOTP).data["secret"]
    assert get_adapter().decrypt(sealed) == secret
    assert sealed != get_adapter().encrypt(secret)

    again = _password_given("wangweimin")
    assert again.get("/").status_code == 302
    wrong = "000000" if _code(secret) != "000000" else "111111"
    assert again.post("/accounts/2fa/authenticate/", {"code": wrong}).status_code == 200
    cache.clear()  # allauth takes a code once, and half a minute has no other
    assert again.post("/accounts/2fa/authenticate/", {"code": _code(secret)}).status_code == 302
    assert again.get("/").status_code == 200
