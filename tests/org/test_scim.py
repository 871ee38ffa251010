"""SCIM as a provisioning system meets it: bearer tokens, subtrees, filters, what is kept."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.audit import denials
from core.models import AuditEntry
from org import errors as org_errors
from org.kinds import AdminRole, PostFunction
from org.models import (
    Account,
    AdminGrant,
    Person,
    ScimToken,
)
from org.services import accounts, people, tokens
from tests import factories
from tests.conftest import Budget
from tests.org.provisioning import (
    ENTERPRISE,
    UNIT,
    Caller,
    caller,
    new_user,
    patch,
    public_id,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


@pytest.fixture
def county(province: factories.Province) -> Caller:
    """What 何管理, who administers units and people of 西湖区, made for it."""
    return caller(province, "何管理", "西湖区")


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


def test_a_program_that_keeps_asking_for_what_is_not_there_is_answered_each_time(
    county: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denials, "PATIENCE", 2)
    answers = [county.call("GET", "Users/987654321").status_code for _ in range(4)]
    assert answers == [404] * 4


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
        "业务科",
        "业务科",
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
