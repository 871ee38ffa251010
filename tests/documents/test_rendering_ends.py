"""Where papers end: imprints, copies, attachments and signatures that run over."""

import io

import pdfplumber
import pytest

from documents.rendering.render import render
from tests.documents import paper
from tests.documents.paper import CHARACTERS, HEIGHT, LEFT, TEXT, TOP, WIDTH


# The text ends on page 2; its last 2 lines of 22 hold the imprint, 1 or 0 do not; then on page 3.
@pytest.mark.parametrize(
    ("lines", "count", "alone"),
    [(22, 2, False), (23, 2, False), (24, 3, True), (25, 3, True), (26, 3, False), (45, 3, False),
     (46, 4, True), (47, 4, True), (48, 4, False)],
)  # fmt: skip
def test_the_imprint_stands_at_the_foot_of_the_last_page(
    lines: int, count: int, alone: bool
) -> None:
    pages = paper.opened(
        paper.document(body=paper.numbered(lines), attachments=(), copies="市民政局。")
    )
    assert len(pages) == count
    assert [len(paper.rules(page)) for page in pages] == [1, *[0] * (count - 2), 3]
    bottoms = [paper.mm(rule["bottom"]) for rule in paper.rules(pages[-1])]
    assert bottoms == pytest.approx([244.6, 253.25, 262.0], abs=0.05)
    assert (not paper.lines(pages[-1])) is alone


@pytest.mark.parametrize("lines", range(14, 24))
def test_the_imprint_leaves_the_text_above_it_alone(lines: int) -> None:
    last = paper.opened(paper.document(body=paper.numbered(lines), attachments=()))[-1]
    outer = paper.rules(last)[0]
    for char in last.chars:
        if abs(char["size"] - 16) < 0.01:
            assert char["bottom"] <= outer["top"]


def test_the_lines_of_the_copies_begin_under_the_first() -> None:
    copies = "市民政局，区委办公室、区人大常委会办公室、区政府办公室、区政协办公室，区纪委。"
    last = paper.opened(paper.document(copies=copies))[-1]
    label, first = paper.char(last, "抄送："), paper.char(last, "市民政局")
    assert label["top"] == pytest.approx(first["top"], abs=0.1)
    below = min(
        (c for c in last.chars if round(c["size"]) == 14 and c["top"] > first["bottom"]),
        key=lambda char: (char["top"], char["x0"]),
    )
    assert below["x0"] == pytest.approx(first["x0"], abs=0.1)


def test_a_long_issuer_keeps_clear_of_the_day_of_printing() -> None:
    issuer = "杭州市西湖区退役军人事务管理服务中心（杭州市西湖区双拥工作领导小组办公室）"
    last = paper.opened(paper.document(issuer=issuer))[-1]
    day = last.search("2026年11月23日印发", regex=False)[0]
    row = [c for c in last.chars if abs(c["top"] - day["top"]) < 9 and c["x0"] < day["x0"]]
    assert day["x0"] - max(char["x1"] for char in row) >= 14 - 0.1


def test_hundreds_of_copies_run_over_pages_and_close_at_a_foot() -> None:
    names = [f"杭州市西湖区第{number}街道办事处" for number in range(100, 600)]
    pages = paper.opened(paper.document(copies="、".join(names) + "。"))
    inside = [c for page in pages for c in page.chars if paper.mm(c["bottom"]) <= TOP + HEIGHT]
    text = "".join(char["text"] for char in inside)
    assert [name for name in names if text.count(name) != 1] == []
    assert paper.mm(paper.rules(pages[-1])[-1]["bottom"]) == pytest.approx(262.0, abs=0.05)


def test_the_names_of_attachments_begin_under_each_other_beyond_the_ninth() -> None:
    names = tuple(f"{char}类补助任务分解表" for char in CHARACTERS[:12])
    pages = paper.opened(paper.document(body=TEXT, attachments=names))
    for number, name in enumerate(names, start=1):
        page = next(page for page in pages if page.search(name, regex=False))
        first = paper.char(page, name)
        dots = [c for c in page.chars if c["text"] == "." and abs(c["top"] - first["top"]) < 6]
        assert [dot["x1"] <= first["x0"] + 0.5 for dot in dots] == [True], number
        assert first["x0"] == pytest.approx(paper.char(pages[0], names[0])["x0"], abs=0.05)


def test_the_date_is_centred_under_a_signature_of_more_than_a_line() -> None:
    issuer = "杭州市西湖区退役军人事务管理服务中心（杭州市西湖区双拥工作领导小组办公室）"
    last = paper.opened(paper.document(issuer=issuer))[-1]
    day = last.search("2026年11月5日", regex=False)[0]
    assert paper.mm((day["x0"] + day["x1"]) / 2) == pytest.approx(LEFT + WIDTH / 2, abs=0.3)


def test_a_draft_keeps_the_room_of_its_date() -> None:
    draft = paper.opened(paper.document(body=TEXT, attachments=(), dated_on=None, printed_on=None))
    final = paper.opened(paper.document(body=TEXT, attachments=(), printed_on=None))
    assert len(draft) == len(final)
    assert "2000年" not in "".join(page.extract_text() for page in draft)
    for words in ("西湖区民政局", "（联系人"):
        assert paper.char(draft[-1], words)["top"] == pytest.approx(
            paper.char(final[-1], words)["top"], abs=0.1
        )


def test_a_text_without_recipients_begins_one_line_below_the_title() -> None:
    with_recipients = paper.opened(paper.document())[0]
    without = paper.opened(paper.document(recipients=""))[0]
    assert paper.char(without, "各镇街")["top"] == pytest.approx(
        paper.char(with_recipients, "各镇人民政府")["top"], abs=0.1
    )


@pytest.mark.parametrize("extra", range(24))
def test_a_signature_never_stands_on_a_page_alone(extra: int) -> None:
    body = "\n".join([TEXT, *(f"{n}.{CHARACTERS[:20]}" for n in range(1, extra + 10)), TEXT])
    rendered = render(
        paper.document(body=body, attachments=(), note="", copies="", printed_on=None)
    )
    last = pdfplumber.open(io.BytesIO(rendered.pdf)).pages[-1]
    text = last.extract_text().replace(" ", "")
    before = text.split("西湖区民政局\n2026年11月5日")[0]
    assert len(before) > 20, text
