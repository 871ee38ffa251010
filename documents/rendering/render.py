"""Sets an official document as a PDF, or as the pages of a preview."""

import hashlib
import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

import typst

from documents.rendering import fonts, layout

TEMPLATE: Final = Path(__file__).resolve().parent / "general.typ"
_FANG, _HEI, _MARK = "FandolFang R", "FandolHei", fonts.FALLBACK

# The compiler keeps its memo between runs and is not meant for two threads at once.
_COMPILING: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormalDocument:
    """All that stands on the paper. Empty text leaves its element out.

    `number` is the whole 发文字号; `dated_on` None leaves room and sets no date (a draft).
    """

    issuer: str
    mark: str
    number: str
    title: str
    recipients: str
    body: str
    urgency: str = ""
    attachments: tuple[str, ...] = ()
    note: str = ""
    copies: str = ""
    dated_on: date | None = None
    printed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished PDF/A-2b; equal documents give equal bytes."""

    pdf: bytes
    pages: int
    substitutions: tuple[fonts.Substitution, ...]

    @property
    def sha256(self) -> str:
        """The digest of the bytes, lower-case hex."""
        return hashlib.sha256(self.pdf).hexdigest()


def render(document: FormalDocument) -> Rendered:
    """The document as PDF/A-2b on the standard's grid."""
    stamp = document.printed_on or document.dated_on or date(2000, 1, 1)
    at = datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC)
    inputs = _inputs(document)
    with _COMPILING:
        pdf = _compiled("pdf", inputs, at)
        ends = _ends()
        if _fell_apart(ends):
            pdf = _compiled("pdf", {**inputs, "keep": "text"}, at)
            ends = _ends()
    pages = next(end["pages"] for end in ends if "pages" in end)
    return Rendered(pdf[0], pages, _substitutions(document))


def preview(document: FormalDocument) -> tuple[bytes, ...]:
    """The document's pages as SVG, glyphs as outlines: what is shown is what is printed."""
    inputs = _inputs(document)
    with _COMPILING:
        pages = _compiled("svg", inputs, None)
        if _fell_apart(_ends()):
            pages = _compiled("svg", {**inputs, "keep": "text"}, None)
    return pages


def _compiled(
    form: Literal["pdf", "svg"], inputs: dict[str, str], at: datetime | None
) -> tuple[bytes, ...]:
    made = _compiler().compile(
        format=form,
        sys_inputs=inputs,
        pdf_standards="a-2b" if form == "pdf" else [],
        timestamp=at,
    )
    if made is None:
        raise TypeError("typst wrote no output")
    return tuple(made) if isinstance(made, list) else (made,)


def _ends() -> list[dict[str, Any]]:
    """On which pages the text and the signature end, and how many pages there are."""
    ends: list[dict[str, Any]] = json.loads(_compiler().query("<ends>", field="value"))
    return ends


def _fell_apart(ends: list[dict[str, Any]]) -> bool:
    """Whether the signature stands on a page without any of the text."""
    pages = {end["end"]: end["page"] for end in ends if "page" in end}
    return "signature" in pages and pages["signature"] != pages.get("text")


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    # Only our own folder: the same bytes on every machine, whatever fonts it has.
    faces = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(fonts.FOLDER)],
    )
    return typst.Compiler(str(TEMPLATE), root=str(TEMPLATE.parent), font_paths=faces)


def _inputs(document: FormalDocument) -> dict[str, str]:
    printed = f"{_chinese(document.printed_on)}印发" if document.printed_on else ""
    shown = {
        "issuer": document.issuer,
        "mark": document.mark,
        "number": document.number,
        "title": document.title,
        "title_lines": layout.title_lines(document.title),
        "urgency": document.urgency,
        "recipients": document.recipients,
        "paragraphs": [asdict(one) for one in layout.paragraphs(document.body)],
        "attachments": document.attachments,
        "note": document.note,
        "signature": document.issuer,
        "date": _chinese(document.dated_on) if document.dated_on else "",
        "copies": document.copies,
        "printed": printed,
    }
    return {"document": json.dumps(shown, ensure_ascii=False), "keep": ""}


def _chinese(day: date) -> str:
    """7.3.6.4: Arabic figures, no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def _substitutions(document: FormalDocument) -> tuple[fonts.Substitution, ...]:
    plain = "".join(
        [document.number, document.recipients, document.body, document.note, document.copies,
         document.issuer, *document.attachments]
    )  # fmt: skip
    found = [
        *fonts.substitutions(document.mark + document.title, wanted=_MARK),
        *fonts.substitutions(plain, wanted=_FANG),
        *fonts.substitutions(document.urgency, wanted=_HEI),
    ]
    return tuple(dict.fromkeys(found))
