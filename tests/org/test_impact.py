"""What is shown before an operation is what happens; what stands in its way is said first."""

import pytest
from django.utils import timezone

from core.actor import system
from org.kinds import UnitKind
from org.models import AdminGrant, OrgChange
from org.queries import impact
from org.queries.obstacles import Part
from tests import factories
from tests.org.calls import ADMIN, everything, get, grant, refused, send

pytestmark = pytest.mark.django_db


def test_a_move_touches_what_was_foreseen(province: factories.Province) -> None:
    grant(province, "李建国", "org", "西湖区民政局")
    organ, target = province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")
    client = province.client(ADMIN)
    before = everything()
    foreseen = get(client, f"units/{organ}/impact/move", parent_id=target)
    assert everything() == before
    assert foreseen == {
        "units": 3,
        "people": 5,
        "grants": 1,
        "accounts": 5,
        "notes": [
            (
                "“西湖区民政局”从“浙江省 / 杭州市 / 西湖区”"
                "移到“浙江省 / 杭州市 / 西湖区 / 西湖区卫生健康局”之下"
            ),
            "3 个组织、5 人、1 项管理权限随同移动",
        ],
        "blocking": [],
    }
    moved = send(client, f"units/{organ}/move", {"parent_id": target})
    assert moved.json() == {"moved": foreseen["units"]}


def test_a_move_tells_who_administers_from_then_on(province: factories.Province) -> None:
    at = timezone.now()
    unit_id, parent_id = province.unit("西湖区民政局/一科"), province.unit("上城区民政局")
    whole = impact.impact_of_move(system("test"), unit_id, parent_id=parent_id, at=at)
    assert whole.notes == (
        (
            "“一科”从“浙江省 / 杭州市 / 西湖区 / 西湖区民政局”"
            "移到“浙江省 / 杭州市 / 上城区 / 上城区民政局”之下"
        ),
        "1 个组织、2 人、0 项管理权限随同移动",
        "不再由何管理（人员管理员）、何管理（应用管理员）、何管理（组织管理员）管理",
        "改由马科员（人员管理员）、马科员（组织管理员）管理",
    )
    # Who administers the next county is not the business of this county's administrator.
    own = impact.impact_of_move(province.actor(ADMIN), unit_id, parent_id=parent_id, at=at)
    assert own.notes == whole.notes[:3]


@pytest.mark.parametrize(
    ("unit", "target", "reason"),
    [
        ("西湖区民政局", "西湖区民政局/一科", "不能把组织移动到它自己或它的下级之下"),
        ("西湖区民政局/一科", "西湖区", "“行政区划”之下不能设立“内设机构”"),
        ("西湖区民政局/一科", "西湖区民政局", "该组织已在“西湖区民政局”之下"),
    ],
)
def test_what_stands_in_the_way_of_a_move_is_what_refuses_it(
    province: factories.Province, unit: str, target: str, reason: str
) -> None:
    client, target_id = province.client(ADMIN), province.unit(target)
    path = f"units/{province.unit(unit)}"
    foreseen = get(client, f"{path}/impact/move", parent_id=target_id)
    assert foreseen["blocking"] == [reason]
    answer = send(client, f"{path}/move", {"parent_id": target_id})
    assert answer.status_code in {409, 422}
    assert answer.json()["detail"] == reason


def test_a_merger_touches_what_was_foreseen(province: factories.Province) -> None:
    grant(province, "李建国", "org", "西湖区民政局/一科")
    merged, into = province.unit("西湖区民政局/一科"), province.unit("西湖区民政局/办公室")
    client, body = province.client(ADMIN), {"unit_ids": [merged], "into_id": into}
    foreseen = send(client, "mergers/impact", body).json()
    assert foreseen == {
        "units": 1,
        "people": 2,
        "grants": 1,
        "accounts": 2,
        "notes": [
            "撤销：一科，原编码以后指向“办公室”",
            "1 个组织、2 人、1 项管理权限并入“办公室”",
            "授予在被合并组织上的权限：李建国（组织管理员）。您有权授予的转到合并后的组织，其余收回",
        ],
        "blocking": [],
    }
    assert send(client, "mergers", body).json()["people"] == foreseen["people"]
    assert AdminGrant.objects.filter(revoked_at__isnull=False).count() == foreseen["grants"]
    assert OrgChange.objects.filter(kind="transfer").count() == foreseen["people"]


def test_a_split_touches_what_was_foreseen(province: factories.Province) -> None:
    organ = province.unit("西湖区民政局")
    department, person = province.unit("西湖区民政局/一科"), province.appointments["李建国"]
    part = Part("养老局", UnitKind.ORGAN, (department,), (person,))
    foreseen = impact.impact_of_split(organ, parts=[part], at=timezone.now())
    assert foreseen == impact.Impact(
        units=2,
        people=3,
        grants=0,
        accounts=3,
        notes=(
            "新设“养老局”：下级组织 1 个，本级人员 1 人次",
            "“西湖区民政局”保留，其余组织和人员不变",
        ),
    )
    body = {
        "new_units": [
            {
                "name": "养老局",
                "kind": "organ",
                "department_ids": [department],
                "appointment_ids": [person],
            }
        ]
    }
    assert send(province.client(ADMIN), f"units/{organ}/split", body).status_code == 200
    kinds = OrgChange.objects.filter(kind__in=["create", "move"])
    assert kinds.count() == foreseen.units


def test_a_unit_that_is_administered_is_not_abolished(province: factories.Province) -> None:
    client, organ = province.client(ADMIN), province.unit("西湖区民政局")
    body = {"name": "新科", "kind": "department"}
    unit_id = send(client, f"units/{organ}/children", body).json()["id"]
    AdminGrant.objects.create(
        person_id=province.person("李建国"),
        role="org",
        root_id=unit_id,
        valid_from=factories.FOUNDED,
    )
    foreseen = get(client, f"units/{unit_id}/impact/abolish")
    reason = "还有 1 项管理权限授予在该组织上，请先收回或改授：李建国（组织管理员）"
    assert foreseen["blocking"] == [reason]
    before = everything()
    assert refused(send(client, f"units/{unit_id}/abolish")) == (409, "ORG_UNIT_ADMINISTERED")
    assert everything() == before


def test_foresight_is_for_administrators_of_the_unit(province: factories.Province) -> None:
    unit, target = province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")
    for person in ("马科员", "王伟民"):
        client = province.client(person)
        answers = [
            client.get(f"/api/v1/org/units/{unit}/impact/move", {"parent_id": target}),
            client.get(f"/api/v1/org/units/{unit}/impact/abolish"),
            send(client, "mergers/impact", {"unit_ids": [unit], "into_id": target}),
        ]
        assert [refused(answer) for answer in answers] == [(404, "ORG_UNIT_NOT_FOUND")] * 3
