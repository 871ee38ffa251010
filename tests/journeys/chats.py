"""What the journeys through 消息 have in common: whom one talks to, what one says and sees."""

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Site

OPENER, SECOND, THIRD = "拟稿人", "核稿人", "签发人"

QUICK_BEAT = """
const every = window.setInterval;
window.setInterval = (act, wait, ...given) => every(act, wait === 25000 ? 300 : wait, ...given);
"""
"""A page's heartbeats come at once, so to speak."""


def choose(page: Page, site: Site, *roles: str, title: str) -> Locator:
    """The button that starts the chat with the people chosen."""
    page.goto("/messages/")
    page.get_by_role("button", name="发起聊天").click()
    dialog = page.get_by_role("dialog", name="发起聊天")
    for role in roles:
        name, unit = site.accounts[role].name, site.accounts[role].unit
        dialog.get_by_role("searchbox", name="搜索同事").fill(name)
        dialog.locator(".row", has_text=name).filter(has_text=unit).first.click()
        expect(dialog.get_by_role("button", name=f"移除{name}")).to_be_visible()
    if title:
        dialog.get_by_label("群聊名称").fill(title)
    return dialog.locator('button[type="submit"]')


def start_chat(page: Page, site: Site, *roles: str, title: str = "") -> None:
    choose(page, site, *roles, title=title).click()
    expect(page.get_by_label("输入消息")).to_be_visible()
    expect(page.get_by_role("dialog", name="发起聊天")).to_be_hidden()


def open_room(page: Page, title: str) -> None:
    page.goto("/messages/")
    row(page, title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def row(page: Page, title: str) -> Locator:
    name = page.locator(".row-title", has_text=re.compile(f"^{re.escape(title)}$"))
    return page.locator(".messages .list .row").filter(has=name)


def say(page: Page, text: str) -> None:
    page.get_by_label("输入消息").fill(text)
    page.get_by_label("输入消息").press("Enter")


def bubbles(page: Page) -> list[str]:
    return page.locator(".feed-log .bubble .text").all_text_contents()


def message(page: Page, text: str) -> Locator:
    return page.locator(".message", has_text=text)


def refuse_once(page: Page, *types: str) -> None:
    """The server answers the first frame of each type with a 503."""
    page.add_init_script(
        f"const refusing = {json.dumps(types)};"
        """
        const Real = WebSocket;
        window.refused = [];
        window.WebSocket = class extends Real {
          constructor(...given) {
            super(...given);
            this.addEventListener("message", ({ data }) => {
              if (JSON.parse(data).type === "welcome") window.isWelcome = true;
            });
          }
          send(text) {
            const { type, id } = JSON.parse(text);
            if (!refusing.includes(type) || window.refused.includes(type)) {
              super.send(text);
              return;
            }
            window.refused.push(type);
            const data = { code: "UNAVAILABLE", status: 503, message: "服务暂时不可用" };
            const frame = JSON.stringify({ type: "error", id, data });
            setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: frame })), 0);
          }
        };
        """
    )


def choose_act(page: Page, text: str, act: str) -> None:
    """Opens the menu of the message by its button and chooses."""
    of_text = message(page, text).last
    of_text.hover()
    of_text.get_by_role("button", name="更多操作").click()
    page.get_by_role("menuitem", name=act, exact=True).click()


def recall(page: Page, text: str) -> None:
    choose_act(page, text, "撤回")
    page.get_by_role("alertdialog").get_by_role("button", name="撤回").click()


def expect_end(page: Page) -> None:
    """The feed comes to stand at its end; it follows a frame after what is around it has moved."""
    page.wait_for_function(
        """() => {
            const body = document.querySelector(".feed-body");
            return body.scrollHeight - body.scrollTop - body.clientHeight < 2;
        }"""
    )


def expect_rail(page: Page) -> None:
    """The rail comes to say as much as stands in the list, and with the DINGs: whatever else comes.

    What other journeys began goes on meanwhile: a DING ends, a notice comes.
    """
    page.wait_for_function(
        """() => {
            const number = (place) => parseInt(place.textContent || "0", 10);
            const rail = document.querySelector("nav [data-count=inbox]");
            const parts = document.querySelectorAll(
                ".messages .list .row .badge:not(.quiet), [data-part=ding-badge]");
            return number(rail) === [...parts].reduce((sum, part) => sum + number(part), 0);
        }"""
    )


def keep_offers(page: Page) -> None:
    """From the next page on, what offers a way back stands until something takes its place."""
    page.add_init_script(
        """
        const later = window.setTimeout;
        window.setTimeout = (act, wait, ...given) =>
          wait === 6000 ? 0 : later(act, wait, ...given);
        """
    )


def inbox(page: Page) -> int:
    """What the badge of 消息 says."""
    return int(page.locator("nav [data-count=inbox]").inner_text() or 0)


def me(page: Page) -> int:
    """The id of the person whose page it is."""
    return int(page.locator("#messages").get_attribute("data-person-id") or 0)


def room_of(page: Page) -> int:
    """The id of the conversation that is open."""
    return int(page.url.rsplit("conversation=", 1)[1])
