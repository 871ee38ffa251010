"""Requests that wait for a second person, and how they ended."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core import paging
from org import errors, policies
from org.kinds import AdminRole, RequestKind, RequestState
from org.models import ReviewRequest

MOST_DECIDERS: Final = 20
_LISTED: Final = paging.Cursors("org.requests", tuple[int])
_SELECT: Final = """
SELECT q.id, q.kind, q.summary, q.effects, q.state, q.expires_at <= %(at)s, q.unit_id, u.name,
       q.role, q.requester_id, p.name, q.asked_at, q.expires_at, d.name, q.decided_at, q.remark
  FROM org_reviewrequest q JOIN org_unit u ON u.id = q.unit_id
  JOIN org_person p ON p.id = q.requester_id
  LEFT JOIN org_person d ON d.id = q.decided_by_id"""
_WAITS: Final = "q.state = 'waiting' AND q.expires_at > %(at)s"
# Most people administer nothing, which one look-up tells. For the others each waiting request
# finds its unit by the key: the planner would rather hash all the units there are.
AWAITS: Final = f"""{_WAITS}
  AND (SELECT EXISTS (SELECT 1 FROM org_admingrant h
        WHERE h.person_id = %(person)s AND h.revoked_at IS NULL))
  AND EXISTS (SELECT 1 FROM org_unit u WHERE u.id = q.unit_id AND {policies.DECIDES} OFFSET 0)"""
EXPIRED: Final = "expired"


@dataclass(frozen=True, slots=True)
class Request:
    """One act that takes two people; `state` is "expired" where nobody decided in time."""

    id: int
    kind: str
    kind_name: str
    summary: str
    effects: list[str]
    state: str
    state_name: str
    unit_id: int
    unit_name: str
    role: str
    role_name: str
    requester_id: int
    requester_name: str
    asked_at: datetime
    expires_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    remark: str


def awaiting(
    person_id: int, *, at: datetime, limit: int = 50, cursor: str | None = None
) -> paging.Page[Request]:
    """What waits for this person's decision, newest first."""
    return _page(AWAITS, person_id, at, limit, cursor)


def asked_by(
    person_id: int, *, at: datetime, limit: int = 50, cursor: str | None = None
) -> paging.Page[Request]:
    """What the person asked for, newest first, however it ended."""
    return _page("q.requester_id = %(person)s", person_id, at, limit, cursor)


def decided_by(
    person_id: int, *, at: datetime, limit: int = 50, cursor: str | None = None
) -> paging.Page[Request]:
    """What the person approved or rejected, newest first."""
    condition = "q.decided_by_id = %(person)s AND q.state <> 'withdrawn'"
    return _page(condition, person_id, at, limit, cursor)


def count_awaiting(person_id: int, *, at: datetime) -> int:
    """How many requests wait for this person's decision."""
    sql = f"SELECT count(*) FROM org_reviewrequest q WHERE {AWAITS}"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"person": person_id, "at": at})
        return int(cursor.fetchone()[0])


def by_id(request_id: int, *, person_id: int, at: datetime) -> Request:
    """The request; RequestNotFound for whoever neither asked, nor decided, nor may decide."""
    condition = f"""q.id = %(id)s AND (q.requester_id = %(person)s
      OR q.decided_by_id = %(person)s OR {policies.DECIDES})"""
    found = _fetch(condition, {"id": request_id, "person": person_id, "at": at})
    if not found:
        raise errors.RequestNotFound
    return found[0]


def told_of(request_id: int, *, at: datetime) -> Request | None:
    """The request as its notices tell of it; None where it is gone."""
    found = _fetch("q.id = %(id)s", {"id": request_id, "at": at})
    return found[0] if found else None


def told_of_each(request_ids: Collection[int], *, at: datetime) -> dict[int, Request]:
    """`told_of` of many; one query."""
    found = _fetch("q.id = ANY(%(ids)s::bigint[])", {"ids": list(request_ids), "at": at})
    return {request.id: request for request in found}


def deciders(request_id: int, *, at: datetime, limit: int = MOST_DECIDERS) -> list[int]:
    """The people who may decide while it waits, the nearest first."""
    unit_id = ReviewRequest.objects.filter(pk=request_id).values_list("unit_id", flat=True).first()
    sql = f"""{policies.ABOVE}
      SELECT person_id FROM (
        SELECT g.person_id, max(r.depth) AS depth FROM org_reviewrequest q
          JOIN org_unit u ON u.id = q.unit_id
          JOIN above ON TRUE JOIN org_unit r ON r.id = above.id
          {policies.SECONDS}
          JOIN org_account c ON c.person_id = g.person_id AND c.is_active
         WHERE q.id = %(id)s AND {_WAITS} GROUP BY g.person_id) near
       ORDER BY depth DESC, person_id LIMIT %(limit)s"""
    values = {"id": request_id, "unit": unit_id, "at": at, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def _page(
    condition: str, person_id: int, at: datetime, limit: int, cursor: str | None
) -> paging.Page[Request]:
    position = _LISTED.decode(cursor)
    values = {
        "person": person_id,
        "at": at,
        "before": position[0] if position else None,
        "limit": limit + 1,
    }
    found = _fetch(
        f"({condition}) AND (%(before)s::bigint IS NULL OR q.id < %(before)s)"
        " ORDER BY q.id DESC LIMIT %(limit)s",
        values,
    )
    shown = found[:limit]
    return paging.Page(shown, _LISTED.encode((shown[-1].id,)) if len(found) > limit else None)


def _fetch(condition: str, values: dict[str, Any]) -> list[Request]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT} WHERE {condition}", values)
        return [_request(row) for row in cursor.fetchall()]


def _request(row: tuple[Any, ...]) -> Request:
    has_expired = row[4] == RequestState.WAITING and row[5]
    return Request(
        id=row[0],
        kind=row[1],
        kind_name=str(RequestKind(row[1]).label),
        summary=row[2],
        effects=row[3],
        state=EXPIRED if has_expired else row[4],
        state_name="已过期" if has_expired else str(RequestState(row[4]).label),
        unit_id=row[6],
        unit_name=row[7],
        role=row[8],
        role_name=str(AdminRole(row[8]).label),
        requester_id=row[9],
        requester_name=row[10],
        asked_at=row[11],
        expires_at=row[12],
        decided_by_name=row[13] or "",
        decided_at=row[14],
        remark=row[15],
    )
