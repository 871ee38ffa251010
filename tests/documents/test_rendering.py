"""The paper, measured in millimetres against GB/T 9704-2012."""

import io
import itertools
from datetime import date
from typing import Any, Final

import pdfplumber
import pytest
from pdfplumber.page import Page
from PIL import Image, ImageChops

from documents.rendering import fonts, layout
from documents.rendering.render import FormalDocument, preview, render

MM: Final = 72 / 25.4
TOP, LEFT, WIDTH, HEIGHT = 37.0, 28.0, 156.0, 225.0
PITCH, CELL = HEIGHT / 22, WIDTH / 28
TOLERANCE = 0.35
CHARACTERS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥天地玄黄宇宙"
TEXT = (
    "各镇街、各有关部门要高度重视养老服务工作，认真落实省委、省政府决策部署，坚持以人民为中心"
    "的发展思想，健全基本养老服务体系，不断增强老年人的获得感、幸福感、安全感。"
)
BODY = "\n".join(
    [TEXT, "一、总体要求", CHARACTERS * 40, f"（一）明确目标任务。{TEXT}", f"1.{TEXT}",
     f"（1）{TEXT}", "二、工作要求", TEXT]
)  # fmt: skip


def _paper(**changes: Any) -> FormalDocument:
    fields: dict[str, Any] = {
        "issuer": "西湖区民政局",
        "mark": "西湖区民政局文件",
        "number": "西民发〔2026〕12号",
        "title": "关于做好2026年度居家养老服务工作的通知",
        "recipients": "各镇人民政府、街道办事处，区级有关单位：",
        "body": BODY,
        "urgency": "加急",
        "attachments": ("任务分解表", "补助资金管理办法"),
        "note": "联系人：王小明",
        "copies": "市民政局，区委办公室、区人大常委会办公室、区政府办公室、区政协办公室，区纪委。",
        "dated_on": date(2026, 11, 5),
        "printed_on": date(2026, 11, 23),
    }
    return FormalDocument(**{**fields, **changes})


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return pdfplumber.open(io.BytesIO(render(_paper()).pdf)).pages


@pytest.fixture(scope="module")
def image(pages: list[Page]) -> Image.Image:
    """The first page at 20 pixels per millimetre: what ink stands where."""
    return pages[0].to_image(resolution=508).original.convert("RGB")


def _char(page: Page, text: str) -> dict[str, Any]:
    """The first character of the text where it stands on the page."""
    found = page.search(text, regex=False, return_chars=True)
    assert found, f"{text} is not on the page"
    first: dict[str, Any] = found[0]["chars"][0]
    return first


def _mm(points: float) -> float:
    return points / MM


def _lines(page: Page) -> dict[float, list[dict[str, Any]]]:
    """The characters of 3号 by the height of their line, in millimetres from the top."""
    lines: dict[float, list[dict[str, Any]]] = {}
    for char in page.chars:
        if abs(char["size"] - 16) < 0.01:
            lines.setdefault(round(_mm(char["doctop"] - page.initial_doctop), 1), []).append(char)
    return lines


def _opened(document: FormalDocument) -> list[Page]:
    return pdfplumber.open(io.BytesIO(render(document).pdf)).pages


def _rules(page: Page) -> list[dict[str, Any]]:
    """The rules across the type area, from the top."""
    return sorted((rect for rect in page.rects if rect["width"] > 100), key=lambda r: r["top"])


def _numbered(count: int) -> str:
    """That many paragraphs of one line."""
    return "\n".join(f"{number}.{CHARACTERS[:20]}" for number in range(1, count + 1))


def _ink(image: Image.Image, *, red: bool) -> list[float]:
    """The heights in mm at which rows hold ink of the colour."""
    channels = image.split()
    dark = [band.point(lambda value: 255 if value < 150 else 0) for band in channels]
    mask = ImageChops.darker(dark[1], dark[2])
    first = ImageChops.invert(dark[0]) if red else dark[0]
    mask = ImageChops.darker(mask, first)
    return [y / 20 for y in range(mask.height) if mask.crop((0, y, mask.width, y + 1)).getbbox()]


def _bands(rows: list[float]) -> list[tuple[float, float]]:
    """Rows of ink joined to bands: (upper edge, lower edge)."""
    bands: list[tuple[float, float]] = []
    for row in rows:
        if bands and row - bands[-1][1] < 0.5:
            bands[-1] = (bands[-1][0], row)
        else:
            bands.append((row, row))
    return bands


def test_the_page_is_a4(pages: list[Page]) -> None:
    for page in pages:
        assert (_mm(page.width), _mm(page.height)) == pytest.approx((210, 297), abs=0.1)


def test_a_full_page_holds_22_lines_of_28_characters(pages: list[Page]) -> None:
    lines = _lines(pages[1])
    assert len(lines) == 22
    assert {len(line) for line in lines.values()} >= {28}
    full = [line for line in lines.values() if "".join(c["text"] for c in line) in CHARACTERS * 3]
    assert len(full) >= 12
    for line in full:
        assert len(line) == 28
        assert _mm(line[0]["x0"]) == pytest.approx(LEFT, abs=0.05)
        assert _mm(line[-1]["x0"]) == pytest.approx(LEFT + 27 * CELL, abs=0.05)


def test_lines_follow_each_other_at_225_by_22_mm(pages: list[Page]) -> None:
    heights = sorted(_lines(pages[1]))
    pitches = [lower - upper for upper, lower in itertools.pairwise(heights)]
    assert pitches == pytest.approx([PITCH] * 21, abs=0.15)
    assert heights[-1] - heights[0] == pytest.approx(21 * PITCH, abs=0.1)


def test_the_body_stays_inside_the_type_area(pages: list[Page]) -> None:
    for page in pages:
        for char in page.chars:
            if char["text"].strip() and abs(char["size"] - 14) > 0.01:
                assert _mm(char["x0"]) >= LEFT - 0.1
                assert _mm(char["x1"]) <= LEFT + WIDTH + 0.3
                assert _mm(char["top"]) >= TOP - 0.1
                assert _mm(char["bottom"]) <= TOP + HEIGHT + 0.5


def test_the_marks_upper_edge_is_35_mm_below_the_type_area(image: Image.Image) -> None:
    rows = _ink(image, red=True)
    mark, rule = _bands(rows)
    assert mark[0] == pytest.approx(TOP + 35, abs=0.15)
    assert rule[1] - rule[0] == pytest.approx(0.5, abs=0.15)


def test_the_mark_is_red_and_centred(pages: list[Page]) -> None:
    mark = [char for char in pages[0].chars if char["size"] > 30]
    assert "".join(char["text"] for char in mark) == "西湖区民政局文件"
    assert {char["non_stroking_color"] for char in mark} == {mark[0]["non_stroking_color"]}
    r, g, b = mark[0]["non_stroking_color"]
    assert (round(r * 255), round(g * 255), round(b * 255)) == (0xE6, 0, 0x12)
    centre = _mm((mark[0]["x0"] + mark[-1]["x1"]) / 2)
    assert centre == pytest.approx(LEFT + WIDTH / 2, abs=0.3)


def test_a_long_mark_stays_within_the_type_area() -> None:
    pdf = render(_paper(mark="杭州市西湖区退役军人事务管理服务中心文件")).pdf
    page = pdfplumber.open(io.BytesIO(pdf)).pages[0]
    mark = [char for char in page.chars if char["non_stroking_color"] != (0,)][:20]
    assert _mm(mark[0]["x0"]) >= LEFT
    assert _mm(mark[-1]["x1"]) <= LEFT + WIDTH


def test_the_number_stands_two_lines_below_the_mark(image: Image.Image) -> None:
    red = _ink(image, red=True)
    mark = _bands(red)[0]
    black = _ink(image, red=False)
    number = next(band for band in _bands(black) if band[0] > mark[1])
    assert number[0] - mark[1] == pytest.approx(2 * PITCH, abs=TOLERANCE)


def test_the_red_rule_is_4_mm_below_the_number_and_as_wide_as_the_type_area(
    image: Image.Image, pages: list[Page]
) -> None:
    red = _ink(image, red=True)
    rule = _bands(red)[1]
    black = _ink(image, red=False)
    number = [band for band in _bands(black) if band[1] < rule[0]][-1]
    assert rule[0] - number[1] == pytest.approx(4, abs=0.15)
    drawn = [rect for rect in pages[0].rects if rect["width"] > 100]
    assert [_mm(rect["width"]) for rect in drawn] == pytest.approx([WIDTH], abs=0.05)
    assert _mm(drawn[0]["x0"]) == pytest.approx(LEFT, abs=0.05)


def test_the_number_has_its_brackets_and_is_centred(pages: list[Page]) -> None:
    number = pages[0].search("西民发〔2026〕12号", regex=False)[0]
    assert _mm((number["x0"] + number["x1"]) / 2) == pytest.approx(LEFT + WIDTH / 2, abs=0.3)
    assert {round(char["size"], 2) for char in number["chars"]} == {16}


def test_the_title_is_22_point_and_two_lines_below_the_rule(pages: list[Page]) -> None:
    title = [char for char in pages[0].chars if abs(char["size"] - 22) < 0.01]
    assert "".join(char["text"] for char in title) == "关于做好2026年度居家养老服务工作的通知"
    assert all("NotoSerifCJKsc-Bold" in char["fontname"] for char in title)
    rule = next(rect for rect in pages[0].rects if rect["width"] > 100)
    # The character's box is centred in a line of its own, two lines below the rule.
    gap = _mm(title[0]["top"] - rule["bottom"])
    line_rest = (PITCH - 22 / MM) / 2
    assert gap == pytest.approx(2 * PITCH + line_rest, abs=2.0)


def test_recipients_are_flush_left_and_the_body_two_characters_in(pages: list[Page]) -> None:
    assert _mm(_char(pages[0], "各镇人民政府")["x0"]) == pytest.approx(LEFT, abs=0.05)
    assert _mm(_char(pages[0], "各镇街")["x0"]) == pytest.approx(LEFT + 2 * CELL, abs=0.05)
    title = [char for char in pages[0].chars if abs(char["size"] - 22) < 0.01]
    below = _mm(_char(pages[0], "各镇人民政府")["doctop"]) - _mm(title[0]["doctop"])
    # one empty line between; the boxes differ by half the difference of their sizes
    assert below == pytest.approx(2 * PITCH + (22 - 16) / 2 / MM, abs=2.0)


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("一、总体要求", "FandolHei"),
        ("（一）明确目标任务", "FandolKai"),
        ("各镇街、各有关部门要高度重视", "FandolFang"),
        ("西民发", "FandolFang"),
        ("加急", "FandolHei"),
    ],
)
def test_each_element_has_its_face(pages: list[Page], text: str, face: str) -> None:
    page = next(page for page in pages if page.search(text, regex=False))
    assert face in _char(page, text)["fontname"]


def test_urgency_stands_top_left(pages: list[Page]) -> None:
    urgency = _char(pages[0], "加急")
    assert _mm(urgency["x0"]) == pytest.approx(LEFT, abs=0.05)
    assert _mm(urgency["top"]) == pytest.approx(TOP, abs=PITCH / 2)


def test_page_numbers_are_outside_and_7_mm_below_the_type_area(pages: list[Page]) -> None:
    for number, page in enumerate(pages, start=1):
        folio = [char for char in page.chars if _mm(char["top"]) > TOP + HEIGHT]
        assert "".join(char["text"] for char in folio) == f"—{number}—"
        assert {round(char["size"], 2) for char in folio} == {14}
        one = 14 / MM
        if number % 2:
            assert _mm(folio[-1]["x1"]) == pytest.approx(LEFT + WIDTH - one, abs=0.1)
        else:
            assert _mm(folio[0]["x0"]) == pytest.approx(LEFT + one, abs=0.1)


def test_the_dash_of_the_page_number_is_7_mm_below(image: Image.Image) -> None:
    below = image.crop((0, int((TOP + HEIGHT + 1) * 20), image.width, image.height))
    grey = below.convert("L")
    rows = {
        y: sum(grey.crop((0, y, grey.width, y + 1)).histogram()[:100]) for y in range(grey.height)
    }
    dashes = [y for y, ink in rows.items() if ink > 120]
    middle = (dashes[0] + dashes[-1]) / 2 / 20 + 1
    assert middle == pytest.approx(7, abs=0.3)


def test_the_date_is_four_characters_from_the_right_below_the_signature(
    pages: list[Page],
) -> None:
    last = pages[-1]
    day = last.search("2026年11月5日", regex=False)[0]
    assert _mm(day["x1"]) == pytest.approx(LEFT + WIDTH - 4 * CELL, abs=0.3)
    name = last.search("西湖区民政局", regex=False)[0]
    assert _mm(name["top"]) < _mm(day["top"])
    assert _mm((name["x0"] + name["x1"]) / 2) == pytest.approx(
        _mm((day["x0"] + day["x1"]) / 2), abs=0.3
    )


def test_the_imprint_closes_the_type_area_with_its_rules(pages: list[Page]) -> None:
    rules = sorted(
        (rect for rect in pages[-1].rects if rect["width"] > 100), key=lambda rect: rect["top"]
    )
    assert [_mm(rect["height"]) for rect in rules] == pytest.approx([0.35, 0.25, 0.35], abs=0.02)
    assert _mm(rules[-1]["bottom"]) == pytest.approx(TOP + HEIGHT, abs=0.1)
    assert [_mm(rect["width"]) for rect in rules] == pytest.approx([WIDTH] * 3, abs=0.05)
    copies = _char(pages[-1], "抄送：")
    assert round(copies["size"], 2) == 14
    assert _mm(copies["x0"]) == pytest.approx(LEFT + 14 / MM, abs=0.1)
    assert pages[-1].search("2026年11月23日印发", regex=False)


# The text ends on page 2; its last 2 lines of 22 hold the imprint, 1 or 0 do not; then on page 3.
@pytest.mark.parametrize(
    ("lines", "count", "alone"),
    [(22, 2, False), (23, 2, False), (24, 3, True), (25, 3, True), (26, 3, False), (45, 3, False),
     (46, 4, True), (47, 4, True), (48, 4, False)],
)  # fmt: skip
def test_the_imprint_stands_at_the_foot_of_the_last_page(
    lines: int, count: int, alone: bool
) -> None:
    pages = _opened(_paper(body=_numbered(lines), attachments=(), copies="市民政局。"))
    assert len(pages) == count
    assert [len(_rules(page)) for page in pages] == [1, *[0] * (count - 2), 3]
    bottoms = [_mm(rule["bottom"]) for rule in _rules(pages[-1])]
    assert bottoms == pytest.approx([244.6, 253.25, 262.0], abs=0.05)
    assert (not _lines(pages[-1])) is alone


@pytest.mark.parametrize("lines", range(14, 24))
def test_the_imprint_leaves_the_text_above_it_alone(lines: int) -> None:
    last = _opened(_paper(body=_numbered(lines), attachments=()))[-1]
    outer = _rules(last)[0]
    for char in last.chars:
        if abs(char["size"] - 16) < 0.01:
            assert char["bottom"] <= outer["top"]


def test_the_lines_of_the_copies_begin_under_the_first() -> None:
    copies = "市民政局，区委办公室、区人大常委会办公室、区政府办公室、区政协办公室，区纪委。"
    last = _opened(_paper(copies=copies))[-1]
    label, first = _char(last, "抄送："), _char(last, "市民政局")
    assert label["top"] == pytest.approx(first["top"], abs=0.1)
    below = min(
        (c for c in last.chars if round(c["size"]) == 14 and c["top"] > first["bottom"]),
        key=lambda char: (char["top"], char["x0"]),
    )
    assert below["x0"] == pytest.approx(first["x0"], abs=0.1)


def test_a_long_issuer_keeps_clear_of_the_day_of_printing() -> None:
    issuer = "杭州市西湖区退役军人事务管理服务中心（杭州市西湖区双拥工作领导小组办公室）"
    last = _opened(_paper(issuer=issuer))[-1]
    day = last.search("2026年11月23日印发", regex=False)[0]
    row = [c for c in last.chars if abs(c["top"] - day["top"]) < 9 and c["x0"] < day["x0"]]
    assert day["x0"] - max(char["x1"] for char in row) >= 14 - 0.1


def test_hundreds_of_copies_run_over_pages_and_close_at_a_foot() -> None:
    names = [f"杭州市西湖区第{number}街道办事处" for number in range(100, 600)]
    pages = _opened(_paper(copies="、".join(names) + "。"))
    inside = [c for page in pages for c in page.chars if _mm(c["bottom"]) <= TOP + HEIGHT]
    text = "".join(char["text"] for char in inside)
    assert [name for name in names if text.count(name) != 1] == []
    assert _mm(_rules(pages[-1])[-1]["bottom"]) == pytest.approx(262.0, abs=0.05)


def test_the_names_of_attachments_begin_under_each_other_beyond_the_ninth() -> None:
    names = tuple(f"{char}类补助任务分解表" for char in CHARACTERS[:12])
    pages = _opened(_paper(body=TEXT, attachments=names))
    for number, name in enumerate(names, start=1):
        page = next(page for page in pages if page.search(name, regex=False))
        first = _char(page, name)
        dots = [c for c in page.chars if c["text"] == "." and abs(c["top"] - first["top"]) < 6]
        assert [dot["x1"] <= first["x0"] + 0.5 for dot in dots] == [True], number
        assert first["x0"] == pytest.approx(_char(pages[0], names[0])["x0"], abs=0.05)


def test_the_date_is_centred_under_a_signature_of_more_than_a_line() -> None:
    issuer = "杭州市西湖区退役军人事务管理服务中心（杭州市西湖区双拥工作领导小组办公室）"
    last = _opened(_paper(issuer=issuer))[-1]
    day = last.search("2026年11月5日", regex=False)[0]
    assert _mm((day["x0"] + day["x1"]) / 2) == pytest.approx(LEFT + WIDTH / 2, abs=0.3)


def test_a_draft_keeps_the_room_of_its_date() -> None:
    draft = _opened(_paper(body=TEXT, attachments=(), dated_on=None, printed_on=None))
    final = _opened(_paper(body=TEXT, attachments=(), printed_on=None))
    assert len(draft) == len(final)
    assert "2000年" not in "".join(page.extract_text() for page in draft)
    for words in ("西湖区民政局", "（联系人"):
        assert _char(draft[-1], words)["top"] == pytest.approx(
            _char(final[-1], words)["top"], abs=0.1
        )


def test_a_text_without_recipients_begins_one_line_below_the_title() -> None:
    with_recipients = _opened(_paper())[0]
    without = _opened(_paper(recipients=""))[0]
    assert _char(without, "各镇街")["top"] == pytest.approx(
        _char(with_recipients, "各镇人民政府")["top"], abs=0.1
    )


@pytest.mark.parametrize("extra", range(24))
def test_a_signature_never_stands_on_a_page_alone(extra: int) -> None:
    body = "\n".join([TEXT, *(f"{n}.{CHARACTERS[:20]}" for n in range(1, extra + 10)), TEXT])
    rendered = render(_paper(body=body, attachments=(), note="", copies="", printed_on=None))
    last = pdfplumber.open(io.BytesIO(rendered.pdf)).pages[-1]
    text = last.extract_text().replace(" ", "")
    before = text.split("西湖区民政局\n2026年11月5日")[0]
    assert len(before) > 20, text


def test_characters_beyond_gb2312_are_drawn_and_reported() -> None:
    rendered = render(_paper(body="请陶喆、朱镕基、㛃某同志参加。", title="关于表彰陶喆同志的通知"))
    text = "".join(page.extract_text() for page in pdfplumber.open(io.BytesIO(rendered.pdf)).pages)
    for char in "喆镕㛃":
        assert char in text
    assert rendered.substitutions == (
        fonts.Substitution("喆", "FandolFang R", "Noto Serif CJK SC"),
        fonts.Substitution("镕", "FandolFang R", "Noto Serif CJK SC"),
        fonts.Substitution("㛃", "FandolFang R", "Noto Serif CJK SC"),
    )


def test_every_character_of_gb2312_is_printable() -> None:
    rows = (bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF))
    characters = "".join(pair.decode("gb2312", "ignore") for pair in rows)
    assert len(characters) == 6763
    assert fonts.unprintable(characters) == ""
    assert fonts.substitutions(characters, wanted="FandolFang R") == ()


def test_equal_papers_make_equal_bytes() -> None:
    assert render(_paper()).sha256 == render(_paper()).sha256
    assert render(_paper()).sha256 != render(_paper(note="")).sha256


def test_what_a_person_writes_is_never_markup() -> None:
    nasty = '#panic("x") $1+1$ *粗* _斜_ = 标题 @ref <label> \\ `code` // 注释 #include "a"'
    rendered = render(_paper(title="#import 通知", body=nasty, note=nasty))
    text = pdfplumber.open(io.BytesIO(rendered.pdf)).pages[0].extract_text().replace(" ", "")
    assert "#import通知" in text
    assert "*粗*_斜_=标题@ref<label>" in text.replace("\n", "")


def test_the_pdf_says_that_it_is_for_archives() -> None:
    pdf = render(_paper()).pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


def test_the_preview_shows_every_page_without_scripts_or_links() -> None:
    shown = preview(_paper())
    assert len(shown) == render(_paper()).pages
    for page in shown:
        assert page.startswith(b"<svg")
        assert b"<script" not in page
        assert b"<a " not in page


@pytest.mark.parametrize(
    ("line", "level", "head"),
    [
        ("一、总体要求", "level_1", "一、总体要求"),
        ("十二、保障措施。各单位要重视。", "level_1", "十二、保障措施。"),
        ("（三）强化监督", "level_2", "（三）强化监督"),
        ("(三)强化监督", "level_2", "（三）强化监督"),
        ("（四）逐户登记，一户一表。", "level_2", ""),
        ("1.明确分工", "level_3", ""),
        ("（2）按时报送", "level_4", ""),
        ("2026年工作", "text", ""),
        ("3.5%的增长", "text", ""),
    ],
)
def test_levels_are_known_by_their_numbers(line: str, level: str, head: str) -> None:
    paragraph = layout.paragraphs(line)[0]
    assert (paragraph.level, paragraph.head) == (level, head)


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于召开工作会议的通知", ("关于召开工作会议的通知",)),
        (
            "关于印发《杭州市西湖区居家养老服务补助资金管理办法（试行）》的通知",
            ("关于印发《杭州市西湖区居家养老服务", "补助资金管理办法（试行）》的通知"),
        ),
    ],
)
def test_a_title_breaks_into_lines_of_like_width(title: str, lines: tuple[str, ...]) -> None:
    assert layout.title_lines(title) == lines
    assert "".join(layout.title_lines(title)) == title
