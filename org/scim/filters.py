"""Filters and orders of SCIM as SQL: what has a column is translated, the rest is refused.

The meaning is that of `scim2_models.ScimFilter.match` (RFC 7644 §3.4.2.2): nothing equals nothing,
a missing value differs from any other, strings compare without their case unless they are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from scim2_models import InvalidFilterException, InvalidPathException, ScimFilter
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from scim2_models.path.resolution import AttributeBinding, coerce_value

from org.queries.provisioning import KEPT, SAID, Where
from org.scim.schemas import Email

_ORDERINGS: Final = {
    CompareOperator.gt: ">",
    CompareOperator.ge: ">=",
    CompareOperator.lt: "<",
    CompareOperator.le: "<=",
}
_SUBSTRINGS: Final = {
    CompareOperator.co: "position({value} IN {column}) > 0",
    CompareOperator.sw: "starts_with({column}, {value})",
    CompareOperator.ew: "right({column}, length({value})) = {value}",
}


class Type(Enum):
    """How values of a column compare."""

    EXACT = auto()
    TEXT = auto()
    """Without its case."""
    BOOL = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute's expression in SQL. An exact one is compared as it stands."""

    sql: str
    type: Type

    @property
    def comparable(self) -> str:
        """What is compared in place of the value."""
        return f"lower({self.sql})" if self.type is Type.TEXT else self.sql


def _said(attribute: str, kept: str, current: str, fallback: str) -> str:
    """What the provisioning system said while the directory still holds what it made of it."""
    return (
        f"(CASE WHEN {KEPT} ->> '{kept}' = {current} THEN {SAID} ->> '{attribute}'"
        f" ELSE {fallback} END)"
    )


_META: Final = {
    "meta.created": "{created}",
    "meta.lastModified": "{modified}",
}
_FORMATTED: Final = _said("formatted_name", "name", "p.name", "p.name")
_FAMILY: Final = _said("family_name", "name", "p.name", "NULL")
_GIVEN: Final = _said("given_name", "name", "p.name", "NULL")
_ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_UNIT: Final = "urn:tongwen:params:scim:schemas:extension:2.0:Unit"

USERS: Final[Mapping[str, Column]] = {
    "id": Column("p.public_id::text", Type.EXACT),
    "externalId": Column("NULLIF(s.external_id, '')", Type.EXACT),
    # Stored without capitals, so that the index serves.
    "userName": Column("c.username", Type.EXACT),
    "displayName": Column(_said("display_name", "name", "p.name", "p.name"), Type.TEXT),
    "name.formatted": Column(_FORMATTED, Type.TEXT),
    "name.familyName": Column(_FAMILY, Type.TEXT),
    "name.givenName": Column(_GIVEN, Type.TEXT),
    "name": Column(f"coalesce({_FORMATTED}, {_FAMILY}, {_GIVEN})", Type.TEXT),
    "nickName": Column(f"({SAID} ->> 'nick_name')", Type.TEXT),
    "title": Column(_said("title", "title", "t.title", "t.title"), Type.TEXT),
    "active": Column(
        f"(CASE WHEN ({KEPT} ->> 'active')::bool = c.is_active"
        f" THEN ({SAID} ->> 'active')::bool ELSE c.is_active END)",
        Type.BOOL,
    ),
    "meta.created": Column("p.created_at", Type.INSTANT),
    "meta.lastModified": Column(
        "greatest(coalesce(s.modified_at, p.created_at), a.valid_from)", Type.INSTANT
    ),
    f"{_ENTERPRISE}:employeeNumber": Column("NULLIF(p.staff_number, '')", Type.TEXT),
}
GROUPS: Final[Mapping[str, Column]] = {
    "id": Column("u.id::text", Type.EXACT),
    "externalId": Column("NULLIF(s.external_id, '')", Type.EXACT),
    "displayName": Column("u.name", Type.TEXT),
    f"{_UNIT}:code": Column("u.code", Type.EXACT),
    f"{_UNIT}:kind": Column("u.kind", Type.TEXT),
    f"{_UNIT}:parent.value": Column("u.parent_id::text", Type.EXACT),
    "meta.created": Column("u.valid_from", Type.INSTANT),
    "meta.lastModified": Column(
        "greatest(u.valid_from, u.changed_at, s.modified_at)", Type.INSTANT
    ),
}
# A membership is asked for one user or one group at a time: who is in it, what is she in.
_MEMBERSHIP: Final = """EXISTS (SELECT 1 FROM org_appointment h
  JOIN org_person b ON b.id = h.person_id WHERE {link} AND h.valid_from <= %(at)s
   AND (h.valid_to IS NULL OR h.valid_to > %(at)s))"""
USER_LISTS: Final[Mapping[str, str]] = {
    "groups.value": _MEMBERSHIP.format(link="h.person_id = p.id AND h.unit_id::text = {value}"),
}
GROUP_LISTS: Final[Mapping[str, str]] = {
    "members.value": _MEMBERSHIP.format(link="h.unit_id = u.id AND b.public_id::text = {value}"),
}


EMAILS: Final = f"jsonb_array_elements(coalesce({SAID} -> 'emails', '[]'::jsonb))"
_EMAIL: Final[Mapping[str, Column]] = {
    "value": Column("e ->> 'value'", Type.TEXT),
    "type": Column("e ->> 'type'", Type.TEXT),
    "primary": Column("(e ->> 'primary')::bool", Type.BOOL),
}


@dataclass(frozen=True, slots=True)
class Items:
    """An attribute with several values: where the values `e` come from, and what is in each."""

    source: str
    model: type[Any]
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True)
class Table:
    """The attributes of a resource type that have columns, memberships, and several values."""

    columns: Mapping[str, Column]
    lists: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Items] = field(default_factory=dict)


USER_TABLE: Final = Table(USERS, USER_LISTS, {"emails": Items(EMAILS, Email, _EMAIL)})
GROUP_TABLE: Final = Table(GROUPS, GROUP_LISTS)


class _Translation(FilterVisitor[str]):
    """Writes a filter as SQL; the values go into `values`, never into the text."""

    def __init__(self, scim_filter: ScimFilter[Any], table: Table) -> None:
        self.filter = scim_filter
        self.table = table
        self.values: dict[str, Any] = {}
        self.turned = False

    def visit_not(self, node: Not) -> str:
        """The opposite: what is inside is then true or false, never unknown."""
        outside, self.turned = self.turned, True
        turned = f"(NOT {self.visit(node.expr)})"
        self.turned = outside
        return turned

    def visit_logical_expr(self, node: LogicalExpr) -> str:
        """All of the terms, or one of them."""
        joint = " AND " if node.op == LogicalOperator.and_ else " OR "
        return f"({joint.join(self.visit(term) for term in node.terms)})"

    def visit_present(self, node: Present) -> str:
        """Whether there is a value, and more than an empty one."""
        binding = self.filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return "FALSE"
        name = _name(binding)
        items = self.table.items.get(name.partition(".")[0])
        if items is None:
            return _is_present(_column(self.table, binding))
        part = name.partition(".")[2]
        wanted = [items.columns[part]] if part else list(items.columns.values())
        return _any_of(items, " OR ".join(_is_present(column) for column in wanted))

    def visit_comparison(self, node: Comparison) -> str:
        """One attribute against one value; of several values any may be it, or none differ."""
        binding = self.filter.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return "FALSE"
        name = _name(binding)
        listed = self.table.lists.get(name)
        if listed is not None:
            return self._of_list(listed, node)
        value = binding.comparable(coerce_value(binding, node.value, node.op))
        items = self.table.items.get(name.partition(".")[0])
        if items is None:
            return self._compared(_column(self.table, binding), node.op, value)
        column = items.columns[name.partition(".")[2]]
        if value is None:
            raise InvalidFilterException(detail=f"{node.attr_path} is not compared with null")
        if node.op == CompareOperator.ne:
            return f"(NOT {_any_of(items, self._compared(column, CompareOperator.eq, value))})"
        return _any_of(items, self._compared(column, node.op, value))

    def visit_value_path(self, node: ValuePath) -> str:
        """Whether one of several values meets the inner filter."""
        binding = self.filter.resolve(node.attr_path, strict=False)
        if binding is None:
            return "FALSE"
        items = self.table.items.get(_name(binding))
        if items is None:
            raise InvalidFilterException(detail=f"A filter cannot select from {node.attr_path}")
        inner = _Translation(
            ScimFilter.__class_getitem__(items.model)(str(node.val_filter)), Table(items.columns)
        )
        # One numbering of values for the whole statement.
        inner.values = self.values
        return _any_of(items, inner.visit(inner.filter.ast))

    def _of_list(self, listed: str, node: Comparison) -> str:
        if node.op != CompareOperator.eq or not isinstance(node.value, str):
            raise InvalidFilterException(detail=f"{node.attr_path} is only compared with eq")
        return listed.format(value=self._bind(node.value, "text"))

    def _compared(self, column: Column, op: CompareOperator, value: Any) -> str:
        sql = column.comparable
        if value is None:
            return _against_nothing(sql, op)
        if op in _SUBSTRINGS:
            if column.type not in (Type.EXACT, Type.TEXT) or not isinstance(value, str):
                return "FALSE"
            held = self._bind(value, "text")
            return f"coalesce({_SUBSTRINGS[op].format(column=sql, value=held)}, FALSE)"
        bound = self._bind(value, _CASTS[column.type])
        if op == CompareOperator.ne:
            return f"({sql} IS DISTINCT FROM {bound})"
        if op == CompareOperator.eq:
            # Unknown is false enough unless it is turned round, and an index serves it.
            return f"coalesce({sql} = {bound}, FALSE)" if self.turned else f"({sql} = {bound})"
        order = ' COLLATE "C"' if column.type in (Type.EXACT, Type.TEXT) else ""
        return f"coalesce({sql}{order} {_ORDERINGS[op]} {bound}, FALSE)"

    def _bind(self, value: Any, cast: str) -> str:
        name = f"filter{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{cast}"


_CASTS: Final = {
    Type.EXACT: "text",
    Type.TEXT: "text",
    Type.BOOL: "bool",
    Type.INSTANT: "timestamptz",
}


def where(scim_filter: ScimFilter[Any] | None, table: Table, model: type[Any]) -> Where:
    """The condition that the filter is; InvalidFilterException for what has no column."""
    if scim_filter is None:
        return Where(is_plain=True)
    # A search of several types is translated once for each of them.
    single = ScimFilter.__class_getitem__(model)(str(scim_filter))
    translation = _Translation(single, table)
    sql = translation.visit(single.ast)
    return Where(sql, translation.values)


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by: a column that may be missing a value, then the row's number.

    A missing value comes last, first when descending, as RFC 7644 §3.4.2.3 has it.
    """

    key: Column | None
    number: str

    def terms(self) -> list[str]:
        """What is compared of two rows, one after the other."""
        if self.key is None:
            return [self.number]
        known = f"coalesce({self.key.comparable}, {_LEAST[self.key.type]})"
        if self.key.type in (Type.EXACT, Type.TEXT):
            known += ' COLLATE "C"'
        return [f"({self.key.comparable} IS NULL)", known, self.number]

    def sql(self, *, descending: bool) -> str:
        """For ORDER BY."""
        return ", ".join(f"{term} {'DESC' if descending else 'ASC'}" for term in self.terms())

    def beyond(self, key: Any, number: int, *, descending: bool) -> Where:
        """The rows that stand behind the one with the key and the number."""
        values: dict[str, Any] = {"anchor": number}
        bound = ["%(anchor)s"]
        if self.key is not None:
            cast = _CASTS[self.key.type]
            least = _LEAST[self.key.type]
            values["anchor_key"] = key
            known = f"coalesce(%(anchor_key)s::{cast}, {least})"
            bound = [f"(%(anchor_key)s::{cast} IS NULL)", known, "%(anchor)s"]
        comparison = "<" if descending else ">"
        return Where(f"(({', '.join(self.terms())}) {comparison} ({', '.join(bound)}))", values)


_LEAST: Final = {
    Type.EXACT: "''",
    Type.TEXT: "''",
    Type.BOOL: "FALSE",
    Type.INSTANT: "'-infinity'::timestamptz",
}


def order(binding: AttributeBinding | None, table: Table, *, number: str) -> Order:
    """The order that is asked for; InvalidPathException for what nothing is sorted by."""
    if binding is None:
        return Order(None, number)
    name = _name(binding)
    items = table.items.get(name.partition(".")[0])
    column = table.columns.get(name) if items is None else _first_of(items, name)
    if column is None:
        raise InvalidPathException(detail=f"Nothing is sorted by {binding.urn}")
    return Order(column, number)


def _first_of(items: Items, name: str) -> Column | None:
    """Of several values the preferred one, else the first, stands for all."""
    column = items.columns.get(name.partition(".")[2])
    if column is None:
        return None
    first = (
        f"(SELECT {column.sql} FROM {items.source} WITH ORDINALITY AS x (e, n)"
        " ORDER BY (e ->> 'primary')::bool IS NOT TRUE, n LIMIT 1)"
    )
    return Column(first, column.type)


def _any_of(items: Items, condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM {items.source} AS x (e) WHERE {condition})"


def _is_present(column: Column) -> str:
    if column.type in (Type.EXACT, Type.TEXT):
        return f"(coalesce({column.sql}, '') <> '')"
    return f"({column.sql} IS NOT NULL)"


def _column(table: Table, binding: AttributeBinding) -> Column:
    column = table.columns.get(_name(binding))
    if column is None:
        raise InvalidFilterException(detail=f"Nothing is found by {binding.urn}")
    return column


def _name(binding: AttributeBinding) -> str:
    """The attribute as the tables name it: without the URN of a core schema."""
    urn = binding.urn
    for core in ("User:", "Group:"):
        prefix = f"urn:ietf:params:scim:schemas:core:2.0:{core}"
        if urn.startswith(prefix):
            return urn.removeprefix(prefix)
    return urn


def _against_nothing(sql: str, op: CompareOperator) -> str:
    if op == CompareOperator.eq:
        return f"({sql} IS NULL)"
    if op == CompareOperator.ne:
        return f"({sql} IS NOT NULL)"
    return "FALSE"
