"""Two and three people talk: live, over a cut connection, with receipts and a recall."""

import re
import uuid

from playwright.sync_api import expect

from tests.journeys import chats
from tests.journeys.chats import OPENER, SECOND, THIRD
from tests.journeys.conftest import SignIn, Site


def test_two_people_talk_live_and_see_what_was_read(site: Site, sign_in: SignIn) -> None:
    topic = f"会商{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND)
    chats.say(drafter, f"{topic}：请看初稿")
    expect(chats.message(drafter, topic).locator(".receipt")).to_have_text("未读")
    chats.open_room(reviewer, site.accounts[OPENER].name)
    expect(chats.message(reviewer, f"{topic}：请看初稿")).to_be_visible()
    expect(chats.message(drafter, topic).locator(".receipt")).to_have_text("已读")
    chats.say(reviewer, f"{topic}：第二段需改")
    expect(chats.message(drafter, f"{topic}：第二段需改")).to_be_visible()
    expect(chats.message(drafter, f"{topic}：第二段需改")).to_have_count(1)


def test_a_message_from_people_is_shown_as_text(site: Site, sign_in: SignIn) -> None:
    hostile = f'<img src=x onerror="alert(1)"><b>{uuid.uuid4().hex}</b>'
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND)
    chats.say(drafter, hostile)
    chats.open_room(reviewer, site.accounts[OPENER].name)
    expect(reviewer.locator(".bubble", has_text=hostile)).to_be_visible()
    expect(reviewer.locator(".feed-log img, .feed-log b, .list img")).to_have_count(0)


def test_a_browser_cut_off_in_mid_chat_comes_back_complete(site: Site, sign_in: SignIn) -> None:
    group = f"值班群{uuid.uuid4().hex[:6]}"
    drafter, reviewer, head = sign_in(OPENER), sign_in(SECOND), sign_in(THIRD)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "第1条")
    for page in (reviewer, head):
        chats.open_room(page, group)
        expect(chats.message(page, "第1条")).to_be_visible()
    reviewer.context.set_offline(True)
    expect(reviewer.get_by_text("连接已断开")).to_be_visible()
    for number in range(2, 8):
        speaker, listener = (drafter, head) if number % 2 else (head, drafter)
        chats.say(speaker, f"第{number}条")
        # What one says oneself is seen before it is stored: the next might overtake it.
        expect(chats.message(listener, f"第{number}条")).to_be_visible()
    chats.say(reviewer, "断线时写下")
    expect(chats.message(reviewer, "断线时写下")).to_contain_text("发送中")
    assert chats.bubbles(reviewer) == ["第1条", "断线时写下"]
    reviewer.context.set_offline(False)
    expect(reviewer.get_by_text("连接已断开")).to_be_hidden()
    expect(chats.message(reviewer, "断线时写下").locator(".receipt")).to_be_visible()
    expected = [*(f"第{number}条" for number in range(1, 8)), "断线时写下"]
    for page in (drafter, reviewer, head):
        expect(chats.message(page, "断线时写下")).to_have_count(1)
        assert chats.bubbles(page) == expected


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
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "只存一次")
    expect(chats.message(drafter, "只存一次").locator(".receipt")).to_be_visible()
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "只存一次")).to_have_count(1)
    assert chats.bubbles(drafter) == chats.bubbles(reviewer) == ["只存一次"]
    assert drafter.evaluate("window.cutOnce") is True


def test_a_server_that_cannot_for_a_moment_leaves_no_conversation_frozen(
    site: Site, sign_in: SignIn
) -> None:
    topic = f"预案{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.refuse_once(reviewer, "message.pull", "message.read")
    chats.start_chat(drafter, site, SECOND)
    chats.say(drafter, f"{topic}：第一稿")
    reviewer.goto("/messages/")
    # Opened before the socket is, a conversation has nothing to pull.
    reviewer.wait_for_function("() => window.isWelcome === true")
    chats.row(reviewer, site.accounts[OPENER].name).click()
    expect(chats.message(drafter, f"{topic}：第一稿").locator(".receipt")).to_have_text("已读")
    chats.say(drafter, f"{topic}：第二稿")
    expect(chats.message(reviewer, f"{topic}：第二稿")).to_be_visible()
    expect(chats.message(drafter, f"{topic}：第二稿").locator(".receipt")).to_have_text("已读")
    assert sorted(reviewer.evaluate("window.refused")) == ["message.pull", "message.read"]


def test_a_watch_refused_after_the_last_message_is_asked_again(site: Site, sign_in: SignIn) -> None:
    group = f"补看群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "请阅")
    expect(chats.message(drafter, "请阅").locator(".receipt")).to_be_visible()
    chats.refuse_once(drafter, "receipt.watch")
    drafter.reload()
    receipt = chats.message(drafter, "请阅").locator(".receipt")
    expect(receipt).to_have_text("0 人已读 · 2 人未读")
    chats.open_room(reviewer, group)
    expect(receipt).to_have_text("1 人已读 · 1 人未读")
    assert drafter.evaluate("window.refused") == ["receipt.watch"]


def test_the_newest_message_stays_in_view_beside_the_receipts(site: Site, sign_in: SignIn) -> None:
    group = f"会务群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    for number in range(12):
        chats.say(drafter, f"第{number}项，" + "请会务组按分工逐项落实并在下班前反馈。" * 4)
    last = chats.message(drafter, "第11项").locator(".receipt")
    expect(last).to_be_visible()
    last.click()
    expect(drafter.get_by_role("heading", name="阅读情况")).to_be_visible()
    expect(last).to_be_in_viewport()
    chats.expect_end(drafter)
    drafter.locator(".feed-body").evaluate("(body) => { body.scrollTop = 200; }")
    drafter.get_by_role("button", name="关闭").click()
    expect(last).not_to_be_in_viewport()


def test_what_one_person_says_in_a_row_stands_together(site: Site, sign_in: SignIn) -> None:
    group = f"连发群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    for text in ("其一", "其二", "其三"):
        chats.say(drafter, text)
        expect(chats.message(drafter, text).locator(".receipt")).to_be_visible()
    chats.open_room(reviewer, group)
    expect(reviewer.locator(".message.is-continued")).to_have_count(2)
    expect(chats.message(reviewer, "其一")).not_to_have_class(re.compile("is-continued"))
    shown = "(foot) => getComputedStyle(foot).opacity"
    feet = [
        chats.message(drafter, text).locator(".bubble-foot") for text in ("其一", "其二", "其三")
    ]
    drafter.get_by_label("输入消息").hover()
    assert [foot.evaluate(shown) for foot in feet] == ["0", "0", "1"]
    chats.message(drafter, "其一").locator(".bubble").hover()
    assert [foot.evaluate(shown) for foot in feet] == ["1", "0", "1"]
    chats.message(drafter, "其二").locator(".receipt").focus()
    assert feet[1].evaluate(shown) == "1"
    chats.say(reviewer, "收到")
    expect(chats.message(drafter, "收到")).to_be_visible()
    chats.say(drafter, "其四")
    expect(chats.message(drafter, "其四")).not_to_have_class(re.compile("is-continued"))
    expect(drafter.locator(".message.is-followed")).to_have_count(2)


def test_a_double_click_makes_one_group(site: Site, sign_in: SignIn) -> None:
    drafter = sign_in(OPENER)
    made: list[str] = []
    drafter.on("request", lambda asked: made.append(asked.url) if asked.method == "POST" else None)
    group = f"双击群{uuid.uuid4().hex[:6]}"
    chats.choose(drafter, site, SECOND, THIRD, title=group).dblclick()
    expect(drafter.get_by_role("heading", name=group)).to_be_visible()
    expect(chats.row(drafter, group)).to_have_count(1)
    assert [url.rsplit("/", 1)[-1] for url in made if "/conversations/" in url] == ["groups"]


def test_the_sender_reads_who_has_read_by_name(site: Site, sign_in: SignIn) -> None:
    group = f"通知群{uuid.uuid4().hex[:6]}"
    drafter, reviewer = sign_in(OPENER), sign_in(SECOND)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "请各位周五前报送")
    receipt = chats.message(drafter, "请各位周五前报送").locator(".receipt")
    expect(receipt).to_have_text("0 人已读 · 2 人未读")
    chats.open_room(reviewer, group)
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
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "数字有误的通报")
    chats.open_room(reviewer, group)
    expect(chats.message(reviewer, "数字有误的通报")).to_be_visible()
    chats.recall(drafter, "数字有误的通报")
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
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "数字待核")
    more = chats.message(drafter, "数字待核").get_by_role("button", name="更多操作")
    chats.choose_act(drafter, "数字待核", "撤回")
    asked = drafter.get_by_role("alertdialog")
    expect(asked.get_by_role("button", name="取消")).to_be_focused()
    drafter.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    expect(more).to_be_focused()
    assert chats.bubbles(drafter) == ["数字待核"]
    chats.recall(drafter, "数字待核")
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
    expect(reviewer.locator(".messages .list .row").first).to_be_visible()
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "请看群公告")
    row = chats.row(reviewer, group)
    expect(row).to_contain_text("请看群公告")
    expect(row.locator(".badge")).to_contain_text("1")
    chats.expect_rail(reviewer)
    row.click()
    expect(row.locator(".badge")).to_be_empty()
    chats.expect_rail(reviewer)


def test_a_phone_shows_one_pane_at_a_time(site: Site, sign_in: SignIn) -> None:
    group = f"移动群{uuid.uuid4().hex[:6]}"
    drafter, phone = sign_in(OPENER), sign_in(SECOND, narrow=True)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
    chats.say(drafter, "手机上也能看")
    phone.goto("/messages/")
    chats.row(phone, group).click()
    expect(chats.message(phone, "手机上也能看")).to_be_visible()
    expect(phone.get_by_role("searchbox", name="搜索联系人、群聊和聊天记录")).to_be_hidden()
    phone.get_by_role("button", name="群聊信息").click()
    expect(phone.get_by_role("heading", name="群聊信息")).to_be_visible()
    expect(phone.get_by_label("输入消息")).to_be_hidden()
    phone.get_by_role("button", name="返回聊天").click()
    phone.get_by_role("button", name="返回会话列表").click()
    expect(phone.get_by_role("searchbox", name="搜索联系人、群聊和聊天记录")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_older_messages_come_while_scrolling_up(site: Site, sign_in: SignIn) -> None:
    group = f"长群{uuid.uuid4().hex[:6]}"
    drafter = sign_in(OPENER)
    chats.start_chat(drafter, site, SECOND, THIRD, title=group)
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
    expect(chats.message(drafter, "记录69")).to_be_visible()
    assert chats.bubbles(drafter)[0] != "记录0"
    drafter.locator(".feed-body").evaluate("(body) => { body.scrollTop = 0; }")
    expect(drafter.locator(".bubble .text").first).to_have_text("记录0")
    assert chats.bubbles(drafter) == [f"记录{number}" for number in range(70)]
