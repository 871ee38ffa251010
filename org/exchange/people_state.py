"""What is known of the people whom a file speaks of, as planning needs it."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime

from org.exchange import phones
from org.exchange.places import Places


@dataclass(frozen=True, slots=True)
class Term:
    """When somebody holds, held or will hold a kind of post in a unit."""

    unit_id: int
    kind: str
    begin: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """An appointment that stands now."""

    id: int
    unit_id: int
    place: str
    title: str
    function: str
    kind: str
    order: int
    office_phone: str
    since: date
    until: datetime | None
    """When it ends, where that is settled already."""
    is_ours: bool
    """The administrator manages people in its unit."""
    is_within: bool
    """Its unit is part of the import."""


@dataclass(frozen=True, slots=True)
class Known:
    """A person, with all that stands and ever stood."""

    id: int
    number: uuid.UUID
    name: str
    phone: str
    staff_number: str
    job_level: str
    is_active: bool
    administers: bool
    """Holds rights: what signs him in is not a list's to change."""
    held: tuple[Held, ...]
    terms: tuple[Term, ...]
    home_is_ours: bool
    """The unit of the last term is the administrator's; true where nobody ever appointed him."""

    @property
    def is_ours(self) -> bool:
        """Serves, or served last, somewhere that the administrator manages."""
        ours = any(held.is_ours for held in self.held) if self.held else self.home_is_ours
        return self.is_active and ours

    @property
    def has_details_of_ours(self) -> bool:
        """Name, number and level are the main post's administrator's to say."""
        main = [held for held in self.held if held.kind == "main"]
        return all(held.is_ours for held in main or self.held) and self.is_ours


@dataclass(slots=True)
class PeopleState:
    """Everything that a plan for people is made from."""

    root_id: int
    importer_id: int
    places: Places
    known: dict[int, Known]
    posts: dict[tuple[int, str], str]
    """(unit, title) → function."""
    at: datetime
    today: date
    earliest: date
    """No appointment is dated back before this day: it decides who may read what."""
    beyond: frozenset[int] = frozenset()
    """Those who hold rights that the administrator can't take from them by letting them leave."""
    by_number: dict[uuid.UUID, Known] = field(default_factory=dict)
    by_phone: dict[str, list[Known]] = field(default_factory=dict)
    by_staff_number: dict[str, list[Known]] = field(default_factory=dict)
    by_name: dict[str, list[Known]] = field(default_factory=dict)
    """Those only whom the administrator manages."""
    by_place: dict[tuple[int, str], list[Known]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """People can be looked up by whatever a row names them by."""
        for person in self.known.values():
            self.by_number[person.number] = person
            if person.phone:
                self.by_phone.setdefault(phones.plain(person.phone), []).append(person)
            if person.staff_number:
                self.by_staff_number.setdefault(person.staff_number, []).append(person)
            if person.is_ours:
                self.by_name.setdefault(person.name, []).append(person)
            for unit_id in {held.unit_id for held in person.held}:
                self.by_place.setdefault((unit_id, person.name), []).append(person)
