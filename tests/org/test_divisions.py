"""A file of divisions fills the tree wholly, or its faults are listed and nothing happens."""

import gzip
import io
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from org import codes
from org.loading import divisions
from org.models import Account, Appointment, AppointmentSearch, DivisionLoad, Person, Unit
from org.queries import appointments, directory, people, visibility
from org.queries import tree as tree_queries
from org.services.divisions import FOUNDED
from tests import factories

# Two provinces, as another part of the country has them: a second root stands beside the first.
SICHUAN = """\
code,name,level,parent_code
51,四川省,1,
5101,成都市,2,51
510104,锦江区,3,5101
510104017,督院街街道,4,510104
510104017001,督院街社区,5,510104017
510104017002,总府社区,5,510104017
5102,自贡市,2,51
510321,荣县,3,5102
510321100,旭阳镇,4,510321
510321100201,新建村委会,5,510321100
52,贵州省,1,
5201,贵阳市,2,52
"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def sichuan(tmp_path: Path) -> Path:
    path = tmp_path / "sichuan.csv"
    path.write_text(SICHUAN, encoding="utf-8")
    return path


def load(path: Path, *extra: str) -> str:
    out = io.StringIO()
    call_command("load_divisions", str(path), *extra, stdout=out)
    return out.getvalue()


def faults_of(content: bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.reason) for fault in divisions.read(content).faults]


def test_another_provinces_file_loads_into_a_sound_tree_with_organs_groups_and_people(
    sichuan: Path,
) -> None:
    assert load(sichuan, "--people", "60").startswith("loaded: ")
    report = tree_queries.check()
    assert report.faults == ()
    assert (report.roots, report.units) == (2, Unit.objects.count())
    kinds = Counter(Unit.objects.values_list("kind", flat=True))
    assert kinds["region"] == 12
    assert kinds["group"] >= 9
    assert Unit.objects.filter(name="锦江区民政局", kind="organ", level=3).count() == 1
    assert Unit.objects.filter(name="荣县公安局").count() == 1
    assert Unit.objects.filter(name="锦江区公安分局").count() == 1
    assert Unit.objects.filter(name="督院街街道办事处", kind="organ", level=4).count() == 1
    assert Unit.objects.filter(code="510104017001001", name="第1居民小组", level=6).exists()
    assert Person.objects.count() == Appointment.objects.count() == 60
    assert AppointmentSearch.objects.count() == 60
    assert Account.objects.count() == 0


def test_placeholders_of_the_statistics_get_no_organs(tmp_path: Path) -> None:
    path = tmp_path / "others.csv"
    rows = [
        "code,name,level,parent_code",
        "11,北京市,1,",
        "1101,市辖区,2,11",
        "110101,东城区,3,1101",
        "44,广东省,1,",
        "4419,东莞市,2,44",
        "441900,东莞市,3,4419",
        "441900003,东城街道,4,441900",
        "441900401,松山湖管委会,4,441900",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    load(path, "--people", "500")
    assert tree_queries.check().faults == ()
    organs = Unit.objects.filter(kind="organ")
    assert not organs.filter(name__startswith="市辖区").exists()
    assert organs.filter(name="东莞市教育局").count() == 1
    assert organs.filter(name="东城区教育局").count() == 1
    assert organs.filter(name="东城街道办事处").count() == 1
    assert Person.objects.count() == 500


def test_organs_carry_right_check_digits_and_say_that_they_are_synthetic(sichuan: Path) -> None:
    load(sichuan, "--people", "0")
    organs = Unit.objects.filter(kind="organ")
    assert organs.count() > 100
    assert all(codes.is_credit_code(organ.code) for organ in organs)
    assert set(organs.values_list("origin", flat=True)) == {"synthetic"}


def test_staffed_organs_have_a_head_a_deputy_a_clerk_and_staff(sichuan: Path) -> None:
    load(sichuan, "--people", "900")
    organ = Unit.objects.get(name="锦江区民政局")
    holders = {
        function: len(appointments.function_holders(organ.pk, function, at=FOUNDED))
        for function in ("head", "deputy", "clerk", "staff")
    }
    assert holders == {"head": 1, "deputy": 1, "clerk": 1, "staff": 3}
    head = appointments.head_of(organ.pk, at=FOUNDED)
    assert head is not None
    assert people.names([head], at=FOUNDED)[head].title == "局长"


def test_the_same_file_people_and_seed_again_change_nothing(sichuan: Path) -> None:
    load(sichuan, "--people", "20")
    names = list(Person.objects.order_by("id").values_list("id", "name"))
    assert load(sichuan, "--people", "20").startswith("already loaded: ")
    zipped = sichuan.with_suffix(".csv.gz")
    zipped.write_bytes(gzip.compress(sichuan.read_bytes()))
    assert load(zipped, "--people", "20").startswith("already loaded: ")
    assert list(Person.objects.order_by("id").values_list("id", "name")) == names
    assert DivisionLoad.objects.count() == 1


def test_the_same_seed_makes_the_same_people(sichuan: Path) -> None:
    load(sichuan, "--people", "20", "--seed", "7")
    made = list(Person.objects.order_by("id").values_list("public_id", "name", "pinyin"))
    assert len({name for _, name, _ in made}) > 10
    assert factories.reset_org() > 5
    load(sichuan, "--people", "20", "--seed", "7")
    again = Person.objects.order_by("id").values_list("public_id", "name", "pinyin")
    assert list(again) == made


def test_another_file_on_top_of_a_filled_tree_is_refused(sichuan: Path) -> None:
    load(sichuan, "--people", "5")
    before = Unit.objects.count()
    with pytest.raises(CommandError, match="ORG_TREE_NOT_EMPTY"):
        load(sichuan, "--people", "6")
    assert (Unit.objects.count(), Person.objects.count()) == (before, 5)


def test_every_bad_row_is_listed_with_its_line_and_nothing_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    rows = [
        b"code,name,level,parent_code",
        "51,四川省,1,".encode(),
        "5101,成都市,2,52".encode(),  # missing parent
        "510104,锦江区,3,51".encode(),  # wrong level
        "51,四川省,1,".encode(),  # doubled code
        "5103,攀枝花市,2,51".encode("gbk"),  # not UTF-8
        "5104,泸州市,2".encode(),  # wrong columns
        "51040,德阳市,2,51".encode(),  # wrong code
        b"5105,,2,51",  # no name
        "5106,绵阳市,9,51".encode(),  # no such level
        '5107,"广元市,2,51'.encode(),  # not CSV
    ]
    path.write_bytes(b"\r\n".join(rows))
    with pytest.raises(CommandError, match="9 faults: nothing was loaded"):
        load(path)
    assert [line for line, _ in faults_of(path.read_bytes())] == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    reasons = dict(faults_of(path.read_bytes()))
    assert reasons[3] == "the parent 52 is missing"
    assert reasons[4] == "the level 3 does not follow the level 1 of its parent 51"
    assert reasons[5] == "the code 51 stands on line 2 already"
    assert reasons[6] == "not UTF-8 at byte 6"
    assert reasons[7] == "3 columns instead of 4"
    assert reasons[8] == "the code '51040' is not 4 digits, as level 2 has"
    assert reasons[10] == "the level '9' is not 1 to 5"
    assert reasons[11].startswith("not CSV")
    assert (Unit.objects.count(), Person.objects.count()) == (0, 0)


def test_the_listing_of_faults_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("code,name,level,parent_code\n" + "x,y,z,w\n" * 900)
    errors = io.StringIO()
    with pytest.raises(CommandError, match="900 faults"):
        call_command("load_divisions", str(path), stderr=errors)
    shown = errors.getvalue().splitlines()
    assert shown[0] == "line 2: the level 'z' is not 1 to 5"
    assert shown[-1] == "… and 850 more"
    assert len(shown) == 51


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"code;name;level;parent_code\n33;x;1;\n", "the header is not"),
        (b"code,name,level,parent_code\n", "the file holds no division"),
        (b"\x1f\x8b\x08\x00broken", "the gzip data is broken"),
        (
            gzip.compress(b"code,name,level,parent_code\n", mtime=0)[:-9],
            "the gzip data is broken",
        ),
        ("代码,名称,级别,上级\n".encode("gbk"), "not UTF-8"),
    ],
    ids=["empty", "other-header", "no-rows", "no-gzip", "cut-gzip", "other-encoding"],
)
def test_a_file_that_is_no_list_of_divisions_is_refused(content: bytes, reason: str) -> None:
    (fault,) = faults_of(content)
    assert reason in fault[1]


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"gone\.csv: No such file"):
        load(tmp_path / "gone.csv")


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault() -> None:
    content = b"\xef\xbb\xbf" + SICHUAN.replace("\n", "\r\n").encode()
    assert len(divisions.read(content).divisions) == 12


def test_the_shipped_province_is_sound_and_whole() -> None:
    path = Path(divisions.__file__).parents[1] / "data" / "divisions-zhejiang.csv.gz"
    file = divisions.read(path.read_bytes())
    assert file.faults == ()
    assert Counter(division.level for division in file.divisions) == {
        1: 1, 2: 11, 3: 90, 4: 1387, 5: 25547,
    }  # fmt: skip


def test_check_org_tree_names_faults_and_repairs_them() -> None:
    province = factories.small_province()
    out = io.StringIO()
    call_command("check_org_tree", stdout=out)
    assert out.getvalue() == "sound: 27 units, 1 roots, depth 4\n"
    factories.force_unit(province.unit("海曙区"), "depth = 9")
    errors = io.StringIO()
    with pytest.raises(CommandError, match="2 faults in 27 units"):
        call_command("check_org_tree", stderr=errors)
    assert "330203 海曙区" in errors.getvalue()
    call_command("check_org_tree", "--repair", stdout=out)
    assert tree_queries.check().faults == ()


def test_a_loaded_unit_is_found_by_name_and_code(sichuan: Path) -> None:
    load(sichuan, "--people", "0")
    found = search("锦江")
    assert (found[0].name, found[0].path) == ("锦江区", "四川省 / 成都市")
    assert [unit.name for unit in search("510104017002")][:1] == ["总府社区"]
    assert search("第1居民小组") == []


def search(text: str) -> list[directory.UnitFound]:
    return directory.search_units(text, at=FOUNDED, viewer=visibility.EVERYTHING)
