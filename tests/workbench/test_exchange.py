"""导入导出 on the screen: upload, columns, check, confirm, and what is refused on the way."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from org.kinds import ImportState
from org.models import DirectoryExport, DirectoryImport, ImportLine, Person
from tests import factories
from tests.contracts import source
from tests.org import files
from workbench import exchange_words

pytestmark = [pytest.mark.django_db]

HOME = "/administration/exchange/"
OFFICE = "西湖区民政局/办公室"
RIGHT = ("赵新民", "13900000001", OFFICE, "科员")
WRONG = ("甲", "123", OFFICE, "科员")


@pytest.fixture
def client(province: factories.Province) -> Client:
    return province.client("何管理")


def upload(
    client: Client, province: factories.Province, content: bytes, name: str = "人员.xlsx"
) -> Any:
    form = {
        "file": SimpleUploadedFile(name, content),
        "subject": "people",
        "mode": "merge",
        "unit_id": province.unit("西湖区"),
    }
    return client.post(f"{HOME}imports/", form)


def checked(
    client: Client,
    province: factories.Province,
    run_jobs: Callable[[], int],
    *rows: tuple[str, ...],
) -> str:
    """The address of the import after its check."""
    page: str = upload(client, province, files.people(*rows))["Location"]
    columns = {f"column-{n}": key for n, key in enumerate(("name", "phone", "unit", "title"))}
    assert client.post(f"{page}columns/", columns)["Location"] == page
    run_jobs()
    return page


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


def test_a_file_is_led_through_all_five_steps(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    answer = upload(client, province, files.people(RIGHT, WRONG))
    assert answer.status_code == 302
    page = answer["Location"]
    columns = text(client.get(page))
    assert 'aria-current="step"><span class="step-mark">2</span>' in columns
    assert '<option value="name" selected>姓名 *</option>' in columns
    assert "13900000001" not in columns
    client.post(f"{page}columns/", {"column-0": "name", "column-1": "phone", "column-2": "unit",
                                    "column-3": "title"})  # fmt: skip
    assert "等待检查" in text(client.get(page))
    assert "等待检查" in text(client.get(f"{page}progress/"))
    run_jobs()
    watched = client.get(f"{page}progress/")
    assert (watched.status_code, watched["HX-Refresh"]) == (204, "true")
    preview = text(client.get(page))
    assert "手机号应为 11 位数字" in preview
    assert "赵新民" in preview
    assert "139****0001" in preview
    assert "确认导入" in preview
    assert client.post(f"{page}confirm/")["Location"] == page
    run_jobs()
    done = text(client.get(page))
    assert "导入完成" in done
    assert "确认导入" not in done
    assert Person.objects.filter(name="赵新民").count() == 1
    assert "人员.xlsx" in text(client.get(HOME))


@pytest.mark.parametrize(
    ("name", "content", "status", "said"),
    [
        ("a.xlsx", b"MZ\x90", 415, "文件内容与扩展名不符"),
        ("a.xlsm", b"PK", 415, "不接受含宏的文件"),
        ("a.xlsx", files.people(RIGHT)[:-300], 422, "文件已损坏，无法打开"),
        ("a.csv", b"\xff\xff\x81", 415, "文字编码无法识别"),
    ],
)
def test_what_is_no_list_is_refused_beside_the_field(
    client: Client, province: factories.Province, name: str, content: bytes, status: int, said: str
) -> None:
    answer = upload(client, province, content, name)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert 'id="id_file-error"' in answer.content.decode()
    assert DirectoryImport.objects.count() == 0


def test_nobody_uploads_for_a_unit_he_does_not_manage(
    client: Client, province: factories.Province
) -> None:
    form = {"file": SimpleUploadedFile("a.xlsx", files.people(RIGHT)), "subject": "people",
            "mode": "merge", "unit_id": province.unit("上城区")}  # fmt: skip
    answer = client.post(f"{HOME}imports/", form)
    assert answer.status_code == 422
    assert "请选择您可以管理人员的组织" in answer.content.decode()
    assert DirectoryImport.objects.count() == 0
    assert province.client("许收发").get(HOME).status_code == 404


def test_two_columns_for_one_field_are_refused_on_the_page(
    client: Client, province: factories.Province
) -> None:
    page = upload(client, province, files.people(RIGHT))["Location"]
    answer = client.post(f"{page}columns/", {"column-0": "name", "column-1": "name"})
    assert answer.status_code == 422
    assert "有两列都对应“姓名”" in answer.content.decode()
    lacking = client.post(f"{page}columns/", {"column-0": "name"})
    assert "请为职务、单位编码或单位指定对应的列" in lacking.content.decode()
    assert DirectoryImport.objects.get().state == ImportState.UPLOADED


def test_the_tally_of_errors_counts_rows(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    page = checked(client, province, run_jobs, RIGHT, ("丙<", "1", OFFICE, ""), WRONG)
    shown = text(client.get(page))
    assert DirectoryImport.objects.get().error_count == 4
    assert '<span class="tally-number red">2</span><span class="tally-label">错误</span>' in shown


def test_faults_and_changes_are_filtered_and_paged(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    people = [(f"新{n}", f"139000002{n:02d}", OFFICE, "科员") for n in range(60)]
    page = checked(client, province, run_jobs, *people, WRONG, ("乙", "", "无此单位", "科员"))
    faults = text(client.get(f"{page}faults/", {"code": "BAD_PHONE"}))
    assert "手机号应为 11 位数字" in faults
    assert "<td>“无此单位”" not in faults
    first = text(client.get(f"{page}lines/", {"outcome": "new"}))
    assert first.count("line-name") == 50
    cursor = first.split("cursor=")[1].split('"')[0]
    rest = text(client.get(f"{page}lines/?outcome=new&cursor={cursor}"))
    assert rest.count("line-name") == 10
    assert "<table" not in rest
    assert "涉及 60 项，确认后须另一位管理员复核" in text(client.get(page))


def test_what_is_typed_in_a_file_is_shown_as_text(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    evil = "<script>alert(1)</script>"
    answer = upload(client, province, files.xlsx([["姓名", evil], ["<img src=x>", evil]]))
    shown = text(client.get(answer["Location"]))
    assert evil not in shown
    assert "<img" not in shown
    page = checked(client, province, run_jobs, ("赵新民", "13900000001", evil, "科员"))
    assert evil not in text(client.get(page))


def test_a_download_carries_the_report(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    page = checked(client, province, run_jobs, RIGHT, WRONG)
    answer = client.get(f"{page}report/")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_an_import_is_given_up(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    page = checked(client, province, run_jobs, RIGHT)
    client.post(f"{page}cancel/")
    assert "已取消，未作任何变动" in text(client.get(page))
    assert ImportLine.objects.count() == 1
    refused = client.post(f"{page}confirm/")
    assert refused.status_code == 409
    assert "该导入已取消，不能进行此操作" in refused.content.decode()


def test_a_list_is_exported_and_fetched_from_the_page(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    form = {"subject": "people", "unit_id": province.unit("西湖区民政局"), "file_format": "csv",
            "phones": "masked"}  # fmt: skip
    assert client.post(f"{HOME}exports/", form)["Location"] == HOME
    assert "hx-trigger" in text(client.get(f"{HOME}exports/list/"))
    run_jobs()
    listed = text(client.get(f"{HOME}exports/list/"))
    assert "hx-trigger" not in listed
    made = DirectoryExport.objects.get()
    file = client.get(f"{HOME}exports/{made.pk}/file/")
    assert file.content.decode("utf-8-sig").splitlines()[1].split(",")[1] == "王伟民"
    assert province.client("马科员").get(f"{HOME}exports/{made.pk}/file/").status_code == 404


def test_templates_are_offered_for_the_scope_only(
    client: Client, province: factories.Province
) -> None:
    for subject in ("people", "units"):
        assert client.get(f"{HOME}template/{subject}/").status_code == 200
    assert client.get(f"{HOME}template/grants/").status_code == 404
    beyond = client.get(f"{HOME}template/people/", {"unit": province.unit("上城区")})
    assert beyond.status_code == 403


def test_every_fault_has_a_word_to_be_narrowed_by() -> None:
    said: set[str] = set()
    for module in source.modules():
        if module.name.startswith("org.exchange."):
            text = module.path.read_text(encoding="utf-8")
            said |= set(re.findall(r'(?:error|note)\([^"]*"[a-z_]+", "([A-Z_]+)"', text))
            said |= set(re.findall(r'NotFound\("([A-Z_]+)"', text))
    assert len(said) > 30
    assert {code for code in said if exchange_words.word(code) == code} == set()


def test_a_stale_import_is_checked_again_by_one_button(
    client: Client, province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    page = checked(client, province, run_jobs, RIGHT)
    DirectoryImport.objects.update(plan_digest="0" * 64)
    assert client.post(f"{page}confirm/")["Location"] == page
    run_jobs()
    stale = text(client.get(page))
    assert "请重新检查" in stale
    assert f'formaction="{page}again/">重新检查</button>' in stale
    assert 'type="submit" disabled>确认导入</button>' in stale
    assert client.post(f"{page}again/")["Location"] == page
    run_jobs()
    assert "重新检查" not in text(client.get(page))
    assert client.post(f"{page}confirm/")["Location"] == page
    run_jobs()
    assert "导入完成" in text(client.get(page))
