"""Work notices by who sends them: each source's own list, its unread number, and its silence."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core import actor as actors
from messaging.kinds import DING_SOURCE
from messaging.models import NoticeMute, NoticeTarget, WorkNotice
from messaging.queries import bells
from messaging.services import notice_sources, notices
from tests.conftest import Budget
from tests.factories import Province
from tests.messaging.conftest import Phone
from tests.messaging.site import Device, Site

NAMES = {"approvals": "审批", "app:17": "值班表", DING_SOURCE: "DING"}


def _notify(
    *phones: Phone, source: str = "approvals", key: str = "1", name: str = "", asks: bool = False
) -> int:
    """The id of a notice that the source sends to these people."""
    sent = notices.send(
        actor=actors.system("test"),
        source=source,
        source_name=name or NAMES[source],
        key=key,
        person_ids=[phone.person_id for phone in phones],
        title=f"{source} {key}",
        body="",
        link="",
        now=timezone.now(),
        asks=asks,
    )
    return sent.id


def _sources(phone: Phone) -> list[Any]:
    answer = phone.get("/notices/sources")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["items"])


def _unread(phone: Phone) -> dict[str, int]:
    return {one["source"]: one["unread"] for one in _sources(phone)}


def _mute(phone: Phone, source: str, *, muted: bool = True) -> Any:
    return phone.call("patch", f"/notices/sources/{source}/settings", {"muted": muted})


def _calling(phone: Phone) -> tuple[int, int, int]:
    """How many notices call: as the API, the heartbeat and the rail say."""
    rail = phone.client.get("/counters/").json()
    told = bells.of_person(phone.person_id, at=timezone.now())
    return phone.get("/unread").json()["notices"], told.notices_unread, rail["notices"]


def test_each_source_stands_with_its_newest_notice_and_what_is_unread(
    wang: Phone, li: Phone
) -> None:
    _notify(wang, li, key="1")
    _notify(wang, source="app:17", key="1")
    newest = _notify(wang, key="2", name="审批中心")
    first, second = _sources(wang)
    assert first == {
        "source": "approvals",
        "source_name": "审批中心",
        "unread": 2,
        "latest": {
            "id": newest,
            "title": "approvals 2",
            "created_at": first["latest"]["created_at"],
        },
        "muted": False,
        "may_mute": True,
    }
    assert (second["source"], second["source_name"], second["unread"]) == ("app:17", "值班表", 1)
    assert _unread(li) == {"approvals": 1}


def test_nobody_has_sources_who_was_sent_nothing(wang: Phone, li: Phone) -> None:
    _notify(wang)
    assert _sources(li) == []


def test_a_source_has_its_own_list_in_pages(wang: Phone) -> None:
    ids = [_notify(wang, key=f"{number}") for number in range(3)]
    other = _notify(wang, source="app:17")
    first = wang.get("/notices", source="approvals", limit=2).json()
    cursor = first["next_cursor"]
    second = wang.get("/notices", source="approvals", limit=2, cursor=cursor).json()
    assert [notice["id"] for notice in first["items"]] == [ids[2], ids[1]]
    assert [notice["id"] for notice in second["items"]] == [ids[0]]
    assert [one["id"] for one in wang.get("/notices", source="app:17").json()["items"]] == [other]
    assert wang.get("/notices", source="documents").json() == {"items": [], "next_cursor": None}
    assert len(wang.get("/notices").json()["items"]) == 4


def test_a_recalled_notice_counts_nowhere_and_says_nothing(wang: Phone) -> None:
    _notify(wang)
    now = timezone.now()
    notices.recall(actor=actors.system("test"), source="approvals", key="1", now=now)
    (source,) = _sources(wang)
    assert (source["unread"], source["latest"]["title"]) == (0, "该通知已撤回")


def test_one_source_is_read_and_the_others_stay_unread(wang: Phone, li: Phone) -> None:
    _notify(wang, li, key="1")
    _notify(wang, key="2")
    _notify(wang, source="app:17")
    answer = wang.call("put", "/notices/read", {"source": "approvals"})
    assert answer.json() == {"messages": 0, "notices": 1}
    assert _unread(wang) == {"app:17": 1, "approvals": 0}
    assert _unread(li) == {"approvals": 1}
    assert wang.call("put", "/notices/read", {"source": "documents"}).json()["notices"] == 1
    assert wang.client.put("/api/v1/messaging/notices/read").json()["notices"] == 0
    assert _unread(wang) == {"app:17": 0, "approvals": 0}


def test_what_was_on_the_screen_is_read_and_nothing_else(wang: Phone, li: Phone) -> None:
    ids = [_notify(wang, key=f"{number}") for number in range(3)]
    foreign = _notify(li, source="app:17")
    answer = wang.call("put", "/notices/read", {"notice_ids": [ids[0], ids[2], foreign]})
    assert answer.json() == {"messages": 0, "notices": 1}
    read = NoticeTarget.objects.filter(read_at__isnull=False).values_list("notice_id", flat=True)
    assert sorted(read) == [ids[0], ids[2]]
    assert _unread(li) == {"app:17": 1}


@pytest.mark.parametrize(
    "content",
    [
        {"source": "approvals", "notice_ids": [1]},
        {"notice_ids": []},
        {"notice_ids": list(range(1, 102))},
        {"notice_ids": [0]},
        {"source": "app 17"},
        {"source": ""},
        {"everything": True},
    ],
)
def test_an_unclear_reading_is_refused_and_reads_nothing(
    wang: Phone, content: dict[str, Any]
) -> None:
    _notify(wang)
    assert wang.call("put", "/notices/read", content).status_code == 422
    assert _unread(wang) == {"approvals": 1}


def test_a_muted_source_is_listed_and_calls_nobody(wang: Phone, li: Phone) -> None:
    _notify(wang, li)
    _notify(wang, source="app:17", key="1")
    answer = _mute(wang, "approvals")
    assert (answer.status_code, answer.json()) == (200, {"source": "approvals", "muted": True})
    _notify(wang, li, key="2")
    assert _calling(wang) == (1, 1, 1)
    assert _calling(li) == (2, 2, 2)
    assert [(one["source"], one["unread"], one["muted"]) for one in _sources(wang)] == [
        ("approvals", 2, True), ("app:17", 1, False),
    ]  # fmt: skip
    assert len(wang.get("/notices").json()["items"]) == 3
    assert bells.of_person(wang.person_id, at=timezone.now()).notices_muted == ["approvals"]
    assert bells.of_person(li.person_id, at=timezone.now()).notices_muted == []
    assert _mute(wang, "approvals", muted=False).json() == {"source": "approvals", "muted": False}
    assert _calling(wang) == (3, 3, 3)
    assert NoticeMute.objects.count() == 0


def test_what_asks_to_be_confirmed_calls_from_a_muted_source_too(wang: Phone) -> None:
    _notify(wang)
    _mute(wang, "approvals")
    asking = _notify(wang, key="2", asks=True)
    assert _calling(wang) == (1, 1, 1)
    wang.call("put", f"/notices/{asking}/confirmation")
    assert _calling(wang) == (0, 0, 0)
    assert _unread(wang) == {"approvals": 1}


def test_muting_twice_is_muting_once(wang: Phone) -> None:
    _notify(wang)
    assert [_mute(wang, "approvals").status_code for _ in range(2)] == [200, 200]
    assert NoticeMute.objects.count() == 1


def test_another_device_that_waits_hears_of_the_muting(wang: Phone) -> None:
    _notify(wang, source="app:17")
    wang.call("put", "/notices/read", {})
    before = wang.get("/sync").json()
    _mute(wang, "app:17")
    after = wang.get("/sync", state=before["state"]).json()
    assert after["state"] != before["state"]
    assert after["bells"]["notices_muted"] == ["app:17"]


def test_ding_is_never_muted(wang: Phone) -> None:
    _notify(wang, source=DING_SOURCE)
    answer = _mute(wang, DING_SOURCE)
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTICE_SOURCE_ALWAYS_HEARD")
    assert NoticeMute.objects.count() == 0
    assert [one["may_mute"] for one in _sources(wang)] == [False]


@pytest.mark.live
async def test_the_persons_other_devices_hear_of_muting_and_of_reading(site: Site) -> None:
    receiver = site.people["李建国"]
    source, key = f"app:{uuid.uuid4().int % 10**9}", uuid.uuid4().hex
    (notice_id,) = site.rows(
        "INSERT INTO messaging_worknotice (source, source_name, key, title, body, link, created_at,"
        " asks, targets) VALUES (%s, '值班表', %s, '换班', '', '', now(), false, 1) RETURNING id",
        source, key,
    )[0]  # fmt: skip
    site.execute(
        "INSERT INTO messaging_noticetarget (notice_id, person_id) VALUES (%s, %s)",
        notice_id,
        receiver,
    )
    with site.http("李建国") as phone:
        async with Device(site, "李建国") as device, Device(site, "王伟民") as stranger:
            path = f"/notices/sources/{source}/settings"
            assert phone.patch(path, json={"muted": True}).status_code == 200
            assert await device.hear("settings.changed", source=source) == {
                "source": source, "muted": True,
            }  # fmt: skip
            read = phone.put("/notices/read", json={"source": source})
            assert read.status_code == 200
            assert await device.hear("notice.read", source=source) == {
                "notice_ids": [], "source": source,
            }  # fmt: skip
            bells_told = (await device.ask("hello", {}, answer="welcome"))["bells"]
            assert source in bells_told["notices_muted"]
            await stranger.ask("hello", {}, answer="welcome")
    told = {frame["type"] for frame in stranger.received}
    assert told.isdisjoint({"settings.changed", "notice.read"})


@pytest.mark.parametrize("muted", [True, False])
def test_a_source_that_sent_one_nothing_looks_absent(wang: Phone, li: Phone, muted: bool) -> None:
    _notify(wang)
    for source in ("approvals", "app:404"):
        answer = _mute(li, source, muted=muted)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOTICE_SOURCE_NOT_FOUND")
    assert NoticeMute.objects.count() == 0


def test_only_so_many_sources_can_be_muted(wang: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_sources, "MUTED_AT_MOST", 1)
    _notify(wang)
    _notify(wang, source="app:17")
    assert _mute(wang, "approvals").status_code == 200
    answer = _mute(wang, "app:17")
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTICE_SOURCES_TOO_MANY_MUTED")
    assert _mute(wang, "approvals").status_code == 200  # it is muted already
    assert list(NoticeMute.objects.values_list("source", flat=True)) == ["approvals"]


def test_a_notice_to_units_stands_under_its_source(province: Province, wang: Phone) -> None:
    sent = notices.send_to_units(
        actor=actors.system("test"),
        source="app:17",
        source_name="值班表",
        key="wide",
        wide=notices.Wide((province.unit("西湖区民政局"),)),
        title="防汛演练",
        body="",
        link="",
        now=timezone.now(),
    )
    assert _unread(wang) == {"app:17": 1}
    assert NoticeTarget.objects.filter(source="app:17").count() == sent.targets == 5


def test_a_receiver_whom_the_version_before_adds_has_the_source_all_the_same(wang: Phone) -> None:
    notice = WorkNotice.objects.create(
        source="app:17", source_name="值班表", key="old", title="旧版本",
        created_at=timezone.now(), asks=True,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_noticetarget (notice_id, person_id) VALUES (%s, %s)",
            [notice.pk, wang.person_id],
        )
    assert _unread(wang) == {"app:17": 1}
    _mute(wang, "app:17")
    assert _calling(wang) == (1, 1, 1)


def test_the_queries_of_sources_are_budgeted(wang: Phone, budget: Budget) -> None:
    for source in ("approvals", "app:17"):
        _notify(wang, source=source)
    with budget("messaging.notices.sources"):
        wang.get("/notices/sources")
    with budget("messaging.notices.of_source"):
        wang.get("/notices", source="app:17")
    with budget("messaging.notices.read_source"):
        wang.call("put", "/notices/read", {"source": "app:17"})
    with budget("messaging.notices.mute"):
        _mute(wang, "app:17")
    with budget("messaging.notices.unmute"):
        _mute(wang, "app:17", muted=False)
