"""Publishing to an audience, and taking an app from it."""

import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from miniapps.models import AudienceRule, Grant, MiniApp, Release
from miniapps.queries import publishing as plans
from miniapps.services import publishing, registry, review
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def post(province: Province, person: str, path: str, body: Any) -> Any:
    return province.client(person).post(
        f"/api/v1/miniapps{path}", json.dumps(body), content_type="application/json"
    )


def subtree(province: Province, *units: str) -> dict[str, Any]:
    rules = [{"subject": "subtree", "unit_id": province.unit(unit)} for unit in units]
    return {"rules": rules}


def tiles(province: Province, person: str) -> list[str]:
    answer = province.client(person).get("/api/v1/miniapps/tiles")
    return [tile["name"] for tile in answer.json()]


def test_a_county_sees_what_is_published_to_it_and_others_do_not(province: Province) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/publish"
    assert post(province, apps.REVIEWER, path, subtree(province, "西湖区")).status_code == 204
    assert Release.objects.get().state == "published"
    seen = {
        name: tiles(province, name)
        for name in (apps.VIEWER, apps.NEIGHBOUR, apps.DEVELOPER, apps.STRANGER, "马科员", "蒋市长")
    }
    assert seen == {
        apps.VIEWER: ["值班排班"],
        apps.NEIGHBOUR: ["值班排班"],
        apps.DEVELOPER: ["值班排班"],
        apps.STRANGER: [],
        "马科员": [],
        "蒋市长": [],
    }


def test_the_reach_is_told_before_anything_changes(province: Province) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/reach"
    answer = post(province, apps.REVIEWER, path, subtree(province, "西湖区"))
    assert answer.json() == {
        "total": 15,
        "gaining": 15,
        "losing": 0,
        "unit_names": ["西湖区"],
        "new_scopes": ["openid", "profile.read", "org.member.read", "notice.send"],
    }
    assert AudienceRule.objects.count() == Grant.objects.count() == 0
    assert post(province, apps.DEVELOPER, path, subtree(province, "西湖区")).status_code == 403


def test_the_next_release_supersedes_and_says_who_gains_and_loses(
    province: Province, roster: apps.Published
) -> None:
    document = apps.manifest(version={"code": 2, "name": "1.1.0"}, name="值班排班二")
    document["x_gov"]["scopes"] = document["x_gov"]["scopes"][:2]
    document["x_gov"]["oauth"]["redirect_uris"] = [f"{apps.BASE}/back"]
    developer, reviewer = province.actor(apps.DEVELOPER), province.actor(apps.REVIEWER)
    now = timezone.now()
    release_id = registry.add_release(
        actor=developer, app_id=roster.app_id, document=document, now=now
    )
    registry.submit(actor=developer, release_id=release_id, now=now)
    review.approve(actor=reviewer, release_id=release_id, remark="", now=now)
    assert (
        apps.token_call(
            roster, {"grant_type": "client_credentials", "scope": "notice.send"}
        ).status_code
        == 200
    )
    body = subtree(province, apps.OWNER)
    reach = post(province, apps.REVIEWER, f"/releases/{release_id}/reach", body).json()
    assert (reach["total"], reach["gaining"], reach["losing"]) == (5, 0, 10)
    assert reach["new_scopes"] == []
    post(province, apps.REVIEWER, f"/releases/{release_id}/publish", body)
    states = dict(Release.objects.values_list("version_code", "state"))
    assert states == {1: "superseded", 2: "published"}
    assert MiniApp.objects.get().name == "值班排班二"
    assert MiniApp.objects.get().oauth_client.redirect_uris == f"{apps.BASE}/back"
    assert tiles(province, apps.NEIGHBOUR) == []
    assert tiles(province, apps.VIEWER) == ["值班排班二"]
    held = Grant.objects.filter(withdrawn_at=None).values_list("scope", flat=True)
    assert set(held) == {"openid", "profile.read"}
    refused = apps.token_call(roster, {"grant_type": "client_credentials", "scope": "notice.send"})
    assert refused.json()["error"] == "invalid_scope"


@pytest.mark.parametrize("unit", ["上城区", "杭州市", "浙江省", "海曙区"])
def test_nobody_publishes_beyond_the_units_he_administers(province: Province, unit: str) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/publish"
    assert post(province, apps.REVIEWER, path, subtree(province, "西湖区", unit)).status_code == 403
    assert post(province, apps.REVIEWER, path, {"rules": [{"subject": "all"}]}).status_code == 403
    assert Release.objects.get().state == "approved"
    assert AudienceRule.objects.count() == 0


def test_nobody_publishes_to_a_person_of_a_unit_he_does_not_administer(province: Province) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/publish"
    stranger = {"subject": "person", "person_id": province.person(apps.STRANGER)}
    assert post(province, apps.REVIEWER, path, {"rules": [stranger]}).status_code == 403
    nobody = {"subject": "person", "person_id": 10**9}
    assert post(province, apps.REVIEWER, path, {"rules": [nobody]}).status_code == 422
    nowhere = {"subject": "subtree", "unit_id": 10**9}
    assert post(province, apps.REVIEWER, path, {"rules": [nowhere]}).status_code == 403
    assert Release.objects.get().state == "approved"
    viewer = {"subject": "person", "person_id": province.person(apps.VIEWER)}
    assert post(province, apps.REVIEWER, path, {"rules": [viewer]}).status_code == 204
    assert [tiles(province, name) for name in (apps.VIEWER, "李建国")] == [["值班排班"], []]


def test_the_developer_does_not_publish(province: Province) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/publish"
    answer = post(province, apps.DEVELOPER, path, subtree(province, "西湖区"))
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OWN_APP")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "SCHEMA_VIOLATED"),
        ([{"subject": "subtree"}], "MINIAPPS_RULE_UNCLEAR"),
        ([{"subject": "all", "unit_id": 1}], "MINIAPPS_RULE_UNCLEAR"),
        ([{"effect": "deny", "subject": "all"}], "MINIAPPS_AUDIENCE_EMPTY"),
    ],
)
def test_an_audience_that_says_nothing_is_refused(
    province: Province, rules: list[Any], code: str
) -> None:
    made = apps.approved(province)
    path = f"/releases/{made.release_id}/publish"
    answer = post(province, apps.REVIEWER, path, {"rules": rules})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Release.objects.get().state == "approved"


def test_an_unapproved_release_is_not_published(province: Province) -> None:
    made = apps.registered(province)
    path = f"/releases/{made.release_id}/publish"
    assert post(province, apps.REVIEWER, path, subtree(province, "西湖区")).status_code == 409
    assert tiles(province, apps.VIEWER) == []


def test_suspending_hides_the_app_and_resuming_shows_it(
    province: Province, roster: apps.Published
) -> None:
    path = f"/apps/{roster.app_id}"
    assert post(province, apps.DEVELOPER, f"{path}/suspend", {"reason": "x"}).status_code == 403
    assert post(province, apps.STRANGER, f"{path}/suspend", {"reason": "x"}).status_code == 404
    assert tiles(province, apps.VIEWER) == ["值班排班"]
    assert post(province, apps.REVIEWER, f"{path}/suspend", {"reason": "检查"}).status_code == 204
    assert tiles(province, apps.VIEWER) == []
    assert province.client(apps.VIEWER).get(f"/apps/{roster.app_id}/open").status_code == 404
    assert post(province, apps.REVIEWER, f"{path}/suspend", {"reason": "检查"}).status_code == 409
    assert post(province, apps.REVIEWER, f"{path}/resume", {}).status_code == 204
    assert tiles(province, apps.VIEWER) == ["值班排班"]


def approved_release(province: Province, roster: apps.Published, code: int) -> int:
    developer, now = province.actor(apps.DEVELOPER), timezone.now()
    document = apps.manifest(version={"code": code, "name": f"1.{code}.0"})
    release_id = registry.add_release(
        actor=developer, app_id=roster.app_id, document=document, now=now
    )
    registry.submit(actor=developer, release_id=release_id, now=now)
    review.approve(actor=province.actor(apps.REVIEWER), release_id=release_id, remark="", now=now)
    return release_id


def test_an_older_release_never_follows_a_newer_one(
    province: Province, roster: apps.Published
) -> None:
    second, third = (approved_release(province, roster, code) for code in (2, 3))
    body = subtree(province, "西湖区")
    newer = post(province, apps.REVIEWER, f"/releases/{third}/publish", body)
    assert newer.status_code == 204
    older = post(province, apps.REVIEWER, f"/releases/{second}/publish", body)
    assert (older.status_code, older.json()["code"]) == (409, "MINIAPPS_VERSION_NOT_NEWER")
    states = dict(Release.objects.values_list("version_code", "state"))
    assert states == {1: "superseded", 2: "approved", 3: "published"}
    assert tiles(province, apps.VIEWER) == ["值班排班"]


def test_resuming_takes_the_rights_over_the_whole_audience(province: Province) -> None:
    made = apps.approved(province)
    publishing.publish(
        actor=province.actor("冯副厅"),
        release_id=made.release_id,
        audience=[plans.rule(effect="allow", subject="subtree", unit_id=province.unit("杭州市"))],
        now=timezone.now(),
    )
    path = f"/apps/{made.app_id}"
    assert post(province, apps.REVIEWER, f"{path}/suspend", {"reason": "检查"}).status_code == 204
    assert post(province, apps.REVIEWER, f"{path}/resume", {}).status_code == 403
    assert Release.objects.get().state == "suspended"
    assert post(province, "冯副厅", f"{path}/resume", {}).status_code == 204
    assert tiles(province, "蒋市长") == ["值班排班"]


def test_the_database_holds_one_published_release_per_app(
    province: Province, roster: apps.Published
) -> None:
    first = Release.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(
            app_id=roster.app_id,
            version_code=9,
            version_name="9",
            manifest=first.manifest,
            digest=first.digest,
            state="published",
            published_at=timezone.now(),
            drafted_by_id=first.drafted_by_id,
            drafted_at=timezone.now(),
        )


def test_one_deny_outweighs_every_allow(province: Province) -> None:
    made = apps.approved(province)
    rules = [
        plans.rule(effect="allow", subject="subtree", unit_id=province.unit("西湖区")),
        plans.rule(effect="allow", subject="person", person_id=province.person(apps.NEIGHBOUR)),
        plans.rule(effect="deny", subject="subtree", unit_id=province.unit("西湖区卫生健康局")),
        plans.rule(effect="deny", subject="unit", unit_id=province.unit(f"{apps.OWNER}/一科")),
    ]
    publishing.publish(
        actor=province.actor(apps.REVIEWER),
        release_id=made.release_id,
        audience=rules,
        now=timezone.now(),
    )
    names = (apps.VIEWER, apps.NEIGHBOUR, apps.DEVELOPER, "秦主任")
    seen = {name: bool(tiles(province, name)) for name in names}
    assert seen == {apps.VIEWER: True, apps.NEIGHBOUR: False, apps.DEVELOPER: False, "秦主任": True}


@pytest.mark.parametrize(
    "unit", ["subtree:" + "9" * 5000, "unit:0", "unit:x", "all:1", f"unit:{2**63}"]
)
def test_a_page_that_names_no_unit_is_refused(province: Province, unit: str) -> None:
    made = apps.approved(province)
    path = f"/apps/{made.app_id}/releases/{made.release_id}/publish"
    assert province.client(apps.REVIEWER).post(path, {"unit": unit}).status_code == 422
    assert Release.objects.get().state == "approved"
