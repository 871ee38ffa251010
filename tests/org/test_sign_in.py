"""Signing in through the real form: one answer for every refusal, locked after five failures."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org import sign_in
from org.kinds import AdminRole
from org.models import Account
from org.services import accounts, authority
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

SIGN_IN = "/accounts/login/"
ADDRESS_LIMIT = 50


@pytest.fixture
def province() -> factories.Province:
    return factories.small_province()


def attempt(
    username: str, password: str = factories.PASSWORD, *, client: Client | None = None, **meta: Any
) -> Any:
    form = {"login": username, "password": password}
    return (client or Client()).post(SIGN_IN, form, **meta)


def is_refused(answer: Any) -> bool:
    return answer.status_code == 200 and sign_in.REFUSED in answer.content.decode()


def is_signed_in(client: Client) -> bool:
    return client.get("/api/v1/org/units").status_code == 200


def test_a_person_signs_in_with_a_new_session_id(province: factories.Province) -> None:
    client = Client()
    client.get(SIGN_IN)
    session = client.session
    session["planted"] = True
    session.save()
    fixed = session.session_key
    assert fixed
    client.cookies[settings.SESSION_COOKIE_NAME] = fixed
    answer = attempt("wangweimin", client=client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session.session_key != fixed
    assert is_signed_in(client)
    assert AuditEntry.objects.filter(action="org.sign_in.succeeded").count() == 1


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
        role=role,
        root_id=province.unit(root),
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
    session = signed_in.session
    session["appointment_id"] = made["id"]
    session.save()
    assert _unit_acted_from(signed_in) == province.unit("西湖区卫生健康局")
    session["appointment_id"] = province.appointments["王伟民"]
    session.save()
    assert _unit_acted_from(signed_in) == province.unit("西湖区民政局/一科")


def _unit_acted_from(client: Client) -> int:
    answer = client.get("/api/v1/org/units")
    acting = answer.wsgi_request.actor  # type: ignore[attr-defined]  # set by the middleware
    unit_id: int = acting.unit_id
    return unit_id
