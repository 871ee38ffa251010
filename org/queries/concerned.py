"""Which units and people a waiting request is about: what the second person has to tell apart."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor
from org import policies
from org.models import Account, ReviewRequest
from org.queries import impact, people, requests, units

_UNIT_KEYS: Final = ("unit_id", "unit_ids", "parent_id", "into_id", "successor_id", "root_id")
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "abolish_unit": {"unit_id": "撤销的组织", "successor_id": "承接的组织"},
    "move_unit": {"unit_id": "移动的组织", "parent_id": "新的上级"},
    "moves.move": {"unit_id": "移动的组织", "parent_id": "新的上级"},
    "mergers.merge": {"unit_ids": "被合并的组织", "into_id": "并入的组织"},
    "mergers.split": {"unit_id": "拆分的组织"},
    "grant": {"root_id": "管理范围"},
    "transfer": {"unit_id": "调入的组织"},
}
_NAMES_ONE: Final = " OR ".join(
    f"q.payload->>'{key}' = ANY(%(units)s)" for key in _UNIT_KEYS if key != "unit_ids"
)
ABOUT: Final = f"""q.state = 'waiting' AND ({_NAMES_ONE} OR EXISTS (
  SELECT 1 FROM jsonb_array_elements_text(CASE WHEN jsonb_typeof(q.payload->'unit_ids') = 'array'
    THEN q.payload->'unit_ids' ELSE '[]'::jsonb END) one WHERE one = ANY(%(units)s)))"""
"""The waiting requests q whose act names one of the units (ids as text)."""


@dataclass(frozen=True, slots=True)
class ConcernedUnit:
    """A unit that the act names, told so that no other can be meant."""

    label: str
    id: int
    code: str
    name: str
    path: str
    """The units above it, the root first."""
    units: int
    """How many units stand below it."""
    people: int
    """How many people serve in it and below it."""
    is_managed: bool
    """Whether the reader finds it in 系统管理."""


@dataclass(frozen=True, slots=True)
class ConcernedPerson:
    """A person whom the act is about."""

    name: str
    unit_name: str
    title: str


@dataclass(frozen=True, slots=True)
class Concerned:
    """All that one request is about."""

    units: tuple[ConcernedUnit, ...]
    people: tuple[ConcernedPerson, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A request about a unit that waits."""

    id: int
    kind_name: str


def of(request: requests.Request, *, actor: Actor, at: datetime) -> Concerned:
    """The units and people of a request that the reader may see."""
    payload = ReviewRequest.objects.values_list("payload", flat=True).get(pk=request.id)
    labels = _LABELS.get(payload.get("act", ""), _LABELS.get(request.kind, {}))
    named = [
        (label, unit_id) for key, label in labels.items() for unit_id in _ids(payload.get(key))
    ]
    listed = named or [("涉及组织", request.unit_id)]
    paths = units.paths([unit_id for _, unit_id in listed])
    shown = [
        _unit(label, paths[unit_id], actor=actor, at=at)
        for label, unit_id in listed
        if unit_id in paths
    ]
    return Concerned(units=tuple(shown), people=_people(payload, at=at))


def pending(unit_id: int, *, person_id: int, at: datetime) -> list[Pending]:
    """What waits for a second person about the unit, as far as this person may see it."""
    sql = f"""SELECT q.id FROM org_reviewrequest q JOIN org_unit u ON u.id = q.unit_id
      WHERE {ABOUT} AND q.expires_at > %(at)s
        AND (q.requester_id = %(person)s OR {policies.DECIDES}) ORDER BY q.id"""
    values: dict[str, Any] = {"units": [str(unit_id)], "person": person_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = [row[0] for row in cursor.fetchall()]
    seen = (requests.by_id(one, person_id=person_id, at=at) for one in found)
    return [Pending(one.id, one.kind_name) for one in seen]


def naming(unit_ids: Collection[int]) -> list[int]:
    """The waiting requests whose act names one of the units."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT q.id FROM org_reviewrequest q WHERE {ABOUT} ORDER BY q.id",
            {"units": [str(unit_id) for unit_id in unit_ids]},
        )
        return [row[0] for row in cursor.fetchall()]


def alike(kind: str, payload: Mapping[str, Any], *, at: datetime) -> int | None:
    """The waiting request for the very same act, whatever the reasons given for it."""
    spoken = ["basis", "reason", "sealed"]
    told = json.dumps({key: value for key, value in payload.items() if key not in spoken})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.id FROM org_reviewrequest q WHERE q.state = 'waiting' AND q.kind = %(kind)s"
            " AND q.expires_at > %(at)s AND q.payload - %(spoken)s::text[] = %(told)s::jsonb"
            " ORDER BY q.id LIMIT 1",
            {"kind": kind, "at": at, "spoken": spoken, "told": told},
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _unit(label: str, path: list[units.UnitName], *, actor: Actor, at: datetime) -> ConcernedUnit:
    unit = path[-1]
    counted = impact.touched([unit.id], at=at)
    return ConcernedUnit(
        label=label,
        id=unit.id,
        code=unit.code,
        name=unit.name,
        path=" / ".join(above.name for above in path[:-1]),
        units=max(0, counted.units - 1),
        people=counted.people,
        is_managed=policies.may_manage_units(actor, unit.id, at=at),
    )


def _people(payload: Mapping[str, Any], *, at: datetime) -> tuple[ConcernedPerson, ...]:
    ids = _ids(payload.get("person_id"))
    if "account_id" in payload:
        accounts = Account.objects.filter(pk=payload["account_id"], person_id__isnull=False)
        ids += list(accounts.values_list("person_id", flat=True))
    named = people.names(ids, at=at)
    return tuple(
        ConcernedPerson(person.name, person.unit_name, person.title) for person in named.values()
    )


def _ids(value: object) -> list[int]:
    if isinstance(value, list):
        return [one for one in value if isinstance(one, int)]
    return [value] if isinstance(value, int) else []
