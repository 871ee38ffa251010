"""What may be picked for which purpose: everybody, organs to write to, units of one's office …"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import errors
from core.actor import Actor
from org import policies as org_policies
from org.kinds import AdminRole, Scene, UnitKind
from org.queries import authority, directory, headcounts, people, units
from org.queries.visibility import Viewer
from workbench import trees

OFFERED_AT_MOST: Final = 20
PEOPLE_PER_UNIT: Final = 50
RECENT_AT_MOST: Final = 8
_ORGANS: Final = (UnitKind.ORGAN, UnitKind.FIELD_OFFICE, UnitKind.REGION)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What one kind of picker offers. With a role it keeps to what the viewer administers."""

    picks_people: bool
    kinds: tuple[UnitKind, ...] = ()
    role: AdminRole | None = None

    @property
    def what(self) -> str:
        """What is picked, in words."""
        return "人员" if self.picks_people else "组织"


PURPOSES: Final = {
    "people": Purpose(picks_people=True),
    "appointees": Purpose(picks_people=True, role=AdminRole.PEOPLE),
    "units": Purpose(picks_people=False),
    "organs": Purpose(picks_people=False, kinds=_ORGANS),
    "parents": Purpose(picks_people=False, role=AdminRole.ORG),
    "workplaces": Purpose(picks_people=False, role=AdminRole.PEOPLE),
    "audience": Purpose(picks_people=False, role=AdminRole.APPS),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One line to pick from."""

    id: int
    name: str
    detail: str
    is_person: bool


def purpose_of(name: str) -> Purpose:
    """The purpose of that name; NotFound for none."""
    if name not in PURPOSES:
        raise errors.NotFound
    return PURPOSES[name]


def search(
    purpose: Purpose, text: str, *, actor: Actor, viewer: Viewer, at: datetime
) -> list[Offer]:
    """Who or what is found by the text; SearchTooWide for a single character of a name."""
    administrator = _administrator(purpose, actor)
    if purpose.picks_people:
        found = directory.search_people(
            text, at=at, viewer=viewer, administrator=administrator, limit=OFFERED_AT_MOST
        )
        return of_people(found)
    return _of_units(
        directory.search_units(
            text,
            at=at,
            viewer=viewer,
            kinds=purpose.kinds,
            administrator=administrator,
            limit=OFFERED_AT_MOST,
        )
    )


def recent(
    purpose: Purpose, ids: Sequence[int], *, actor: Actor, viewer: Viewer, at: datetime
) -> list[Offer]:
    """What was picked lately, as far as it may still be picked."""
    if not ids:
        return []
    if purpose.picks_people:
        return of_people(directory.people_by_id(ids, at=at, viewer=viewer))
    return _administered(
        purpose, _of_units(directory.units_by_id(ids, at=at, viewer=viewer)), actor, at=at
    )


def suggested(purpose: Purpose, *, actor: Actor, viewer: Viewer, at: datetime) -> list[Offer]:
    """What is near the viewer: colleagues of the organ; the unit itself and those above it."""
    if actor.unit_id is None:
        return []
    if purpose.picks_people:
        organ = units.organ_of(actor.unit_id)
        page = people.in_unit(
            organ.id, at=at, viewer=viewer, with_below=True, limit=OFFERED_AT_MOST + 1
        )
        return of_people([one for one in page.items if one.person_id != actor.person_id])
    way = [unit.id for unit in reversed(units.path(actor.unit_id))]
    beside = _beside(way, at=at) if purpose.kinds else []
    near = directory.units_by_id([*beside, *way], at=at, viewer=viewer)
    wanted = [unit for unit in near if not purpose.kinds or unit.kind in purpose.kinds]
    return _administered(purpose, _of_units(wanted), actor, at=at)[:OFFERED_AT_MOST]


def tree(purpose: Purpose, *, actor: Actor, viewer: Viewer, at: datetime) -> trees.Branch:
    """The tree to pick from: the whole, or what lies within the viewer's office."""
    if purpose.role is None:
        return trees.opened(to_unit_id=actor.unit_id, at=at, viewer=viewer)
    roots = [
        grant.root_id
        for grant in authority.of_person(actor.require_person(), at=at)
        if grant.role == purpose.role
    ]
    return trees.opened_from(list(dict.fromkeys(roots)), to_unit_id=None, at=at, viewer=viewer)


def reached(unit_ids: Sequence[int], *, viewer: Viewer, at: datetime) -> int:
    """How many people stand at and below the units that the viewer sees, each counted once.

    Units that stand below another of them add nobody.
    """
    shown = [unit.id for unit in directory.units_by_id(unit_ids, at=at, viewer=viewer)]
    above = units.paths(shown)
    tops = [one for one in shown if not {u.id for u in above[one][:-1]} & set(shown)]
    return sum(headcounts.below(tops, at=at, sight=viewer.sight(Scene.TREE)).values())


def of_people(found: Sequence[people.PersonInUnit]) -> list[Offer]:
    """Each person once, with the place that comes first."""
    offers: dict[int, Offer] = {}
    for one in found:
        detail = f"{one.place}，{one.title}" if one.title else one.place
        offers.setdefault(one.person_id, Offer(one.person_id, one.name, detail, is_person=True))
    return list(offers.values())


def _of_units(found: Sequence[directory.UnitFound]) -> list[Offer]:
    return [Offer(unit.id, unit.name, unit.path or "顶级", is_person=False) for unit in found]


def _beside(way: Sequence[int], *, at: datetime) -> list[int]:
    """The organs next to the viewer's own, in their order."""
    above = units.names(way)
    organ = next((above[one] for one in way if above[one].kind == UnitKind.ORGAN), None)
    if organ is None or organ.parent_id is None:
        return []
    return [unit.id for unit in units.organs_in(organ.parent_id, at=at) if unit.id != organ.id]


def _administrator(purpose: Purpose, actor: Actor) -> org_policies.Administrator | None:
    if purpose.role is None:
        return None
    return org_policies.Administrator(actor.require_person(), purpose.role)


def _administered(
    purpose: Purpose, offers: list[Offer], actor: Actor, *, at: datetime
) -> list[Offer]:
    administrator = _administrator(purpose, actor)
    if administrator is None:
        return offers
    allowed = authority.administered(administrator, [offer.id for offer in offers], at=at)
    return [offer for offer in offers if offer.id in allowed]
