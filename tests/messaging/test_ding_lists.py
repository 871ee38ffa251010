"""What the sender of a DING and those it calls see of it, in lists and as a file."""

import io

import openpyxl
import pytest

from core.models import AuditEntry
from org.models import Person
from tests.messaging import dings as say
from tests.messaging.conftest import Phone

pytestmark = pytest.mark.usefixtures("working_hours")


def test_the_sender_sees_each_state_alone_in_pages(wang: Phone, li: Phone, zhang: Phone) -> None:
    ding_id = say.opened(wang, wang.group(li, zhang), li, zhang)
    say.confirm(li, ding_id)
    names = {}
    for state in ("pending", "confirmed", "recalled"):
        rows = wang.get(f"/dings/{ding_id}/targets", state=state).json()["items"]
        names[state] = [row["name"] for row in rows]
    assert names == {"pending": ["张晓梅"], "confirmed": ["李建国"], "recalled": []}
    first = wang.get(f"/dings/{ding_id}/targets", limit=1).json()
    second = wang.get(f"/dings/{ding_id}/targets", limit=1, cursor=first["next_cursor"]).json()
    found = {row["name"] for page in (first, second) for row in page["items"]}
    assert (found, second["next_cursor"]) == ({"李建国", "张晓梅"}, None)


def test_lists_go_back_in_time(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    ids = [say.opened(wang, room, li, body=f"第{number}次") for number in range(3)]
    for phone, path in ((wang, "/dings/sent"), (li, "/dings/received")):
        first = phone.get(path, limit=2).json()
        second = phone.get(path, limit=2, cursor=first["next_cursor"]).json()
        assert [row["id"] for row in first["items"]] == [ids[2], ids[1]]
        assert [row["id"] for row in second["items"]] == [ids[0]]


def test_the_file_runs_no_formula(wang: Phone, li: Phone) -> None:
    Person.objects.filter(pk=li.person_id).update(name="=cmd()")
    ding_id = say.opened(wang, wang.direct(li), li)
    say.confirm(li, ding_id)
    answer = wang.get(f"/dings/{ding_id}/file")
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f"attachment; filename*=UTF-8''DING-{ding_id}.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    heading, row = list(sheet.iter_rows(values_only=True))
    assert heading[:5] == ("姓名", "单位", "部门", "职务", "状态")
    assert (row[0], row[4]) == ("'=cmd()", "已确认")
    first, last = str(row[6]).split("\n")
    assert "应用内提醒 已列入：" in first
    assert last.endswith("结束：本人确认")
    assert AuditEntry.objects.filter(action="messaging.ding.exported").count() == 1
