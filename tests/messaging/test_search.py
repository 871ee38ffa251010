"""Messages are found by their words, as far as their reader may see them."""

import io
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.actor import system
from messaging import membership, signatures
from messaging.models import Message, SearchBlock
from messaging.queries import search_blocks
from messaging.services import cards, search
from tests.conftest import Budget
from tests.messaging.conftest import Phone

SEARCH = "/search/messages"


def _found(phone: Phone, q: str, **query: str | int) -> list[tuple[int, int]]:
    return [(hit["conversation_id"], hit["seq"]) for hit in _hits(phone, q, **query)]


def _hits(phone: Phone, q: str, **query: str | int) -> list[dict[str, Any]]:
    answer = phone.get(SEARCH, q=q, **query)
    assert answer.status_code == 200, answer.content
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def _fill(phone: Phone, room: int, count: int) -> None:
    """So many more messages that blocks are full, as if they had been said long ago."""
    last = Message.objects.filter(conversation_id=room).order_by("-seq").first()
    assert last is not None
    Message.objects.bulk_create(
        Message(
            conversation_id=room,
            seq=last.seq + step,
            kind="text",
            sender_id=phone.person_id,
            client_message_id=uuid.uuid4(),
            body=f"例行报送第{step}期",
            created_at=last.created_at + timedelta(milliseconds=step),
        )
        for step in range(1, count + 1)
    )
    row = last.conversation
    row.last_seq = row.last_countable_seq = last.seq + count
    row.last_at = last.created_at + timedelta(milliseconds=count)
    row.save()


def _write_blocks(room: int) -> None:
    while search.fill(actor=system("test"), conversation_id=room, now=timezone.now()):
        pass


@pytest.mark.parametrize(
    "words",
    [
        "防汛",
        "汛",
        "汛值",
        "做好防汛值班",
        "浙政发〔2026〕3号",
        "2026",
        "3号",
        "excel",
        "Excel",
        "防汛 EXCEL",
    ],
)
@pytest.mark.parametrize("is_old", [False, True])
def test_messages_are_found_by_any_part_of_their_words(
    wang: Phone, li: Phone, words: str, is_old: bool
) -> None:
    room = wang.direct(li)
    wang.send(room, "请按浙政发〔2026〕3号做好防汛值班，报表用Excel")
    wang.send(room, "收到请回复")
    if is_old:
        _fill(wang, room, 200)
        _write_blocks(room)
        assert SearchBlock.objects.count() == 3
    assert _found(wang, words) == _found(li, words) == [(room, 1)]


def test_all_words_must_be_there(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "防汛通知")
    wang.send(room, "防火通知")
    assert _found(wang, "通知") == [(room, 2), (room, 1)]
    assert _found(wang, "通知 防汛") == [(room, 1)]
    assert _found(wang, "防汛 防火") == []


@pytest.mark.parametrize("is_old", [False, True])
def test_many_words_are_found_where_the_last_stand_side_by_side(
    wang: Phone, li: Phone, is_old: bool
) -> None:
    room = wang.direct(li)
    wang.send(room, "请 今晚 装 补丁 KB 5 到 主机")
    if is_old:
        _fill(wang, room, 100)
        _write_blocks(room)
    assert _found(wang, "今晚 请 装 补丁 kb 5 到") == [(room, 1)]
    assert _found(wang, "今晚 请 装 kb 5 补丁") == []


def test_what_looks_like_a_pattern_is_looked_for_as_it_stands(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "完成率100%，_重点_工作\\待办")
    assert _found(wang, "100%") == _found(wang, "_重点_") == _found(wang, "作\\待") == [(room, 1)]
    assert _found(wang, "%%%%") == _found(wang, "点%工") == _found(wang, "____") == []
    for refused in ("字" * 5000, "防\x00汛"):
        assert wang.get(SEARCH, q=refused).status_code in {400, 422}
    answer = wang.get(SEARCH, q=" ")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_SEARCH_EMPTY")


def test_the_excerpt_marks_the_words(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, f"{'甲' * 40}😀防汛值班{'乙' * 100}防汛")
    (hit,) = _hits(wang, "防汛")
    text, spans = hit["excerpt"]["text"], hit["excerpt"]["hits"]
    assert text == f"…{'甲' * 15}😀防汛值班{'乙' * 60}…"
    assert [text[low:high] for low, high in spans] == ["防汛"]
    assert (hit["sender_name"], hit["conversation_title"]) == ("王伟民", "李建国")


def test_strangers_and_newcomers_find_only_what_they_may_read(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(li)
    wang.send(room, "旧的防汛安排")
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    wang.send(room, "新的防汛安排")
    assert _found(wang, "防汛") == _found(li, "防汛") == [(room, 4), (room, 2)]
    assert _found(zhang, "防汛") == [(room, 4)]
    assert _found(lin, "防汛") == []
    answer = lin.get(SEARCH, q="防汛", conversation_id=room)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    assert _found(zhang, "防汛") == []
    assert zhang.get(f"/conversations/{room}/entries", after=0).status_code == 404
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    assert _found(zhang, "防汛") == [(room, 4)]


def test_recalled_messages_are_found_no_more_and_edited_ones_anew(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "防汛值班表")
    wang.send(room, "防火值班表")
    _fill(wang, room, 126)
    _write_blocks(room)
    assert SearchBlock.objects.filter(conversation_id=room).count() == 2
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    wang.call("patch", f"/conversations/{room}/messages/2", {"body": "森林防灭火排班"})
    assert _found(li, "防汛") == _found(li, "防火") == []
    assert _found(li, "防灭火排班") == [(room, 2)]


def test_cards_records_and_events(wang: Phone, li: Phone, lin: Phone) -> None:
    room, other = wang.direct(li), wang.direct(lin)
    wang.send(room, "汛期物资清单")
    content = {"client_message_id": str(uuid.uuid4()), "seqs": [1], "to": [other]}
    assert wang.call("post", f"/conversations/{room}/forward-together", content).status_code == 200
    cards.put(
        actor=system("test"),
        subject=cards.Subject("test", "督查", "1"),
        conversation_ids=[room],
        content=cards.Content(title="督办事项", lines=("落实汛期责任",)),
        now=timezone.now(),
    )
    group = wang.group(li, lin, title="汛期联络群")
    assert sorted(_found(wang, "汛期")) == sorted([(room, 1), (room, 2), (other, 1)])
    assert _found(lin, "物资清单") == [(other, 1)]
    assert _found(wang, "督办", kind="card") == [(room, 2)]
    assert _hits(wang, "督办")[0]["sender_name"] == "督查"
    assert _found(wang, "联络群", conversation_id=group) == []


def test_filters_narrow_a_search(wang: Phone, li: Phone, zhang: Phone) -> None:
    room, other = wang.group(li, zhang), wang.direct(li)
    wang.send(room, "防汛一")
    li.send(room, "防汛二")
    li.send(other, "防汛三")
    wang_hits = _hits(wang, "防汛")
    assert [(hit["conversation_id"], hit["seq"]) for hit in wang_hits] == [
        (other, 1), (room, 3), (room, 2),
    ]  # fmt: skip
    assert _found(wang, "防汛", conversation_id=room) == [(room, 3), (room, 2)]
    assert _found(wang, "防汛", sender_id=li.person_id) == [(other, 1), (room, 3)]
    assert _found(wang, "", conversation_id=room, sender_id=li.person_id) == [(room, 3)]
    assert _found(wang, "防汛", since=wang_hits[1]["created_at"]) == [(other, 1), (room, 3)]
    assert _found(wang, "防汛", until=wang_hits[1]["created_at"]) == [(room, 3), (room, 2)]
    assert _found(wang, "防汛", kind="file") == []
    assert wang.get(SEARCH, q="防汛", since="2026-01-01").status_code == 422


def test_pages_follow_each_other_without_repeating(wang: Phone, li: Phone, zhang: Phone) -> None:
    rooms = [wang.direct(li), wang.direct(zhang), wang.group(li, zhang)]
    for step in range(9):
        wang.send(rooms[step % 3], f"防汛{step}")
    whole = _found(wang, "防汛")
    paged: list[tuple[int, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = wang.get(SEARCH, q="防汛", limit=2, cursor=cursor).json()
        paged += [(hit["conversation_id"], hit["seq"]) for hit in page["items"]]
        cursor = page["next_cursor"]
    assert (len(whole), paged) == (9, whole)


def test_a_search_that_goes_too_far_says_how_far_it_came(
    wang: Phone, li: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = wang.direct(li)
    wang.send(room, "最早的防汛")
    _fill(wang, room, 64 * 12)
    wang.send(room, "最近的防汛")
    monkeypatch.setattr("messaging.queries.search.BLOCKS_AT_MOST", 4)
    seen: list[int] = []
    rounds = 0
    cursor: str | None = ""
    while cursor is not None:
        page = wang.get(SEARCH, q="防汛", cursor=cursor).json()
        seen += [hit["seq"] for hit in page["items"]]
        assert (page["searched_to"] is None) == (page["next_cursor"] is None)
        rounds, cursor = rounds + 1, page["next_cursor"]
    assert (seen, rounds > 1) == ([64 * 12 + 2, 1], True)


def test_full_blocks_are_written_behind_the_log(
    wang: Phone, li: Phone, run_jobs: Callable[[], int]
) -> None:
    room = wang.direct(li)
    wang.send(room, "一")
    _fill(wang, room, 62)
    assert SearchBlock.objects.count() == 0
    wang.send(room, "防汛")
    run_jobs()
    (block,) = SearchBlock.objects.all()
    assert (block.conversation_id, block.first_seq, block.last_seq) == (room, 1, 64)
    assert _found(li, "防汛") == [(room, 64)]


def test_the_command_writes_all_blocks_anew(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    wang.send(room, "防汛")
    _fill(wang, room, 130)
    _write_blocks(room)
    SearchBlock.objects.update(signature=b"\x00" * 128)
    assert _found(li, "防汛") == []
    output = io.StringIO()
    call_command("rebuild_message_search", stdout=output)
    assert output.getvalue() == "rebuilt the search of 1 conversations\n"
    assert (SearchBlock.objects.count(), _found(li, "防汛")) == (2, [(room, 1)])


def test_a_signature_never_denies_what_was_said() -> None:
    chance = random.Random(7)  # noqa: S311  # repeatable, not secret
    letters = "防汛抗旱值班浙政发〔2026〕3号abcABC 😀"
    for size in (1, 40, 900):
        texts = ["".join(chance.choices(letters, k=chance.randint(1, 60))) for _ in range(size)]
        said = [search_blocks.Said("text", 5, text) for text in texts]
        signed = signatures.sign(search_blocks.tokens(said))
        for text in texts:
            start = chance.randrange(len(text))
            for term in text[start : start + chance.randint(1, 6)].split():
                for token in [*signatures.probe(term), signatures.of_sender(5)]:
                    for place in signatures.places(token):
                        at = place % (len(signed) * 8)
                        assert signed[at >> 3] >> (at & 7) & 1


def test_random_logs_are_searched_as_a_naive_reader_would(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    chance = random.Random(11)  # noqa: S311  # repeatable, not secret
    rooms = [wang.group(li, zhang, title=f"群{number}") for number in range(3)]
    words = ["防汛", "防火", "值班", "通知", "浙政发", "Excel", "3号"]
    for step in range(60):
        room = chance.choice(rooms)
        act = chance.random()
        if act < 0.6:
            wang.send(room, "".join(chance.choices(words, k=3)))
        elif act < 0.7:
            wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
        elif act < 0.85:
            people = {"person_ids": [zhang.person_id]}
            wang.call("post", f"/conversations/{room}/members", people)
        elif act < 0.95:
            _fill(wang, room, chance.randint(1, 40))
        else:
            _write_blocks(room)
        if step % 6 == 0:
            word = chance.choice(words)
            for reader in (wang, zhang):
                assert _found(reader, word, limit=100) == _naively(reader, rooms, word)


def _naively(reader: Phone, rooms: list[int], word: str) -> list[tuple[int, int]]:
    """Every message that the reader pulls, compared one by one."""
    found = []
    for room in rooms:
        periods = membership.periods([reader.person_id], room)
        if any(period.left_seq is None for period in periods):
            rows = Message.objects.filter(conversation_id=room, recalled_at=None).exclude(
                kind="event"
            )
            found += [
                (row.created_at, room, row.seq)
                for row in rows
                if word in row.body and any(period.shows(row.seq) for period in periods)
            ]
    return [(room, seq) for _, room, seq in sorted(found, reverse=True)]


def test_conversations_are_found_by_title_and_by_their_members(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    direct = wang.direct(li)
    wang.send(direct, "您好")
    group = wang.group(li, zhang, title="防汛工作群")
    lin.group(li, title="别区防汛群")

    def found(q: str) -> list[tuple[int, str, str]]:
        rows = wang.get("/search/conversations", q=q).json()
        return [(row["conversation_id"], row["title"], row["by_member"]) for row in rows]

    assert found("防汛") == [(group, "防汛工作群", "")]
    assert found("建国") == [(direct, "李建国", ""), (group, "防汛工作群", "李建国")]
    assert found("zhangxm") == []
    assert found("zxm") == [(group, "防汛工作群", "张晓梅")]
    assert found("%") == []
    assert found("林上城") == []


def test_members_are_found_by_name_and_pinyin(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)

    def named(q: str) -> list[str]:
        page = wang.get(f"/conversations/{room}/members", q=q).json()
        return [one["name"] for one in page["items"]]

    assert named("") == ["王伟民", "李建国", "张晓梅"]
    assert (named("建"), named("zhangx"), named("ljg"), named("赵")) == (
        ["李建国"], ["张晓梅"], ["李建国"], [],
    )  # fmt: skip
    page = wang.send(room, "请阅") and wang.get(
        f"/conversations/{room}/messages/2/receipts", q="xiao"
    )
    assert [one["name"] for one in page.json()["items"]] == []
    page = wang.get(f"/conversations/{room}/messages/2/receipts", q="晓")
    assert [one["name"] for one in page.json()["items"]] == ["张晓梅"]
    assert (page.json()["read"], page.json()["unread"]) == (0, 2)


def test_the_queries_of_searching_are_budgeted(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.direct(li)
    wang.send(room, "防汛")
    with budget("messaging.search.messages"):
        _found(wang, "防汛")
    with budget("messaging.search.conversations"):
        wang.get("/search/conversations", q="建国")
