"""The page of messages through a network that fails: everything stands once, and in order."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests import ports
from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site
from tests.messaging import site as sites
from tests.messaging.fault_proxy import Faults, Remote, faulty

ROUGH = Faults(
    doubled=0.15,
    swapped=0.15,
    delayed=0.1,
    life=(25, 70),
    ends=("cut", "tear", "cut", "tear", "half_open"),
    lost_answers=0.05,
)
ROUNDS = 16
PATIENCE = 120_000
"""Milliseconds: a connection that hangs is given up after ten seconds, and there are several."""


@dataclass(frozen=True, slots=True)
class Road:
    """The way to the site over which everything goes wrong."""

    proxy: Remote
    url: str


@pytest.fixture(scope="module")
def road(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """A web process whose own address is the proxy's, over the journeys' database."""
    port, own = ports.free(), ports.free()
    environment = {**site.environment, "SITE_ORIGIN": f"http://127.0.0.1:{own}"}
    log = tmp_path_factory.mktemp("road") / "daphne.log"
    with (
        sites.serving(environment, port, log),
        faulty(port, faults=Faults(), seed=20261123, port=own) as proxy,
    ):
        # The first page of a fresh process takes a while; no browser shall wait for it.
        httpx.get(f"{proxy.url}/accounts/login/", timeout=sites.PATIENCE * 4).raise_for_status()
        yield Road(proxy, environment["SITE_ORIGIN"])


def api_of(page: Page, url: str) -> httpx.Client:
    """The person's HTTP client, past the proxy's faults where `url` is the site's."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    origin = {"Origin": url, "X-CSRFToken": cookies["tongwen_csrf"]}
    base = f"{url}/api/v1/messaging"
    return httpx.Client(base_url=base, cookies=cookies, headers=origin, timeout=sites.PATIENCE)


def open_group(page: Page, road: Road, group: str) -> int:
    """Opens the group by way of the proxy; its number."""
    page.goto(f"{road.url}/messages/")
    chats.row(page, group).click()
    expect(page.get_by_role("heading", name=group)).to_be_visible()
    page.wait_for_url("**conversation=*")
    return int(urlsplit(page.url).query.rsplit("=", 1)[1])


def post(phone: httpx.Client, room: int, body: str) -> None:
    """Says something over HTTP, no faster than one may."""
    content = {"client_message_id": str(uuid.uuid4()), "body": body}
    while True:
        answer = phone.post(f"/conversations/{room}/messages", json=content)
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            answer.raise_for_status()
            return
        time.sleep(answer.json()["retry_after_ms"] / 1000)


def said_in(page: Page, site: Site, room: int) -> list[str]:
    """Everything that was said in the conversation, as the database has it."""
    with api_of(page, site.url) as api:
        found = api.get(f"/conversations/{room}/entries?after=0").raise_for_status().json()
    assert found["complete"]
    return [entry["body"] for entry in found["entries"] if entry["kind"] == "text"]


def expect_all(page: Page, expected: list[str]) -> None:
    """The screen comes to show exactly this."""
    shown = page.locator(".feed-log .bubble .text")
    expect(shown).to_have_count(len(expected), timeout=PATIENCE)
    assert chats.bubbles(page) == expected


def test_what_two_people_say_over_a_failing_network_stands_once_and_in_order(
    site: Site, sign_in: SignIn, road: Road
) -> None:
    group = f"抢险群{uuid.uuid4().hex[:6]}"
    drafter, reviewer, other = sign_in(OPENER), sign_in(SECOND), sign_in(THIRD)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    room = open_group(drafter, road, group)
    open_group(reviewer, road, group)
    road.proxy.misbehave(ROUGH)
    with api_of(other, site.url) as phone:
        for number in range(ROUNDS):
            chats.say(drafter, f"甲{number}")
            chats.say(reviewer, f"乙{number}")
            for part in range(6):
                post(phone, room, f"丙{6 * number + part}")
    # What is on its way goes through while the network still fails.
    for page in (drafter, reviewer):
        expect(page.locator(".feed-log .message", has_text="发送中")).to_have_count(
            0, timeout=PATIENCE
        )
    road.proxy.heal()
    said = said_in(drafter, site, room)
    for person, times in {"甲": 1, "乙": 1, "丙": 6}.items():
        own = [body for body in said if body.startswith(person)]
        assert own == [f"{person}{number}" for number in range(times * ROUNDS)]
    for page in (drafter, reviewer):
        expect_all(page, said)
    done = road.proxy.tally.done
    assert {"doubled", "swapped"} <= done.keys(), done
    assert done.keys() & {"cut", "tear", "half_open"}, done


def test_where_sockets_are_blocked_the_page_polls_and_says_so(
    site: Site, sign_in: SignIn, road: Road
) -> None:
    group = f"轮询群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    road.proxy.misbehave(Faults(blocked_sockets=True))
    rooms = [open_group(page, road, group) for page in (drafter, reviewer)]
    for page in (drafter, reviewer):
        expect(page.get_by_text("已改用轮询收发消息")).to_be_visible()
        expect(page.get_by_text("连接已断开")).to_be_hidden()
    for number in range(5):
        chats.say(drafter, f"问{number}")
        expect(chats.message(reviewer, f"问{number}")).to_be_visible()
        chats.say(reviewer, f"答{number}")
        expect(chats.message(drafter, f"答{number}")).to_be_visible()
    said = said_in(drafter, site, rooms[0])
    assert said == [f"{word}{number}" for number in range(5) for word in "问答"]
    for page in (drafter, reviewer):
        expect_all(page, said)
    expect(chats.message(drafter, "问4").locator(".receipt")).to_contain_text("1 人已读")
    road.proxy.heal()
