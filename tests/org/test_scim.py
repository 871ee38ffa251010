"""SCIM as a provisioning system meets it: bearer tokens, subtrees, filters, bulk, what is kept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.models import AuditEntry
from org import errors as org_errors
from org.kinds import AdminRole, PostFunction
from org.models import (
    Account,
    AdminGrant,
    Appointment,
    Handover,
    Person,
    ScimToken,
    Unit,
)
from org.queries import appointments
from org.services import accounts, people, tokens
from tests import factories
from tests.conftest import Budget

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UNIT = "urn:tongwen:params:scim:schemas:extension:2.0:Unit"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


@dataclass(frozen=True)
class Caller:
    """A provisioning system with its token."""

    secret: str

    def call(self, method: str, path: str, body: object | None = None, **headers: str) -> Any:
        return Client().generic(
            method,
            f"/scim/v2/{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def names(self, condition: str) -> list[str]:
        found = self.call("GET", f"Users?filter={condition}")
        assert found.status_code == 200, found.content
        return [user["userName"] for user in found.json()["Resources"]]


@pytest.fixture
def province() -> factories.Province:
    return factories.small_province()


def caller(province: factories.Province, maker: str, root: str) -> Caller:
    now = timezone.now()
    made = tokens.make(
        actor=province.actor(maker),
        name="人事系统",
        root_id=province.unit(root),
        expires_at=now + timedelta(days=30),
        now=now,
    )
    return Caller(made.secret)


@pytest.fixture
def county(province: factories.Province) -> Caller:
    """What 何管理, who administers units and people of 西湖区, made for it."""
    return caller(province, "何管理", "西湖区")


def public_id(person_id: int) -> str:
    return str(Person.objects.get(pk=person_id).public_id)


def new_user(**more: object) -> dict[str, object]:
    return {"schemas": [USER], "userName": "ZhangSan", "displayName": "张三", **more}


def patch(*operations: Mapping[str, object]) -> dict[str, object]:
    return {"schemas": [PATCH], "Operations": list(operations)}


# ── who may call ─────────────────────────────────────────────────────────────


def test_what_the_service_can_do_is_open_and_nothing_else(province: factories.Province) -> None:
    assert Client().get("/scim/v2/ServiceProviderConfig").status_code == 200
    for path in ("Users", "Groups", "Schemas", "ResourceTypes", "Users/1", ""):
        answer = Client().get(f"/scim/v2/{path}")
        assert answer.status_code in (401, 404), path
        assert "displayName" not in answer.content.decode()
    assert Client().get("/scim/v2/Users").headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_is_no_token(province: factories.Province) -> None:
    assert province.client("何管理").get("/scim/v2/Users").status_code == 401


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer tws_wrong", "Basic dHdzXw==", "Bearer " + "x" * 5000, "Bearer é"],
)
def test_bad_tokens_are_all_answered_alike(
    province: factories.Province, authorization: str
) -> None:
    answer = Client().get("/scim/v2/Users", headers={"Authorization": authorization})
    assert answer.status_code == 401
    assert answer.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


def test_the_secret_is_stored_as_a_digest_alone(county: Caller) -> None:
    token = ScimToken.objects.get()
    assert county.secret.startswith("tws_")
    assert county.secret.encode() not in bytes(token.digest)
    assert len(bytes(token.digest)) == 32
    assert county.secret not in str(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_a_token_ends_with_its_term_its_revocation_and_its_makers_rights(
    province: factories.Province, county: Caller
) -> None:
    def status() -> int:
        return int(county.call("GET", "Users?count=1").status_code)

    assert status() == 200
    ScimToken.objects.update(
        created_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(days=1),
    )
    assert status() == 401
    ScimToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert status() == 200
    Account.objects.filter(pk=province.accounts["何管理"]).update(is_active=False)
    assert status() == 401
    Account.objects.filter(pk=province.accounts["何管理"]).update(is_active=True)
    org = AdminGrant.objects.filter(person_id=province.person("何管理"), role=AdminRole.ORG)
    org.update(revoked_at=timezone.now())
    assert status() == 401
    org.update(revoked_at=None)
    tokens.revoke(
        actor=province.actor("何管理"), token_id=ScimToken.objects.get().pk, now=timezone.now()
    )
    assert status() == 401


def test_only_administrators_of_units_or_of_the_system_make_tokens(
    province: factories.Province,
) -> None:
    now = timezone.now()
    for maker, root in (
        ("王伟民", "西湖区民政局"),
        ("马科员", "西湖区"),
        ("何管理", "杭州市"),
        ("卫二", "浙江省"),
    ):
        with pytest.raises(org_errors.OutOfScope):
            tokens.make(
                actor=province.actor(maker),
                name="越权",
                root_id=province.unit(root),
                expires_at=now + timedelta(days=1),
                now=now,
            )
    assert not ScimToken.objects.exists()
    assert caller(province, "褚一", "浙江省").get("Users?count=0")["totalResults"] == 35


def test_a_token_without_the_makers_right_over_people_reads_and_writes_units_only(
    province: factories.Province, county: Caller
) -> None:
    AdminGrant.objects.filter(person_id=province.person("何管理"), role=AdminRole.PEOPLE).update(
        revoked_at=timezone.now()
    )
    assert county.get("Users?count=0")["totalResults"] == 15
    refused = county.call("POST", "Users", new_user())
    assert refused.status_code == 403
    assert Person.objects.count() == 35
    assert AuditEntry.objects.filter(action="core.access.denied").count() == 1


# ── what a token sees ────────────────────────────────────────────────────────


def test_a_token_sees_its_subtree_and_nothing_beside_it(
    province: factories.Province, county: Caller, budget: Budget
) -> None:
    with budget("org.scim.users"):
        listed = county.get("Users?count=200")
    assert listed["totalResults"] == 15
    assert {user["userName"] for user in listed["Resources"]} >= {"wangweimin", "zengguoqiang"}
    with budget("org.scim.groups"):
        groups = county.get("Groups?count=200")
    assert sorted(group["displayName"] for group in groups["Resources"])[:3] == [
        "一科",
        "一科",
        "一科",
    ]
    assert groups["totalResults"] == 9
    for path in (
        f"Users/{public_id(province.person('林上城'))}",
        f"Groups/{province.unit('上城区民政局')}",
        f"Groups/{province.unit('杭州市')}",
        f"Groups/{province.unit('西湖区')}",
    ):
        for method in ("GET", "DELETE"):
            assert county.call(method, path).status_code == 404, (method, path)
        assert county.call("PATCH", path, patch()).status_code in (400, 404)
    assert county.names('userName eq "linshangcheng"') == []
    assert Person.objects.get(pk=province.person("林上城")).status == "active"


def test_a_user_tells_the_post_and_no_phone(province: factories.Province, county: Caller) -> None:
    user = county.get(f"Users/{public_id(province.person('曾国强'))}")
    assert user["displayName"] == "曾国强"
    assert user["title"] == "科长"
    assert user["active"] is True
    assert user[ENTERPRISE] == {"organization": "西湖区民政局", "department": "一科"}
    assert [group["display"] for group in user["groups"]] == ["一科"]
    assert "13800" not in json.dumps(user)
    assert user["meta"]["location"].endswith(f"/scim/v2/Users/{user['id']}")


def test_members_of_a_group_are_read_where_they_are_asked_for(
    province: factories.Province, county: Caller, budget: Budget
) -> None:
    unit = province.unit("西湖区民政局/一科")
    with budget("org.scim.group"):
        whole = county.get(f"Groups/{unit}")
    assert len(whole["members"]) == 2
    with budget("org.scim.group_without_members"):
        slim = county.get(f"Groups/{unit}?excludedAttributes=members")
    assert "members" not in slim
    assert slim["meta"]["version"] == whole["meta"]["version"]
    placed = county.get(f"Groups/{unit}?attributes={UNIT}:parent,{UNIT}:kind")
    assert placed[UNIT] == {
        "kind": "department",
        "parent": {"value": str(province.unit("西湖区民政局")), "display": "西湖区民政局"},
    }


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ('userName eq "WangWeiMin"', ["wangweimin"]),
        ('displayName co "国强"', ["zengguoqiang"]),
        ('displayName sw "王" and active eq true', ["wangweimin"]),
        ('title eq "局长" and not (displayName eq "王伟民")', ["qinzhuren", "zhaoweidong"]),
        ('externalId eq "none"', []),
        ('userName eq "x\' OR 1=1 --"', []),
        ('displayName co "%"', []),
        ('displayName co "_"', []),
    ],
)
def test_filters_are_answered_by_the_database(
    county: Caller, condition: str, names: list[str]
) -> None:
    assert sorted(county.names(condition)) == names


@pytest.mark.parametrize(
    "condition", ['displayName ct "x"', "emails[", "nothing eq 1", "active gt true"]
)
def test_other_filters_are_refused(county: Caller, condition: str) -> None:
    refused = county.call("GET", f"Users?filter={condition}")
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")


def test_pages_meet_and_are_bounded(county: Caller) -> None:
    seen: list[str] = []
    for start in (1, 7, 13):
        page = county.get(f"Users?startIndex={start}&count=6&sortBy=userName")
        assert page["totalResults"] == 15
        seen += [user["userName"] for user in page["Resources"]]
    assert seen == sorted(set(seen))
    assert len(seen) == 15
    assert len(county.get("Users?count=1000000")["Resources"]) == 15
    assert county.get("Users?count=0")["totalResults"] == 15
    far = county.get("Users?startIndex=1000000000&count=10")
    assert (far["totalResults"], far.get("Resources", [])) == (15, [])


def test_cursors_walk_a_directory_that_changes_meanwhile(
    province: factories.Province, county: Caller
) -> None:
    first = county.get("Users?cursor&count=6&sortBy=displayName")
    assert "totalResults" not in first
    assert len(first["Resources"]) == 6
    gone = first["Resources"][-1]["id"]
    assert county.call("DELETE", f"Users/{gone}").status_code == 204
    seen = [user["id"] for user in first["Resources"]]
    page = first
    while "nextCursor" in page:
        page = county.get(f"Users?cursor={page['nextCursor']}&count=6&sortBy=displayName")
        seen += [user["id"] for user in page["Resources"]]
    assert len(seen) == len(set(seen)) == 15
    forged = county.call("GET", "Users?cursor=AAAA&count=6")
    assert (forged.status_code, forged.json()["scimType"]) == (400, "invalidCursor")
    other = caller(province, "马科员", "上城区")
    turned = other.get(f"Users?cursor={first['nextCursor']}&count=6&sortBy=displayName")
    assert {user["userName"] for user in turned.get("Resources", [])} <= {
        "linshangcheng", "xufuju", "gaoshouwen", "makeyuan", "luokeyuan",
    }  # fmt: skip


# ── users come, change and go ────────────────────────────────────────────────


def test_a_user_without_a_unit_stands_in_the_roots_own_list(
    province: factories.Province, county: Caller
) -> None:
    made = county.call("POST", "Users", new_user(externalId="hr-1", phoneNumbers=[
        {"value": "139 0000 1234", "type": "mobile"}
    ]))  # fmt: skip
    assert made.status_code == 201, made.content
    user = made.json()
    assert (user["userName"], user["externalId"]) == ("ZhangSan", "hr-1")
    assert "phoneNumbers" not in user
    person = Person.objects.get(public_id=user["id"])
    (held,) = appointments.of_person(person.pk, at=timezone.now())
    assert (held.unit_id, held.title, held.kind) == (province.unit("西湖区"), "工作人员", "main")
    assert Account.objects.get(person=person).username == "zhangsan"
    assert people.reveal_phone(
        actor=province.actor("何管理"), person_id=person.pk, now=timezone.now()
    ) == "13900001234"  # fmt: skip
    said = AuditEntry.objects.get(action="org.person.admitted")
    assert (said.actor_kind, said.actor_name) == ("app", "目录同步：人事系统")
    assert said.person_id == province.person("何管理")


@pytest.mark.parametrize(
    ("words", "unit"),
    [
        ({"organization": "西湖区卫生健康局"}, "西湖区卫生健康局"),
        ({"organization": "西湖区卫生健康局", "department": "一科"}, "西湖区卫生健康局/一科"),
        ({"department": "西湖区民政局"}, "西湖区民政局"),
        ({"department": "一科"}, "西湖区"),  # several are called so
        ({"department": "没有的科"}, "西湖区"),
        ({"organization": "上城区民政局"}, "西湖区"),  # not this token's
    ],
)
def test_organization_and_department_place_a_user(
    province: factories.Province, county: Caller, words: dict[str, str], unit: str
) -> None:
    made = county.call("POST", "Users", new_user(**{ENTERPRISE: words}))
    assert made.status_code == 201, made.content
    assert made.json()[ENTERPRISE] == words
    person = Person.objects.get(public_id=made.json()["id"])
    (held,) = appointments.of_person(person.pk, at=timezone.now())
    assert held.unit_id == province.unit(unit)


def test_a_taken_username_is_refused_and_leaves_nothing(
    province: factories.Province, county: Caller
) -> None:
    # 林上城 is of the next county: the name is taken all the same, and nothing else is told.
    for name in ("wangweimin", "LinShangcheng"):
        refused = county.call("POST", "Users", new_user(userName=name))
        assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")
    for unfit in ("", "a b", "x" * 61, "a\u0000b"):
        assert county.call("POST", "Users", new_user(userName=unfit)).status_code == 400
    assert Person.objects.count() == 35


def test_words_of_the_directory_win_over_stale_words(
    province: factories.Province, county: Caller
) -> None:
    user = county.call("POST", "Users", new_user(title="科员", name={"familyName": "张"})).json()
    person = Person.objects.get(public_id=user["id"])
    assert user["name"] == {"familyName": "张"}
    people.update(
        actor=province.actor("何管理"), person_id=person.pk, name="张三丰", now=timezone.now()
    )
    changed = county.get(f"Users/{user['id']}")
    assert changed["displayName"] == "张三丰"
    assert changed["name"] == {"formatted": "张三丰"}
    assert changed["title"] == "科员"
    assert changed["meta"]["version"] != user["meta"]["version"]
    assert county.names('displayName eq "张三丰"') == ["ZhangSan"]
    assert county.names('displayName eq "张三"') == []


def test_an_outdated_version_changes_nothing(province: factories.Province, county: Caller) -> None:
    address = f"Users/{public_id(province.person('曾国强'))}"
    version = county.get(address)["meta"]["version"]
    replace = {"op": "replace", "path": "title", "value": "副局长"}
    first = county.call("PATCH", address, patch(replace), **{"If-Match": version})
    assert first.status_code == 204, first.content
    late = {"op": "replace", "path": "title", "value": "局长"}
    assert county.call("PATCH", address, patch(late), **{"If-Match": version}).status_code == 412
    now = county.call("GET", address)
    assert now.json()["title"] == "副局长"
    unchanged = county.call("GET", address, **{"If-None-Match": now.headers["ETag"]})
    assert unchanged.status_code == 304
    held = Appointment.objects.filter(person_id=province.person("曾国强")).order_by("id")
    assert [one.valid_to is None for one in held] == [False, True]


def test_an_inactive_user_cannot_sign_in_and_is_still_seen(
    province: factories.Province, county: Caller
) -> None:
    person = province.person("曾国强")
    browser = province.client("曾国强")
    address = f"Users/{public_id(person)}"
    off = {"op": "replace", "value": {"active": False}}
    assert county.call("PATCH", address, patch(off)).status_code == 204
    assert county.get(address)["active"] is False
    assert Account.objects.get(person_id=person).is_active is False
    assert browser.get("/api/v1/org/grants/mine").status_code == 401
    on = {"op": "replace", "path": "active", "value": True}
    assert county.call("PATCH", address, patch(on)).status_code == 204
    assert county.get(address)["active"] is True
    assert county.names("active eq false") == []


def test_deleting_a_user_is_leaving_and_no_row_is_gone(
    province: factories.Province, county: Caller
) -> None:
    person = province.person("曾国强")
    address = f"Users/{public_id(person)}"
    assert county.call("DELETE", address).status_code == 204
    assert county.call("GET", address).status_code == 404
    assert county.call("DELETE", address).status_code == 404
    row = Person.objects.get(pk=person)
    assert row.status == "left"
    assert Appointment.objects.filter(person_id=person, valid_to__isnull=True).count() == 0
    assert Handover.objects.get(person_id=person).reason == "scim"
    account = Account.objects.get(person_id=person)
    assert (account.is_active, account.username) == (False, f"zengguoqiang~{account.pk}")
    # Who comes under that name next is somebody else.
    again = county.call("POST", "Users", new_user(userName="zengguoqiang")).json()
    assert again["id"] != public_id(person)


def test_officers_administrators_above_and_the_maker_are_out_of_reach(
    province: factories.Province, county: Caller
) -> None:
    officer = province.person("单小芳")
    AdminGrant.objects.create(
        person_id=officer,
        role=AdminRole.AUDIT,
        root_id=province.unit("西湖区民政局"),
        valid_from=factories.FOUNDED,
    )
    above = province.person("李建国")
    AdminGrant.objects.create(
        person_id=above,
        role=AdminRole.PEOPLE,
        root_id=province.unit("杭州市"),
        valid_from=factories.FOUNDED,
    )
    off = patch({"op": "replace", "path": "active", "value": False})
    rename = patch({"op": "replace", "path": "userName", "value": "taken-over"})
    system = caller(province, "褚一", "西湖区")
    for person in (officer, above, province.person("何管理")):
        address = f"Users/{public_id(person)}"
        for one in (county, system):
            if one is system and person == province.person("何管理"):
                continue
            for method, body in (("DELETE", None), ("PATCH", off), ("PATCH", rename)):
                answer = one.call(method, address, body)
                assert answer.status_code == 403, (method, person, answer.content)
        assert Account.objects.get(person_id=person).is_active
        assert Person.objects.get(pk=person).status == "active"


def test_a_user_who_moved_away_is_out_of_sight(
    province: factories.Province, county: Caller
) -> None:
    bureau = caller(province, "何管理", "西湖区民政局")
    address = f"Users/{public_id(province.person('曾国强'))}"
    move = {"op": "replace", "path": f"{ENTERPRISE}:organization", "value": "西湖区卫生健康局"}
    assert bureau.call("PATCH", address, patch(move)).status_code == 204
    assert bureau.get(address)["groups"][0]["display"] == "一科"
    away = {
        "op": "replace",
        "path": ENTERPRISE,
        "value": {"organization": "西湖区卫生健康局", "department": "办公室"},
    }
    assert county.call("PATCH", address, patch(away)).status_code == 204
    (held,) = appointments.of_person(province.person("曾国强"), at=timezone.now())
    assert held.unit_id == province.unit("西湖区卫生健康局/办公室")
    assert bureau.call("GET", address).status_code == 404


# ── groups ───────────────────────────────────────────────────────────────────


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


# ── the page ─────────────────────────────────────────────────────────────────


def test_the_page_shows_a_secret_once_and_revokes(province: factories.Province) -> None:
    client = province.client("何管理")
    form = {"name": "人事系统", "root_id": province.unit("西湖区民政局"), "days": "90"}
    made = client.post("/administration/sync/make/", form)
    assert made.status_code == 200
    page = made.content.decode()
    start = page.index("tws_")
    secret = page[start : page.index("<", start)]
    assert made.headers["Cache-Control"] == "no-store"
    assert Caller(secret).get("Users?count=0")["totalResults"] == 5
    listed = client.get("/administration/sync/").content.decode()
    assert secret not in listed
    assert "西湖区民政局" in listed
    wide = client.post("/administration/sync/make/", form | {"root_id": province.unit("杭州市")})
    assert wide.status_code == 403
    token = ScimToken.objects.get()
    assert province.client("马科员").post(
        f"/administration/sync/{token.pk}/revoke/"
    ).status_code == 404  # fmt: skip
    assert client.post(f"/administration/sync/{token.pk}/revoke/").status_code == 204
    assert Caller(secret).call("GET", "Users").status_code == 401
    assert province.client("张晓梅").get("/administration/sync/").status_code == 404


def test_an_account_opened_by_hand_becomes_a_user(
    province: factories.Province, county: Caller
) -> None:
    now = timezone.now()
    actor = province.actor("何管理")
    admitted = people.admit(
        actor=actor,
        name="无账号",
        unit_id=province.unit("西湖区民政局"),
        title="科员",
        function=PostFunction.STAFF,
        now=now,
    )
    assert county.get("Users?count=0")["totalResults"] == 15
    accounts.open_account(
        actor=actor,
        person_id=admitted.person_id,
        username="youle",
        password="Tongwen-9-Zhanghao",
        now=now,
    )
    assert county.names('userName eq "youle"') == ["youle"]
