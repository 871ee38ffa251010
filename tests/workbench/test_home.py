"""工作台: counters, to-dos, notices and apps of the signed-in person only."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.utils import timezone

from core import actor as actors
from documents.services import registration
from messaging.services import notices
from miniapps.services import registry
from tests.documents.office import Office
from tests.factories import Province
from tests.miniapps import apps


@pytest.fixture
def office(province: Province, run_jobs: Callable[[], int]) -> Office:
    """西湖区民政局, which issues documents."""
    call_command("seed_sign_off")
    registration.register(
        actor=actors.system("tests"),
        unit_id=province.unit("西湖区民政局"),
        agency_code="西民发",
        mark="西湖区民政局文件",
        now=timezone.now(),
    )
    return Office(province, run_jobs)


def _to_do_of(province: Province, name: str) -> str:
    page = province.client(name).get("/today/").content.decode()
    return page[: page.index("工作通知")]


def _send(province: Province, *, to: str, key: str, title: str) -> None:
    notices.send(
        actor=province.actor("李建国"),
        source="test",
        source_name="测试应用",
        key=key,
        person_ids=[province.person(to)],
        title=title,
        body="请于今日下班前处理",
        link="",
        now=timezone.now(),
    )


def test_an_empty_workbench_says_what_will_stand_there(province: Province) -> None:
    page = province.client("张晓梅").get("/").content.decode()
    assert "没有待办事项" in page
    assert "没有工作通知" in page
    assert "还没有可用的应用" in page


def test_a_notice_is_counted_and_shown_to_its_receiver_only(province: Province) -> None:
    _send(province, to="张晓梅", key="k1", title="值班安排已更新")
    receiver, other = province.client("张晓梅"), province.client("曾国强")
    assert receiver.get("/counters/").json()["notices"] == 1
    assert "值班安排已更新" in receiver.get("/today/").content.decode()
    assert other.get("/counters/").json()["notices"] == 0
    assert "值班安排已更新" not in other.get("/today/").content.decode()


def test_a_title_with_markup_is_shown_as_text(province: Province) -> None:
    _send(province, to="张晓梅", key="k2", title="<script>alert(1)</script>")
    page = province.client("张晓梅").get("/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_document_waits_for_the_clerk_until_it_is_acknowledged(office: Office) -> None:
    document_id = office.dispatched()
    clerk = "孙收文"
    row = _to_do_of(office.province, clerk)
    assert office.draft()["title"] in row
    assert "待签收" in row
    assert f'href="/documents/{document_id}/"' in row
    assert office.send(clerk, f"{document_id}/acknowledgement").status_code == 200
    assert "没有待办事项" in _to_do_of(office.province, clerk)


def test_a_signed_document_waits_for_those_who_number_it(office: Office) -> None:
    document_id = office.signed()
    for who in ("曾国强", "张晓梅"):
        row = _to_do_of(office.province, who)
        assert "待编号" in row
        assert f'href="/documents/{document_id}/"' in row
    assert "没有待办事项" in _to_do_of(office.province, "王伟民")
    assert office.send("曾国强", f"{document_id}/issue").status_code == 200
    assert "没有待办事项" in _to_do_of(office.province, "曾国强")


def test_an_app_waits_for_whoever_reviews_it(province: Province) -> None:
    made = apps.registered(province)
    registry.submit(
        actor=province.actor(apps.DEVELOPER), release_id=made.release_id, now=timezone.now()
    )
    assert f'href="/apps/{made.app_id}/"' in _to_do_of(province, apps.REVIEWER)
    assert "没有待办事项" in _to_do_of(province, apps.DEVELOPER)


def test_what_came_last_stands_first(office: Office) -> None:
    office.signed()
    _document_id, _case_id = office.submitted(title="关于另一事项的通知")
    row = _to_do_of(office.province, "张晓梅")
    assert row.index("关于另一事项的通知") < row.index("待编号")
