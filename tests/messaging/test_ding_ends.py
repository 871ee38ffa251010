"""Every target of a DING ends once, with evidence, whatever happens in whatever order."""

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import errors
from messaging import climbing, handlers
from messaging.events import DingDue
from messaging.kinds import DingAudience, DingLevel, DingState, DingStep
from messaging.models import Ding, DingEvidence, DingTarget
from messaging.services import conversations, dings, members
from messaging.services.dings import Call
from org.events import AccountDisabled
from org.models import Account
from tests import factories, handovers, jobs, waiting
from tests.factories import Province

Act = Callable[[datetime], object]
CALLED = ("李建国", "张晓梅", "林上城")


def _room(province: Province) -> int:
    return conversations.create_group(
        actor=province.actor("王伟民"),
        title="防汛值班",
        person_ids=[province.person(name) for name in CALLED],
        now=timezone.now(),
    ).conversation_id


def _open(province: Province, room: int, now: datetime) -> int:
    opened = dings.send(
        actor=province.actor("王伟民"),
        conversation_id=room,
        client_message_id=uuid.uuid4(),
        body="立即到岗",
        call=Call(DingAudience.EVERYBODY, level=DingLevel.PHONE),
        now=now,
    )
    assert isinstance(opened, dings.Opened)
    return opened.ding_id


def _confirm(province: Province, ding_id: int, name: str) -> Act:
    actor = province.actor(name)
    return lambda now: dings.confirm(actor=actor, ding_id=ding_id, now=now)


def _recall(province: Province, ding_id: int) -> Act:
    return lambda now: dings.recall(actor=province.actor("王伟民"), ding_id=ding_id, now=now)


def _again(province: Province, ding_id: int) -> Act:
    return lambda now: dings.repeat(
        actor=province.actor("王伟民"),
        ding_id=ding_id,
        client_ding_id=uuid.uuid4(),
        level=DingLevel.APP,
        now=now,
    )


def _leave(province: Province, room: int, name: str) -> Act:
    actor = province.actor(name)
    return lambda now: members.leave(actor=actor, conversation_id=room, now=now)


def _disable(province: Province, name: str) -> Act:
    rows = Account.objects.filter(person_id=province.person(name))
    return lambda now: rows.update(is_active=False)


def _timer(ding_id: int, step: DingStep) -> Act:
    return lambda now: climbing.climb(DingDue(ding_id=ding_id, step=step.value), now)


def _ends() -> dict[tuple[int, int], tuple[str, datetime | None]]:
    """How it stands with everybody; sound: whoever has ended has one piece of evidence of it."""
    rows = DingTarget.objects.values_list("ding_id", "person_id", "state", "ended_at")
    found = {(ding, person): (state, at) for ding, person, state, at in rows}
    proven = set(DingEvidence.objects.filter(step=DingStep.END).values_list("ding_id", "person_id"))
    assert proven == {key for key, (state, _) in found.items() if state != DingState.PENDING}
    return {key: end for key, end in found.items() if end[0] != DingState.PENDING}


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12))
def test_every_target_ends_once_in_whatever_order_things_happen(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # nothing secret: the same order at each run
    province = factories.small_province()
    now = timezone.now()
    room = _room(province)
    ding_id = _open(province, room, now)
    acts: list[Act] = [
        *(_confirm(province, ding_id, name) for name in chance.choices(CALLED, k=2)),
        *(_leave(province, room, name) for name in chance.choices(CALLED, k=chance.randint(0, 1))),
        *(_timer(ding_id, step) for step in [*DingStep] * 2),
        *([_recall(province, ding_id)] if chance.random() < 0.4 else []),
        *([_again(province, ding_id)] if chance.random() < 0.4 else []),
        *([_disable(province, chance.choice(CALLED))] if chance.random() < 0.4 else []),
    ]
    chance.shuffle(acts)
    ended = _ends()
    for act in acts:
        now += timedelta(minutes=chance.randint(0, 600))
        try:
            act(now)
        except errors.DomainError as refusal:
            assert refusal.code in {
                "DING_OVER", "DING_ALREADY_RECALLED", "DING_NOBODY", "CONVERSATION_NOT_FOUND",
            }  # fmt: skip
        later = _ends()
        assert {key: later[key] for key in ended} == ended  # what is final stays
        ended = later
    climbing.close_overdue(now + timedelta(days=2))
    assert _ends().keys() == set(DingTarget.objects.values_list("ding_id", "person_id"))
    assert {key: _ends()[key] for key in ended} == ended


def _together(*acts: Act) -> list[str]:
    """What became of each, all begun at once: done, or the code of the refusal."""
    now = timezone.now()

    def run(act: Act) -> str:
        try:
            act(now)
        except errors.DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def province(transactional_db: None) -> Province:
    return factories.small_province()


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_two_devices_confirm_at_once_and_it_is_confirmed_once(province: Province) -> None:
    ding_id = _open(province, _room(province), timezone.now())
    act = _confirm(province, ding_id, "李建国")
    assert _together(act, act) == ["done", "done"]
    assert list(_ends()) == [(ding_id, province.person("李建国"))]


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_of_a_confirmation_and_a_recall_at_once_one_comes_first(province: Province) -> None:
    room = _room(province)
    for _ in range(5):
        ding_id = _open(province, room, timezone.now())
        confirmed, recalled = _together(
            _confirm(province, ding_id, "李建国"), _recall(province, ding_id)
        )
        state = DingTarget.objects.get(ding_id=ding_id, person_id=province.person("李建国")).state
        assert (confirmed, recalled, state) in {
            ("done", "done", "confirmed"), ("DING_OVER", "done", "recalled"),
        }  # fmt: skip
        others = DingTarget.objects.filter(ding_id=ding_id, state=DingState.RECALLED)
        assert others.count() == (2 if state == "confirmed" else 3)
        _ends()


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_confirming_recalling_leaving_and_the_end_at_once_leave_nobody_pending(
    province: Province,
) -> None:
    room = _room(province)
    ding_id = _open(province, room, timezone.now())
    Ding.objects.filter(pk=ding_id).update(
        opened_at=timezone.now() - timedelta(days=2), closes_at=timezone.now() - timedelta(days=1)
    )
    _together(
        _confirm(province, ding_id, "李建国"),
        _leave(province, room, "张晓梅"),
        _recall(province, ding_id),
        _timer(ding_id, DingStep.END),
        _timer(ding_id, DingStep.SMS),
    )
    assert not DingTarget.objects.filter(state=DingState.PENDING).exists()
    assert len(_ends()) == 3


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_timer_keep_one_evidence(province: Province) -> None:
    ding_id = _open(province, _room(province), timezone.now())
    act = _timer(ding_id, DingStep.DUTY)
    assert _together(act, act) == ["done", "done"]
    assert DingEvidence.objects.filter(ding_id=ding_id, step=DingStep.DUTY).count() == 3


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_whoever_confirms_at_that_moment_is_not_called_again(province: Province) -> None:
    now = timezone.now()
    ding_id = _open(province, _room(province), now)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            _confirm(province, ding_id, "李建国")(now)
            again = pool.submit(_together, _again(province, ding_id))
            waiting.for_a_lock(again)
        assert again.result() == ["done"]
    called = DingTarget.objects.exclude(ding_id=ding_id).values_list("person_id", flat=True)
    assert set(called) == {province.person("张晓梅"), province.person("林上城")}


@pytest.mark.django_db
def test_who_leaves_the_organisation_is_called_no_longer() -> None:
    province = factories.small_province()
    ding_id = _open(province, _room(province), timezone.now())
    handovers.leave(province, "张晓梅", jobs.run_due)
    target = DingTarget.objects.get(ding_id=ding_id, person_id=province.person("张晓梅"))
    assert target.state == DingState.UNREACHABLE
    _ends()


def _news_of_disabling(province: Province, name: str) -> Act:
    news = AccountDisabled(person_id=province.person(name))
    return lambda now: handlers.on_account_disabled(news, now)


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_whose_account_is_disabled_while_the_opening_runs_is_let_go_with_its_commit(
    province: Province,
) -> None:
    room = _room(province)
    with transaction.atomic():
        ding_id = _open(province, room, timezone.now())
        # Committed behind the opening's back; the news finds no DING that calls him yet.
        assert _together(_disable(province, "李建国")) == ["done"]
        assert _together(_news_of_disabling(province, "李建国")) == ["done"]
        assert _ends() == {}
    jobs.run_due()
    assert list(_ends()) == [(ding_id, province.person("李建国"))]
    assert DingTarget.objects.filter(state=DingState.UNREACHABLE).count() == 1


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_whose_account_is_disabled_behind_the_last_look_of_the_opening_is_let_go_by_the_news(
    province: Province,
) -> None:
    ding_id = _open(province, _room(province), timezone.now())
    with transaction.atomic():
        _disable(province, "李建国")(timezone.now())
        # The look does not see what is not committed.
        assert _together(_timer(ding_id, DingStep.APP)) == ["done"]
        assert _ends() == {}
    _news_of_disabling(province, "李建国")(timezone.now())
    assert list(_ends()) == [(ding_id, province.person("李建国"))]
    assert DingTarget.objects.filter(state=DingState.UNREACHABLE).count() == 1
