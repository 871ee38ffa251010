"""The tree is filled from a file of divisions, with synthetic units and people, by COPY."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from core import audit, crypto, db
from core.actor import Actor, ActorKind
from org import errors, layout, names, tree
from org.loading import bulk
from org.loading.divisions import DivisionFile
from org.models import DivisionLoad, Unit
from org.queries.directory import ANCHORS, ORGAN_LIKE
from org.synthesis import people as synthetic_people
from org.synthesis import units as synthetic_units
from org.synthesis.people import NewPerson, Staff
from org.synthesis.units import NewUnit
from org.writing import headcounts

# Appointments and units of a loaded tree stand since then, whenever it was loaded.
FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)
_UNSEARCHED = {"initials": "", "name_grams": []}
TABLES = (
    "org_unit", "org_post", "org_person", "org_appointment", "org_appointmentsearch",
    "org_headcount",
)  # fmt: skip
_POST_COLUMNS = "id, unit_id, title, function, rank"
_PERSON_COLUMNS = (
    "id, public_id, name, pinyin, initials, phone_cipher, phone_index, job_level, status,"
    " created_at, staff_number"
)
_APPOINTMENT_COLUMNS = 'id, person_id, post_id, unit_id, kind, "order", office_phone, valid_from'
_SEARCH_COLUMNS = (
    "appointment_id, city_id, county_id, township_id, name, pinyin, initials, grams,"
    " organ_id, main, level, rank"
)
_UNIT_COLUMNS = (
    "id, parent_id, tree_id, lft, rght, depth, code, name, short_name, kind, level, sort,"
    " valid_from, phone, address, origin, initials, name_grams"
)


class Outcome(StrEnum):
    """What a load came to."""

    LOADED = "loaded"
    ALREADY_LOADED = "already loaded"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much stands in the tables now."""

    outcome: Outcome
    units: int
    people: int


@db.service
def load(
    *,
    actor: Actor,
    file: DivisionFile,
    people: int,
    seed: int,
    now: datetime,
    progress: bulk.Progress,
) -> Loaded:
    """The file's divisions stand in the tree, with organs, departments, groups and people.

    The same file, people and seed again change nothing; TreeNotEmpty for anything else on top
    of a tree that has units. Holds off every other writer of the tree.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise errors.OutOfScope
    if file.faults:
        raise errors.DivisionsFaulty(faults=len(file.faults))
    tree.lock_alone()
    before = DivisionLoad.objects.filter(digest=file.digest, people=people, seed=seed).first()
    if before is not None:
        return Loaded(Outcome.ALREADY_LOADED, before.units, before.people)
    if Unit.objects.exists():
        raise errors.TreeNotEmpty
    progress("organs and groups", 0, 1)
    units = synthetic_units.whole_tree(file.divisions)
    progress("organs and groups", 1, 1)
    first = bulk.reserve("org_unit", len(units))
    _copy_units(units, first, progress)
    staff = synthetic_people.staff(units, count=people, seed=seed)
    _copy_staff(staff, units, first, now=now, progress=progress)
    headcounts.rebuild(now=now)
    bulk.analyse(TABLES)
    done = DivisionLoad.objects.create(
        digest=file.digest, people=people, seed=seed, units=len(units), loaded_at=now
    )
    _record(actor, done, now=now)
    return Loaded(Outcome.LOADED, len(units), len(staff.people))


def _record(actor: Actor, done: DivisionLoad, *, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="org.divisions.loaded",
        object_kind="org.division_load",
        object_id=done.pk,
        now=now,
        detail={
            "digest": done.digest,
            "units": done.units,
            "people": done.people,
            "seed": done.seed,
        },
    )


def _copy_units(units: Sequence[NewUnit], first: int, progress: bulk.Progress) -> None:
    children: dict[int, list[int]] = {}
    for unit in units:
        if unit.parent is not None:
            children.setdefault(unit.parent, []).append(unit.index)
    for parts in children.values():
        parts.sort(key=lambda index: (units[index].sort, index))
    places: dict[int, tuple[int, layout.Place]] = {}
    for tree_id, root in enumerate((u.index for u in units if u.parent is None), start=1):
        plan = layout.plan(root, children)
        places.update((index, (tree_id, place)) for index, place in plan.places.items())
    rows = (_unit_row(unit, first, *places[unit.index]) for unit in units)
    bulk.copy("org_unit", _UNIT_COLUMNS, rows, len(units), "units", progress)


def _unit_row(unit: NewUnit, first: int, tree_id: int, place: layout.Place) -> tuple[object, ...]:
    searched = names.unit_search(unit.name, unit.short_name) if unit.searchable else _UNSEARCHED
    return (
        first + unit.index,
        None if unit.parent is None else first + unit.parent,
        tree_id,
        1 + place.lft,
        1 + place.rght,
        place.depth,
        unit.code,
        unit.name,
        unit.short_name[: names.SHORT_NAME_AT_MOST],
        unit.kind.value,
        unit.level,
        unit.sort,
        FOUNDED.isoformat(),
        "",
        "",
        unit.origin.value,
        searched["initials"],
        bulk.array(searched["name_grams"]) if unit.searchable else None,
    )


def _copy_staff(
    staff: Staff,
    units: Sequence[NewUnit],
    first_unit: int,
    *,
    now: datetime,
    progress: bulk.Progress,
) -> None:
    first_post = bulk.reserve("org_post", len(staff.posts))
    first_person = bulk.reserve("org_person", len(staff.people))
    first_appointment = bulk.reserve("org_appointment", len(staff.people))
    posts = (
        (first_post + p.index, first_unit + p.unit, p.title, p.function.value, p.rank)
        for p in staff.posts
    )
    people = (_person_row(person, first_person, now) for person in staff.people)
    appointments = (
        (
            first_appointment + person.index,
            first_person + person.index,
            first_post + person.post,
            first_unit + staff.posts[person.post].unit,
            "main",
            person.order,
            f"8{person.index % 10_000:04d}",
            FOUNDED.isoformat(),
        )
        for person in staff.people
    )
    rows = _search_rows(staff, units, first_unit, first_appointment)
    total = len(staff.people)
    bulk.copy("org_post", _POST_COLUMNS, posts, len(staff.posts), "posts", progress)
    bulk.copy("org_person", _PERSON_COLUMNS, people, total, "people", progress)
    bulk.copy(
        "org_appointment", _APPOINTMENT_COLUMNS, appointments, total, "appointments", progress
    )
    bulk.copy("org_appointmentsearch", _SEARCH_COLUMNS, rows, total, "search rows", progress)


def _person_row(person: NewPerson, first: int, now: datetime) -> tuple[object, ...]:
    return (
        first + person.index,
        person.public_id,
        person.name,
        person.pinyin,
        person.initials,
        bulk.octets(crypto.encrypt_text(person.phone)),
        bulk.octets(crypto.blind_index(person.phone)),
        person.job_level,
        "active",
        now.isoformat(),
        "",
    )


def _search_rows(
    staff: Staff, units: Sequence[NewUnit], first_unit: int, first_appointment: int
) -> Iterator[tuple[object, ...]]:
    for person in staff.people:
        anchors: dict[int, int] = {}
        post = staff.posts[person.post]
        index: int | None = post.unit
        organ: int | None = None
        while index is not None:
            unit = units[index]
            if unit.kind == "region" and unit.level in ANCHORS:
                anchors[unit.level] = first_unit + index
            if organ is None and unit.kind.value in ORGAN_LIKE:
                organ = first_unit + index
            index = unit.parent
        yield (
            first_appointment + person.index,
            *(anchors.get(level) for level in ANCHORS),
            person.name.lower(),
            person.pinyin,
            person.initials,
            bulk.array(names.grams(person.name)),
            organ,
            "t",
            units[post.unit].level,
            post.rank,
        )
