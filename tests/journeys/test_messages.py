"""Two and three people talk: live, over a cut connection, with receipts and a recall."""

import json
import re
import uuid

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import SignIn, Site

OPENER, SECOND, THIRD = "拟稿人", "核稿人", "签发人"


def _choose(page: Page, site: Site, *roles: str, title: str) -> Locator:
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


def _start_chat(page: Page, site: Site, *roles: str, title: str = "") -> None:
    _choose(page, site, *roles, title=title).click()
    expect(page.get_by_label("输入消息")).to_be_visible()


def _open(page: Page, title: str) -> None:
    page.goto("/messages/")
    _row(page, title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def _row(page: Page, title: str) -> Locator:
    name = page.locator(".row-title", has_text=re.compile(f"^{re.escape(title)}$"))
    return page.locator(".messages .list .row").filter(has=name)


def _say(page: Page, text: str) -> None:
    page.get_by_label("输入消息").fill(text)
    page.get_by_label("输入消息").press("Enter")


def _bubbles(page: Page) -> list[str]:
    return page.locator(".feed-log .bubble").all_text_contents()


def _message(page: Page, text: str) -> Locator:
    return page.locator(".message", has_text=text)


def _refuse_once(page: Page, *types: str) -> None:
    """The server answers the first frame of each type with a 503."""
    page.add_init_script(
        f"const refusing = {json.dumps(types)};"
        """
        const Real = WebSocket;
        window.refused = [];
        window.WebSocket = class extends Real {
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


def _recall(page: Page, text: str) -> None:
    message = _message(page, text)
    message.get_by_role("button", name="撤回").click()
    message.get_by_role("group", name="撤回这条消息？").get_by_role("button", name="撤回").click()


def _far_from_end(page: Page) -> float:
    """How many pixels of the feed lie below what is seen."""
    rest = "(body) => body.scrollHeight - body.scrollTop - body.clientHeight"
    return float(page.locator(".feed-body").evaluate(rest))


def test_two_people_talk_live_and_see_what_was_read(site: Site, sign_in: SignIn) -> None:
    topic = f"会商{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND)
    _say(drafter, f"{topic}：请看初稿")
    expect(_message(drafter, topic).locator(".receipt")).to_have_text("未读")
    _open(reviewer, site.accounts[OPENER].name)
    expect(_message(reviewer, f"{topic}：请看初稿")).to_be_visible()
    expect(_message(drafter, topic).locator(".receipt")).to_have_text("已读")
    _say(reviewer, f"{topic}：第二段需改")
    expect(_message(drafter, f"{topic}：第二段需改")).to_be_visible()
    expect(_message(drafter, f"{topic}：第二段需改")).to_have_count(1)


def test_a_message_from_people_is_shown_as_text(site: Site, sign_in: SignIn) -> None:
    hostile = f'<img src=x onerror="alert(1)"><b>{uuid.uuid4().hex}</b>'
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND)
    _say(drafter, hostile)
    _open(reviewer, site.accounts[OPENER].name)
    expect(reviewer.locator(".bubble", has_text=hostile)).to_be_visible()
    expect(reviewer.locator(".feed-log img, .feed-log b, .list img")).to_have_count(0)


def test_a_browser_cut_off_in_mid_chat_comes_back_complete(site: Site, sign_in: SignIn) -> None:
    group = f"值班群{uuid.uuid4().hex[:6]}"
    drafter, reviewer, head = sign_in(OPENER), sign_in(SECOND), sign_in(THIRD)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "第1条")
    for page in (reviewer, head):
        _open(page, group)
        expect(_message(page, "第1条")).to_be_visible()
    reviewer.context.set_offline(True)
    expect(reviewer.get_by_text("连接已断开")).to_be_visible()
    for number in range(2, 8):
        _say(drafter if number % 2 else head, f"第{number}条")
        expect(_message(drafter, f"第{number}条").first).to_be_visible()
    _say(reviewer, "断线时写下")
    expect(_message(reviewer, "断线时写下")).to_contain_text("发送中")
    assert _bubbles(reviewer) == ["第1条", "断线时写下"]
    reviewer.context.set_offline(False)
    expect(reviewer.get_by_text("连接已断开")).to_be_hidden()
    expect(_message(reviewer, "断线时写下").locator(".receipt")).to_be_visible()
    expected = [*(f"第{number}条" for number in range(1, 8)), "断线时写下"]
    for page in (drafter, reviewer, head):
        expect(_message(page, "断线时写下")).to_have_count(1)
        assert _bubbles(page) == expected


def test_a_socket_that_dies_while_sending_stores_the_message_once(
    site: Site, sign_in: SignIn
) -> None:
    group = f"抢修群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    drafter.add_init_script(
        """
        const Real = WebSocket;
        window.WebSocket = class extends Real {
          send(text) {
            super.send(text);
            // The answer is lost, though the server has got the message.
            if (!text.includes("只存一次") || window.cutOnce) return;
            window.cutOnce = true;
            setTimeout(() => this.close(), 0);
          }
        };
        """
    )
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "只存一次")
    expect(_message(drafter, "只存一次").locator(".receipt")).to_be_visible()
    _open(reviewer, group)
    expect(_message(reviewer, "只存一次")).to_have_count(1)
    assert _bubbles(drafter) == _bubbles(reviewer) == ["只存一次"]
    assert drafter.evaluate("window.cutOnce") is True


def test_a_server_that_cannot_for_a_moment_leaves_no_conversation_frozen(
    site: Site, sign_in: SignIn
) -> None:
    topic = f"预案{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _refuse_once(reviewer, "message.pull", "message.read")
    _start_chat(drafter, site, SECOND)
    _say(drafter, f"{topic}：第一稿")
    _open(reviewer, site.accounts[OPENER].name)
    expect(_message(drafter, f"{topic}：第一稿").locator(".receipt")).to_have_text("已读")
    _say(drafter, f"{topic}：第二稿")
    expect(_message(reviewer, f"{topic}：第二稿")).to_be_visible()
    expect(_message(drafter, f"{topic}：第二稿").locator(".receipt")).to_have_text("已读")
    assert sorted(reviewer.evaluate("window.refused")) == ["message.pull", "message.read"]


def test_a_watch_refused_after_the_last_message_is_asked_again(site: Site, sign_in: SignIn) -> None:
    group = f"补看群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "请阅")
    expect(_message(drafter, "请阅").locator(".receipt")).to_be_visible()
    _refuse_once(drafter, "receipt.watch")
    drafter.reload()
    receipt = _message(drafter, "请阅").locator(".receipt")
    expect(receipt).to_have_text("0 人已读 · 2 人未读")
    _open(reviewer, group)
    expect(receipt).to_have_text("1 人已读 · 1 人未读", timeout=15_000)
    assert drafter.evaluate("window.refused") == ["receipt.watch"]


def test_the_newest_message_stays_in_view_beside_the_receipts(site: Site, sign_in: SignIn) -> None:
    group = f"会务群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    for number in range(12):
        _say(drafter, f"第{number}项，" + "请会务组按分工逐项落实并在下班前反馈。" * 4)
    last = _message(drafter, "第11项").locator(".receipt")
    expect(last).to_be_visible()
    last.click()
    expect(drafter.get_by_role("heading", name="阅读情况")).to_be_visible()
    expect(last).to_be_in_viewport()
    assert _far_from_end(drafter) < 2
    drafter.locator(".feed-body").evaluate("(body) => { body.scrollTop = 200; }")
    drafter.get_by_role("button", name="关闭").click()
    expect(last).not_to_be_in_viewport()


def test_what_one_person_says_in_a_row_stands_together(site: Site, sign_in: SignIn) -> None:
    group = f"连发群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    for text in ("其一", "其二", "其三"):
        _say(drafter, text)
        expect(_message(drafter, text).locator(".receipt")).to_be_visible()
    _open(reviewer, group)
    expect(reviewer.locator(".message.is-continued")).to_have_count(2)
    expect(_message(reviewer, "其一")).not_to_have_class(re.compile("is-continued"))
    shown = "(foot) => getComputedStyle(foot).opacity"
    feet = [_message(drafter, text).locator(".bubble-foot") for text in ("其一", "其二", "其三")]
    drafter.get_by_label("输入消息").hover()
    assert [foot.evaluate(shown) for foot in feet] == ["0", "0", "1"]
    _message(drafter, "其一").locator(".bubble").hover()
    assert [foot.evaluate(shown) for foot in feet] == ["1", "0", "1"]
    _message(drafter, "其二").locator(".receipt").focus()
    assert feet[1].evaluate(shown) == "1"
    _say(reviewer, "收到")
    _say(drafter, "其四")
    expect(_message(drafter, "其四")).not_to_have_class(re.compile("is-continued"))
    expect(drafter.locator(".message.is-followed")).to_have_count(2)


def test_a_double_click_makes_one_group(site: Site, sign_in: SignIn) -> None:
    drafter = sign_in(OPENER)
    made: list[str] = []
    drafter.on("request", lambda asked: made.append(asked.url) if asked.method == "POST" else None)
    group = f"双击群{uuid.uuid4().hex[:6]}"
    _choose(drafter, site, SECOND, THIRD, title=group).dblclick()
    expect(drafter.get_by_role("heading", name=group)).to_be_visible()
    expect(_row(drafter, group)).to_have_count(1)
    assert [url.rsplit("/", 1)[-1] for url in made if "/conversations/" in url] == ["groups"]


def test_the_sender_reads_who_has_read_by_name(site: Site, sign_in: SignIn) -> None:
    group = f"通知群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "请各位周五前报送")
    receipt = _message(drafter, "请各位周五前报送").locator(".receipt")
    expect(receipt).to_have_text("0 人已读 · 2 人未读")
    _open(reviewer, group)
    expect(receipt).to_have_text("1 人已读 · 1 人未读")
    receipt.click()
    panel = drafter.locator("aside.pane")
    expect(panel.get_by_role("heading", name="阅读情况")).to_be_visible()
    expect(panel.locator(".row")).to_have_count(1)
    expect(panel.locator(".row")).to_contain_text(site.accounts[THIRD].name)
    expect(panel.locator(".row")).to_contain_text(site.accounts[THIRD].unit)
    panel.get_by_role("tab", name="已读 1").click()
    expect(panel.locator(".row")).to_contain_text(site.accounts[SECOND].name)
    expect(panel.locator(".row time")).to_contain_text("今天")


def test_a_recalled_message_leaves_its_trace_and_no_text(site: Site, sign_in: SignIn) -> None:
    group = f"撤回群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "数字有误的通报")
    _open(reviewer, group)
    expect(_message(reviewer, "数字有误的通报")).to_be_visible()
    _recall(drafter, "数字有误的通报")
    expect(drafter.locator(".feed-line", has_text="您撤回了一条消息")).to_be_visible()
    sender = site.accounts[OPENER].name
    expect(reviewer.locator(".feed-line", has_text=f"{sender}撤回了一条消息")).to_be_visible()
    for page in (drafter, reviewer):
        assert "数字有误的通报" not in page.content()
    reviewer.reload()
    expect(reviewer.locator(".feed-line", has_text=f"{sender}撤回了一条消息")).to_be_visible()
    assert "数字有误的通报" not in reviewer.content()


def test_a_recall_is_asked_for_and_its_text_can_be_written_anew(
    site: Site, sign_in: SignIn
) -> None:
    group = f"重写群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "数字待核")
    message = _message(drafter, "数字待核")
    recall, asked = message.get_by_role("button", name="撤回"), message.get_by_role("group")
    recall.click()
    expect(asked).to_be_visible()
    expect(message.locator(".receipt")).to_be_hidden()
    expect(asked.get_by_role("button", name="取消")).to_be_focused()
    drafter.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    expect(recall).to_be_focused()
    recall.click()
    asked.get_by_role("button", name="取消").click()
    expect(recall).to_be_visible()
    assert _bubbles(drafter) == ["数字待核"]
    _recall(drafter, "数字待核")
    drafter.get_by_role("button", name="重新编辑").click()
    expect(drafter.get_by_label("输入消息")).to_have_value("数字待核")
    expect(drafter.get_by_label("输入消息")).to_be_focused()
    drafter.reload()
    expect(drafter.locator(".feed-line", has_text="您撤回了一条消息")).to_be_visible()
    expect(drafter.get_by_role("button", name="重新编辑")).to_have_count(0)


def test_an_unread_message_shows_in_the_list_and_in_the_rail(site: Site, sign_in: SignIn) -> None:
    group = f"提醒群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    reviewer.goto("/messages/")
    badge = reviewer.locator("nav [data-count=inbox]")
    expect(reviewer.locator(".messages .list .row").first).to_be_visible()
    before = int(badge.inner_text() or 0)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "请看群公告")
    row = _row(reviewer, group)
    expect(row).to_contain_text("请看群公告")
    expect(row.locator(".badge")).to_contain_text("1")
    expect(badge).to_have_text(str(before + 1))
    row.click()
    expect(badge).to_have_text(str(before) if before else "")


def test_a_phone_shows_one_pane_at_a_time(site: Site, sign_in: SignIn) -> None:
    group = f"移动群{uuid.uuid4().hex[:6]}"
    drafter, phone = sign_in(OPENER), sign_in(SECOND, narrow=True)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    _say(drafter, "手机上也能看")
    phone.goto("/messages/")
    _row(phone, group).click()
    expect(_message(phone, "手机上也能看")).to_be_visible()
    expect(phone.get_by_role("searchbox", name="搜索会话")).to_be_hidden()
    phone.get_by_role("button", name="群聊信息").click()
    expect(phone.get_by_role("heading", name="群聊信息")).to_be_visible()
    expect(phone.get_by_label("输入消息")).to_be_hidden()
    phone.get_by_role("button", name="返回聊天").click()
    phone.get_by_role("button", name="返回会话列表").click()
    expect(phone.get_by_role("searchbox", name="搜索会话")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_older_messages_come_while_scrolling_up(site: Site, sign_in: SignIn) -> None:
    group = f"长群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    _start_chat(drafter, site, SECOND, THIRD, title=group)
    room = int(re.search(r"conversation=(\d+)", drafter.url)[1])  # type: ignore[index]  # it matches
    drafter.evaluate(
        """async ([room, ids]) => {
            const { fetchJson } = await import("/static/workbench/base.js");
            for (const [number, id] of ids.entries()) {
                for (;;) {
                    try {
                        await fetchJson(`/api/v1/messaging/conversations/${room}/messages`, {
                            json: { client_message_id: id, body: `记录${number}` } });
                        break;
                    } catch (refusal) {
                        if (refusal.code !== "SENDING_TOO_FAST") throw refusal;
                        await new Promise((go) => setTimeout(go, refusal.details.retry_after_ms));
                    }
                }
            }
        }""",
        [room, [str(uuid.uuid4()) for _ in range(70)]],
    )
    drafter.reload()
    expect(_message(drafter, "记录69")).to_be_visible()
    assert _bubbles(drafter)[0] != "记录0"
    drafter.locator(".feed-body").evaluate("(body) => { body.scrollTop = 0; }")
    expect(drafter.locator(".bubble").first).to_have_text("记录0")
    assert _bubbles(drafter) == [f"记录{number}" for number in range(70)]


def test_work_notices_are_read_by_opening_them(sign_in: SignIn) -> None:
    page = sign_in(OPENER)
    page.goto("/messages/")
    row = _row(page, "工作通知")
    expect(row.locator(".badge")).not_to_be_empty()
    row.click()
    expect(page.get_by_role("heading", name="工作通知")).to_be_visible()
    expect(page.locator(".notice").first).to_be_visible()
    expect(row.locator(".badge")).to_be_empty()
    expect(page.locator(".toast")).to_have_count(0)
    page.reload()
    expect(_row(page, "工作通知").locator(".badge")).to_be_empty()
