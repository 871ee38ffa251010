"""DING over real sockets: those it calls and its sender hear of it at once, and nobody else."""

import uuid

import pytest

from tests.messaging.site import Device, Site

pytestmark = pytest.mark.live


def _open(site: Site, room: int, *names: str) -> int:
    with site.http("王伟民") as client:
        content = {
            "conversation_id": room,
            "client_message_id": str(uuid.uuid4()),
            "body": "立即到岗",
            "person_ids": [site.people[name] for name in names],
        }
        return int(client.post("/dings", json=content).raise_for_status().json()["ding_id"])


async def test_a_ding_calls_live_and_its_confirmation_reaches_all_it_concerns(site: Site) -> None:
    room = site.group("王伟民", "李建国", "张晓梅")
    async with (
        Device(site, "王伟民") as wang,
        Device(site, "王伟民") as second,
        Device(site, "李建国") as li,
        Device(site, "李建国") as other,
        Device(site, "张晓梅") as zhang,
    ):
        ding_id = _open(site, room, "李建国")
        for device in (li, other):
            called = await device.hear("ding.opened", id=ding_id)
            assert (called["sender_name"], called["excerpt"], called["state"]) == (
                "王伟民", "立即到岗", "pending",
            )  # fmt: skip
        for device in (wang, second):
            own = await device.hear("ding.state", ding_id=ding_id, person_id=None)
            assert (own["person_id"], own["state"], own["counts"]["pending"]) == (None, None, 1)
        first = await li.ask("ding.confirm", {"ding_id": ding_id}, answer="ding.confirm.ack")
        again = await other.ask("ding.confirm", {"ding_id": ding_id}, answer="ding.confirm.ack")
        assert first == again
        assert (await other.hear("ding.state", ding_id=ding_id))["state"] == "confirmed"
        confirmed = {"ding_id": ding_id, "person_id": site.people["李建国"]}
        for device in (wang, second):
            news = await device.hear("ding.state", **confirmed)
            assert (news["state"], news["counts"]["confirmed"]) == ("confirmed", 1)
        with site.http("王伟民") as client:
            client.post(f"/dings/{ding_id}/recall", json={}).raise_for_status()
        # Nobody waits any more, and still it is news for the sender.
        counts = {**own["counts"], "pending": 0, "confirmed": 1}
        await second.hear("ding.state", ding_id=ding_id, person_id=None, counts=counts)
        refused = await zhang.ask("ding.confirm", {"ding_id": ding_id}, answer="error")
        assert (refused["code"], refused["status"]) == ("DING_NOT_FOUND", 404)
        assert not [frame for frame in zhang.received if frame["type"].startswith("ding.")]


async def test_a_recall_takes_it_from_the_screen_at_once(site: Site) -> None:
    room = site.direct("王伟民", "李建国")
    async with Device(site, "李建国") as li:
        ding_id = _open(site, room, "李建国")
        await li.hear("ding.opened", id=ding_id)
        with site.http("王伟民") as client:
            client.post(f"/dings/{ding_id}/recall", json={}).raise_for_status()
        assert (await li.hear("ding.state", ding_id=ding_id))["state"] == "recalled"
        refused = await li.ask("ding.confirm", {"ding_id": ding_id}, answer="error")
        assert refused["code"] == "DING_OVER"
