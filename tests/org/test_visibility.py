"""What is hidden is nowhere: not in the tree, lists, searches, counts, cards, pickers or apps."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.actor import system
from org.kinds import AppointmentKind, LineRole, PostFunction, Scene
from org.models import AdminGrant, ReviewRequest
from org.services import appointments, lines, moves
from tests.factories import Province
from tests.org import hiding
from tests.org.calls import everything, get, refused, send
from tests.org.hiding import BOUND, HIDDEN, INSIDE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]

EVERYWHERE = tuple(Scene)


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
    before = get(client, f"units/{province.unit('西湖区')}")
    hiding.hide_unit(province)
    for address, query in lists_of_everything(province):
        answer = client.get(address, query)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        # What was typed into the search stands in its field again; nothing else does.
        for typed in query.values():
            text = text.replace(f'value="{typed}"', "")
        for name in (HIDDEN, *INSIDE):
            assert name not in text, f"{address} {query} tells of {name}"
    after = get(client, f"units/{province.unit('西湖区')}")
    assert (before["people_below_count"], after["people_below_count"]) == (15, 10)
    (branch,) = get(client, "units")
    assert branch["people_count"] == 30
    below = get(client, f"units/{province.unit('杭州市')}/children")["items"]
    assert {unit["name"]: unit["people_count"] for unit in below}["西湖区"] == 10
    assert {unit["name"]: unit["child_count"] for unit in below}["西湖区"] == 2


def test_hidden_and_absent_look_alike(province: Province) -> None:
    hiding.hide_unit(province)
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
    assert get(client, f"units/{unit}/children")["items"] == []


@pytest.mark.parametrize("viewer", ["赵卫东", "周防疫", "何管理", "卫二", "陈省收"])
def test_those_inside_and_administrators_over_it_are_not_bound(
    viewer: str, province: Province
) -> None:
    hiding.hide_unit(province)
    client = province.client(viewer)
    assert get(client, f"units/{province.unit(HIDDEN)}")["name"] == HIDDEN
    assert get(client, f"units/{province.unit('西湖区')}")["people_below_count"] == 15
    assert get(client, f"people/{province.person('赵卫东')}")["name"] == "赵卫东"


def test_a_neighbours_administrator_is_bound(province: Province) -> None:
    hiding.hide_unit(province)
    answer = province.client("马科员").get(f"/api/v1/org/units/{province.unit(HIDDEN)}")
    assert answer.status_code == 404


def test_nothing_that_is_foreseen_or_asked_for_names_what_is_hidden(province: Province) -> None:
    hiding.hide_unit(province)
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
    hiding.hide_unit(province)
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
    hiding.hide_unit(province)
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
    hiding.hide_unit(province)
    day = str((now - timedelta(days=2)).date())
    path = get(province.client(BOUND), f"history/units/{section}", as_of=day)["path"]
    assert [one["name"] for one in path] == ["浙江省", "杭州市", "西湖区", "业务科"]
    seen = get(province.client("何管理"), f"history/units/{section}", as_of=day)["path"]
    assert [one["name"] for one in seen] == ["浙江省", "杭州市", "西湖区", HIDDEN, "业务科"]


def test_a_hidden_person_is_absent_and_not_counted(province: Province) -> None:
    hiding.hide_person(province, "周防疫")
    client = province.client(BOUND)
    assert client.get(f"/api/v1/org/people/{province.person('周防疫')}").status_code == 404
    unit = province.unit(HIDDEN)
    below = get(client, f"units/{unit}/people", with_below=True)["items"]
    assert [person["name"] for person in below] == ["赵卫东", "钱医", "孙收文", "吴健"]
    assert get(client, f"units/{unit}")["people_below_count"] == 4
    assert get(client, "people/search", text="防疫") == []
    # The colleague of the same department sees him.
    assert get(province.client("吴健"), "people/search", text="防疫")[0]["name"] == "周防疫"


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
    before = get(client, f"units/{county}/lines")
    assert [(one["unit_count"], one["people_count"]) for one in before] == [(2, 10)]
    hiding.hide_unit(province)
    hiding.hide_person(province, "王伟民")
    after = get(client, f"units/{county}/lines")
    assert [(one["unit_count"], one["people_count"]) for one in after] == [(1, 4)]
    rows = get(client, f"lines/{line_id}/units")["items"]
    assert [(one["name"], one["people_count"]) for one in rows] == [("西湖区民政局", 4)]
    people = get(client, f"lines/{line_id}/people")["items"]
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
    hiding.hide_unit(province)
    client = province.client(BOUND)
    card = get(client, f"people/{province.person('周防疫')}")
    assert [held["title"] for held in card["appointments"]] == ["联络员"]
    found = get(client, "people/search", text="周防疫")
    assert [row["unit_name"] for row in found] == ["西湖区民政局"]


def test_who_administers_a_unit_is_named_to_its_people_though_hidden(province: Province) -> None:
    hiding.hide_person(province, "何管理")
    client = province.client("张晓梅")
    assert client.get(f"/api/v1/org/people/{province.person('何管理')}").status_code == 404
    own = get(client, f"units/{province.unit('西湖区民政局/办公室')}/administrators")
    assert "何管理" in {grant["person_name"] for grant in own}
    theirs = f"/api/v1/org/units/{province.unit('上城区民政局')}/administrators"
    assert client.get(theirs).status_code == 404
