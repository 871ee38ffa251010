"""What a paper is made of: its characters, levels and titles, and nothing that was not meant."""

import io

import pdfplumber
import pytest

from documents.rendering import fonts, layout
from documents.rendering.render import preview, render
from tests.documents import paper


def test_characters_beyond_gb2312_are_drawn_and_reported() -> None:
    rendered = render(
        paper.document(body="请陶喆、朱镕基、㛃某同志参加。", title="关于表彰陶喆同志的通知")
    )
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
    assert render(paper.document()).sha256 == render(paper.document()).sha256
    assert render(paper.document()).sha256 != render(paper.document(note="")).sha256


def test_what_a_person_writes_is_never_markup() -> None:
    nasty = '#panic("x") $1+1$ *粗* _斜_ = 标题 @ref <label> \\ `code` // 注释 #include "a"'
    rendered = render(paper.document(title="#import 通知", body=nasty, note=nasty))
    text = pdfplumber.open(io.BytesIO(rendered.pdf)).pages[0].extract_text().replace(" ", "")
    assert "#import通知" in text
    assert "*粗*_斜_=标题@ref<label>" in text.replace("\n", "")


def test_the_pdf_says_that_it_is_for_archives() -> None:
    pdf = render(paper.document()).pdf
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in pdf


def test_the_preview_shows_every_page_without_scripts_or_links() -> None:
    shown = preview(paper.document())
    assert len(shown) == render(paper.document()).pages
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
