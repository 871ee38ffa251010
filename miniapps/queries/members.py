"""The people an app may see or reach: the range of one of its grants, made of person ids."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from core.actor import Actor, ActorKind
from messaging.queries import notices
from miniapps import errors, manifests
from miniapps.models import Grant, MiniApp, Subject
from miniapps.queries import audience
from org.kinds import AdminRole, MaskedField, Scene
from org.queries import administering, appointments, people, units, visibility


@dataclass(frozen=True, slots=True)
class Member:
    """A person as one app knows her."""

    sub: str
    name: str
    unit_name: str
    title: str


def in_range(app_id: int, scope: str, *, at: datetime) -> frozenset[int]:
    """The ids of the people the app's grant of the scope covers; ScopeNotGranted."""
    grant = _grant(app_id, scope, at=at)
    owner_id = grant.app.owner_unit_id
    if grant.org_range == manifests.OrgRange.AUDIENCE:
        return audience.members(app_id, at=at)
    if grant.org_range == manifests.OrgRange.OWNER_SUBTREE:
        return frozenset(appointments.person_ids_in_subtree(owner_id, at=at))
    if grant.org_range == manifests.OrgRange.OWNER_UNIT:
        return frozenset(appointments.person_ids_in(owner_id, at=at))
    return frozenset()


def root_of_range(app_id: int, scope: str, *, at: datetime) -> int | None:
    """The unit whose whole subtree the grant covers; None for grants made of anything else."""
    grant = _grant(app_id, scope, at=at)
    return grant.app.owner_unit_id if grant.org_range == manifests.OrgRange.OWNER_SUBTREE else None


def people_of_subs(app_id: int, subs: Collection[str]) -> frozenset[int]:
    """The ids behind the app's own names; OutsideRange if one is not the app's."""
    found = dict(
        Subject.objects.filter(app_id=app_id, sub__in=subs).values_list("sub", "person_id")
    )
    if set(subs) - found.keys():
        raise errors.OutsideRange
    return frozenset(found.values())


def people_of_units(
    codes: Collection[str],
    allowed: Collection[int],
    *,
    at: datetime,
    functions: Collection[str] = (),
    roles: Collection[AdminRole] = (),
) -> frozenset[int]:
    """The ids of all people at or below the units; OutsideRange unless all are allowed.

    With functions, those of them alone who hold such a post there; with roles, those of the allowed
    who administer the units, or one below, in such a role. With both, the ones and the others.
    """
    reached: set[int] = set()
    for code in codes:
        unit = units.by_code(code)
        if unit is None:
            raise errors.OutsideRange
        inside = set(appointments.person_ids_in_subtree(unit.id, at=at))
        if not inside or not inside <= set(allowed):
            raise errors.OutsideRange
        if functions:
            reached |= inside & set(notices.holders_below(unit.id, functions))
        if roles:
            reached |= set(allowed) & administering.people_over(unit.id, roles, at=at)
        if not functions and not roles:
            reached |= inside
    return frozenset(reached)


def units_below(codes: Collection[str], root_id: int) -> tuple[int, ...]:
    """The units of the codes; OutsideRange unless all stand at or below the root."""
    found: list[int] = []
    for code in codes:
        unit = units.by_code(code)
        if unit is None or not units.is_within(unit.id, root_id):
            raise errors.OutsideRange
        found.append(unit.id)
    return tuple(found)


def subs_of(app_id: int, person_ids: Collection[int]) -> dict[int, str]:
    """The app's own names for those of the people who have one."""
    rows = Subject.objects.filter(app_id=app_id, person_id__in=person_ids)
    return dict(rows.values_list("person_id", "sub"))


def _grant(app_id: int, scope: str, *, at: datetime) -> Grant:
    grant = (
        Grant.objects.select_related("app")
        .filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=at),
            app_id=app_id,
            scope=scope,
            withdrawn_at=None,
        )
        .first()
    )
    if grant is None:
        raise errors.ScopeNotGranted(scope=scope)
    return grant


def viewer_of(app_id: int, *, at: datetime) -> visibility.Viewer:
    """The app as a viewer of the directory: it stands where its owner stands."""
    app = MiniApp.objects.get(pk=app_id)
    looking = Actor(kind=ActorKind.APP, name=app.name, app_id=app_id, unit_id=app.owner_unit_id)
    return visibility.viewer_of(looking, at=at)


def listed(
    app_id: int, person_ids: Collection[int], *, viewer: visibility.Viewer, at: datetime
) -> list[Member]:
    """The people as the app knows them, by unit and name. Who has no name there is left out."""
    untitled = visibility.masked_people(
        person_ids, field=MaskedField.TITLE, viewer=viewer, scene=Scene.APPS, at=at
    )
    subs = dict(
        Subject.objects.filter(app_id=app_id, person_id__in=person_ids).values_list(
            "person_id", "sub"
        )
    )
    names = people.names(sorted(subs), at=at)
    placed = unit_names([person.unit_id for person in names.values() if person.unit_id])
    found = [
        Member(
            sub=subs[person.id],
            name=person.name,
            unit_name=placed.get(person.unit_id or 0, ""),
            title="" if person.id in untitled else person.title,
        )
        for person in names.values()
    ]
    return sorted(found, key=lambda member: (member.unit_name, member.name, member.sub))


def unit_names(unit_ids: Collection[int]) -> dict[int, str]:
    """The units as people say them: an inner department after the organ it belongs to."""
    said: dict[int, str] = {}
    for unit_id, path in units.paths(unit_ids).items():
        organ = next((unit for unit in reversed(path) if unit.kind in units.ORGAN_LIKE), path[-1])
        said[unit_id] = organ.name if organ.id == unit_id else f"{organ.name} {path[-1].name}"
    return said


def name_of_app(app_id: int) -> str:
    """What people read as the app's name."""
    return MiniApp.objects.values_list("name", flat=True).get(pk=app_id)
