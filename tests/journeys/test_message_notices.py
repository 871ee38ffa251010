"""工作通知: who sent them, what of them was seen, and of whom nothing is to be heard."""

import json
import uuid
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.journeys import chats
from tests.journeys.chats import SECOND
from tests.journeys.conftest import SignIn, Site
from tests.journeys.test_message_attention import DESKTOP, GRANTED

_SEND = """
import json
from django.utils import timezone
from core.actor import system
from messaging.services import notices
reader, source, name, titles, asks = json.loads({given!r})
for title in titles:
    notices.send(actor=system("tests"), source=source, source_name=name, key=title,
                 person_ids=[reader], title=title, body="请于今日下班前处理。" * 20, link="",
                 now=timezone.now(), asks=asks)
"""

_RECALL = """
from django.utils import timezone
from core.actor import system
from messaging.services import notices
notices.recall(actor=system("tests"), source={source!r}, key={key!r}, now=timezone.now())
"""


@dataclass(frozen=True, slots=True)
class App:
    """An application that sends notices to one person."""

    site: Site
    reader: int
    source: str
    name: str

    def send(self, *titles: str, asks: bool = False) -> None:
        given = json.dumps([self.reader, self.source, self.name, titles, asks])
        self.site.manage("shell", "-v", "0", "-c", _SEND.format(given=given))

    def recall(self, title: str) -> None:
        code = _RECALL.format(source=self.source, key=title)
        self.site.manage("shell", "-v", "0", "-c", code)


def _app(site: Site, page: Page, name: str) -> App:
    """A new one, which sends to whoever has the page open."""
    reader = int(page.locator("#messages").get_attribute("data-person-id") or 0)
    number = uuid.uuid4().int % 10**9
    return App(site, reader, f"app:{number}", f"{name}{number}")


def _tab(page: Page, app: App) -> Locator:
    return page.locator(f'.notice-sources [data-tab="{app.source}"]')


def _titles(page: Page) -> list[str]:
    return page.locator(".notice h3").all_text_contents()


def _unread(page: Page, app: App) -> list[str]:
    """The titles of the app's notices that are not read, as the server has it."""
    found: list[str] = page.evaluate(
        """async source => {
            const { fetchJson } = await import("/static/workbench/base.js");
            const asked = new URLSearchParams({ source });
            const { items } = await fetchJson(`/api/v1/messaging/notices?${asked}`);
            return items.filter((notice) => !notice.read_at).map(({ title }) => title);
        }""",
        app.source,
    )
    return found


def _open(page: Page) -> None:
    page.goto("/messages/?view=notices")
    expect(page.get_by_role("heading", name="工作通知")).to_be_visible()


def test_each_app_has_its_list_and_only_what_was_seen_is_read(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.goto("/messages/")
    duty, rooms = _app(site, page, "值班表"), _app(site, page, "会议室")
    rooms.send("会议室已订")
    duty.send(*(f"第 {number} 班" for number in range(1, 13)))
    # A screen that nobody looks at reads nothing.
    page.add_init_script(DESKTOP)
    _open(page)
    expect(_tab(page, duty).locator(".badge")).to_contain_text("12")
    expect(_tab(page, rooms).locator(".badge")).to_contain_text("1")
    _tab(page, duty).click()
    expect(page.locator(".notice")).to_have_count(12)
    assert _titles(page) == [f"第 {number} 班" for number in range(12, 0, -1)]
    assert len(_unread(page, duty)) == 12
    page.evaluate("lookAt(true)")
    expect(_tab(page, duty).locator(".badge")).not_to_contain_text("12")
    left = _unread(page, duty)
    assert 1 <= len(left) < 12
    assert left == [f"第 {number} 班" for number in range(len(left), 0, -1)]
    expect(page.locator('.notice [data-part="new"]')).to_have_count(12)
    page.get_by_role("button", name="全部已读").click()
    expect(_tab(page, duty).locator(".badge")).to_be_empty()
    expect(page.locator('.notice [data-part="new"]')).to_have_count(0)
    assert (_unread(page, duty), _unread(page, rooms)) == ([], ["会议室已订"])


def test_the_bar_is_walked_by_the_arrows(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND, narrow=True)
    page.goto("/messages/")
    first, second = _app(site, page, "甲应用"), _app(site, page, "乙应用")
    second.send("乙的通知")
    first.send("甲的通知")
    _open(page)
    expect(_tab(page, second)).to_be_attached()
    tabs = page.locator(".notice-sources .tab")
    order: list[str] = tabs.evaluate_all("tabs => tabs.map((tab) => tab.dataset.tab)")
    assert order[0] == ""
    _tab(page, first).click()
    expect(page.locator(".notice h3")).to_have_text(["甲的通知"])
    page.keyboard.press("ArrowRight")
    after = order[(order.index(first.source) + 1) % len(order)]
    _expect_chosen(page, after)
    page.keyboard.press("ArrowLeft")
    _expect_chosen(page, first.source)
    expect(page.locator(".notice h3")).to_have_text(["甲的通知"])
    page.keyboard.press("Home")
    _expect_chosen(page, "")
    for title in ("甲的通知", "乙的通知"):
        expect(page.locator(".notice h3", has_text=title).first).to_be_attached()


def _expect_chosen(page: Page, source: str) -> None:
    tab = page.locator(f'.notice-sources [data-tab="{source}"]')
    expect(tab).to_be_focused()
    expect(tab).to_have_attribute("aria-selected", "true")


def test_a_muted_app_neither_counts_nor_rings_unless_it_asks(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.goto("/messages/")
    quiet, loud = _app(site, page, "静音应用"), _app(site, page, "提醒应用")
    quiet.send("静音一")
    loud.send("提醒一")
    page.add_init_script(DESKTOP + GRANTED)
    _open(page)
    other = page.context.new_page()
    other.add_init_script(DESKTOP)
    _open(other)
    expect(_tab(other, quiet)).to_be_attached()
    _tab(page, quiet).click()
    page.get_by_role("button", name="免打扰", exact=True).click()
    for tab in (page, other):
        expect(_tab(tab, quiet).locator(".row-silent")).to_be_attached()
    expect(page.get_by_role("button", name="恢复提醒")).to_be_visible()
    quiet.send("静音二")
    loud.send("提醒二")
    rung = "name => window.rung.filter(([, text]) => text === `${name}发来一条通知`).length"
    page.wait_for_function(f"name => ({rung})(name) === 1", arg=loud.name)
    assert page.evaluate(rung, quiet.name) == 0
    # It came all the same, and its number is grey.
    expect(page.locator(".notice h3")).to_have_text(["静音二", "静音一"])
    expect(_tab(page, quiet).locator(".badge.quiet")).to_contain_text("2")
    expect(_tab(page, loud).locator(".badge:not(.quiet)")).to_contain_text("2")
    chats.expect_rail(page)
    quiet.send("请确认", asks=True)
    page.wait_for_function(f"name => ({rung})(name) === 1", arg=quiet.name)
    page.reload()
    _tab(page, quiet).click()
    page.get_by_role("button", name="恢复提醒").click()
    for tab in (page, other):
        expect(_tab(tab, quiet)).to_be_attached()
        expect(_tab(tab, quiet).locator(".row-silent")).to_have_count(0)
    chats.expect_rail(page)


def test_all_notices_are_read_at_once(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.goto("/messages/")
    app = _app(site, page, "督办")
    app.send(*(f"督办 {number}" for number in range(12)))
    page.reload()
    row = chats.row(page, "工作通知")
    expect(row.locator(".badge")).not_to_be_empty()
    row.click()
    page.get_by_role("button", name="全部已读").click()
    expect(row.locator(".badge")).to_be_empty()
    expect(_tab(page, app).locator(".badge")).to_be_empty()
    page.reload()
    expect(page.locator(".notice").first).to_be_visible()
    expect(chats.row(page, "工作通知").locator(".badge")).to_be_empty()
    expect(page.locator(".toast")).to_have_count(0)


def test_one_that_is_recalled_moves_nothing_under_the_reader(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.goto("/messages/")
    app = _app(site, page, "防汛")
    app.send(*(f"汛情 {number}" for number in range(40)))
    page.add_init_script(DESKTOP)
    _open(page)
    _tab(page, app).click()
    expect(page.locator(".notice")).to_have_count(30)
    page.get_by_role("button", name="更早的通知").click()
    expect(page.locator(".notice")).to_have_count(40)
    read = page.locator(".notice", has=page.get_by_role("heading", name="汛情 5", exact=True))
    read.evaluate("card => { card.scrollIntoView({ block: 'center' }); window.before = card; }")
    place = "card => card === before && Math.round(card.getBoundingClientRect().top)"
    stood = read.evaluate(place)
    assert stood is not False
    app.recall("汛情 7")
    expect(page.locator(".notice h3", has_text="汛情 7")).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(40)
    page.wait_for_function(
        f"([stood]) => Math.abs(({place})(before) - stood) < 2 && before.isConnected", arg=[stood]
    )
    assert _titles(page)[34] == "汛情 5"


def test_what_cannot_be_marked_while_cut_off_is_marked_later(site: Site, sign_in: SignIn) -> None:
    page = sign_in(SECOND)
    page.goto("/messages/")
    app = _app(site, page, "断线")
    app.send("断线前的通知")
    page.add_init_script(DESKTOP)
    _open(page)
    _tab(page, app).click()
    expect(page.locator(".notice h3")).to_have_text(["断线前的通知"])
    page.context.set_offline(True)
    expect(page.get_by_text("连接已断开")).to_be_visible()
    with page.expect_event("requestfailed", lambda request: "/notices/read" in request.url):
        page.evaluate("lookAt(true)")
    page.context.set_offline(False)
    expect(_tab(page, app).locator(".badge")).to_be_empty()
    # The banner has said it; no toast stands beside it, not for as long as one would stand.
    expect(page.locator(".toast")).to_have_count(0)
    assert _unread(page, app) == []
