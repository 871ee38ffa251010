"""工作台: counters, to-dos, notices and apps of the signed-in person only."""

from django.utils import timezone

from messaging.services import notices
from tests.factories import Province


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
