"""Who left, what they left behind, and what would end if somebody left now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from core.actor import Actor
from org import policies
from org.kinds import AdminRole, DepartureReason, HandoverKind
from org.models import AdminGrant, HandoverItem
from org.queries import appointments

_LEFT: Final = paging.Cursors("org.departures", tuple[int])
_HOLDS: Final = "a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)"

# A headship stands empty where nobody else heads the unit.
_HEADSHIPS: Final = f"""
SELECT u.id, u.name, p.title FROM org_appointment a JOIN org_post p ON p.id = a.post_id
  JOIN org_unit u ON u.id = a.unit_id
 WHERE a.person_id = %(id)s AND {_HOLDS} AND p.function = 'head' AND NOT EXISTS (
   SELECT 1 FROM org_appointment o JOIN org_post q ON q.id = o.post_id
    WHERE o.unit_id = a.unit_id AND o.person_id <> a.person_id AND q.function = 'head'
      AND o.valid_from <= %(at)s AND (o.valid_to IS NULL OR o.valid_to > %(at)s))
 ORDER BY u.id"""
_GRANTS: Final = """
SELECT g.id, g.role, r.id, r.name FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
 WHERE g.person_id = %(id)s AND g.revoked_at IS NULL
   AND (g.valid_until IS NULL OR g.valid_until > %(at)s) ORDER BY g.id"""
_APPOINT: Final = "职务不随交接转移：请该组织的人员管理员任命新的负责人"
_GRANT_ANEW: Final = "权限不随交接转移：请有权的管理员在该组织的权限页重新授予"
_SELECT: Final = """
SELECT h.id, h.person_id, p.name, h.unit_id, coalesce(u.name, ''), h.reason, h.note, h.left_at,
       h.closed_at, h.returned_at,
       (SELECT count(*) FROM org_handoveritem i WHERE i.handover_id = h.id),
       (SELECT count(*) FROM org_handoveritem i
         WHERE i.handover_id = h.id AND i.done_at IS NOT NULL)
  FROM org_handover h JOIN org_person p ON p.id = h.person_id
  LEFT JOIN org_unit u ON u.id = h.unit_id"""


@dataclass(frozen=True, slots=True)
class OwnItem:
    """Something to hand over that org itself knows of."""

    subject: str
    title: str
    address: str
    advice: str


@dataclass(frozen=True, slots=True)
class Departure:
    """One person who left, and how far the handover has come."""

    id: int
    person_id: int
    person_name: str
    unit_id: int | None
    unit_name: str
    reason: str
    note: str
    left_at: datetime
    closed_at: datetime | None
    returned_at: datetime | None
    items: int
    done: int

    @property
    def reason_name(self) -> str:
        """Why the person left, in words."""
        return str(DepartureReason(self.reason).label)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to see to."""

    id: int
    kind: str
    kind_name: str
    title: str
    address: str
    advice: str
    successor_id: int | None
    successor_name: str
    result: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemOfPerson:
    """One thing to see to, and whose it was."""

    id: int
    title: str
    kind: str
    advice: str
    person_id: int
    person_name: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What ends when the person leaves: the preview says it before anything happens."""

    appointments: list[str]
    vacant_headships: list[str]
    grants: list[str]
    has_account: bool


def own_items(person_id: int, *, at: datetime) -> dict[HandoverKind, list[OwnItem]]:
    """Headships that would stand empty and rights that would lapse."""
    headships = [
        OwnItem(
            f"unit:{unit_id}",
            f"{unit} {title}，暂缺",
            f"/administration/?unit={unit_id}",
            _APPOINT,
        )
        for unit_id, unit, title in _fetch(_HEADSHIPS, {"id": person_id, "at": at})
    ]
    grants = [
        OwnItem(
            f"grant:{grant_id}",
            f"{unit} {AdminRole(role).label}",
            f"/administration/grants/units/?unit={unit_id}",
            _GRANT_ANEW,
        )
        for grant_id, role, unit_id, unit in _fetch(_GRANTS, {"id": person_id, "at": at})
    ]
    return {HandoverKind.HEADSHIP: headships, HandoverKind.GRANT: grants}


def vacancies(person_id: int, *, unit_id: int, at: datetime) -> list[str]:
    """The headships of the unit that would stand empty without the person."""
    rows = _fetch(_HEADSHIPS, {"id": person_id, "at": at})
    return [f"{unit} {title}" for found_id, unit, title in rows if found_id == unit_id]


def consequences(person_id: int, *, has_account: bool, at: datetime) -> Consequences:
    """What would end if the person left at the instant."""
    own = own_items(person_id, at=at)
    held = [
        tenure
        for tenure in appointments.tenures(person_id, at=at)
        if tenure.standing in ("present", "coming")
    ]
    return Consequences(
        appointments=[f"{tenure.unit_path} {tenure.title}" for tenure in held],
        vacant_headships=[item.title for item in own[HandoverKind.HEADSHIP]],
        grants=[item.title for item in own[HandoverKind.GRANT]],
        has_account=has_account,
    )


def out_of_reach(actor: Actor, person_ids: Collection[int], *, at: datetime) -> frozenset[int]:
    """Those of the people whom the actor may not let leave: they hold more rights than he does."""
    rights = AdminGrant.objects.filter(person_id__in=person_ids, revoked_at__isnull=True)
    holders = set(rights.values_list("person_id", flat=True))
    return frozenset(one for one in holders if not policies.may_manage_account(actor, one, at=at))


def in_scope(
    administrator: policies.Administrator,
    *,
    at: datetime,
    only_open: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> paging.Page[Departure]:
    """Those who left from the administrator's units, latest first."""
    position = _LEFT.decode(cursor)
    rows = _fetch(
        f"{_SELECT} WHERE {policies.ADMINISTERED}"
        f" AND {'h.closed_at IS NULL AND h.returned_at IS NULL' if only_open else 'TRUE'}"
        " AND (%(before)s::bigint IS NULL OR h.id < %(before)s) ORDER BY h.id DESC LIMIT %(limit)s",
        {
            "at": at,
            "before": position[0] if position else None,
            "limit": limit + 1,
            **administrator.values,
        },
    )
    shown = [_departure(row) for row in rows[:limit]]
    return paging.Page(shown, _LEFT.encode((shown[-1].id,)) if len(rows) > limit else None)


def of_person(person_id: int) -> Departure | None:
    """The person's latest departure, if any."""
    rows = _fetch(
        f"{_SELECT} WHERE h.person_id = %(id)s ORDER BY h.id DESC LIMIT 1", {"id": person_id}
    )
    return _departure(rows[0]) if rows else None


def items(handover_id: int) -> list[Item]:
    """What the handover lists, what is open first."""
    rows = (
        HandoverItem.objects.filter(handover_id=handover_id)
        .order_by("id")
        .values_list(
            "id",
            "kind",
            "title",
            "address",
            "advice",
            "successor_id",
            "successor__name",
            "result",
            "done_at",
        )
    )
    listed = [
        Item(
            id=row[0],
            kind=row[1],
            kind_name=str(HandoverKind(row[1]).label),
            title=row[2],
            address=row[3],
            advice=row[4],
            successor_id=row[5],
            successor_name=row[6] or "",
            result=row[7],
            done_at=row[8],
        )
        for row in rows
    ]
    return sorted(listed, key=lambda item: (item.done_at is not None, item.id))


def item(item_id: int) -> ItemOfPerson | None:
    """The item, if there is one."""
    row = (
        HandoverItem.objects.filter(pk=item_id)
        .values_list(
            "id", "title", "kind", "advice", "handover__person_id", "handover__person__name"
        )
        .first()
    )
    return ItemOfPerson(*row) if row else None


def _departure(row: tuple[Any, ...]) -> Departure:
    return Departure(*row)


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
