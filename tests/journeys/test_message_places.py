"""Moving about in 消息: the browser's back, addresses, and places entered without the network."""

import re
import uuid

from playwright.sync_api import Page, Route, expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site


def expect_list(page: Page) -> None:
    """A phone shows the list and nothing over it."""
    expect(page.get_by_role("searchbox", name="搜索联系人、群聊和聊天记录")).to_be_visible()
    expect(page.get_by_label("输入消息")).to_be_hidden()


def test_back_on_a_phone_leaves_what_lies_on_top_then_the_conversation(
    site: Site, sign_in: SignIn
) -> None:
    group = f"返回群{uuid.uuid4().hex[:6]}"
    drafter, phone = sign_in(OPENER), sign_in(SECOND, narrow=True)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    phone.goto("/messages/")
    chats.row(phone, group).click()
    writing = phone.get_by_label("输入消息")
    expect(writing).to_be_visible()
    phone.get_by_role("button", name="群聊信息").click()
    expect(phone.get_by_role("heading", name="群聊信息")).to_be_visible()
    phone.go_back()
    expect(phone.get_by_role("heading", name="群聊信息")).to_be_hidden()
    expect(writing).to_be_visible()
    # Closed by its own button, the panel is passed over.
    phone.get_by_role("button", name="群聊信息").click()
    phone.get_by_role("button", name="返回聊天").click()
    expect(writing).to_be_visible()
    phone.go_back()
    expect_list(phone)
    phone.get_by_role("button", name="发起聊天").click()
    expect(phone.get_by_role("dialog", name="发起聊天")).to_be_visible()
    phone.go_back()
    expect(phone.get_by_role("dialog", name="发起聊天")).to_be_hidden()
    expect_list(phone)
    phone.go_forward()
    expect_list(phone)
    phone.go_back()
    expect(phone).to_have_url(f"{site.url}/")


def test_a_phone_gives_its_screen_to_the_conversation_until_it_is_left(
    site: Site, sign_in: SignIn
) -> None:
    group = f"手机群{uuid.uuid4().hex[:6]}"
    drafter, phone = sign_in(OPENER), sign_in(SECOND, narrow=True)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    phone.goto("/messages/")
    tabs = phone.get_by_role("navigation", name="主导航")
    expect(tabs).to_be_visible()
    chats.row(phone, group).click()
    expect(phone.get_by_label("输入消息")).to_be_visible()
    expect(tabs).to_be_hidden()
    phone.get_by_role("button", name="返回会话列表").click()
    expect_list(phone)
    expect(tabs).to_be_visible()
    expect(chats.row(phone, group)).to_have_attribute("aria-current", "false")
    # Nobody reads what comes now.
    chats.say(drafter, "列表上的未读")
    expect(chats.row(phone, group).locator(".badge")).to_contain_text("1")


def test_on_an_upright_tablet_an_open_panel_takes_the_place_of_the_list(
    site: Site, sign_in: SignIn
) -> None:
    group = f"平板群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    drafter.set_viewport_size({"width": 820, "height": 1100})
    drafter.get_by_role("button", name="群聊信息").click()
    panel = drafter.locator("aside.pane")
    expect(panel.get_by_role("heading", name="群聊信息")).to_be_visible()
    expect(chats.row(drafter, group)).to_be_hidden()
    feed = drafter.locator(".detail-pane").bounding_box()
    assert feed
    assert feed["width"] >= 400
    panel.get_by_role("button", name="关闭").click()
    expect(chats.row(drafter, group)).to_be_visible()


def test_back_and_forward_walk_the_conversations(site: Site, sign_in: SignIn) -> None:
    rooms = [f"甲群{uuid.uuid4().hex[:6]}", f"乙群{uuid.uuid4().hex[:6]}"]
    drafter = sign_in(OPENER)
    for room in rooms:
        chats.start_chat(drafter, site, SECOND, THIRD, title=room)
    drafter.goto("/messages/")
    for room in rooms:
        chats.row(drafter, room).click()
        expect(drafter.get_by_role("heading", name=room)).to_be_visible()
    drafter.go_back()
    expect(drafter.get_by_role("heading", name=rooms[0])).to_be_visible()
    drafter.go_back()
    expect(drafter.get_by_text("选择一个会话")).to_be_visible()
    drafter.go_forward()
    expect(drafter.get_by_role("heading", name=rooms[0])).to_be_visible()
    drafter.reload()
    expect(drafter.get_by_role("heading", name=rooms[0])).to_be_visible()


def test_a_conversation_opened_without_the_network_comes_once_it_is_back(
    site: Site, sign_in: SignIn
) -> None:
    group = f"断网群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "先前的通知")
    reviewer.goto("/messages/")
    expect(chats.row(reviewer, group)).to_be_visible()
    reviewer.context.set_offline(True)
    expect(reviewer.get_by_text("连接已断开")).to_be_visible()
    chats.row(reviewer, group).click()
    expect(reviewer.get_by_text("暂时无法打开会话")).to_be_visible()
    chats.say(reviewer, "没有网络时写的")
    expect(chats.message(reviewer, "没有网络时写的")).to_contain_text("发送中")
    reviewer.context.set_offline(False)
    expect(chats.message(reviewer, "先前的通知")).to_be_visible()
    expect(reviewer.get_by_text("暂时无法打开会话")).to_be_hidden()
    expect(chats.message(reviewer, "没有网络时写的").locator(".receipt")).to_be_visible()
    assert chats.bubbles(reviewer) == ["先前的通知", "没有网络时写的"]
    expect(chats.message(drafter, "没有网络时写的")).to_be_visible()


def test_an_address_is_gone_to_once_the_list_has_come(site: Site, sign_in: SignIn) -> None:
    group = f"直达群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    address = drafter.url
    drops = {"all": True}

    def take(route: Route) -> None:
        if drops["all"]:
            route.abort("connectionreset")
        else:
            route.continue_()

    drafter.route(re.compile(r"/api/v1/messaging/conversations\?"), take)
    drafter.reload()
    expect(drafter.locator(".toast.is-error").first).to_be_visible()
    expect(drafter.locator(".messages .list .row")).to_have_count(0)
    drops["all"] = False
    expect(drafter.get_by_role("heading", name=group)).to_be_visible()
    expect(chats.row(drafter, group)).to_have_attribute("aria-current", "true")
    assert drafter.url == address


def test_what_was_chosen_last_is_what_opens(site: Site, sign_in: SignIn) -> None:
    far, near = f"远群{uuid.uuid4().hex[:6]}", f"近群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    for room in (far, near):
        chats.start_chat(drafter, site, SECOND, THIRD, title=room)
        chats.say(drafter, f"{room}里说的")
        expect(chats.message(drafter, f"{room}里说的").locator(".receipt")).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def leave_out(route: Route) -> None:
        answer = route.fetch()
        page = answer.json()
        page["items"] = [card for card in page["items"] if card["title"] != far]
        route.fulfill(response=answer, json=page)

    drafter.route(re.compile(r"/api/v1/messaging/conversations\?"), leave_out)
    drafter.goto("/messages/")
    expect(chats.row(drafter, near)).to_be_visible()
    expect(chats.row(drafter, far)).to_have_count(0)
    card = re.compile(r"/api/v1/messaging/conversations/\d+$")
    drafter.route(card, hold)
    search = drafter.get_by_role("searchbox", name="搜索联系人、群聊和聊天记录")
    search.fill(far)
    with drafter.expect_request(card):
        drafter.locator('[data-part="found"] .row', has_text=far).first.click()
    drafter.unroute(card)
    search.fill("")
    chats.row(drafter, near).click()
    expect(drafter.get_by_role("heading", name=near)).to_be_visible()
    for route in held:
        route.continue_()
    expect(chats.row(drafter, far)).to_have_count(1)
    expect(drafter.get_by_role("heading", name=near)).to_be_visible()
    expect(drafter.get_by_role("heading", name=far)).to_have_count(0)
    chats.say(drafter, "给近群的话")
    expect(chats.message(drafter, "给近群的话").locator(".receipt")).to_be_visible()
    assert chats.bubbles(drafter) == [f"{near}里说的", "给近群的话"]
