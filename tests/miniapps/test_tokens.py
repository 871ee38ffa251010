"""What an app has bought dies with the scope, the secret, the app or the account."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken

from miniapps import handlers
from miniapps.models import Grant as ScopeGrant
from miniapps.models import RedeemedCode
from miniapps.services import grants, publishing, registry
from org.models import Appointment
from org.services import accounts
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Held:
    """All that an app may hold at once, and the browser that it came from."""

    browser: Client
    bought: dict[str, Any]
    pending: str
    """A code that was not exchanged yet."""
    own: str
    """A token of the app itself."""


@pytest.fixture
def held(province: Province, roster: apps.Published) -> Held:
    """What the duty roster holds after VIEWER has signed in to it twice."""
    browser = province.client(apps.VIEWER)
    return Held(
        browser=browser,
        bought=apps.bought(browser, roster),
        pending=apps.code_for(browser, roster),
        own=apps.own_token(roster),
    )


def test_no_token_and_no_secret_is_stored_in_clear(
    province: Province, roster: apps.Published
) -> None:
    bought = apps.bought(province.client(apps.VIEWER), roster)
    assert AccessToken.objects.get().token == ""
    assert RefreshToken.objects.get().token == ""
    stored = AccessToken.objects.get().application.client_secret
    assert stored.startswith("sha256$")
    assert roster.client_secret not in stored
    assert bought["access_token"] not in str(AccessToken.objects.values().get())


def test_suspending_kills_tokens_codes_and_sign_in_at_once(
    province: Province, roster: apps.Published, held: Held
) -> None:
    publishing.suspend(
        actor=province.actor(apps.REVIEWER),
        app_id=roster.app_id,
        reason="例行检查",
        now=timezone.now(),
    )
    assert AccessToken.objects.count() == 0
    assert IDToken.objects.count() == 0
    assert not apps.opens_userinfo(held.bought)
    assert not apps.opens_the_api(held.own)
    assert apps.exchange(roster, held.pending).json()["error"] == "invalid_client"
    assert held.browser.get("/oauth/authorize/", apps.authorization(roster)).status_code == 400


def test_who_moves_out_of_the_audience_loses_the_tokens_use(
    province: Province, roster: apps.Published
) -> None:
    bought = apps.bought(province.client(apps.VIEWER), roster)
    Appointment.objects.filter(person_id=province.person(apps.VIEWER)).update(
        valid_to=timezone.now()
    )
    assert not apps.opens_userinfo(bought)
    assert apps.refreshed(roster, bought)["error"] == "invalid_grant"


def test_a_disabled_account_is_signed_in_nowhere_any_more(
    province: Province, roster: apps.Published, held: Held
) -> None:
    accounts.disable(
        actor=province.actor(apps.REVIEWER),
        account_id=province.accounts[apps.VIEWER],
        now=timezone.now(),
    )
    assert not apps.opens_userinfo(held.bought)
    assert apps.refreshed(roster, held.bought)["error"] == "invalid_grant"
    assert apps.exchange(roster, held.pending).json()["error"] == "invalid_grant"
    assert Grant.objects.count() == 0
    assert apps.opens_the_api(held.own)


@pytest.mark.parametrize("change", ["disabled and enabled", "reset", "changed"])
def test_what_was_bought_before_an_account_changed_hands_stays_dead(
    province: Province, roster: apps.Published, held: Held, change: str
) -> None:
    account_id, now = province.accounts[apps.VIEWER], timezone.now()
    administrator, password = province.actor(apps.REVIEWER), "Jiu-ping-3-xin-jiu"
    if change == "disabled and enabled":
        accounts.disable(actor=administrator, account_id=account_id, now=now)
        accounts.enable(actor=administrator, account_id=account_id, now=now)
    elif change == "reset":
        accounts.set_password(
            actor=administrator, account_id=account_id, password="Yi-ci-3-xing-de", now=now
        )
    else:
        accounts.change_own_password(actor=province.actor(apps.VIEWER), password=password, now=now)
    assert not apps.opens_userinfo(held.bought)
    assert apps.refreshed(roster, held.bought)["error"] == "invalid_grant"
    assert apps.exchange(roster, held.pending).json()["error"] == "invalid_grant"
    assert apps.opens_the_api(held.own)
    if change == "reset":  # before anything else the owner chooses a password of her own
        accounts.change_own_password(actor=province.actor(apps.VIEWER), password=password, now=now)
    again = apps.bought(province.client(apps.VIEWER), roster)
    assert apps.opens_userinfo(again)
    assert apps.opens_userinfo(apps.refreshed(roster, again))


def test_a_tokens_stamp_tells_two_apps_nothing_about_a_person(
    province: Province, roster: apps.Published
) -> None:
    other = apps.published(province, app_id="cn.gov.xihu.other")
    browser = province.client(apps.VIEWER)
    first, second = (apps.bought(browser, app) for app in (roster, other))
    stamps = [body["access_token"].partition(".")[2] for body in (first, second)]
    assert [len(stamp) for stamp in stamps] == [32, 32]
    assert stamps[0] != stamps[1]
    assert "." not in apps.own_token(roster)


def test_a_refresh_token_used_twice_kills_its_family(
    province: Province, roster: apps.Published
) -> None:
    bought = apps.bought(province.client(apps.VIEWER), roster)
    renewed = apps.refreshed(roster, bought)
    assert apps.refreshed(roster, bought)["error"] == "invalid_grant"
    assert not apps.opens_userinfo(renewed)


def test_a_token_in_the_address_is_not_taken(province: Province, roster: apps.Published) -> None:
    bought = apps.bought(province.client(apps.VIEWER), roster)
    answer = Client().get("/oauth/userinfo/", {"access_token": bought["access_token"]})
    assert answer.status_code == 401


def test_a_withdrawn_scope_is_gone_at_once(province: Province, roster: apps.Published) -> None:
    token = apps.own_token(roster)
    held = ScopeGrant.objects.get(app_id=roster.app_id, scope="notice.send")
    grants.withdraw(actor=province.actor(apps.REVIEWER), grant_id=held.pk, now=timezone.now())
    assert not apps.opens_the_api(token)
    refused = apps.token_call(roster, {"grant_type": "client_credentials", "scope": "notice.send"})
    assert refused.json()["error"] == "invalid_scope"


@pytest.mark.parametrize("scope", ["openid", "notice.send openid", "document.read", ""])
def test_client_credentials_buy_granted_application_scopes_only(
    roster: apps.Published, scope: str
) -> None:
    answer = apps.token_call(roster, {"grant_type": "client_credentials", "scope": scope})
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_scope"
    assert AccessToken.objects.count() == 0


def test_an_app_gives_a_token_back(roster: apps.Published) -> None:
    token = apps.own_token(roster)
    assert apps.opens_the_api(token)
    form = {"token": token, "client_id": roster.client_id, "client_secret": roster.client_secret}
    assert Client().post("/oauth/revoke/", form).status_code == 200
    assert not apps.opens_the_api(token)


def test_a_new_secret_ends_the_old_one(province: Province, roster: apps.Published) -> None:
    token = apps.own_token(roster)
    renewed = registry.renew_secret(
        actor=province.actor(apps.DEVELOPER), app_id=roster.app_id, now=timezone.now()
    )
    assert not apps.opens_the_api(token)
    form = {"grant_type": "client_credentials", "scope": "notice.send"}
    assert apps.token_call(roster, form).status_code == 401
    fresh = apps.Published(
        roster.app_id, roster.release_id, renewed.client_id, renewed.client_secret
    )
    assert apps.token_call(fresh, form).status_code == 200


def test_the_nightly_sweep_forgets_what_can_be_used_no_more(
    province: Province, roster: apps.Published
) -> None:
    now = timezone.now()
    apps.exchange(roster, apps.code_for(province.client(apps.VIEWER), roster))
    apps.own_token(roster)
    handlers.forget_ended_tokens(now)
    assert (AccessToken.objects.count(), RedeemedCode.objects.count()) == (2, 1)
    AccessToken.objects.update(expires=now - timedelta(days=40))
    IDToken.objects.update(expires=now - timedelta(days=40))
    handlers.forget_ended_tokens(now + timedelta(days=31))
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 0
    assert IDToken.objects.count() == RedeemedCode.objects.count() == 0
