"""Signing in through the real form: one answer for every refusal, locked after five failures."""

import time
from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org import policies
from org.kinds import AdminRole
from org.models import Account, AdminGrant
from org.services import accounts, authority
from org.sign_in import adapter
from tests import factories


class CountedHasher(MD5PasswordHasher):
    """Says how often a password was hashed."""

    used = 0

    def encode(self, password: str, salt: str) -> str:
        """As MD5, counted."""
        CountedHasher.used += 1
        return str(super().encode(password, salt))


pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

SIGN_IN = "/accounts/login/"
ADDRESS_LIMIT = 50


def attempt(
    username: str, password: str = factories.PASSWORD, *, client: Client | None = None, **meta: Any
) -> Any:
    form = {"login": username, "password": password}
    return (client or Client()).post(SIGN_IN, form, **meta)


def is_refused(answer: Any) -> bool:
    return answer.status_code == 200 and adapter.REFUSED in answer.content.decode()


def is_signed_in(client: Client) -> bool:
    return client.get("/api/v1/org/units").status_code == 200


def test_a_person_signs_in_with_a_new_session_id(province: factories.Province) -> None:
    client = Client()
    # The browser's session before: its cookie is set, as somebody else might have set it.
    fixed = client.session.session_key
    answer = attempt("wangweimin", client=client)
    assert answer.wsgi_request.COOKIES[settings.SESSION_COOKIE_NAME] == fixed
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != fixed
    assert is_signed_in(client)
    entry = AuditEntry.objects.get(action="org.sign_in.succeeded")
    assert (entry.actor_name, entry.person_id) == ("王伟民", province.person("王伟民"))


def test_usernames_are_taken_in_any_case(province: factories.Province) -> None:
    assert attempt("WangWeimin").status_code == 302


def test_wrong_passwords_and_unknown_names_get_the_same_answer(
    province: factories.Province,
) -> None:
    wrong = attempt("wangweimin", "wrong-password")
    unknown = attempt("nobody-at-all", "wrong-password")
    assert is_refused(wrong)
    assert is_refused(unknown)
    entries = AuditEntry.objects.filter(action="org.sign_in.failed").order_by("id")
    assert list(entries.values_list("object_id", flat=True)) == [
        str(province.accounts["王伟民"]),
        "unknown",
    ]


def test_one_persons_slips_lock_nobody_else_of_the_office(province: factories.Province) -> None:
    for _ in range(6):
        assert is_refused(attempt("wangweimin", "wrong", REMOTE_ADDR="10.0.0.1"))
    assert attempt("lijianguo", REMOTE_ADDR="10.0.0.1").status_code == 302


def test_the_sixth_attempt_is_refused_even_with_the_right_password(
    province: factories.Province,
) -> None:
    # From five addresses: it is the account that is locked.
    for number in range(5):
        assert is_refused(attempt("wangweimin", "wrong", REMOTE_ADDR=f"10.0.0.{number}"))
    locked = attempt("wangweimin", REMOTE_ADDR="10.0.0.99")
    assert is_refused(locked)
    assert attempt("lijianguo", REMOTE_ADDR="10.0.0.99").status_code == 302


def test_an_address_is_locked_after_failing_for_many_names(
    province: factories.Province,
) -> None:
    for number in range(ADDRESS_LIMIT - 1):
        attempt(f"guess{number}", "wrong", REMOTE_ADDR="10.0.0.1")
    assert attempt("lijianguo", REMOTE_ADDR="10.0.0.1").status_code == 302
    attempt("one-more", "wrong", REMOTE_ADDR="10.0.0.1")
    assert is_refused(attempt("lijianguo", REMOTE_ADDR="10.0.0.1"))
    assert attempt("lijianguo", REMOTE_ADDR="10.0.0.2").status_code == 302


def test_a_forged_forwarding_header_does_not_lift_the_lock(
    province: factories.Province,
) -> None:
    for number in range(ADDRESS_LIMIT):
        forged = f"10.9.0.{number}"
        attempt(f"x{number}", "wrong", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forged)
    locked = attempt("lijianguo", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="10.9.9.9")
    assert is_refused(locked)


def test_a_locked_account_takes_as_long_as_a_wrong_password(
    province: factories.Province,
) -> None:
    with override_settings(PASSWORD_HASHERS=["tests.org.test_sign_in.CountedHasher"]):
        Account.objects.filter(username="wangweimin").update(password=make_password("right"))
        CountedHasher.used = 0
        spent = []
        for username in ("wangweimin", *["lijianguo-unknown"] * 5, "lijianguo-unknown"):
            CountedHasher.used = 0
            attempt(username, "wrong")
            spent.append(CountedHasher.used)
    assert spent == [1] * 7  # a wrong password, unknown names, and a name that is locked


def test_the_lock_is_lifted_by_who_may_help_and_by_nobody_else(
    province: factories.Province, django_capture_on_commit_callbacks: Any
) -> None:
    for _ in range(5):
        attempt("wangweimin", "wrong")
    path = f"/administration/people/{province.person('王伟民')}/account/unlock/"
    for stranger in ("马科员", "赵卫东"):
        assert province.client(stranger).post(path).status_code == 404
        assert is_refused(attempt("wangweimin"))
    dialog = province.client("何管理").get(path.removesuffix("unlock/")).content.decode()
    assert "已锁定" in dialog
    with django_capture_on_commit_callbacks(execute=True):
        assert "已解除锁定" in province.client("何管理").post(path).content.decode()
    assert attempt("wangweimin").status_code == 302
    entry = AuditEntry.objects.get(action="org.account.unlocked")
    assert entry.actor_name == "何管理"


def test_a_helpdesk_unlocks_and_sets_passwords_but_disables_nobody(
    province: factories.Province,
) -> None:
    AdminGrant.objects.create(
        person_id=province.person("孙收文"),
        role=AdminRole.HELPDESK,
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    helper = province.client("孙收文")
    path = f"/administration/people/{province.person('王伟民')}/account/"
    assert helper.post(f"{path}unlock/").status_code == 200
    assert helper.post(f"{path}password/").status_code == 200
    assert helper.post(f"{path}disable/").status_code == 403
    assert helper.post(f"{path}second-factor/").status_code == 403
    assert Account.objects.get(username="wangweimin").is_active


def test_a_form_without_its_token_signs_nobody_in(province: factories.Province) -> None:
    client = Client(enforce_csrf_checks=True)
    form = {"login": "wangweimin", "password": factories.PASSWORD}
    assert client.post(SIGN_IN, form).status_code == 403
    assert not is_signed_in(client)


def test_attempts_at_a_locked_account_stand_in_the_audit_log(
    province: factories.Province,
) -> None:
    for _ in range(6):
        attempt("wangweimin", "wrong")
    assert AuditEntry.objects.filter(action="org.sign_in.failed").count() == 6


def test_a_flood_from_one_address_is_answered_in_chinese(province: factories.Province) -> None:
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "1/m/ip"}):
        attempt("wangweimin")
        flooded = attempt("wangweimin")
    assert flooded.status_code == 429
    assert "请求过于频繁，请稍候再试" in flooded.content.decode()


def test_four_failures_lock_nobody_out(province: factories.Province) -> None:
    for _ in range(4):
        attempt("wangweimin", "wrong")
    assert attempt("wangweimin").status_code == 302


def test_a_disabled_account_cannot_sign_in_and_hears_nothing_special(
    province: factories.Province,
) -> None:
    Account.objects.filter(username="wangweimin").update(is_active=False)
    assert is_refused(attempt("wangweimin"))


def test_disabling_an_account_ends_its_sessions_at_the_next_request(
    province: factories.Province,
) -> None:
    client = Client()
    attempt("wangweimin", client=client)
    assert is_signed_in(client)
    account_id = province.accounts["王伟民"]
    disabled = province.client("何管理").post(
        f"/api/v1/org/accounts/{account_id}/disable", {}, content_type="application/json"
    )
    assert disabled.status_code == 204
    assert not is_signed_in(client)
    province.client("何管理").post(
        f"/api/v1/org/accounts/{account_id}/enable", {}, content_type="application/json"
    )
    assert not is_signed_in(client)
    assert attempt("wangweimin").status_code == 302


def test_a_new_password_ends_the_old_sessions(province: factories.Province) -> None:
    client = Client()
    attempt("wangweimin", client=client)
    accounts.set_password(
        actor=actor.system("test"),
        account_id=province.accounts["王伟民"],
        password="Another-Pass-2026",
        now=timezone.now(),
    )
    assert not is_signed_in(client)
    assert is_refused(attempt("wangweimin"))
    assert attempt("wangweimin", "Another-Pass-2026").status_code == 302


def test_who_changes_the_own_password_stays_signed_in_here_and_nowhere_else(
    province: factories.Province,
) -> None:
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        attempt("wangweimin", client=client)
    form = {"password1": "Another-Pass-2026", "password2": "Another-Pass-2026"}
    here.post("/accounts/password/change/", form | {"oldpassword": "wrong"})
    assert not AuditEntry.objects.filter(action="org.account.password_changed").exists()
    changed = here.post("/accounts/password/change/", form | {"oldpassword": factories.PASSWORD})
    assert changed.status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    entry = AuditEntry.objects.get(action="org.account.password_changed")
    assert (entry.actor_name, entry.object_id) == ("王伟民", str(province.accounts["王伟民"]))
    assert is_refused(attempt("wangweimin"))
    assert attempt("wangweimin", "Another-Pass-2026").status_code == 302


def test_changing_the_password_does_not_bring_a_disabled_account_back(
    province: factories.Province,
) -> None:
    stale = Account.objects.get(pk=province.accounts["王伟民"])
    accounts.disable(actor=province.actor("何管理"), account_id=stale.pk, now=timezone.now())
    with context.request_context(HttpRequest()):
        adapter.AccountAdapter().set_password(stale, "Another-Pass-2026")
    assert not Account.objects.get(pk=stale.pk).is_active


def test_changes_of_the_second_factor_stand_in_the_audit_log(
    province: factories.Province,
) -> None:
    client = Client()
    attempt("wangweimin", client=client)
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get("/accounts/2fa/totp/activate/")
    counter = int(time.time()) // 30
    code = totp.format_hotp_value(totp.hotp_value(client.session["mfa.totp.secret"], counter))
    # Nothing is committed within a test: what stands here was written by the act's transaction.
    client.post("/accounts/2fa/totp/activate/", {"code": code})
    client.post("/accounts/2fa/recovery-codes/generate/")
    client.post("/accounts/2fa/totp/deactivate/")
    entries = AuditEntry.objects.filter(object_kind="org.account", action__contains=".account.")
    assert list(entries.order_by("id").values_list("action", "actor_name", "object_id")) == [
        (f"org.account.{what}", "王伟民", str(province.accounts["王伟民"]))
        for what in ("second_factor_added", "recovery_codes_renewed", "second_factor_removed")
    ]


def test_the_administrator_of_the_next_county_disables_nobody_here(
    province: factories.Province,
) -> None:
    account_id = province.accounts["王伟民"]
    refused = province.client("马科员").post(
        f"/api/v1/org/accounts/{account_id}/disable", {}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert Account.objects.get(pk=account_id).is_active


@pytest.mark.parametrize(("role", "root"), [(AdminRole.AUDIT, "西湖区"), (AdminRole.ORG, "杭州市")])
def test_a_county_has_no_hold_on_the_account_of_a_higher_administrator(
    province: factories.Province, role: AdminRole, root: str
) -> None:
    authority.grant(
        actor=actor.system("test"),
        person_id=province.person("王伟民"),
        wanted=policies.Wanted(role, province.unit(root)),
        now=timezone.now(),
    )
    account_id = province.accounts["王伟民"]
    refused = province.client("何管理").post(
        f"/api/v1/org/accounts/{account_id}/disable", {}, content_type="application/json"
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert Account.objects.get(pk=account_id).is_active


def test_an_account_is_opened_with_a_strong_password_only(
    province: factories.Province,
) -> None:
    client = province.client("何管理")
    admitted = client.post(
        f"/api/v1/org/units/{province.unit('西湖区民政局/一科')}/people",
        {"name": "新人", "title": "科员", "function": "staff"},
        content_type="application/json",
    ).json()
    path = f"/api/v1/org/people/{admitted['person_id']}/account"
    weak = client.post(
        path, {"username": "xinren", "password": "123456"}, content_type="application/json"
    )
    assert (weak.status_code, weak.json()["code"]) == (422, "ORG_PASSWORD_TOO_WEAK")
    body = {"username": "xinren", "password": "Quite-Long-7-Words"}
    assert client.post(path, body, content_type="application/json").status_code == 201
    assert attempt("xinren", "Quite-Long-7-Words").status_code == 302
    again = client.post(path, body, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "ORG_USERNAME_TAKEN")


def test_nobody_signs_up(province: factories.Province) -> None:
    before = Account.objects.count()
    Client().post("/accounts/signup/", {"username": "intruder", "password1": "Quite-Long-7-Words"})
    assert Account.objects.count() == before


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_off_the_site(province: factories.Province, target: str) -> None:
    answer = Client().post(
        SIGN_IN, {"login": "wangweimin", "password": factories.PASSWORD, "next": target}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_session_may_act_from_another_post_of_the_person(
    province: factories.Province,
) -> None:
    client = province.client("何管理")
    made = client.post(
        f"/api/v1/org/units/{province.unit('西湖区卫生健康局')}/appointments",
        {
            "person_id": province.person("曾国强"),
            "title": "联络员",
            "function": "staff",
            "kind": "concurrent",
        },
        content_type="application/json",
    ).json()
    signed_in = province.client("曾国强")
    assert _unit_acted_from(signed_in) == province.unit("西湖区民政局/一科")
    signed_in.post("/security/post/", {"appointment": made["id"]})
    assert _unit_acted_from(signed_in) == province.unit("西湖区卫生健康局")
    entry = AuditEntry.objects.get(action="org.sign_in.post_changed")
    assert entry.detail == {"before": province.appointments["曾国强"], "after": made["id"]}
    others = signed_in.post("/security/post/", {"appointment": province.appointments["王伟民"]})
    assert others.status_code == 404
    assert _unit_acted_from(signed_in) == province.unit("西湖区卫生健康局")
    client.post(f"/api/v1/org/appointments/{made['id']}/end", {}, content_type="application/json")
    assert _unit_acted_from(signed_in) == province.unit("西湖区民政局/一科")


def _unit_acted_from(client: Client) -> int:
    answer = client.get("/api/v1/org/units")
    acting = answer.wsgi_request.actor  # type: ignore[attr-defined]  # set by the middleware
    unit_id: int = acting.unit_id
    return unit_id
