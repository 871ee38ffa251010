"""What an administrator decided from further up stands until somebody as high up undoes it."""

import pytest
from django.utils import timezone

from org.kinds import Scene, VisibilityEffect
from org.models import Account, VisibilityRule
from org.services import visibility
from tests import factories
from tests.org import calls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def rule_of(province: factories.Province, maker: str, *, person: str = "") -> int:
    subject = visibility.Subject(unit_id=province.unit("西湖区卫生健康局"))
    if person:
        subject = visibility.Subject(person_id=province.person(person))
    return visibility.make(
        actor=province.actor(maker),
        subject=subject,
        terms=visibility.Terms(effect=VisibilityEffect.HIDE, scenes=tuple(Scene)),
        now=timezone.now(),
    )


@pytest.mark.parametrize("person", ["", "赵卫东"])
def test_a_rule_of_the_security_officer_is_not_ended_by_the_district(
    province: factories.Province, person: str
) -> None:
    rule_id = rule_of(province, "卫二", person=person)
    path = f"visibility-rules/{rule_id}/end"
    refused = calls.send(province.client(calls.ADMIN), path)
    assert calls.refused(refused) == (403, "ORG_DONE_FROM_ABOVE")
    assert VisibilityRule.objects.get().valid_to is None
    assert calls.send(province.client("卫二"), path).status_code == 204


def test_a_rule_of_the_city_is_ended_by_the_district_once_its_maker_has_no_right(
    province: factories.Province,
) -> None:
    held = calls.grant(province, "杨一", "org", "杭州市")
    path = f"visibility-rules/{rule_of(province, '杨一')}/end"
    client = province.client(calls.ADMIN)
    assert calls.refused(calls.send(client, path)) == (403, "ORG_DONE_FROM_ABOVE")
    held.revoked_at = timezone.now()
    held.save()
    assert calls.send(client, path).status_code == 204


def test_equals_end_each_others_rules(province: factories.Province) -> None:
    calls.grant(province, "许收发", "org", "西湖区")
    path = f"visibility-rules/{rule_of(province, '许收发')}/end"
    assert calls.send(province.client(calls.ADMIN), path).status_code == 204


def test_an_account_that_the_city_disabled_is_not_enabled_by_the_district(
    province: factories.Province,
) -> None:
    calls.grant(province, "杨一", "people", "杭州市")
    path = f"accounts/{province.accounts['曾国强']}"
    city, district = province.client("杨一"), province.client(calls.ADMIN)
    assert calls.send(city, f"{path}/disable").status_code == 204
    refused = calls.send(district, f"{path}/enable")
    assert calls.refused(refused) == (403, "ORG_DONE_FROM_ABOVE")
    assert not Account.objects.get(pk=province.accounts["曾国强"]).is_active
    assert calls.send(city, f"{path}/enable").status_code == 204
    assert calls.send(district, f"{path}/disable").status_code == 204
    assert calls.send(city, f"{path}/enable").status_code == 204
    assert Account.objects.get(pk=province.accounts["曾国强"]).is_active
