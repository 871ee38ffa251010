"""Pages of what a search found: by index, or by cursors that stay true while rows come and go.

A search of several resource types lists one type after the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scim2_models import InvalidCursorException, Resource, SearchRequest
from scim2_server.storage import SearchPage

from org.queries import provisioning
from org.queries.provisioning import GroupRow, Reach, Slice, UserRow, Where
from org.scim.filters import Order
from org.scim.schemas import Kind

Row = UserRow | GroupRow
Show = Callable[[Row], Resource[Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """What finds the resources of one type, and in which order."""

    kind: Kind
    where: Where
    order: Order


@dataclass(frozen=True, slots=True)
class Search:
    """A search by one token: what it finds, and how rows are shown."""

    reach: Reach
    parts: Sequence[Found]
    request: SearchRequest[Any]
    with_members: bool
    show: Show

    @property
    def descending(self) -> bool:
        """Whether the last comes first."""
        return self.request.sort_order == SearchRequest.SortOrder.descending


def by_index(search: Search) -> SearchPage:
    """The page from `startIndex` on, and how many there are in all."""
    offset = search.request.start_index_0 or 0
    wanted = search.request.count
    resources: list[Resource[Any]] = []
    total = 0
    for part in search.parts:
        found = _count(search.reach, part)
        left = None if wanted is None else wanted - len(resources)
        if (left is None or left > 0) and offset < found:
            rows = _rows(search, part, part.where, offset=offset, limit=left)
            resources += [search.show(row) for row in rows]
        offset = max(0, offset - found)
        total += found
    return SearchPage(total, resources)


def by_cursor(search: Search, position: Any) -> SearchPage:
    """The page behind (or before) the row that the position holds; nothing is counted."""
    wanted = search.request.count
    if wanted == 0:
        return SearchPage(None, [])
    anchor = _Anchor.read(position)
    backwards = anchor is not None and anchor.backwards
    met = _walk(search, anchor, backwards=backwards, limit=None if wanted is None else wanted + 1)
    shown = met if wanted is None else met[:wanted]
    has_more = len(met) > len(shown)
    if backwards:
        shown = shown[::-1]
    page = SearchPage(None, [resource for _, _, resource in shown])
    if shown and (backwards or has_more):
        page.next = _position(search, shown[-1], backwards=False)
    if shown and (has_more if backwards else anchor is not None):
        page.previous = _position(search, shown[0], backwards=True)
    return page


_Met = tuple[Found, Row, Resource[Any]]


@dataclass(frozen=True, slots=True)
class _Anchor:
    """The row that a page begins behind, or ends before."""

    kind: Kind
    key: Any
    number: int
    backwards: bool

    @classmethod
    def read(cls, position: Any) -> "_Anchor | None":
        """What a position of ours holds; InvalidCursorException for any other."""
        if position is None:
            return None
        try:
            return cls(
                Kind(position["t"]), position["k"], int(position["i"]), position["d"] == "previous"
            )
        except (KeyError, TypeError, ValueError):
            raise InvalidCursorException from None


def _walk(
    search: Search, anchor: _Anchor | None, *, backwards: bool, limit: int | None
) -> list[_Met]:
    """The rows from the anchor on, away from it, type by type."""
    parts = list(search.parts)[::-1] if backwards else list(search.parts)
    kinds = [part.kind for part in parts]
    if anchor is not None and anchor.kind not in kinds:
        raise InvalidCursorException
    start = kinds.index(anchor.kind) if anchor is not None else 0
    met: list[_Met] = []
    for place, part in enumerate(parts[start:]):
        left = None if limit is None else limit - len(met)
        if left == 0:
            break
        at = anchor if place == 0 else None
        rows = _rows(search, part, _beyond(search, part, at), backwards=backwards, limit=left)
        met += [(part, row, search.show(row)) for row in rows]
    return met


def _beyond(search: Search, part: Found, anchor: _Anchor | None) -> Where:
    if anchor is None:
        return part.where
    turned = search.descending != anchor.backwards
    beyond = part.order.beyond(anchor.key, anchor.number, descending=turned)
    return Where(
        f"{part.where.sql} AND {beyond.sql}",
        {**part.where.values, **beyond.values},
        is_plain=part.where.is_plain,
    )


def _rows(
    search: Search,
    part: Found,
    where: Where,
    *,
    backwards: bool = False,
    offset: int = 0,
    limit: int | None,
) -> Sequence[Row]:
    descending = search.descending != backwards
    wanted = Slice(part.order.sql(descending=descending), offset, limit)
    if part.kind is Kind.USER:
        return provisioning.users(search.reach, where, wanted)
    return provisioning.groups(search.reach, where, wanted, with_members=search.with_members)


def _count(reach: Reach, part: Found) -> int:
    if part.kind is Kind.USER:
        return provisioning.count_users(reach, part.where)
    return provisioning.count_groups(reach, part.where)


def _position(search: Search, met: _Met, *, backwards: bool) -> dict[str, Any]:
    part, row, resource = met
    key = search.request.sort_value(resource) if part.order.key is not None else None
    return {
        "t": part.kind.value,
        "k": key.isoformat() if isinstance(key, datetime) else key,
        "i": row.person_id if isinstance(row, UserRow) else row.unit_id,
        "d": "previous" if backwards else "next",
    }
