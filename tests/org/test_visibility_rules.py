"""Rules of visibility: who makes them, whom they bind, where, how long and how far."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from org.kinds import MaskedField, Scene, VisibilityEffect
from org.models import VisibilityRule
from org.queries import visibility as queries
from org.services import visibility
from tests.factories import Province
from tests.org import hiding
from tests.org.calls import get
from tests.org.hiding import BOUND, HIDDEN, SECURITY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


@pytest.mark.parametrize(
    "exception",
    ["unit", "person", "level"],
)
def test_exceptions_let_a_unit_a_person_or_a_level_through(
    exception: str, province: Province
) -> None:
    terms: dict[str, Any] = {
        "unit": {"except_unit_ids": [province.unit("上城区")]},
        "person": {"except_person_ids": [province.person(BOUND)]},
        "level": {"except_levels": [3]},
    }[exception]
    hiding.hide_unit(province, **terms)
    assert get(province.client(BOUND), f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    stranger = "蒋市长"  # 杭州市, level 2
    answer = province.client(stranger).get(f"/api/v1/org/units/{province.unit(HIDDEN)}")
    assert answer.status_code == 404


def test_a_restricted_person_shows_name_and_unit_only(province: Province) -> None:
    hiding.hide_unit(province, effect=VisibilityEffect.RESTRICT)
    client = province.client(BOUND)
    card = get(client, f"people/{province.person('赵卫东')}")
    assert card["name"] == "赵卫东"
    assert (card["phone_masked"], card["job_level"]) == ("", "")
    (held,) = card["appointments"]
    assert held["unit_path"].endswith(HIDDEN)
    assert (held["title"], held["office_phone"]) == ("", "")
    (first, *_) = get(client, f"units/{province.unit(HIDDEN)}/people")["items"]
    assert (first["name"], first["title"], first["function"]) == ("赵卫东", "", "")
    (found,) = get(client, "people/search", text="赵卫东")
    assert (found["unit_name"], found["title"]) == (HIDDEN, "")


def test_masked_fields_are_empty_and_the_others_stay(province: Province) -> None:
    hiding.hide_unit(
        province, effect=VisibilityEffect.MASK, masked=[MaskedField.PHONE], scenes=[Scene.PROFILE]
    )
    card = get(province.client(BOUND), f"people/{province.person('赵卫东')}")
    assert (card["phone_masked"], card["appointments"][0]["title"]) == ("", "局长")
    seen = get(province.client("吴健"), f"people/{province.person('赵卫东')}")
    assert seen["phone_masked"].startswith("138****")


def test_a_rule_binds_only_in_its_scenes(province: Province) -> None:
    hiding.hide_unit(province, scenes=[Scene.SEARCH])
    client = province.client(BOUND)
    assert get(client, "people/search", text="赵卫东") == []
    assert get(client, "units/search", text="卫生健康") == []
    assert get(client, f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    assert get(client, f"people/{province.person('赵卫东')}")["name"] == "赵卫东"


def test_a_rule_binds_from_its_beginning_to_its_end(province: Province) -> None:
    now = timezone.now()
    rule = hiding.hide_unit(
        province, valid_from=now + timedelta(days=1), valid_to=now + timedelta(days=3)
    )
    actor = province.actor(BOUND)
    for days, bound in ((0, False), (2, True), (4, False)):
        viewer = queries.viewer_of(actor, at=now + timedelta(days=days))
        assert bool(viewer.sights) is bound
    visibility.end(actor=province.actor(SECURITY), rule_id=rule, now=now)
    assert queries.viewer_of(actor, at=now + timedelta(days=2)).sights == ()


def test_making_changing_and_ending_a_rule_stand_in_the_log(province: Province) -> None:
    client = province.client(SECURITY)
    body = {"unit_id": province.unit(HIDDEN), "effect": "hide", "reason": "执法办案"}
    made = client.post("/api/v1/org/visibility-rules", body, "application/json")
    assert made.status_code == 201, made.content
    rule = made.json()["id"]
    (listed,) = get(client, "visibility-rules")
    assert (listed["subject_name"], listed["effect_name"]) == (HIDDEN, "隐藏")
    assert listed["scenes"] == ["tree", "search", "profile", "apps"]
    changed = client.post(
        f"/api/v1/org/visibility-rules/{rule}",
        {"effect": "mask", "masked": ["phone"], "except_levels": [1]},
        "application/json",
    )
    assert changed.status_code == 204, changed.content
    assert client.post(f"/api/v1/org/visibility-rules/{rule}/end").status_code == 204
    assert client.post(f"/api/v1/org/visibility-rules/{rule}/end").status_code == 404
    assert get(client, "visibility-rules") == []
    acts = AuditEntry.objects.filter(object_kind="org.visibility_rule").order_by("seq")
    assert sorted(acts.values_list("action", flat=True)) == [
        "org.visibility.changed",
        "org.visibility.ended",
        "org.visibility.made",
    ]


@pytest.mark.parametrize("stranger", ["马科员", BOUND, "陈省收", "冯副厅"])
def test_only_administrators_of_organisation_or_security_over_it_make_rules(
    stranger: str, province: Province
) -> None:
    client = province.client(stranger)
    rule = hiding.hide_unit(province, scenes=[Scene.SEARCH])
    body = {"unit_id": province.unit("西湖区民政局"), "effect": "hide"}
    answers = [
        client.post("/api/v1/org/visibility-rules", body, "application/json"),
        client.post("/api/v1/org/visibility-rules/preview", body, "application/json"),
        client.post(f"/api/v1/org/visibility-rules/{rule}/end"),
        client.post(f"/api/v1/org/visibility-rules/{rule}", {"effect": "hide"}, "application/json"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert get(client, "visibility-rules") == []
    assert VisibilityRule.objects.get().valid_to is None


def test_a_preview_says_who_would_not_see_whom_and_writes_nothing(province: Province) -> None:
    body = {
        "unit_id": province.unit(HIDDEN),
        "effect": "hide",
        "except_unit_ids": [province.unit("上城区")],
        "except_person_ids": [province.person("蒋市长")],
    }
    answer = province.client("何管理").post(
        "/api/v1/org/visibility-rules/preview", body, "application/json"
    )
    assert answer.json() == {
        "subject_name": HIDDEN,
        "units": 3,
        "people": 5,
        "bound": 35 - 5 - 5 - 1,
        "exempt": 11,
    }
    assert not VisibilityRule.objects.exists()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"effect": "mask"}, "ORG_VISIBILITY_RULE_EMPTY"),
        ({"effect": "hide", "valid_to": "2020-01-01T00:00:00Z"}, "ORG_VISIBILITY_TERM_PAST"),
        ({"effect": "hide", "except_unit_ids": [999999]}, "ORG_UNIT_NOT_FOUND"),
        ({"effect": "hide", "person_id": 1}, "ORG_VISIBILITY_RULE_EMPTY"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    terms: dict[str, Any], code: str, province: Province
) -> None:
    answer = province.client(SECURITY).post(
        "/api/v1/org/visibility-rules",
        {"unit_id": province.unit(HIDDEN)} | terms,
        "application/json",
    )
    assert answer.json()["code"] == code
    assert not VisibilityRule.objects.exists()


def test_the_top_of_the_tree_cannot_be_hidden(province: Province) -> None:
    answer = province.client(SECURITY).post(
        "/api/v1/org/visibility-rules",
        {"unit_id": province.unit("浙江省"), "effect": "hide"},
        "application/json",
    )
    assert answer.json()["code"] == "ORG_VISIBILITY_ROOT_KEPT"
