"""Finding people to talk to, and telling them apart."""

from tests.conftest import Budget
from tests.messaging.conftest import Phone


def test_people_of_like_named_departments_are_told_apart_by_their_organs(
    wang: Phone, budget: Budget
) -> None:
    with budget("messaging.colleagues.search"):
        found = wang.get("/colleagues", text="科员").json()
    assert {row["unit_name"] for row in found} == {"一科"}
    assert [(row["name"], row["organ_name"]) for row in found] == [
        ("董科员", "海曙区民政局"),
        ("罗科员", "上城区民政局"),
        ("马科员", "上城区民政局"),
        ("唐科员", "海曙区民政局"),
    ]


def test_whoever_works_in_the_organ_itself_stands_in_no_department(wang: Phone, li: Phone) -> None:
    found = wang.get("/colleagues", text="李建国").json()
    assert found == [
        {
            "person_id": li.person_id,
            "name": "李建国",
            "organ_name": "西湖区民政局",
            "unit_name": "西湖区民政局",
            "title": "副局长",
        }
    ]


def test_a_search_for_nothing_or_for_one_character_is_refused(wang: Phone) -> None:
    answers = [wang.get("/colleagues", text=text) for text in ("", "国")]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (422, "SCHEMA_VIOLATED"),
        (422, "ORG_SEARCH_TOO_WIDE"),
    ]


def test_members_and_readers_are_shown_with_their_organs(
    wang: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(zhang, lin)
    wang.send(room, "请阅")
    members = wang.get(f"/conversations/{room}").json()["members"]
    readers = wang.get(f"/conversations/{room}/messages/2/receipts").json()["unread"]
    for row in (*members[1:], *readers):
        assert (row["name"], row["organ_name"], row["unit_name"]) in {
            ("张晓梅", "西湖区民政局", "办公室"),
            ("林上城", "上城区民政局", "上城区民政局"),
        }
    assert (len(members), len(readers)) == (3, 2)
