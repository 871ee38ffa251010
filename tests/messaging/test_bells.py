"""Notices and DINGs whose frames were lost: the next heartbeat's answer says how they stand."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from messaging.queries import bells
from tests.messaging import dings as say
from tests.messaging import unheard
from tests.messaging.conftest import Phone
from tests.messaging.site import Device, Site


def _bells(phone: Phone) -> Any:
    return phone.get("/sync").json()["bells"]


@pytest.mark.usefixtures("working_hours")
def test_a_ding_rings_for_those_it_calls_until_they_confirm(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    before = [_bells(phone)["dings_mark"] for phone in (wang, li)]
    first, second = (say.opened(wang, room, li) for _ in range(2))
    assert _bells(li)["dings"] == [second, first]
    assert _bells(wang)["dings"] == []
    say.confirm(li, first)
    assert _bells(li)["dings"] == [second]
    after = [_bells(phone)["dings_mark"] for phone in (wang, li)]
    assert [one != two for one, two in zip(before, after, strict=True)] == [True, True]


@pytest.mark.usefixtures("working_hours")
def test_a_ding_counts_in_the_badge_of_every_page(wang: Phone, li: Phone) -> None:
    before = li.client.get("/counters/").json()
    say.opened(wang, wang.direct(li), li)
    counts = li.client.get("/counters/").json()
    assert counts["dings"] == 1
    # The message of the DING is unread, too.
    assert counts["inbox"] == before["inbox"] + 2


def test_bells_of_many_are_two_queries(wang: Phone, li: Phone, budget: Any) -> None:
    now = timezone.now()
    with budget("messaging.bells"):
        found = bells.of_people([wang.person_id, li.person_id, wang.person_id], at=now)
    assert found.keys() == {wang.person_id, li.person_id}
    assert found[li.person_id] == bells.of_person(li.person_id, at=now)


def test_bells_say_that_it_is_the_persons_quiet_hour(wang: Phone, li: Phone) -> None:
    now = timezone.localtime()
    hours = {
        "begins": (now - timedelta(hours=1)).strftime("%H:%M"),
        "ends": (now + timedelta(hours=1)).strftime("%H:%M"),
    }
    assert li.call("put", "/quiet-hours", hours).status_code == 200
    assert [_bells(phone)["resting"] for phone in (wang, li)] == [False, True]


@pytest.mark.live
async def test_what_was_committed_and_never_published_is_heard_with_the_next_heartbeat(
    site: Site,
) -> None:
    room = site.direct("王伟民", "李建国")
    async with Device(site, "王伟民") as sender, Device(site, "李建国") as reader:
        await sender.send(room, "立即到岗")
        await reader.ask(
            "message.read", {"conversation_id": room, "seq": 1}, answer="message.read.ack"
        )
        before = (await reader.ask("hello", {}, answer="welcome"))["bells"]
        own = (await sender.ask("hello", {}, answer="welcome"))["bells"]
        ding_id, notice_id = unheard.commit(
            site.environment, site.people["王伟民"], site.people["李建国"], room, seq=1
        )
        after = (await reader.ask("hello", {}, answer="welcome"))["bells"]
        mark = (await sender.ask("hello", {}, answer="welcome"))["bells"]["dings_mark"]
    assert after["dings"] == [ding_id, *before["dings"]]
    assert after["newest_notice"] == notice_id
    assert after["notices_unread"] == before["notices_unread"] + 1
    assert mark != own["dings_mark"]
    told = {frame["type"] for frame in [*reader.received, *sender.received]}
    assert told.isdisjoint({"ding.opened", "ding.state", "notice.created"})
