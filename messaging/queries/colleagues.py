"""People as a picker shows them: with the organ they work in, so that no two look the same."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from core.actor import Actor
from org.queries import directory, units, visibility


@dataclass(frozen=True, slots=True)
class Colleague:
    """One appointment of a person who can be talked to."""

    person_id: int
    name: str
    organ_name: str
    unit_name: str
    title: str


def search(text: str, *, actor: Actor, at: datetime, limit: int = 20) -> list[Colleague]:
    """People by name, pinyin or initials, one row for each appointment; SearchTooWide."""
    viewer = visibility.viewer_of(actor, at=at)
    return [
        Colleague(
            person_id=row.person_id,
            name=row.name,
            organ_name=row.organ_name or row.unit_name,
            unit_name=row.unit_name,
            title=row.title,
        )
        for row in directory.search_people(text, at=at, viewer=viewer, limit=limit)
    ]


def organ_names(unit_ids: Collection[int | None]) -> dict[int | None, str]:
    """The name of the organ (or region) that each unit is or stands in; one query.

    Empty for None: whoever left stands nowhere.
    """
    known: dict[int | None, str] = dict.fromkeys(unit_ids, "")
    wanted = [unit_id for unit_id in known if unit_id is not None]
    for unit_id, above in (units.paths(wanted) if wanted else {}).items():
        organs = [unit.name for unit in above if unit.kind in units.ORGAN_LIKE]
        known[unit_id] = organs[-1] if organs else ""
    return known
