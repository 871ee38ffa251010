"""Groups of provisioning systems are units, membership is a post; bulks are judged one by one."""

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org.kinds import UnitKind
from org.models import (
    Person,
    ReviewRequest,
    Unit,
)
from org.queries import appointments
from org.services import units
from tests import factories
from tests.org import calls
from tests.org.provisioning import BULK, GROUP, Caller, caller, new_user, patch, public_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


@pytest.fixture
def county(province: factories.Province) -> Caller:
    """What 何管理, who administers units and people of 西湖区, made for it."""
    return caller(province, "何管理", "西湖区")


def test_a_group_is_a_unit_and_membership_a_post(
    province: factories.Province,
) -> None:
    bureau = caller(province, "何管理", "西湖区民政局")
    newcomer = bureau.call("POST", "Users", new_user(title="科员")).json()["id"]
    settled = public_id(province.person("曾国强"))
    body = {
        "schemas": [GROUP],
        "displayName": "社会救助科",
        "members": [{"value": newcomer}, {"value": settled}],
    }
    made = bureau.call("POST", "Groups", body)
    assert made.status_code == 201, made.content
    unit = Unit.objects.get(pk=int(made.json()["id"]))
    assert (unit.parent_id, unit.kind) == (province.unit("西湖区民政局"), "department")
    now = timezone.now()
    new = Person.objects.get(public_id=newcomer)
    # Whoever stood in the root's own list has the main post here now, others a further one.
    assert [(h.unit_id, h.kind) for h in appointments.of_person(new.pk, at=now)] == [
        (unit.pk, "main")
    ]
    assert [h.kind for h in appointments.of_person(province.person("曾国强"), at=now)] == [
        "main",
        "concurrent",
    ]
    address = f"Groups/{unit.pk}"
    drop = {"op": "remove", "path": f'members[value eq "{settled}"]'}
    assert bureau.call("PATCH", address, patch(drop)).status_code == 204
    assert len(appointments.of_person(province.person("曾国强"), at=timezone.now())) == 1
    empty = {"schemas": [GROUP], "displayName": "救助科", "members": []}
    assert bureau.call("PUT", address, empty).status_code == 200
    (held,) = appointments.of_person(new.pk, at=timezone.now())
    assert held.unit_id == province.unit("西湖区民政局")
    unit.refresh_from_db()
    assert unit.name == "救助科"


def test_strangers_are_no_members(province: factories.Province, county: Caller) -> None:
    unit = province.unit("西湖区民政局/一科")
    for stranger in (public_id(province.person("林上城")), "nobody", "1"):
        add = {"op": "add", "path": "members", "value": [{"value": stranger}]}
        refused = county.call("PATCH", f"Groups/{unit}", patch(add))
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert len(county.get(f"Groups/{unit}")["members"]) == 2


def test_only_what_was_provisioned_is_abolished(
    province: factories.Province, county: Caller
) -> None:
    unit = province.unit("西湖区民政局/一科")
    refused = county.call("DELETE", f"Groups/{unit}")
    assert refused.status_code == 403
    assert "ORG_NOT_PROVISIONED" in refused.json()["detail"]
    assert len(county.get(f"Groups/{unit}")["members"]) == 2
    made = county.call("POST", "Groups", {"schemas": [GROUP], "displayName": "数据专班"}).json()
    assert county.call("DELETE", f"Groups/{made['id']}").status_code == 204
    assert county.call("GET", f"Groups/{made['id']}").status_code == 404
    assert Unit.objects.get(pk=int(made["id"])).valid_to is not None


# ── bulk ─────────────────────────────────────────────────────────────────────


def test_a_group_goes_once_its_people_have_left_it(province: factories.Province) -> None:
    bureau = caller(province, "何管理", "西湖区民政局")
    settled = public_id(province.person("曾国强"))
    newcomer = bureau.call("POST", "Users", new_user()).json()["id"]
    body = {
        "schemas": [GROUP],
        "displayName": "社会救助科",
        "members": [{"value": settled}, {"value": newcomer}],
    }
    address = f"Groups/{bureau.call('POST', 'Groups', body).json()['id']}"
    entries = AuditEntry.objects.count()
    refused = bureau.call("DELETE", address)
    assert refused.status_code == 409
    assert refused.json()["detail"] == (
        "ORG_GROUP_IN_USE: 该组织还有 2 名在任人员、0 个下级组织，请先移出全部成员再删除"
    )
    assert AuditEntry.objects.count() == entries
    assert len(bureau.get(address)["members"]) == 2
    empty = {"op": "remove", "path": "members"}
    assert bureau.call("PATCH", address, patch(empty)).status_code == 204
    assert bureau.call("DELETE", address).status_code == 204
    assert bureau.call("GET", address).status_code == 404
    unit = Unit.objects.get(pk=int(address.removeprefix("Groups/")))
    assert unit.valid_to is not None
    assert ReviewRequest.objects.count() == 0
    # Whoever was only there stands in the root's own list, the other one where he stood before.
    now = timezone.now()
    new = Person.objects.get(public_id=newcomer).pk
    assert [held.unit_id for held in appointments.of_person(new, at=now)] == [
        province.unit("西湖区民政局")
    ]
    assert [held.unit_id for held in appointments.of_person(province.person("曾国强"), at=now)] == [
        province.unit("西湖区民政局/一科")
    ]


def test_a_group_with_parts_below_it_stays(province: factories.Province) -> None:
    bureau = caller(province, "何管理", "西湖区民政局")
    body = {"schemas": [GROUP], "displayName": "社会救助科"}
    made = int(bureau.call("POST", "Groups", body).json()["id"])
    units.add(
        actor=province.actor("何管理"),
        parent_id=made,
        name="救助一股",
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )
    refused = bureau.call("DELETE", f"Groups/{made}")
    assert (refused.status_code, refused.json()["detail"].split(":")[0]) == (
        409, "ORG_GROUP_IN_USE",
    )  # fmt: skip
    assert Unit.objects.get(pk=made).valid_to is None


def test_every_operation_of_a_bulk_is_judged_by_itself(
    province: factories.Province, county: Caller
) -> None:
    outside = public_id(province.person("林上城"))
    operations: list[dict[str, object]] = [
        {"method": "POST", "path": "/Users", "bulkId": "a", "data": new_user()},
        {
            "method": "POST",
            "path": "/Groups",
            "bulkId": "b",
            "data": {
                "schemas": [GROUP],
                "displayName": "新组",
                "members": [{"value": "bulkId:a"}],
            },
        },
        {"method": "DELETE", "path": f"/Users/{outside}"},
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": new_user()},
        {
            "method": "PATCH",
            "path": f"/Groups/{province.unit('上城区民政局')}",
            "data": patch({"op": "replace", "path": "displayName", "value": "被改名"}),
        },
    ]
    answer = county.call("POST", "Bulk", {"schemas": [BULK], "Operations": operations})
    assert answer.status_code == 200, answer.content
    statuses = [str(one["status"]) for one in answer.json()["Operations"]]
    assert statuses == ["201", "201", "404", "409", "404"]
    denied = AuditEntry.objects.filter(action="core.access.denied").order_by("id")
    assert [entry.object_id for entry in denied] == [
        f"/scim/v2/Users/{outside}"[:80],
        f"/scim/v2/Groups/{province.unit('上城区民政局')}",
    ]
    assert {entry.actor_name for entry in denied} == {"目录同步：人事系统"}
    assert Person.objects.get(pk=province.person("林上城")).status == "active"
    assert Unit.objects.get(pk=province.unit("上城区民政局")).name == "上城区民政局"
    (group,) = county.get('Groups?filter=displayName eq "新组"')["Resources"]
    assert len(group["members"]) == 1


def test_large_or_broken_bodies_are_refused(county: Caller) -> None:
    def send(body: bytes, kind: str = "application/scim+json") -> int:
        headers = {"Authorization": f"Bearer {county.secret}"}
        return int(
            Client().post("/scim/v2/Users", body, content_type=kind, headers=headers).status_code
        )

    assert send(b"x" * 1_048_577) == 413
    assert send(b"{") == 400
    assert send(b"[]") == 400
    assert send(b"{}", "text/plain") == 415
    many = [{"method": "DELETE", "path": f"/Users/{n}"} for n in range(501)]
    refused = county.call("POST", "Bulk", {"schemas": [BULK], "Operations": many})
    assert refused.status_code == 413
    assert county.call("PUT", "Users", {}).status_code == 405


def test_by_hand_a_provisioned_group_in_which_people_served_takes_two(
    province: factories.Province,
) -> None:
    bureau = caller(province, "何管理", "西湖区民政局")
    newcomer = bureau.call("POST", "Users", new_user()).json()["id"]
    body = {"schemas": [GROUP], "displayName": "社会救助科", "members": [{"value": newcomer}]}
    unit_id = int(bureau.call("POST", "Groups", body).json()["id"])
    empty = patch({"op": "remove", "path": "members"})
    assert bureau.call("PATCH", f"Groups/{unit_id}", empty).status_code == 204
    asked = calls.send(province.client("何管理"), f"units/{unit_id}/abolish")
    assert asked.status_code == 202, asked.content
    assert Unit.objects.get(pk=unit_id).valid_to is None
