"""Members come, go and are sent away while others do the same, or speak."""

import itertools
import json
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import errors
from messaging import fanout, membership
from messaging.kinds import MemberRole
from messaging.models import Conversation, Member, Message, log
from messaging.queries import receipts
from messaging.services import conversations, members, messages, unit_conversations
from messaging.services import receipts as receipt_services
from org.kinds import PostFunction
from org.services import transfers
from tests import factories, jobs, waiting
from tests.factories import Province
from tests.messaging import ears

_STATES: tuple[receipts.State, ...] = ("read", "unread")

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

Act = Callable[[], object]


@pytest.fixture
def province() -> Province:
    return factories.small_province()


def together(acts: Sequence[Act]) -> list[str]:
    """What became of each, all begun at once: done, or the code of the refusal."""

    def run(act: Act) -> str:
        try:
            act()
        except errors.DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def _group(province: Province, owner: str, *others: str) -> int:
    return conversations.create_group(
        actor=province.actor(owner),
        title="值班群",
        person_ids=[province.person(name) for name in others],
        now=timezone.now(),
    ).conversation_id


def _remove(province: Province, room: int, by: str, name: str) -> Act:
    return lambda: members.remove(
        actor=province.actor(by),
        conversation_id=room,
        person_id=province.person(name),
        now=timezone.now(),
    )


def _send(province: Province, room: int, name: str) -> Act:
    return lambda: messages.send(
        actor=province.actor(name),
        conversation_id=room,
        client_message_id=uuid.uuid4(),
        body="收到",
        now=timezone.now(),
    )


def _recall(province: Province, room: int, name: str, seq: int) -> Act:
    return lambda: messages.recall(
        actor=province.actor(name), conversation_id=room, seq=seq, now=timezone.now()
    )


def _answer(province: Province, room: int, name: str, seq: int) -> Act:
    return lambda: messages.send(
        actor=province.actor(name),
        conversation_id=room,
        client_message_id=uuid.uuid4(),
        body="收到",
        now=timezone.now(),
        particulars=messages.Particulars(reply_to_seq=seq),
    )


def _sound(room: int) -> None:
    """The log has no hole, nobody has two periods at once, and the count is right."""
    held = Conversation.objects.get(pk=room)
    seqs = Message.objects.filter(conversation_id=room).order_by("seq")
    assert list(seqs.values_list("seq", flat=True)) == list(range(1, held.last_seq + 1))
    stamps = list(seqs.values_list("created_at", flat=True))
    assert stamps == sorted(stamps)
    periods: dict[int, list[Member]] = {}
    for row in Member.objects.filter(conversation_id=room).order_by("person_id", "joined_seq"):
        periods.setdefault(row.person_id, []).append(row)
    for rows in periods.values():
        for earlier, later in itertools.pairwise(rows):
            assert earlier.left_seq is not None
            assert earlier.left_seq <= later.joined_seq
    if not held.is_virtual:
        assert held.member_count == len(membership.present_ids(room, is_virtual=False))


def test_of_two_people_who_remove_each_other_one_stays(province: Province) -> None:
    room = _group(province, "王伟民", "李建国", "张晓梅")
    # Only an owner removes who administers: here two do, as no service would let them.
    Member.objects.filter(conversation_id=room).exclude(person_id=province.person("张晓梅")).update(
        role=MemberRole.OWNER
    )
    outcomes = together(
        [_remove(province, room, "王伟民", "李建国"), _remove(province, room, "李建国", "王伟民")]
    )
    assert sorted(outcomes) == ["CONVERSATION_NOT_FOUND", "done"]
    assert len(membership.present_ids(room, is_virtual=False)) == 2
    _sound(room)


def test_administrators_who_remove_each_others_people_leave_a_sound_group(
    province: Province,
) -> None:
    room = _group(province, "王伟民", "李建国", "张晓梅", "林上城", "曾国强")
    for name in ("李建国", "张晓梅"):
        members.set_administrator(
            actor=province.actor("王伟民"),
            conversation_id=room,
            person_id=province.person(name),
            role=MemberRole.ADMIN,
            now=timezone.now(),
        )
    outcomes = together(
        [
            _remove(province, room, "李建国", "林上城"),
            _remove(province, room, "张晓梅", "林上城"),
            _remove(province, room, "王伟民", "李建国"),
            _remove(province, room, "李建国", "曾国强"),
            _send(province, room, "林上城"),
        ]
    )
    assert outcomes[2] == "done"
    assert set(outcomes) <= {"done", "UNKNOWN_PEOPLE", "CONVERSATION_NOT_FOUND"}
    present = membership.present_ids(room, is_virtual=False)
    assert province.person("李建国") not in present
    assert province.person("林上城") not in present
    _sound(room)


def test_joining_while_leaving_ends_in_one_or_the_other(province: Province) -> None:
    room = _group(province, "王伟民", "李建国", "张晓梅")
    li = province.person("李建国")

    def leave() -> object:
        return members.leave(
            actor=province.actor("李建国"), conversation_id=room, now=timezone.now()
        )

    def invite() -> object:
        return members.invite(
            actor=province.actor("张晓梅"),
            conversation_id=room,
            person_ids=[li],
            now=timezone.now(),
        )

    for _ in range(4):
        outcomes = together([leave, invite, _send(province, room, "王伟民")])
        assert set(outcomes) <= {"done", "NOBODY_TO_ADD", "CONVERSATION_NOT_FOUND"}
        assert outcomes[2] == "done"
    _sound(room)


@pytest.mark.parametrize("rows_at_most", [3, 3000])
def test_a_transfer_while_others_speak_cuts_at_one_entry(
    province: Province, rows_at_most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", rows_at_most)
    he, zhang = province.actor("何管理"), province.person("张晓梅")
    room = ears.unit_room(province)
    to = transfers.Destination(province.unit("上城区民政局"), "科员", PostFunction.STAFF)

    def transfer() -> object:
        return transfers.transfer(
            actor=he,
            person_id=zhang,
            to=to,
            approved_by=province.person("马科员"),
            now=timezone.now(),
        )

    speakers = [_send(province, room, name) for name in ("王伟民", "李建国", "赵卫东") * 4]
    outcomes = together([*speakers[:6], transfer, *speakers[6:], _send(province, room, "张晓梅")])
    jobs.run_due()
    assert outcomes[:-1] == ["done"] * 13
    _send(province, room, "王伟民")()
    (period,) = membership.periods([zhang], room)
    assert period.left_seq is not None
    texts = Message.objects.filter(conversation_id=room, kind="text").exclude(sender_id=zhang)
    for message in texts:
        assert (zhang in _audience(province, message)) == (message.seq < period.left_seq)
        assert period.shows(message.seq) == (message.seq < period.left_seq)
    _sound(room)


def _audience(province: Province, message: Message) -> set[int]:
    """Everybody in the two lists of the message's readers."""
    return {
        reader.person_id
        for state in _STATES
        for reader in receipts.of_message(
            actor=province.actor(_name(province, message.sender_id)),
            conversation_id=message.conversation_id,
            seq=message.seq,
            state=state,
            name="",
            cursor=None,
            limit=50,
            at=timezone.now(),
        ).items
    }


def _name(province: Province, person_id: int | None) -> str:
    return next(name for name, known in province.people.items() if known == person_id)


def test_reading_does_not_wait_for_whoever_speaks(province: Province) -> None:
    # A reader who waited for the speaker at her commit would hold the cursor that a speaker waits
    # for who is herself, on another device: neither could go on.
    room = _group(province, "王伟民", "李建国")
    _send(province, room, "王伟民")()
    li = province.person("李建国")

    def read() -> object:
        try:
            return receipt_services.mark_read(
                actor=province.actor("李建国"), conversation_id=room, seq=2, now=timezone.now()
            ).read_seq
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        log.hold(person_id=li, conversation_id=room)
        assert pool.submit(read).result(timeout=120) == 2


def test_an_answer_that_waited_for_a_recall_quotes_nothing_of_it(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = _group(province, "王伟民", "李建国")
    _send(province, room, "王伟民")()
    told: list[Any] = []
    monkeypatch.setattr(fanout, "_publish", told.extend)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            _recall(province, room, "王伟民", 2)()
            answer = pool.submit(together, [_answer(province, room, "李建国", 2)])
            waiting.for_a_lock(answer)
        assert answer.result() == ["done"]
    frames = [json.loads(parcel.frame)["data"] for _, parcel in told if parcel.frame]
    quotes = [data["reply_to"] for data in frames if data.get("reply_to")]
    assert [(one["recalled"], one["excerpt"]) for one in quotes] == [(True, "")] * 2
