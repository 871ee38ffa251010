"""What the pages of 导入导出 show: steps, tallies, columns and the units of the scope."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.http import HttpResponse, QueryDict

from core import errors
from org.exchange import columns, plans
from org.kinds import ExchangeSubject, ImportOutcome, ImportState
from org.queries import imports, units
from workbench import offices
from workbench.forms.base import PageForm

RUNNING: Final = (ImportState.CHECKING, ImportState.APPLYING)
STEPS: Final = ("上传", "对应列", "检查", "确认", "完成")
_PLACES: Final = {
    ImportState.UPLOADED: 1,
    ImportState.CHECKING: 2,
    ImportState.CHECKED: 3,
    ImportState.WAITING: 3,
    ImportState.APPLYING: 4,
    ImportState.APPLIED: 5,
    ImportState.CANCELLED: 5,
    ImportState.REFUSED: 5,
}
_OF_PEOPLE: Final = {one: str(one.label) for one in ImportOutcome}
_OF_UNITS: Final = {
    ImportOutcome.NEW: "新增",
    ImportOutcome.CHANGED: "变更",
    ImportOutcome.MOVED: "移动",
    ImportOutcome.ENDED: "撤销",
}
_COLOURS: Final = {
    ImportOutcome.NEW: "green",
    ImportOutcome.APPOINTED: "green",
    ImportOutcome.CHANGED: "blue",
    ImportOutcome.MOVED: "amber",
    ImportOutcome.ENDED: "red",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of five: `state` is done, current or waiting."""

    number: int
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have an outcome."""

    key: str
    label: str
    count: int
    colour: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file: what it is called, what stands in it, what it means."""

    index: int
    heading: str
    samples: list[str]
    key: str


def scopes(office: offices.Office) -> list[int]:
    """The units that the person manages; NotFound for whoever manages neither units nor people."""
    if not office.unit_roots:
        raise errors.NotFound
    return office.unit_roots


def purpose_of(office: offices.Office) -> str:
    """What the picker of scopes keeps to."""
    return "workplaces" if first_subject(office) == ExchangeSubject.PEOPLE else "parents"


def picked(form: PageForm) -> list[units.UnitName]:
    """The unit that the form names, for the picker to show."""
    unit_id = form["unit_id"].value()
    return list(units.names([int(unit_id)]).values()) if str(unit_id).isdecimal() else []


def first_subject(office: offices.Office) -> str:
    """People for whoever manages people, else units."""
    roles = {grant.role for grant in office.grants}
    return ExchangeSubject.PEOPLE if "people" in roles else ExchangeSubject.UNITS


def steps(state: ImportState, *, is_mapping: bool) -> list[Step]:
    """The five steps, as far as the import has come."""
    here = 1 if is_mapping else _PLACES[state]
    return [
        Step(
            number=number + 1,
            label=label,
            state="done" if number < here else "current" if number == here else "waiting",
        )
        for number, label in enumerate(STEPS)
    ]


def tallies(subject: ExchangeSubject, counts: Mapping[str, int]) -> list[Tally]:
    """Every outcome with its count, those that change nothing last."""
    found = outcomes(subject, counts)
    return [*found, Tally("", "不变", counts.get(plans.UNCHANGED, 0), "")]


def outcomes(subject: ExchangeSubject, counts: Mapping[str, int]) -> list[Tally]:
    """The outcomes that the subject knows, in their order, those without a row too."""
    words = _OF_UNITS if subject is ExchangeSubject.UNITS else _OF_PEOPLE
    return [
        Tally(one.value, label, counts.get(one.value, 0), _COLOURS[one])
        for one, label in words.items()
    ]


def column_choices(found: imports.Detail, chosen: Mapping[str, int] | None) -> list[Column]:
    """The file's columns, each with what it means by the last choice or the guess."""
    meant = {at: key for key, at in (found.columns if chosen is None else chosen).items()}
    return [
        Column(
            index=index,
            heading=heading,
            samples=[row[index] for row in found.samples if index < len(row) and row[index]],
            key=meant.get(index, ""),
        )
        for index, heading in enumerate(found.headings)
        if heading or any(index < len(row) and row[index] for row in found.samples)
    ]


def chosen_columns(values: QueryDict, width: int) -> tuple[dict[str, int], list[str]]:
    """Field → column as the form says, and the fields that were chosen twice."""
    chosen: dict[str, int] = {}
    twice = []
    for index in range(width):
        key = values.get(f"column-{index}", "")[:20]
        if key in chosen:
            twice.append(key)
        elif key:
            chosen[key] = index
    return chosen, twice


def told_twice(subject: ExchangeSubject, keys: list[str]) -> str:
    """Which fields two columns claim."""
    labels = [field.label for field in columns.FIELDS[subject] if field.key in keys]
    return f"有两列都对应“{'”“'.join(labels)}”"


def attachment(content: bytes, name: str, content_type: str) -> HttpResponse:
    """The content as a file that no browser opens in our name."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
