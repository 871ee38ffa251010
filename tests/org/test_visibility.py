"""What is hidden is nowhere: not in the tree, lists, searches, counts, cards, pickers or apps."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core.actor import system
from core.models import AuditEntry
from org.kinds import AppointmentKind, LineRole, MaskedField, PostFunction, Scene, VisibilityEffect
from org.models import AdminGrant, ReviewRequest, VisibilityRule
from org.queries import visibility as queries
from org.services import appointments, lines, moves, visibility
from tests.factories import Province
from tests.org.calls import everything, refused, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

HIDDEN = "西湖区卫生健康局"
INSIDE = ("赵卫东", "钱医", "孙收文", "周防疫", "吴健")
BOUND = "林上城"  # heads 上城区民政局, administers nothing
SECURITY = "卫二"  # security administrator of the province
EVERYWHERE = tuple(Scene)


def hide_unit(province: Province, unit: str = HIDDEN, **terms: Any) -> int:
    return visibility.make(
        actor=province.actor(SECURITY),
        subject=visibility.Subject(unit_id=province.unit(unit)),
        terms=visibility.Terms(**({"effect": VisibilityEffect.HIDE} | terms)),
        now=timezone.now(),
    )


def hide_person(province: Province, person: str, **terms: Any) -> int:
    return visibility.make(
        actor=province.actor(SECURITY),
        subject=visibility.Subject(person_id=province.person(person)),
        terms=visibility.Terms(**({"effect": VisibilityEffect.HIDE} | terms)),
        now=timezone.now(),
    )


def api(client: Client, path: str, **query: str | int) -> Any:
    answer = client.get(f"/api/v1/org/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def lists_of_everything(province: Province) -> list[tuple[str, dict[str, str | int]]]:
    """Every address that lists, searches or counts units and people."""
    county, top = province.unit("西湖区"), province.unit("浙江省")
    own = province.unit("上城区民政局")
    found: list[tuple[str, dict[str, str | int]]] = [
        ("/api/v1/org/units", {}),
        (f"/api/v1/org/units/{county}", {}),
        (f"/api/v1/org/units/{county}/children", {}),
        (f"/api/v1/org/units/{top}/people", {"with_below": "true", "limit": 100}),
        ("/directory/", {}),
        ("/directory/", {"unit": county}),
        (f"/directory/units/{county}/branch/", {}),
        (f"/directory/units/{county}/people/", {"scope": "below"}),
        (f"/directory/units/{own}/people/", {}),
    ]
    for text in ("卫生健康", "赵卫东", "zhaoweidong", "zwd", "防疫"):
        found += [
            ("/api/v1/org/units/search", {"text": text}),
            ("/api/v1/org/people/search", {"text": text}),
            ("/api/v1/org/people/search", {"text": text, "root_id": county}),
            ("/directory/search/", {"q": text}),
            ("/directory/", {"q": text}),
        ]
    return found


def test_a_bound_viewer_meets_a_hidden_unit_and_its_people_nowhere(province: Province) -> None:
    client = province.client(BOUND)
    before = api(client, f"units/{province.unit('西湖区')}")
    hide_unit(province)
    for address, query in lists_of_everything(province):
        answer = client.get(address, query)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        # What was typed into the search stands in its field again; nothing else does.
        for typed in query.values():
            text = text.replace(f'value="{typed}"', "")
        for name in (HIDDEN, *INSIDE):
            assert name not in text, f"{address} {query} tells of {name}"
    after = api(client, f"units/{province.unit('西湖区')}")
    assert (before["people_below_count"], after["people_below_count"]) == (15, 10)
    (branch,) = api(client, "units")
    assert branch["people_count"] == 30
    below = api(client, f"units/{province.unit('杭州市')}/children")["items"]
    assert {unit["name"]: unit["people_count"] for unit in below}["西湖区"] == 10
    assert {unit["name"]: unit["child_count"] for unit in below}["西湖区"] == 2


def test_hidden_and_absent_look_alike(province: Province) -> None:
    hide_unit(province)
    client = province.client(BOUND)
    unit, person = province.unit(HIDDEN), province.person("赵卫东")
    inner = province.unit(f"{HIDDEN}/一科")
    pairs = [
        (f"/api/v1/org/units/{unit}", "/api/v1/org/units/999999"),
        (f"/api/v1/org/units/{inner}", "/api/v1/org/units/999999"),
        (f"/api/v1/org/units/{unit}/people", "/api/v1/org/units/999999/people"),
        (f"/api/v1/org/units/{unit}/administrators", "/api/v1/org/units/999999/administrators"),
        (f"/api/v1/org/people/{person}", "/api/v1/org/people/999999"),
        (f"/directory/units/{unit}/people/", "/directory/units/999999/people/"),
        (f"/directory/people/{person}/", "/directory/people/999999/"),
        (f"/directory/?unit={unit}", "/directory/?unit=999999"),
        (f"/directory/?person={person}", "/directory/?person=999999"),
    ]
    for hidden, absent in pairs:
        one, other = client.get(hidden), client.get(absent)
        assert (one.status_code, other.status_code) == (404, 404), hidden
        if "json" in one["Content-Type"]:
            left, right = one.json(), other.json()
            assert (left["code"], left["detail"]) == (right["code"], right["detail"])
    assert api(client, f"units/{unit}/children")["items"] == []


@pytest.mark.parametrize("viewer", ["赵卫东", "周防疫", "何管理", "卫二", "陈省收"])
def test_those_inside_and_administrators_over_it_are_not_bound(
    viewer: str, province: Province
) -> None:
    hide_unit(province)
    client = province.client(viewer)
    assert api(client, f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    assert api(client, f"units/{province.unit('西湖区')}")["people_below_count"] == 15
    assert api(client, f"people/{province.person('赵卫东')}")["name"] == "赵卫东"


def test_a_neighbours_administrator_is_bound(province: Province) -> None:
    hide_unit(province)
    answer = province.client("马科员").get(f"/api/v1/org/units/{province.unit(HIDDEN)}")
    assert answer.status_code == 404


def test_nothing_that_is_foreseen_or_asked_for_names_what_is_hidden(province: Province) -> None:
    hide_unit(province)
    client = province.client("马科员")
    section, own = province.unit("上城区民政局/一科"), province.unit("上城区民政局")
    post = {"title": "科员", "function": "staff"}
    for there, person in ((province.unit(HIDDEN), "钱医"), (10**9, None)):
        who = province.person(person) if person else 10**9
        sent = {"from_appointment_id": province.appointments[person or "钱医"], "unit_id": own}
        mine = {"from_appointment_id": province.appointments[BOUND], "unit_id": there}
        answers = [
            client.get(f"/api/v1/org/units/{section}/impact/move", {"parent_id": there}),
            client.get(f"/api/v1/org/units/{section}/impact/abolish", {"successor_id": there}),
            send(client, "mergers/impact", {"unit_ids": [section], "into_id": there}),
            send(client, f"units/{section}/offer", {"parent_id": there}),
            send(client, f"units/{section}/abolish", {"successor_id": there}),
            send(client, f"people/{province.person(BOUND)}/transfer", mine | post),
            send(client, f"people/{who}/transfer", sent | post),
            send(client, f"units/{section}/grants", {"person_id": who, "role": "org"}),
        ]
        assert [refused(answer) for answer in answers] == [
            *[(404, "ORG_UNIT_NOT_FOUND")] * 6,
            (404, "ORG_APPOINTMENT_NOT_FOUND"),
            (404, "ORG_PERSON_NOT_FOUND"),
        ], there
    assert not ReviewRequest.objects.exists()


def test_writes_tell_a_stranger_no_more_of_what_is_there_than_of_what_is_not(
    province: Province,
) -> None:
    hide_unit(province)
    client = province.client("马科员")
    theirs = {
        "unit": province.unit(HIDDEN), "person": province.person("钱医"),
        "account": province.accounts["钱医"], "appointment": province.appointments["钱医"],
        "grant": AdminGrant.objects.get(person_id=province.person("褚一")).pk,
    }  # fmt: skip
    own = province.unit("上城区民政局/一科")
    given: list[tuple[str, str, dict[str, Any]]] = [
        ("unit", "units/{}/names", {"name": "新名"}),
        ("unit", "units/{}/details", {"phone": "1"}),
        ("unit", "units/{}/code", {"code": "12345678901234567X"}),
        ("unit", "units/{}/order", {"before_id": None}),
        ("unit", "units/{}/abolish", {}),
        ("unit", "units/{}/children", {"name": "新科", "kind": "department"}),
        ("unit", "units/{}/offer", {"parent_id": own}),
        ("person", "people/{}/phone", {}),
        ("person", "people/{}/departure", {"reason": "retired"}),
        ("account", "accounts/{}/disable", {}),
        ("account", "accounts/{}/enable", {}),
        ("account", "accounts/{}/unlock", {}),
        ("account", "accounts/{}/end-sessions", {}),
        ("account", "accounts/{}/reset-second-factor", {}),
        ("appointment", "appointments/{}/end", {}),
        ("grant", "grants/{}/revoke", {}),
    ]
    before = everything()
    for kind, path, body in given:
        told = {refused(send(client, path.format(of), body)) for of in (theirs[kind], 10**9)}
        assert len(told) == 1, path
        assert {status for status, _code in told} <= {403, 404}, path
    for of in (theirs["person"], 10**9):
        answer = client.patch(
            f"/api/v1/org/people/{of}", {"name": "新名"}, content_type="application/json"
        )
        assert refused(answer) == (403, "ORG_OUT_OF_SCOPE")
    assert everything() == before


def test_no_page_foresees_what_is_hidden(province: Province) -> None:
    hide_unit(province)
    client = province.client("马科员")
    section = province.unit("上城区民政局/一科")
    for path, body in (
        ("move", {"parent_id": province.unit(HIDDEN)}),
        ("merge", {"others": [province.unit(f"{HIDDEN}/一科")], "way": "into"}),
    ):
        for step in ({}, {"back": "1"}):
            page = client.post(f"/administration/units/{section}/{path}/", body | step)
            assert HIDDEN not in page.content.decode(), path


def test_the_way_up_of_another_day_leaves_out_what_is_hidden_now(province: Province) -> None:
    section, now = province.unit(f"{HIDDEN}/一科"), timezone.now()
    moves.move(
        actor=system("test"),
        unit_id=section,
        parent_id=province.unit("西湖区民政局"),
        now=now,
    )
    hide_unit(province)
    day = str((now - timedelta(days=2)).date())
    path = api(province.client(BOUND), f"history/units/{section}", as_of=day)["path"]
    assert [one["name"] for one in path] == ["浙江省", "杭州市", "西湖区", "业务科"]
    seen = api(province.client("何管理"), f"history/units/{section}", as_of=day)["path"]
    assert [one["name"] for one in seen] == ["浙江省", "杭州市", "西湖区", HIDDEN, "业务科"]


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
    hide_unit(province, **terms)
    assert api(province.client(BOUND), f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    stranger = "蒋市长"  # 杭州市, level 2
    answer = province.client(stranger).get(f"/api/v1/org/units/{province.unit(HIDDEN)}")
    assert answer.status_code == 404


def test_a_hidden_person_is_absent_and_not_counted(province: Province) -> None:
    hide_person(province, "周防疫")
    client = province.client(BOUND)
    assert client.get(f"/api/v1/org/people/{province.person('周防疫')}").status_code == 404
    unit = province.unit(HIDDEN)
    below = api(client, f"units/{unit}/people", with_below=True)["items"]
    assert [person["name"] for person in below] == ["赵卫东", "钱医", "孙收文", "吴健"]
    assert api(client, f"units/{unit}")["people_below_count"] == 4
    assert api(client, "people/search", text="防疫") == []
    # The colleague of the same department sees him.
    assert api(province.client("吴健"), "people/search", text="防疫")[0]["name"] == "周防疫"


def test_what_is_hidden_is_not_counted_in_a_line(province: Province) -> None:
    county, organ = province.unit("西湖区"), province.unit(HIDDEN)
    keeper = province.actor("何管理")
    now = timezone.now()
    line_id = lines.define(
        actor=keeper, root_id=county, name="卫健", code="health", name_endings=(), now=now
    )
    members = [organ, province.unit("西湖区民政局")]
    lines.place(actor=keeper, line_id=line_id, unit_ids=members, role=LineRole.LEAD, now=now)
    client = province.client(BOUND)
    before = api(client, f"units/{county}/lines")
    assert [(one["unit_count"], one["people_count"]) for one in before] == [(2, 10)]
    hide_unit(province)
    hide_person(province, "王伟民")
    after = api(client, f"units/{county}/lines")
    assert [(one["unit_count"], one["people_count"]) for one in after] == [(1, 4)]
    rows = api(client, f"lines/{line_id}/units")["items"]
    assert [(one["name"], one["people_count"]) for one in rows] == [("西湖区民政局", 4)]
    people = api(client, f"lines/{line_id}/people")["items"]
    assert sorted(one["name"] for one in people) == ["单小芳", "张晓梅", "曾国强", "李建国"]
    for path in (
        f"units/{organ}/lines",
        f"units/{organ}/line-roles",
        f"lines/{line_id}/units/{organ}/competent",
        f"lines/{line_id}/units/{organ}/subordinates",
        f"lines/{line_id}/units?root_id={organ}",
    ):
        assert client.get(f"/api/v1/org/{path}").status_code == 404, path
    over_it = province.client("何管理")
    page = over_it.get(f"/administration/lines/{line_id}/").content.decode()
    assert "2 个单位，10 人" in page
    assert f"{HIDDEN}</a>" in page


def test_someone_who_also_serves_elsewhere_is_seen_there_only(province: Province) -> None:
    appointments.appoint(
        actor=province.actor("何管理"),
        person_id=province.person("周防疫"),
        unit_id=province.unit("西湖区民政局"),
        title="联络员",
        function=PostFunction.STAFF,
        kind=AppointmentKind.CONCURRENT,
        now=timezone.now(),
    )
    hide_unit(province)
    client = province.client(BOUND)
    card = api(client, f"people/{province.person('周防疫')}")
    assert [held["title"] for held in card["appointments"]] == ["联络员"]
    found = api(client, "people/search", text="周防疫")
    assert [row["unit_name"] for row in found] == ["西湖区民政局"]


def test_a_restricted_person_shows_name_and_unit_only(province: Province) -> None:
    hide_unit(province, effect=VisibilityEffect.RESTRICT)
    client = province.client(BOUND)
    card = api(client, f"people/{province.person('赵卫东')}")
    assert card["name"] == "赵卫东"
    assert (card["phone_masked"], card["job_level"]) == ("", "")
    (held,) = card["appointments"]
    assert held["unit_path"].endswith(HIDDEN)
    assert (held["title"], held["office_phone"]) == ("", "")
    (first, *_) = api(client, f"units/{province.unit(HIDDEN)}/people")["items"]
    assert (first["name"], first["title"], first["function"]) == ("赵卫东", "", "")
    (found,) = api(client, "people/search", text="赵卫东")
    assert (found["unit_name"], found["title"]) == (HIDDEN, "")


def test_masked_fields_are_empty_and_the_others_stay(province: Province) -> None:
    hide_unit(
        province, effect=VisibilityEffect.MASK, masked=[MaskedField.PHONE], scenes=[Scene.PROFILE]
    )
    card = api(province.client(BOUND), f"people/{province.person('赵卫东')}")
    assert (card["phone_masked"], card["appointments"][0]["title"]) == ("", "局长")
    seen = api(province.client("吴健"), f"people/{province.person('赵卫东')}")
    assert seen["phone_masked"].startswith("138****")


def test_a_rule_binds_only_in_its_scenes(province: Province) -> None:
    hide_unit(province, scenes=[Scene.SEARCH])
    client = province.client(BOUND)
    assert api(client, "people/search", text="赵卫东") == []
    assert api(client, "units/search", text="卫生健康") == []
    assert api(client, f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    assert api(client, f"people/{province.person('赵卫东')}")["name"] == "赵卫东"


def test_a_rule_binds_from_its_beginning_to_its_end(province: Province) -> None:
    now = timezone.now()
    rule = hide_unit(province, valid_from=now + timedelta(days=1), valid_to=now + timedelta(days=3))
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
    (listed,) = api(client, "visibility-rules")
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
    assert api(client, "visibility-rules") == []
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
    rule = hide_unit(province, scenes=[Scene.SEARCH])
    body = {"unit_id": province.unit("西湖区民政局"), "effect": "hide"}
    answers = [
        client.post("/api/v1/org/visibility-rules", body, "application/json"),
        client.post("/api/v1/org/visibility-rules/preview", body, "application/json"),
        client.post(f"/api/v1/org/visibility-rules/{rule}/end"),
        client.post(f"/api/v1/org/visibility-rules/{rule}", {"effect": "hide"}, "application/json"),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert api(client, "visibility-rules") == []
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


def test_who_administers_a_unit_is_named_to_its_people_though_hidden(province: Province) -> None:
    hide_person(province, "何管理")
    client = province.client("张晓梅")
    assert client.get(f"/api/v1/org/people/{province.person('何管理')}").status_code == 404
    own = api(client, f"units/{province.unit('西湖区民政局/办公室')}/administrators")
    assert "何管理" in {grant["person_name"] for grant in own}
    theirs = f"/api/v1/org/units/{province.unit('上城区民政局')}/administrators"
    assert client.get(theirs).status_code == 404
