"""Sign-ins: each is seen, limited in time, and ended from elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org.credentials import devices
from org.kinds import AdminRole
from org.models import Account, AccountSession, AdminGrant, Person
from org.queries import sessions
from org.services import accounts, appointments
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def signed_in(username: str = "wangweimin", **meta: Any) -> Client:
    client = Client(**meta)
    form = {"login": username, "password": factories.PASSWORD}
    assert client.post("/accounts/login/", form).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/api/v1/org/units").status_code == 200


def row_of(client: Client) -> AccountSession:
    return AccountSession.objects.get(pk=client.session["account_session_id"])


def aged(client: Client, **fields: timedelta) -> None:
    now = timezone.now()
    changed = {name: now - age for name, age in fields.items()}
    AccountSession.objects.filter(pk=row_of(client).pk).update(**changed)


def test_a_sign_in_knows_its_device_and_address(province: factories.Province) -> None:
    client = signed_in(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="10.1.2.3")
    [held] = sessions.open_of(province.accounts["王伟民"], at=timezone.now())
    assert (held.device.name, held.address) == ("Linux 电脑 · Firefox 128", "10.1.2.3")
    page = client.get("/security/").content.decode()
    assert "Linux 电脑 · Firefox 128" in page
    assert "10.1.2.3" in page


def test_a_sign_in_ends_after_half_an_hour_without_use(province: factories.Province) -> None:
    client = signed_in()
    aged(client, seen_at=timedelta(minutes=29))
    assert is_in(client)
    aged(client, seen_at=timedelta(minutes=31))
    row = row_of(client)
    assert not is_in(client)
    row.refresh_from_db()
    assert (row.end, row.ended_at is not None) == ("expired", True)
    assert client.get("/")["Location"] == "/accounts/login/?next=%2F"


def test_a_sign_in_ends_after_twelve_hours_however_much_it_is_used(
    province: factories.Province,
) -> None:
    client = signed_in()
    aged(client, started_at=timedelta(hours=11, minutes=59))
    assert is_in(client)
    aged(client, started_at=timedelta(hours=12, minutes=1))
    assert not is_in(client)


def test_use_is_noted_and_what_a_page_asks_by_itself_is_none(
    province: factories.Province,
) -> None:
    client = signed_in()
    aged(client, seen_at=timedelta(minutes=20))
    for path in ("/counters/", "/today/"):
        assert client.get(path).status_code == 200
    assert row_of(client).seen_at < timezone.now() - timedelta(minutes=19)
    client.get("/")
    assert row_of(client).seen_at > timezone.now() - timedelta(minutes=1)


def test_a_session_without_a_sign_in_is_nobodys(province: factories.Province) -> None:
    client = Client()
    client.force_login(
        Account.objects.get(pk=province.accounts["王伟民"]),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    assert not is_in(client)


def test_the_cookie_of_a_session_that_was_left_signs_nobody_in(
    province: factories.Province,
) -> None:
    client = signed_in()
    stolen = client.cookies[settings.SESSION_COOKIE_NAME].value
    kept = Session.objects.get(session_key=stolen)
    row = row_of(client)
    client.post("/accounts/logout/")
    row.refresh_from_db()
    assert row.end == "signed_out"
    # Even if Django's own row came back, from a backup or by a race.
    kept.save(force_insert=True)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert not is_in(thief)
    assert AuditEntry.objects.filter(action="org.sign_in.signed_out").count() == 1


def test_one_of_the_own_sign_ins_is_ended_from_another(province: factories.Province) -> None:
    here, there = signed_in(), signed_in()
    ended = here.post(f"/security/sessions/{row_of(there).pk}/end/")
    assert (ended.status_code, ended["Location"]) == (302, "/security/")
    assert (is_in(here), is_in(there)) == (True, False)


def test_all_others_of_the_own_sign_ins_are_ended(province: factories.Province) -> None:
    here, others = signed_in(), [signed_in() for _ in range(3)]
    colleague = signed_in("lijianguo")
    here.post("/security/sessions/end-others/")
    assert is_in(here)
    assert is_in(colleague)
    assert [is_in(other) for other in others] == [False, False, False]
    entry = AuditEntry.objects.get(action="org.sign_in.ended")
    assert entry.detail == {"count": 3}


def test_nobody_ends_the_sign_in_of_a_colleague(province: factories.Province) -> None:
    here, colleague = signed_in(), signed_in("lijianguo")
    refused = here.post(f"/security/sessions/{row_of(colleague).pk}/end/")
    assert refused.status_code == 404
    assert is_in(colleague)


@pytest.mark.parametrize("role", [AdminRole.PEOPLE, AdminRole.HELPDESK, AdminRole.SECURITY])
def test_an_administrator_ends_all_sign_ins_of_an_account(
    province: factories.Province, role: AdminRole
) -> None:
    victim = signed_in()
    AdminGrant.objects.create(
        person_id=province.person("孙收文"),
        role=role,
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    person_id = province.person("王伟民")
    page = province.client("孙收文").post(f"/administration/people/{person_id}/account/sessions/")
    assert page.status_code == 200
    assert "已结束 1 处登录" in page.content.decode()
    assert not is_in(victim)


@pytest.mark.parametrize("name", ["马科员", "赵卫东"])
def test_who_administers_elsewhere_or_nothing_ends_none(
    province: factories.Province, name: str
) -> None:
    victim = signed_in()
    person_id = province.person("王伟民")
    refused = province.client(name).post(f"/administration/people/{person_id}/account/sessions/")
    assert refused.status_code == 404
    assert is_in(victim)


def test_the_api_lists_ends_and_switches_as_the_page_does(province: factories.Province) -> None:
    here, there = signed_in(HTTP_USER_AGENT=FIREFOX), signed_in()
    listed = here.get("/api/v1/org/sessions").json()["items"]
    assert {(one["id"], one["is_this"]) for one in listed} == {
        (row_of(here).pk, True),
        (row_of(there).pk, False),
    }
    ended = here.post(f"/api/v1/org/sessions/{row_of(there).pk}/end")
    assert (ended.status_code, is_in(there)) == (204, False)
    again = here.post(f"/api/v1/org/sessions/{row_of(here).pk + 999}/end")
    assert (again.status_code, again.json()["code"]) == (404, "ORG_SESSION_NOT_FOUND")
    third = signed_in()
    answer = here.post("/api/v1/org/sessions/end-others")
    assert (answer.json(), is_in(third), is_in(here)) == ({"ended": 1}, False, True)
    own = {"appointment_id": province.appointments["王伟民"]}
    others = {"appointment_id": province.appointments["李建国"]}
    path = "/api/v1/org/sessions/post"
    assert here.put(path, own, content_type="application/json").status_code == 204
    refused = here.put(path, others, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (404, "ORG_APPOINTMENT_NOT_FOUND")


@pytest.mark.parametrize("what", ["unlock", "end-sessions", "reset-second-factor"])
def test_the_api_about_others_accounts_keeps_to_the_scope(
    province: factories.Province, what: str
) -> None:
    victim = signed_in()
    path = f"/api/v1/org/accounts/{province.accounts['王伟民']}/{what}"
    for name in ("马科员", "赵卫东"):
        refused = province.client(name).post(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_OUT_OF_SCOPE")
    assert is_in(victim)
    allowed = province.client("何管理").post(path)
    if what == "reset-second-factor":  # there is none to take away
        assert allowed.json()["code"] == "ORG_SECOND_FACTOR_MISSING"
    else:
        assert allowed.status_code == 204
    assert is_in(victim) == (what != "end-sessions")


def test_leaving_ends_the_sign_ins(province: factories.Province) -> None:
    client = signed_in()
    Person.objects.filter(pk=province.person("王伟民")).update(status="left")
    assert not is_in(client)


def _hold(province: factories.Province, client: Client) -> sessions.Hold:
    key = client.session.session_key
    assert key is not None
    return sessions.Hold(row_of(client).pk, key, province.appointments["王伟民"])


def test_sockets_stand_while_sign_in_and_post_stand(province: factories.Province) -> None:
    hold = _hold(province, signed_in())
    standing = sessions.standing([hold], at=timezone.now())
    assert standing == sessions.Standing(frozenset({hold}), frozenset({hold}))


def test_sockets_of_a_lost_post_begin_anew(province: factories.Province) -> None:
    hold = _hold(province, signed_in())
    appointments.end(
        actor=province.actor("何管理"),
        appointment_id=province.appointments["王伟民"],
        now=timezone.now(),
    )
    standing = sessions.standing([hold], at=timezone.now() + timedelta(seconds=1))
    assert standing == sessions.Standing(frozenset({hold}), frozenset())


@pytest.mark.parametrize("cause", ["disabled", "password", "ended", "idle", "left", "no session"])
def test_sockets_end_with_their_sign_in(province: factories.Province, cause: str) -> None:
    client = signed_in()
    hold = _hold(province, client)
    account_id, platform, now = province.accounts["王伟民"], actor.system("test"), timezone.now()
    if cause == "disabled":
        accounts.disable(actor=platform, account_id=account_id, now=now)
    if cause == "password":
        accounts.set_password(
            actor=platform, account_id=account_id, password="Another-Pass-2026", now=now
        )
    if cause == "ended":
        signed_in().post("/security/sessions/end-others/")
    if cause == "idle":
        aged(client, seen_at=timedelta(minutes=31))
    if cause == "left":
        Person.objects.filter(pk=province.person("王伟民")).update(status="left")
    if cause == "no session":
        Session.objects.all().delete()
    standing = sessions.standing([hold], at=timezone.now())
    assert standing.signed_in == frozenset()


def test_looking_after_sockets_costs_one_query(
    province: factories.Province, django_assert_num_queries: Any
) -> None:
    holds = [_hold(province, signed_in()) for _ in range(5)]
    with django_assert_num_queries(1):
        assert len(sessions.standing(holds, at=timezone.now()).signed_in) == 5


@pytest.mark.parametrize(
    ("words", "name", "is_phone"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/126.0 Safari/537.36 Edg/126.0",
            "Windows 电脑 · Edge 126",
            False,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
            "iPhone · Safari 17",
            True,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; Kylin) Chrome/86.0.4240.198 Qaxbrowser",
            "麒麟系统 · 奇安信浏览器",
            False,
        ),
        ("<script>alert(1)</script>", "未知设备", False),
        ("", "未知设备", False),
    ],
)
def test_devices_are_called_by_names_that_people_know(
    words: str, name: str, is_phone: bool
) -> None:
    assert devices.named(words) == devices.Device(name, is_phone)
