"""A virtual conversation over the bus: heard by whoever serves there, and by no other."""

import pytest
from django.utils import timezone

from messaging import crowds, threads
from messaging.hub import Hub
from messaging.services import unit_conversations
from org.kinds import PostFunction
from org.models import Appointment
from org.services import transfers
from tests import jobs
from tests.factories import Province
from tests.messaging import ears
from tests.messaging.ears import Ear

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


async def test_whoever_is_transferred_hears_of_it_and_nothing_more(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    room = await threads.run(ears.unit_room, province)
    wang, zhang = Ear(province, "王伟民"), Ear(province, "张晓梅")
    for ear in (wang, zhang):
        await calm_hub.register(ear)
    await threads.run(ears.send, province, room, "李建国", "大家好")
    for ear in (wang, zhang):
        await ear.until("message.created", body="大家好")
    await threads.run(_transfer, province, "张晓梅", "上城区民政局")
    await zhang.until("member.changed", conversation_id=room, change="left")
    await threads.run(ears.send, province, room, "李建国", "她走之后")
    await wang.until("message.created", body="她走之后")
    await zhang.has_heard_the_rest()
    assert zhang.bodies() == ["大家好"]
    assert wang.bodies() == ["大家好", "她走之后"]


async def test_whoever_comes_hears_from_then_on(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    room = await threads.run(ears.unit_room, province)
    lin = Ear(province, "林上城")
    await calm_hub.register(lin)
    await threads.run(ears.send, province, room, "李建国", "在他来之前")
    await threads.run(_transfer, province, "林上城", "西湖区民政局")
    await lin.until("member.changed", conversation_id=room, change="joined")
    await threads.run(ears.send, province, room, "李建国", "在他来之后")
    await lin.until("message.created", body="在他来之后")
    assert lin.bodies() == ["在他来之后"]


async def test_whoever_lost_the_post_is_asked_about_though_nobody_was_told(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    monkeypatch.setattr(crowds, "VIRTUAL_SECONDS", 0.0)
    room = await threads.run(ears.unit_room, province)
    wang, zhang = Ear(province, "王伟民"), Ear(province, "张晓梅")
    for ear in (wang, zhang):
        await calm_hub.register(ear)
    await threads.run(ears.send, province, room, "李建国", "大家好")
    await zhang.until("message.created", body="大家好")
    await Appointment.objects.filter(person_id=zhang.person_id).aupdate(valid_to=timezone.now())
    await threads.run(ears.send, province, room, "李建国", "她走之后")
    await wang.until("message.created", body="她走之后")
    assert zhang.bodies() == ["大家好"]


async def test_newcomers_are_told_to_pull_what_shows_words_from_before_their_time(
    calm_hub: Hub, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unit_conversations, "ROWS_AT_MOST", 9)
    room = await threads.run(ears.unit_room, province)
    wang, lin = Ear(province, "王伟民"), Ear(province, "林上城")
    for ear in (wang, lin):
        await calm_hub.register(ear)
    named = await threads.run(ears.send, province, room, "李建国", "人选名单")
    await threads.run(_transfer, province, "林上城", "西湖区民政局")
    await lin.until("member.changed", conversation_id=room, change="joined")
    quoting = await threads.run(ears.send, province, room, "李建国", "附议", named.seq)
    await wang.until("message.created", body="附议")
    await lin.until("sync.hint", conversation_id=room, last_seq=quoting.seq)
    later = await threads.run(ears.send, province, room, "李建国", "请看", quoting.seq)
    await lin.until("message.created", seq=later.seq)
    assert "人选" in str(wang.heard)
    assert "人选" not in str(lin.heard)


def _transfer(province: Province, name: str, unit: str) -> None:
    """The person serves in the other unit, and all who hear of it have."""
    transfers.transfer(
        actor=province.actor("何管理"),
        person_id=province.person(name),
        to=transfers.Destination(province.unit(unit), "科员", PostFunction.STAFF),
        approved_by=province.person("马科员"),
        now=timezone.now(),
    )
    jobs.run_due()
