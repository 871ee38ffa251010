"""Sockets against a real daphne: they end with the sign-in, the account and the post."""

import pytest

from tests.messaging.site import Device, Site, eventually

pytestmark = pytest.mark.live


async def test_signing_out_closes_the_socket(site: Site) -> None:
    async with Device(site, "褚一") as device:
        site.execute("DELETE FROM django_session WHERE session_key = %s", site.sessions["褚一"])
        assert await device.closed_with() == 4003


async def test_a_disabled_account_loses_its_socket(site: Site) -> None:
    async with Device(site, "卫二") as device:
        site.execute(
            "UPDATE org_account SET is_active = FALSE WHERE person_id = %s", site.people["卫二"]
        )
        assert await device.closed_with() == 4003


async def test_a_sign_in_that_is_ended_elsewhere_loses_its_socket(site: Site) -> None:
    async with Device(site, "蒋市长") as device:
        site.execute(
            "UPDATE org_accountsession SET ended_at = now() WHERE account_id ="
            " (SELECT id FROM org_account WHERE person_id = %s)",
            site.people["蒋市长"],
        )
        assert await device.closed_with() == 4003


async def test_an_idle_sign_in_loses_its_socket_and_sending_keeps_it(site: Site) -> None:
    aged = (
        "UPDATE org_accountsession SET seen_at = now() - %s * interval '1 minute'"
        " WHERE account_id = (SELECT id FROM org_account WHERE person_id = %s)"
    )
    room = site.group("陈省收", "吕安全")
    async with Device(site, "陈省收") as device:
        site.execute(aged, 29, site.people["陈省收"])
        await device.send(room, "在")
        await eventually(lambda: _was_seen_just_now(site, "陈省收"))
        site.execute(aged, 31, site.people["陈省收"])
        assert await device.closed_with() == 4003


async def test_who_loses_a_post_begins_anew_without_it(site: Site) -> None:
    async with Device(site, "吕安全") as device:
        site.execute(
            "UPDATE org_appointment SET valid_to = now() WHERE person_id = %s",
            site.people["吕安全"],
        )
        assert await device.closed_with() == 4004
    async with Device(site, "吕安全") as again:  # her account is as it was
        await again.ask("hello", {}, answer="welcome")


def _was_seen_just_now(site: Site, name: str) -> bool:
    [[seen]] = site.rows(
        "SELECT seen_at > now() - interval '1 minute' FROM org_accountsession"
        " WHERE account_id = (SELECT id FROM org_account WHERE person_id = %s)",
        site.people[name],
    )
    return bool(seen)
