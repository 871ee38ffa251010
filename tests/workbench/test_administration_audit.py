"""系统管理, audit log: the auditor reads it, proves it and takes it away; nobody else sees it."""

import csv
import io
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from core.models import AuditCheck, AuditEntry
from tests.factories import Province, small_province

LOG = "/administration/audit/"


@pytest.fixture
def province(db: None) -> Province:
    return small_province()


def _page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def _rename(province: Province, name: str) -> None:
    unit = province.unit("西湖区民政局/一科")
    address = f"/api/v1/org/units/{unit}/names"
    answer = province.client("何管理").post(
        address, {"name": name}, content_type="application/json"
    )
    assert answer.status_code == 204


def _exported(client: Client, query: str = "") -> list[list[str]]:
    answer = client.get(f"{LOG}export/{query}")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment;")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file's answer
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_auditor_begins_with_the_log_and_narrows_it(province: Province) -> None:
    _rename(province, "养老服务科")
    auditor = province.client("陈省收")
    assert auditor.get("/administration/")["Location"] == LOG
    page = _page(auditor, f"{LOG}?action=更名&name=何管理&object=org.unit&address=127.0.0.1")
    assert 'title="org.unit.renamed">组织更名' in page
    assert "养老服务科" in page
    for query in ("name=马科员", "object=org.person", "address=10.0.0.1", "until=2020-01-01"):
        assert 'title="org.unit.renamed"' not in _page(auditor, f"{LOG}?{query}")


def test_the_log_is_proved_by_a_worker_and_the_page_says_so(
    province: Province, run_jobs: Callable[[], int]
) -> None:
    _rename(province, "养老服务科")
    auditor = province.client("陈省收")
    assert "尚未校验过" in _page(auditor, LOG)
    begun = auditor.post(f"{LOG}verify/").content.decode()
    assert "正在校验" in begun
    assert 'hx-trigger="every 1s"' in begun
    run_jobs()
    ended = _page(auditor, f"{LOG}verification/")
    assert "校验通过：共 2 条记录" in ended
    assert "hx-trigger" not in ended
    assert "校验通过" in _page(auditor, LOG)


def test_an_altered_row_is_named_on_the_page(
    province: Province, run_jobs: Callable[[], int]
) -> None:
    _rename(province, "养老服务科")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET actor_name = '李四'")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_append_only")
    chain = AuditEntry.objects.get().chain
    auditor = province.client("陈省收")
    auditor.post(f"{LOG}verify/")
    run_jobs()
    said = _page(auditor, f"{LOG}verification/")
    assert f"校验不通过：第 {chain} 链第 1 条：记录被篡改" in said


def test_the_log_is_taken_away_as_a_table_and_that_is_recorded(province: Province) -> None:
    _rename(province, "养老服务科")
    _rename(province, "=HYPERLINK(1)")
    headings, *rows = _exported(province.client("陈省收"), "?name=何管理")
    assert headings[:4] == ["时间", "操作人", "操作", "操作代码"]
    assert [row[3] for row in rows] == ["org.unit.renamed", "org.unit.renamed"]
    assert rows[0][9] == bytes(AuditEntry.objects.order_by("-id")[1].digest).hex()
    taken = AuditEntry.objects.get(action="core.audit.exported")
    assert taken.actor_name == "陈省收"
    assert taken.detail == {"asked": {"name": "何管理"}, "count": 2}


def test_a_cell_of_the_table_is_no_formula(province: Province) -> None:
    _rename(province, "养老服务科")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET actor_name = '=cmd()'")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_append_only")
    _headings, *rows = _exported(province.client("陈省收"))
    assert [row[1] for row in rows if row[3] == "org.unit.renamed"] == ["'=cmd()"]


def test_a_table_that_would_be_too_long_is_refused_and_not_recorded(
    province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.audit_log.EXPORTED_AT_MOST", 1)
    _rename(province, "养老服务科")
    _rename(province, "救助科")
    answer = province.client("陈省收").get(f"{LOG}export/")
    assert answer.status_code == 422
    assert "请缩小时间范围" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="core.audit.exported").exists()


@pytest.mark.parametrize("name", ["何管理", "褚一", "卫二"])
def test_the_log_is_not_there_for_other_administrators(province: Province, name: str) -> None:
    client = province.client(name)
    for address in (LOG, f"{LOG}export/", f"{LOG}verification/"):
        assert client.get(address).status_code == 404
    assert client.post(f"{LOG}verify/").status_code == 404
    assert not AuditCheck.objects.exists()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-03-02&until=2026-03-01", "止日不能早于起日"),
        ("address=10.1.2.3'", "请填写完整的 IP 地址，如 10.1.2.3"),
        ("since=2026-02-30", "日期应形如 2026-03-01"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused_at_its_field(
    province: Province, query: str, said: str
) -> None:
    auditor = province.client("陈省收")
    answer = auditor.get(f"{LOG}?{query}")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'role="alert">{said}</span>' in page
    assert "没有符合条件的记录" not in page
    before = AuditEntry.objects.count()
    taken = auditor.get(f"{LOG}export/?{query}")
    assert taken.status_code == 302
    assert taken["Location"].startswith(f"{LOG}?")
    assert AuditEntry.objects.count() == before
