"""A fresh installation gets its first administrators from the command line, and says so."""

from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org import errors
from org.kinds import AdminRole
from org.models import Account, AdminGrant, Person
from org.queries import authority
from org.services import first_administrators
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def appoint(*arguments: str) -> str:
    said = StringIO()
    call_command("appoint_administrator", *arguments, stdout=said)
    return said.getvalue()


def test_somebody_new_is_appointed_and_signs_in(province: factories.Province) -> None:
    said = appoint("people", "330102", "zhang.xinren", "--name", "张新任", "--title", "平台管理员")
    password = said.rpartition(" ")[2].strip()
    person = Person.objects.get(name="张新任")
    assert authority.administers(
        person.pk, "people", province.unit("上城区民政局"), at=timezone.now()
    )
    assert Account.objects.get(username="zhang.xinren").check_password(password)
    answer = Client().post("/accounts/login/", {"login": "zhang.xinren", "password": password})
    assert answer.status_code == 302
    actions = AuditEntry.objects.filter(actor_name="appoint_administrator")
    assert set(actions.values_list("action", flat=True)) >= {
        "org.account.opened",
        "org.grant.given",
    }


def test_a_known_account_keeps_its_password(province: factories.Province) -> None:
    said = appoint("audit", "3301", "shenfushi")
    assert "密码" not in said
    assert AdminGrant.objects.filter(person_id=province.person("沈副市"), role="audit").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("system", "33", "weier"), "ORG_OFFICERS_EXCLUDE"),
        (("system", "99", "shenfushi"), "ORG_UNIT_NOT_FOUND"),
        (("system", "33", "nobody"), "ORG_ACCOUNT_NOT_FOUND"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    province: factories.Province, arguments: tuple[str, ...], code: str
) -> None:
    before = AdminGrant.objects.count(), Account.objects.count()
    with pytest.raises(CommandError, match=code):
        appoint(*arguments)
    assert (AdminGrant.objects.count(), Account.objects.count()) == before


def test_no_person_appoints_this_way(province: factories.Province) -> None:
    with pytest.raises(errors.OutOfScope):
        first_administrators.appoint(
            actor=province.actor("褚一"),
            role=AdminRole.ORG,
            unit_code="33",
            username="shenfushi",
            now=timezone.now(),
        )


def restore(username: str) -> str:
    said = StringIO()
    call_command("restore_access", username, stdout=said)
    return said.getvalue().rpartition(" ")[2].strip()


def test_who_lost_both_factors_is_let_in_again_and_the_log_tells(
    province: factories.Province,
) -> None:
    account_id = province.accounts["卫二"]
    account = Account.objects.get(pk=account_id)
    Authenticator.objects.create(user_id=account_id, type="totp", data={"secret": "sealed"})
    account.set_password("Forgotten-and-gone-9")
    account.save()
    password = restore(account.username)
    assert Account.objects.get(pk=account_id).check_password(password)
    assert not Authenticator.objects.filter(user_id=account_id).exists()
    told = AuditEntry.objects.filter(actor_name="restore_access").order_by("id")
    assert [entry.action for entry in told] == [
        "org.account.password_set",
        "org.account.second_factor_reset",
    ]


def test_nobody_unknown_is_let_in_and_no_person_does_it(province: factories.Province) -> None:
    with pytest.raises(CommandError, match="ORG_ACCOUNT_NOT_FOUND"):
        restore("nobody")
    with pytest.raises(errors.OutOfScope):
        first_administrators.restore(
            actor=province.actor("褚一"), username="shenfushi", now=timezone.now()
        )
