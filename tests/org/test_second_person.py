"""Every act that takes two people, from its first word to its entry in the audit log."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from messaging import handlers as messaging_handlers
from messaging.queries import notices
from org import handlers as org_handlers
from org.credentials import totp
from org.events import RequestDue
from org.kinds import RequestKind
from org.models import (
    Account,
    AdminGrant,
    CredentialReset,
    DirectoryExport,
    DirectoryImport,
    OrgChange,
    Person,
    ReviewRequest,
)
from org.services import decisions, second_factors
from tests import factories
from tests.org import acts, calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

every_act = pytest.mark.parametrize("make", acts.ACTS)


@every_act
def test_one_person_alone_changes_nothing(province: factories.Province, make: acts.Maker) -> None:
    act = make(province)
    before = calls.everything()
    request_id = acts.ask(province, act)
    assert calls.everything() == before
    assert not act.happened()
    path = f"requests/{request_id}/approve"
    assert calls.refused(calls.send(province.client(act.asks), path)) == (403, "ORG_OWN_REQUEST")
    for name in ("张晓梅", "唐科员", "陈省收"):  # an employee, another county's, the auditor
        refused = calls.send(province.client(name), path)
        assert calls.refused(refused) == (404, "ORG_REQUEST_NOT_FOUND")
    assert calls.everything() == before
    assert not act.happened()


@every_act
def test_with_the_second_it_happens_as_the_firsts(
    province: factories.Province, make: acts.Maker
) -> None:
    act = make(province)
    request_id = acts.ask(province, act)
    seen = AuditEntry.objects.count()
    path = f"requests/{request_id}/approve"
    assert calls.send(province.client(act.decides), path).status_code == 200
    assert act.happened()
    for change in OrgChange.objects.filter(approved_by__isnull=False):
        assert change.actor_person_id == province.person(act.asks)
        assert change.approved_by_id == province.person(act.decides)
    entries = AuditEntry.objects.order_by("at", "id")[seen:]
    by_second = [e.action for e in entries if e.person_id == province.person(act.decides)]
    by_first = [e.action for e in entries if e.person_id == province.person(act.asks)]
    assert by_second == ["org.request.approved"]
    assert by_first != []
    late = calls.send(province.client(act.decides), path)
    assert calls.refused(late) == (409, "ORG_REQUEST_SETTLED")


@every_act
def test_refused_it_never_happens(
    province: factories.Province, make: acts.Maker, run_jobs: Callable[[], int]
) -> None:
    act = make(province)
    before = calls.everything()
    request_id = acts.ask(province, act)
    refused = calls.send(
        province.client(act.decides), f"requests/{request_id}/reject", {"remark": "缓办"}
    )
    assert refused.status_code == 200
    run_jobs()
    assert calls.everything() == before
    assert not DirectoryExport.objects.exclude(state="refused").exists()
    late = calls.send(province.client(act.decides), f"requests/{request_id}/approve")
    assert calls.refused(late) == (409, "ORG_REQUEST_SETTLED")


@every_act
def test_a_first_who_has_lost_his_right_gets_nothing(
    province: factories.Province, make: acts.Maker
) -> None:
    act = make(province)
    request_id = acts.ask(province, act)
    AdminGrant.objects.filter(person_id=province.person(act.asks)).update(revoked_at=timezone.now())
    before = calls.everything()
    refused = calls.send(province.client(act.decides), f"requests/{request_id}/approve")
    assert refused.status_code in {403, 404}  # an import out of scope is none at all
    assert calls.everything() == before
    assert ReviewRequest.objects.get().state == "waiting"


def test_what_nobody_decides_in_time_is_given_up(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    request_id = acts.ask(province, acts.exporting(province))
    run_jobs()
    due = RequestDue(request_id=request_id)
    org_handlers.on_request_ended(due, timezone.now())
    assert DirectoryExport.objects.get().state == "waiting"
    late = timezone.now() + timedelta(days=7)
    org_handlers.on_request_ended(due, late)
    messaging_handlers.on_request_due(due, late)
    assert DirectoryExport.objects.get().state == "refused"
    (told,) = notices.latest(province.person(calls.ADMIN), 5)
    assert told.title.startswith("复核已过期：导出“西湖区”")
    (asked,) = notices.latest(province.person(calls.SECOND), 5)
    assert asked.read_at is not None


def test_an_import_that_was_refused_can_be_confirmed_again(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    act = acts.importing(province)
    request_id = acts.ask(province, act)
    path = f"requests/{request_id}/reject"
    calls.send(province.client(calls.SECOND), path, {"remark": "名单有误"})
    run_jobs()
    assert DirectoryImport.objects.get().state == "checked"
    again = calls.send(province.client(calls.ADMIN), act.path)
    assert again.status_code == 202
    second = province.client(calls.SECOND)
    approved = calls.send(second, f"requests/{again.json()['request_id']}/approve")
    assert approved.status_code == 200
    run_jobs()
    assert DirectoryImport.objects.get().state == "applied"
    assert Person.objects.filter(name__startswith="新来").count() == acts.MANY


def test_fifty_are_not_many(province: factories.Province) -> None:
    acts.crowd(province, "西湖区民政局/一科", 45)  # with its own five they are fifty
    answer = calls.send(
        province.client(calls.ADMIN),
        f"units/{province.unit('西湖区民政局')}/move",
        {"parent_id": province.unit("西湖区人民政府办公室")},
    )
    assert answer.status_code == 200, answer.content
    assert ReviewRequest.objects.count() == 0


def test_a_bare_department_just_added_needs_nobody(province: factories.Province) -> None:
    client = province.client(calls.ADMIN)
    path = f"units/{province.unit('西湖区民政局')}/children"
    added = calls.send(client, path, {"name": "误建科", "kind": "department"}).json()["id"]
    assert calls.send(client, f"units/{added}/abolish").status_code == 204
    assert ReviewRequest.objects.count() == 0


def sign_in(username: str, password: str) -> bool:
    answer = Client().post("/accounts/login/", {"login": username, "password": password})
    return answer.status_code == 302


def test_an_administrators_new_password_waits_for_the_second(province: factories.Province) -> None:
    calls.grant(province, "曾国强", "people", "西湖区民政局")
    path = f"/administration/people/{province.person('曾国强')}/account/password/"
    shown = province.client(calls.ADMIN).post(path).content.decode()
    password = shown.split("data-password>")[1].split("<")[0]
    assert "须由另一名管理员复核同意后生效" in shown
    request = ReviewRequest.objects.get()
    assert password not in str(request.payload)
    assert sign_in("zengguoqiang", factories.PASSWORD)
    assert not sign_in("zengguoqiang", password)
    approved = calls.send(province.client(calls.SECOND), f"requests/{request.pk}/approve")
    assert approved.status_code == 200
    assert not sign_in("zengguoqiang", factories.PASSWORD)
    assert sign_in("zengguoqiang", password)
    request.refresh_from_db()
    assert "sealed" not in request.payload


@pytest.mark.parametrize(
    ("role", "root"),
    [
        ("people", "西湖区"),  # his equal
        ("org", "杭州市"),  # above him
        ("helpdesk", "西湖区民政局"),  # below him, with a role that he does not hold
        ("audit", "西湖区民政局"),  # an officer
    ],
)
def test_nobody_makes_the_password_of_whoever_is_not_below_him_in_every_right(
    province: factories.Province, role: str, root: str
) -> None:
    calls.grant(province, "许收发", role, root)
    person_id, account_id = province.person("许收发"), province.accounts["许收发"]
    second_factors.enrol(
        actor=actor.system("test"),
        account_id=account_id,
        secret=totp.fresh_secret(),
        now=timezone.now(),
    )
    client = province.client(calls.ADMIN)
    path = f"/administration/people/{person_id}/account"
    assert client.post(f"{path}/password/").status_code == 403
    assert client.post(f"{path}/second-factor/").status_code == 403
    assert Authenticator.objects.filter(user_id=account_id).exists()
    assert sign_in("xushoufa", factories.PASSWORD)
    assert ReviewRequest.objects.count() == 0


def test_whoever_got_a_password_from_the_first_is_not_the_second(
    province: factories.Province,
) -> None:
    made = province.client(calls.ADMIN).post(
        f"/administration/people/{province.person('许收发')}/account/password/"
    )
    assert made.status_code == 200
    Account.objects.update(must_change_password=False)  # the first has seen to that as well
    calls.grant(province, "许收发", "people", "西湖区")
    request_id = acts.ask(province, acts.exporting(province))
    second = province.client("许收发")
    late = timezone.now() - timedelta(days=7, minutes=1)
    refused = calls.send(second, f"requests/{request_id}/approve")
    assert calls.refused(refused) == (404, "ORG_REQUEST_NOT_FOUND")
    assert ReviewRequest.objects.get().state == "waiting"
    CredentialReset.objects.update(reset_at=late)
    assert calls.send(second, f"requests/{request_id}/approve").status_code == 200


def test_every_kind_of_request_has_its_performer() -> None:
    assert set(decisions.PERFORMERS) | {RequestKind.MASS_CHANGE} == set(RequestKind)
