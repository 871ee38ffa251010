"""Administrative rights: read live, granted downward only, three officers apart."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from core import actor
from core.models import AuditEntry
from org import errors, tree
from org.kinds import AdminRole
from org.models import AdminGrant
from org.policies import Wanted
from org.queries import authority as queries
from org.services import authority
from tests import factories
from tests.conftest import Budget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def send(client: Client, path: str, body: object | None = None) -> Any:
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def test_a_grant_covers_its_subtree_at_its_time(province: factories.Province) -> None:
    now = timezone.now()
    admin = province.person("何管理")

    def administers(unit: str, role: str = "org") -> bool:
        return queries.administers(admin, role, province.unit(unit), at=now)

    assert administers("西湖区")
    assert administers("西湖区民政局/一科")
    assert not administers("杭州市")
    assert not administers("上城区")
    assert not administers("西湖区", "audit")
    before = factories.FOUNDED - timedelta(days=1)
    assert not queries.administers(admin, "org", province.unit("西湖区"), at=before)


def test_a_right_follows_the_tree_when_units_move(province: factories.Province) -> None:
    now = timezone.now()
    organ = province.unit("西湖区民政局")
    tree.move(unit_id=organ, parent_id=province.unit("上城区"))
    assert not queries.administers(province.person("何管理"), "org", organ, at=now)
    assert queries.administers(province.person("马科员"), "org", organ, at=now)


def test_a_grant_without_subtree_or_past_its_end_covers_no_more(
    province: factories.Province,
) -> None:
    now = timezone.now()
    person, district = province.person("赵卫东"), province.unit("西湖区")
    authority.grant(
        actor=actor.system("test"),
        person_id=person,
        wanted=Wanted(AdminRole.ORG, district, subtree=False, until=now + timedelta(hours=1)),
        now=now,
    )
    assert queries.administers(person, "org", district, at=now)
    assert not queries.administers(person, "org", province.unit("西湖区民政局"), at=now)
    assert not queries.administers(person, "org", district, at=now + timedelta(hours=1))


def test_an_admin_passes_on_what_he_has_and_no_more(province: factories.Province) -> None:
    client = province.client("何管理")
    person = province.person("赵卫东")
    before = AdminGrant.objects.count()
    organ = province.unit("西湖区卫生健康局")
    given = send(client, f"units/{organ}/grants", {"person_id": person, "role": "people"})
    assert given.status_code == 201
    for path, body in (
        (f"units/{province.unit('上城区')}/grants", {"person_id": person, "role": "people"}),
        (f"units/{province.unit('杭州市')}/grants", {"person_id": person, "role": "people"}),
        (f"units/{organ}/grants", {"person_id": person, "role": "system"}),
        (f"units/{organ}/grants", {"person_id": province.person("何管理"), "role": "org"}),
    ):
        refused = send(client, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "ORG_GRANT_BEYOND_OWN")
    # What was given without the right to pass it on stays where it is.
    below = send(
        province.client("赵卫东"),
        f"units/{organ}/grants",
        {"person_id": province.person("钱医"), "role": "people"},
    )
    assert below.status_code == 403
    assert AdminGrant.objects.count() == before + 1
    assert AuditEntry.objects.filter(action="org.grant.given").count() == 1


def test_a_revoked_grant_is_void_at_once(province: factories.Province) -> None:
    grants = queries.of_person(province.person("马科员"), at=timezone.now())
    (held,) = [grant for grant in grants if grant.role == "org"]
    refused = send(province.client("何管理"), f"grants/{held.id}/revoke")
    assert refused.status_code == 403
    authority.revoke(actor=actor.system("test"), grant_id=held.id, now=timezone.now())
    now = timezone.now()
    district = province.unit("上城区")
    assert not queries.administers(province.person("马科员"), "org", district, at=now)
    with pytest.raises(errors.GrantNotFound), transaction.atomic():
        authority.revoke(actor=actor.system("test"), grant_id=held.id, now=now)


def test_a_temporary_administrator_revokes_what_he_granted(province: factories.Province) -> None:
    now = timezone.now()
    district, organ = province.unit("西湖区"), province.unit("西湖区卫生健康局")
    authority.grant(
        actor=actor.system("test"),
        person_id=province.person("赵卫东"),
        wanted=Wanted(AdminRole.ORG, district, depth=1, until=now + timedelta(days=2)),
        now=now,
    )
    client = province.client("赵卫东")
    body = {"person_id": province.person("钱医"), "role": "org"}
    end = (now + timedelta(days=1)).isoformat()
    given = send(client, f"units/{organ}/grants", body | {"valid_until": end})
    assert given.status_code == 201
    assert send(client, f"grants/{given.json()['id']}/revoke").status_code == 200
    assert not queries.administers(province.person("钱医"), "org", organ, at=timezone.now())


@pytest.mark.parametrize(
    ("until", "code"),
    [
        ("2999-01-01T00:00:00+08:00", "SCHEMA_VIOLATED"),
        ("2099-01-01T00:00:00", "SCHEMA_VIOLATED"),
        ("2020-01-01T00:00:00+08:00", "ORG_GRANT_ENDED"),
    ],
)
def test_a_right_ends_at_one_instant_to_come(
    province: factories.Province, until: str, code: str
) -> None:
    before = AdminGrant.objects.count()
    body = {"person_id": province.person("钱医"), "role": "org", "valid_until": until}
    path = f"units/{province.unit('西湖区卫生健康局')}/grants"
    refused = send(province.client("何管理"), path, body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert AdminGrant.objects.count() == before


@pytest.mark.parametrize("role", [AdminRole.SECURITY, AdminRole.AUDIT])
def test_system_security_and_audit_never_meet_in_one_person(
    province: factories.Province, role: AdminRole
) -> None:
    before = AdminGrant.objects.count()
    with pytest.raises(errors.OfficersExclude), transaction.atomic():
        authority.grant(
            actor=actor.system("test"),
            person_id=province.person("褚一"),  # the system administrator
            wanted=Wanted(role, province.unit("浙江省")),
            now=timezone.now(),
        )
    # Not even by hand.
    with pytest.raises(IntegrityError, match="org_grant_three_officers"), transaction.atomic():
        AdminGrant.objects.create(
            person_id=province.person("褚一"),
            role=role,
            root_id=province.unit("宁波市"),
            valid_from=timezone.now(),
        )
    assert AdminGrant.objects.count() == before


def test_both_pages_name_the_administrators(province: factories.Province, budget: Budget) -> None:
    client = province.client("何管理")
    with budget("org.grants.mine"):
        mine = client.get("/api/v1/org/grants/mine").json()
    assert sorted((g["role_name"], g["root_name"]) for g in mine) == [
        ("人员管理员", "西湖区"),
        ("应用管理员", "西湖区"),
        ("组织管理员", "西湖区"),
    ]
    path = f"/api/v1/org/units/{province.unit('西湖区民政局/一科')}/administrators"
    with budget("org.units.administrators"):
        admins = client.get(path).json()
    assert [g["person_name"] for g in admins[:3]] == ["何管理", "何管理", "何管理"]
    assert {g["person_name"] for g in admins[3:]} == {"褚一", "卫二", "陈省收", "冯副厅"}
