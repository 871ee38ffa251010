"""What a document says, as plain values: its digest, and the paper it becomes."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from documents.rendering.render import FormalDocument

BEIJING: Final = ZoneInfo("Asia/Shanghai")
URGENCIES: Final = {"": "", "urgent": "加急", "critical": "特急"}


@dataclass(frozen=True, slots=True)
class Addressee:
    """A unit the paper names."""

    unit_id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that the signatory answers for."""

    document_type: str
    title: str
    body: str
    note: str
    classification: str
    urgency: str
    main: tuple[Addressee, ...]
    cc: tuple[Addressee, ...]


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What the registered organ puts on every document."""

    name: str
    mark: str
    agency_code: str


def digest(content: Content) -> str:
    """The SHA-256 of the content's canonical JSON, lower-case hex."""
    text = json.dumps(asdict(content), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def beijing_day(moment: datetime) -> date:
    """The day in Beijing, which dates documents and ends years everywhere in the country."""
    return moment.astimezone(BEIJING).date()


def number_text(agency_code: str, year: int, serial: int | None) -> str:
    """7.2.5: the year in full in 〔〕, the serial without 第 and without leading zeros."""
    return f"{agency_code}〔{year}〕{serial if serial is not None else '　'}号"


def paper(
    content: Content,
    letterhead: Letterhead,
    *,
    number: str,
    dated_on: date | None,
    printed_on: date | None,
) -> FormalDocument:
    """The document as it stands on paper."""
    return FormalDocument(
        issuer=letterhead.name,
        mark=letterhead.mark,
        number=number,
        title=content.title,
        recipients="、".join(unit.name for unit in content.main) + "：" if content.main else "",
        body=content.body,
        urgency=URGENCIES[content.urgency],
        note=content.note,
        copies="、".join(unit.name for unit in content.cc) + "。" if content.cc else "",
        dated_on=dated_on,
        printed_on=printed_on,
    )


def to_json(document: FormalDocument) -> dict[str, Any]:
    """The paper as JSON, to be kept with its version."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asdict(document).items()
    }


def from_json(kept: dict[str, Any]) -> FormalDocument:
    """The paper as it was kept."""
    values = dict(kept)
    for name in ("dated_on", "printed_on"):
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    values["attachments"] = tuple(values["attachments"])
    return FormalDocument(**values)
