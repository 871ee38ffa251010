"""A paper, and where its lines, rules and ink stand."""

import io
from datetime import date
from typing import Any, Final

import pdfplumber
from pdfplumber.page import Page
from PIL import Image, ImageChops

from documents.rendering.render import FormalDocument, render

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


def document(**changes: Any) -> FormalDocument:
    """A notice of 西湖区民政局 with everything that a paper may have."""
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


def char(page: Page, text: str) -> dict[str, Any]:
    """The first character of the text where it stands on the page."""
    found = page.search(text, regex=False, return_chars=True)
    assert found, f"{text} is not on the page"
    first: dict[str, Any] = found[0]["chars"][0]
    return first


def mm(points: float) -> float:
    """Points as millimetres."""
    return points / MM


def lines(page: Page) -> dict[float, list[dict[str, Any]]]:
    """The characters of 3号 by the height of their line, in millimetres from the top."""
    lines: dict[float, list[dict[str, Any]]] = {}
    for char in page.chars:
        if abs(char["size"] - 16) < 0.01:
            lines.setdefault(round(mm(char["doctop"] - page.initial_doctop), 1), []).append(char)
    return lines


def opened(document: FormalDocument) -> list[Page]:
    """The pages of the document as it is set."""
    return pdfplumber.open(io.BytesIO(render(document).pdf)).pages


def rules(page: Page) -> list[dict[str, Any]]:
    """The rules across the type area, from the top."""
    return sorted((rect for rect in page.rects if rect["width"] > 100), key=lambda r: r["top"])


def numbered(count: int) -> str:
    """That many paragraphs of one line."""
    return "\n".join(f"{number}.{CHARACTERS[:20]}" for number in range(1, count + 1))


def ink(image: Image.Image, *, red: bool) -> list[float]:
    """The heights in mm at which rows hold ink of the colour."""
    channels = image.split()
    dark = [band.point(lambda value: 255 if value < 150 else 0) for band in channels]
    mask = ImageChops.darker(dark[1], dark[2])
    first = ImageChops.invert(dark[0]) if red else dark[0]
    mask = ImageChops.darker(mask, first)
    return [y / 20 for y in range(mask.height) if mask.crop((0, y, mask.width, y + 1)).getbbox()]


def bands(rows: list[float]) -> list[tuple[float, float]]:
    """Rows of ink joined to bands: (upper edge, lower edge)."""
    bands: list[tuple[float, float]] = []
    for row in rows:
        if bands and row - bands[-1][1] < 0.5:
            bands[-1] = (bands[-1][0], row)
        else:
            bands.append((row, row))
    return bands
