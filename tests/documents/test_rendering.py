"""The paper, measured in millimetres against GB/T 9704-2012."""

import io
import itertools

import pdfplumber
import pytest
from pdfplumber.page import Page
from PIL import Image

from documents.rendering.render import render
from tests.documents import paper
from tests.documents.paper import CELL, CHARACTERS, HEIGHT, LEFT, MM, PITCH, TOLERANCE, TOP, WIDTH


@pytest.fixture(scope="module")
def pages() -> list[Page]:
    return pdfplumber.open(io.BytesIO(render(paper.document()).pdf)).pages


@pytest.fixture(scope="module")
def image(pages: list[Page]) -> Image.Image:
    """The first page at 20 pixels per millimetre: what ink stands where."""
    return pages[0].to_image(resolution=508).original.convert("RGB")


def test_the_page_is_a4(pages: list[Page]) -> None:
    for page in pages:
        assert (paper.mm(page.width), paper.mm(page.height)) == pytest.approx((210, 297), abs=0.1)


def test_a_full_page_holds_22_lines_of_28_characters(pages: list[Page]) -> None:
    lines = paper.lines(pages[1])
    assert len(lines) == 22
    assert {len(line) for line in lines.values()} >= {28}
    full = [line for line in lines.values() if "".join(c["text"] for c in line) in CHARACTERS * 3]
    assert len(full) >= 12
    for line in full:
        assert len(line) == 28
        assert paper.mm(line[0]["x0"]) == pytest.approx(LEFT, abs=0.05)
        assert paper.mm(line[-1]["x0"]) == pytest.approx(LEFT + 27 * CELL, abs=0.05)


def test_lines_follow_each_other_at_225_by_22_mm(pages: list[Page]) -> None:
    heights = sorted(paper.lines(pages[1]))
    pitches = [lower - upper for upper, lower in itertools.pairwise(heights)]
    assert pitches == pytest.approx([PITCH] * 21, abs=0.15)
    assert heights[-1] - heights[0] == pytest.approx(21 * PITCH, abs=0.1)


def test_the_body_stays_inside_the_type_area(pages: list[Page]) -> None:
    for page in pages:
        for char in page.chars:
            if char["text"].strip() and abs(char["size"] - 14) > 0.01:
                assert paper.mm(char["x0"]) >= LEFT - 0.1
                assert paper.mm(char["x1"]) <= LEFT + WIDTH + 0.3
                assert paper.mm(char["top"]) >= TOP - 0.1
                assert paper.mm(char["bottom"]) <= TOP + HEIGHT + 0.5


def test_the_marks_upper_edge_is_35_mm_below_the_type_area(image: Image.Image) -> None:
    rows = paper.ink(image, red=True)
    mark, rule = paper.bands(rows)
    assert mark[0] == pytest.approx(TOP + 35, abs=0.15)
    assert rule[1] - rule[0] == pytest.approx(0.5, abs=0.15)


def test_the_mark_is_red_and_centred(pages: list[Page]) -> None:
    mark = [char for char in pages[0].chars if char["size"] > 30]
    assert "".join(char["text"] for char in mark) == "西湖区民政局文件"
    assert {char["non_stroking_color"] for char in mark} == {mark[0]["non_stroking_color"]}
    r, g, b = mark[0]["non_stroking_color"]
    assert (round(r * 255), round(g * 255), round(b * 255)) == (0xE6, 0, 0x12)
    centre = paper.mm((mark[0]["x0"] + mark[-1]["x1"]) / 2)
    assert centre == pytest.approx(LEFT + WIDTH / 2, abs=0.3)


def test_a_long_mark_stays_within_the_type_area() -> None:
    pdf = render(paper.document(mark="杭州市西湖区退役军人事务管理服务中心文件")).pdf
    page = pdfplumber.open(io.BytesIO(pdf)).pages[0]
    mark = [char for char in page.chars if char["non_stroking_color"] != (0,)][:20]
    assert paper.mm(mark[0]["x0"]) >= LEFT
    assert paper.mm(mark[-1]["x1"]) <= LEFT + WIDTH


def test_the_number_stands_two_lines_below_the_mark(image: Image.Image) -> None:
    red = paper.ink(image, red=True)
    mark = paper.bands(red)[0]
    black = paper.ink(image, red=False)
    number = next(band for band in paper.bands(black) if band[0] > mark[1])
    assert number[0] - mark[1] == pytest.approx(2 * PITCH, abs=TOLERANCE)


def test_the_red_rule_is_4_mm_below_the_number_and_as_wide_as_the_type_area(
    image: Image.Image, pages: list[Page]
) -> None:
    red = paper.ink(image, red=True)
    rule = paper.bands(red)[1]
    black = paper.ink(image, red=False)
    number = [band for band in paper.bands(black) if band[1] < rule[0]][-1]
    assert rule[0] - number[1] == pytest.approx(4, abs=0.15)
    drawn = [rect for rect in pages[0].rects if rect["width"] > 100]
    assert [paper.mm(rect["width"]) for rect in drawn] == pytest.approx([WIDTH], abs=0.05)
    assert paper.mm(drawn[0]["x0"]) == pytest.approx(LEFT, abs=0.05)


def test_the_number_has_its_brackets_and_is_centred(pages: list[Page]) -> None:
    number = pages[0].search("西民发〔2026〕12号", regex=False)[0]
    assert paper.mm((number["x0"] + number["x1"]) / 2) == pytest.approx(LEFT + WIDTH / 2, abs=0.3)
    assert {round(char["size"], 2) for char in number["chars"]} == {16}


def test_the_title_is_22_point_and_two_lines_below_the_rule(pages: list[Page]) -> None:
    title = [char for char in pages[0].chars if abs(char["size"] - 22) < 0.01]
    assert "".join(char["text"] for char in title) == "关于做好2026年度居家养老服务工作的通知"
    assert all("NotoSerifCJKsc-Bold" in char["fontname"] for char in title)
    rule = next(rect for rect in pages[0].rects if rect["width"] > 100)
    # The character's box is centred in a line of its own, two lines below the rule.
    gap = paper.mm(title[0]["top"] - rule["bottom"])
    line_rest = (PITCH - 22 / MM) / 2
    assert gap == pytest.approx(2 * PITCH + line_rest, abs=2.0)


def test_recipients_are_flush_left_and_the_body_two_characters_in(pages: list[Page]) -> None:
    assert paper.mm(paper.char(pages[0], "各镇人民政府")["x0"]) == pytest.approx(LEFT, abs=0.05)
    assert paper.mm(paper.char(pages[0], "各镇街")["x0"]) == pytest.approx(
        LEFT + 2 * CELL, abs=0.05
    )
    title = [char for char in pages[0].chars if abs(char["size"] - 22) < 0.01]
    below = paper.mm(paper.char(pages[0], "各镇人民政府")["doctop"]) - paper.mm(title[0]["doctop"])
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
    assert face in paper.char(page, text)["fontname"]


def test_urgency_stands_top_left(pages: list[Page]) -> None:
    urgency = paper.char(pages[0], "加急")
    assert paper.mm(urgency["x0"]) == pytest.approx(LEFT, abs=0.05)
    assert paper.mm(urgency["top"]) == pytest.approx(TOP, abs=PITCH / 2)


def test_page_numbers_are_outside_and_7_mm_below_the_type_area(pages: list[Page]) -> None:
    for number, page in enumerate(pages, start=1):
        folio = [char for char in page.chars if paper.mm(char["top"]) > TOP + HEIGHT]
        assert "".join(char["text"] for char in folio) == f"—{number}—"
        assert {round(char["size"], 2) for char in folio} == {14}
        one = 14 / MM
        if number % 2:
            assert paper.mm(folio[-1]["x1"]) == pytest.approx(LEFT + WIDTH - one, abs=0.1)
        else:
            assert paper.mm(folio[0]["x0"]) == pytest.approx(LEFT + one, abs=0.1)


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
    assert paper.mm(day["x1"]) == pytest.approx(LEFT + WIDTH - 4 * CELL, abs=0.3)
    name = last.search("西湖区民政局", regex=False)[0]
    assert paper.mm(name["top"]) < paper.mm(day["top"])
    assert paper.mm((name["x0"] + name["x1"]) / 2) == pytest.approx(
        paper.mm((day["x0"] + day["x1"]) / 2), abs=0.3
    )


def test_the_imprint_closes_the_type_area_with_its_rules(pages: list[Page]) -> None:
    rules = sorted(
        (rect for rect in pages[-1].rects if rect["width"] > 100), key=lambda rect: rect["top"]
    )
    assert [paper.mm(rect["height"]) for rect in rules] == pytest.approx(
        [0.35, 0.25, 0.35], abs=0.02
    )
    assert paper.mm(rules[-1]["bottom"]) == pytest.approx(TOP + HEIGHT, abs=0.1)
    assert [paper.mm(rect["width"]) for rect in rules] == pytest.approx([WIDTH] * 3, abs=0.05)
    copies = paper.char(pages[-1], "抄送：")
    assert round(copies["size"], 2) == 14
    assert paper.mm(copies["x0"]) == pytest.approx(LEFT + 14 / MM, abs=0.1)
    assert pages[-1].search("2026年11月23日印发", regex=False)
