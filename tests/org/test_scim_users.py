"""Users of provisioning systems come, change and go."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import AuditEntry
from org.kinds import AdminRole, PostFunction
from org.models import (
    Account,
    Appointment,
    Handover,
    Person,
    Post,
    ScimTouch,
)
from org.queries import appointments
from org.services import people
from tests import factories
from tests.org import calls
from tests.org.acts import crowd
from tests.org.provisioning import (
    BULK,
    ENTERPRISE,
    GROUP,
    Caller,
    caller,
    new_user,
    patch,
    public_id,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


NUMBER = f"{ENTERPRISE}:employeeNumber"
ORGAN = f"{ENTERPRISE}:organization"


def posts_of_everybody() -> list[tuple[object, ...]]:
    return list(Appointment.objects.order_by("id").values_list())


@pytest.fixture
def county(province: factories.Province) -> Caller:
    """What 何管理, who administers units and people of 西湖区, made for it."""
    return caller(province, "何管理", "西湖区")


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
        ({"organization": "西湖区卫生健康局", "department": "业务科"}, "西湖区卫生健康局/一科"),
        ({"department": "西湖区民政局"}, "西湖区民政局"),
        ({"department": "办公室"}, "西湖区"),  # several are called so
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
    officer, above = province.person("单小芳"), province.person("李建国")
    calls.grant(province, "单小芳", AdminRole.AUDIT, "西湖区民政局")
    calls.grant(province, "李建国", AdminRole.PEOPLE, "杭州市")
    off = patch({"op": "replace", "path": "active", "value": False})
    rename = patch({"op": "replace", "path": "userName", "value": "taken-over"})
    bureau = "西湖区卫生健康局"
    group = f"Groups/{province.unit(bureau)}"
    before = posts_of_everybody()
    for person in (officer, above, province.person("何管理")):
        address = f"Users/{public_id(person)}"
        join = patch({"op": "add", "path": "members", "value": [{"value": public_id(person)}]})
        writes = [
            ("DELETE", address, None),
            ("PATCH", address, off),
            ("PATCH", address, rename),
            ("PATCH", address, patch({"op": "replace", "path": "title", "value": "局长"})),
            ("PATCH", address, patch({"op": "replace", "path": NUMBER, "value": "A-1"})),
            ("PATCH", address, patch({"op": "replace", "path": ORGAN, "value": bureau})),
            ("PATCH", group, join),
        ]
        for method, path, body in writes:
            answer = county.call(method, path, body)
            assert answer.status_code == 403, (method, path, body, answer.content)
        assert Account.objects.get(person_id=person).is_active
        assert Person.objects.get(pk=person).status == "active"
    out = patch({"op": "replace", "path": "members", "value": []})
    office = f"Groups/{province.unit('西湖区人民政府办公室/一科')}"
    assert county.call("PATCH", office, out).status_code == 403
    assert posts_of_everybody() == before


def test_a_title_of_a_heads_post_does_not_make_the_maker_head(
    province: factories.Province, county: Caller
) -> None:
    maker = province.person("何管理")
    Post.objects.create(
        unit_id=province.unit("西湖区人民政府办公室/一科"), title="主任", function=PostFunction.HEAD
    )
    before = posts_of_everybody()
    promote = patch({"op": "replace", "path": "title", "value": "主任"})
    assert county.call("PATCH", f"Users/{public_id(maker)}", promote).status_code == 403
    assert posts_of_everybody() == before


def test_a_system_administrators_token_writes_nothing_that_its_maker_could_not(
    province: factories.Province,
) -> None:
    system = caller(province, "褚一", "浙江省")
    before = posts_of_everybody()
    for person in ("褚一", "何管理", "曾国强"):
        address = f"Users/{public_id(province.person(person))}"
        for method, body in (
            ("DELETE", None),
            ("PATCH", patch({"op": "replace", "path": "title", "value": "局长"})),
            ("PATCH", patch({"op": "replace", "path": "active", "value": False})),
        ):
            assert system.call(method, address, body).status_code == 403, (method, person)
    assert system.call("POST", "Users", new_user()).status_code == 403
    group = {"schemas": [GROUP], "displayName": "新处"}
    assert system.call("POST", "Groups", group).status_code == 403
    assert posts_of_everybody() == before
    assert Account.objects.filter(is_active=False).count() == 0
    assert AuditEntry.objects.filter(action="core.access.denied").count() == 11


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


def crowd_of_users(province: factories.Province, count: int) -> list[str]:
    """So many people with accounts in 西湖区民政局; their public ids."""
    held = crowd(province, "西湖区民政局", count)
    people = Person.objects.filter(pk__in=Appointment.objects.filter(pk__in=held).values("person"))
    Account.objects.bulk_create(
        Account(username=f"zhong{one.pk}", person=one, opened_at=timezone.now()) for one in people
    )
    return [str(one.public_id) for one in people.order_by("pk")]


def test_more_than_fifty_people_are_no_act_of_a_token(
    province: factories.Province, county: Caller
) -> None:
    ids = crowd_of_users(province, 54)
    operations = [{"method": "DELETE", "path": f"/Users/{one}"} for one in ids[:48]]
    county.call("POST", "Bulk", {"schemas": [BULK], "Operations": operations})
    assert Person.objects.filter(status="left").count() == 48
    second = caller(province, "何管理", "西湖区民政局")  # another token of the same maker
    off = patch({"op": "replace", "path": "active", "value": False})
    assert second.call("PATCH", f"Users/{ids[48]}", off).status_code == 204
    title = patch({"op": "replace", "path": "title", "value": "主任科员"})
    assert second.call("PATCH", f"Users/{ids[49]}", title).status_code == 204
    assert second.call("DELETE", f"Users/{ids[49]}").status_code == 204  # counted already
    before = posts_of_everybody()
    group = f"Groups/{province.unit('西湖区民政局/一科')}"
    join = patch({"op": "add", "path": "members", "value": [{"value": ids[51]}]})
    for method, path, body in (
        ("DELETE", f"Users/{ids[50]}", None),
        ("PATCH", f"Users/{ids[51]}", off),
        ("PATCH", f"Users/{ids[51]}", title),
        ("PATCH", group, join),
        ("PATCH", group, patch({"op": "replace", "path": "members", "value": []})),
    ):
        for one in (county, second):
            refused = one.call(method, path, body)
            assert refused.status_code == 409, (method, path, refused.content)
            assert refused.json()["detail"].startswith("ORG_TOKENS_TOUCH_MANY: ")
    assert posts_of_everybody() == before
    assert Account.objects.filter(is_active=False).count() == 50
    # Newcomers are no mass change, and a day later there is room again.
    assert county.call("POST", "Users", new_user()).status_code == 201
    ScimTouch.objects.update(touched_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert county.call("DELETE", f"Users/{ids[50]}").status_code == 204


def test_newcomers_are_placed_without_being_counted(
    province: factories.Province, county: Caller
) -> None:
    made = county.call("POST", "Users", new_user()).json()["id"]
    join = patch({"op": "add", "path": "members", "value": [{"value": made}]})
    group = f"Groups/{province.unit('西湖区民政局/一科')}"
    assert county.call("PATCH", group, join).status_code == 204
    assert not ScimTouch.objects.exists()
    out = patch({"op": "remove", "path": f'members[value eq "{made}"]'})
    assert county.call("PATCH", group, out).status_code == 204
    assert ScimTouch.objects.get().person == Person.objects.get(public_id=made)
