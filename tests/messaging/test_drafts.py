"""What people began to write: theirs alone, the same on all their devices."""

from typing import Any

import pytest

from messaging.models import UnsentText
from tests.conftest import Budget
from tests.messaging.conftest import Phone
from tests.messaging.site import Device, Site


def save(phone: Phone, room: int, **draft: Any) -> Any:
    """The answer to saving a draft."""
    return phone.call("put", f"/conversations/{room}/draft", draft)


def head(phone: Phone, room: int) -> Any:
    """The conversation's head as the person's devices compare it."""
    heads = phone.get("/heads").json()["heads"]
    return next(one for one in heads if one["conversation_id"] == room)


def test_a_draft_is_its_writers_alone(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    wang.send(room, "几点到？")
    answer = save(li, room, text="八点", reply_to=2, mentions=[wang.person_id])
    draft = answer.json()["draft"]
    assert (draft["text"], draft["reply_to"], draft["mentions"]) == ("八点", 2, [wang.person_id])
    assert head(li, room)["draft"] == li.card(room)["draft"] == draft
    assert head(wang, room)["draft"] is None
    opened = li.get(f"/conversations/{room}/draft").json()
    assert opened["draft"] == draft
    assert (opened["quote"]["sender_name"], opened["quote"]["excerpt"]) == ("王伟民", "几点到？")
    assert zhang.get(f"/conversations/{room}/draft").json() == {"draft": None, "quote": None}


def test_the_last_to_write_is_right_and_nothing_removes_it(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    save(wang, room, text="一", device="a")
    save(wang, room, text="二", device="b")
    assert head(wang, room)["draft"]["text"] == "二"
    assert save(wang, room, text="  \n").json() == {"draft": None}
    assert save(wang, room).json() == {"draft": None}
    assert head(wang, room)["draft"] is None
    assert UnsentText.objects.count() == 0


def test_strangers_begin_nothing(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.direct(li)
    answer = save(zhang, room, text="一")
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert zhang.get(f"/conversations/{room}/draft").status_code == 404
    assert UnsentText.objects.count() == 0


def test_an_answer_to_what_one_cannot_see_keeps_its_words(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    wang.send(room, "此前")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    save(zhang, room, text="答", reply_to=2)
    opened = zhang.get(f"/conversations/{room}/draft").json()
    assert (opened["draft"]["text"], opened["quote"]) == ("答", None)


@pytest.mark.parametrize(
    "draft",
    [{"text": "字" * 4001}, {"text": "a\x00"}, {"device": "<x>"}, {"reply_to": 0}, {"other": 1}],
)
def test_unfit_drafts_are_refused(wang: Phone, li: Phone, draft: dict[str, Any]) -> None:
    assert save(wang, wang.direct(li), **draft).status_code == 422
    assert UnsentText.objects.count() == 0


def test_a_draft_costs_few_queries(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.direct(li)
    with budget("messaging.drafts.save"):
        save(wang, room, text="一")


@pytest.mark.live
async def test_other_devices_hear_of_a_draft_and_who_wrote_it(site: Site) -> None:
    room = site.direct("王伟民", "李建国")
    async with Device(site, "王伟民") as own, Device(site, "李建国") as other:
        with site.http("王伟民") as client:
            content = {"text": "稍后答复", "device": "desk"}
            client.put(f"/conversations/{room}/draft", json=content).raise_for_status()
        told = await own.hear("draft.changed", conversation_id=room)
        assert (told["draft"]["text"], told["device"]) == ("稍后答复", "desk")
        with site.http("王伟民") as client:
            client.put(f"/conversations/{room}/draft", json={}).raise_for_status()
        told = await own.until(
            lambda frame: frame["type"] == "draft.changed" and frame["data"]["draft"] is None
        )
        await other.ask("hello", {"client": "test"}, answer="welcome")
        assert [frame["type"] for frame in other.received if "draft" in frame["type"]] == []
