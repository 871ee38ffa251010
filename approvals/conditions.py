"""Conditions of a choice: a small typed tree over the form's fields, never evaluated as code."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Scalar = str | bool | int | float


class Op(StrEnum):
    """What a comparison asks of one field."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    IN = "in"
    PRESENT = "present"


ORDERED: Mapping[Op, Callable[[Any, Any], bool]] = {Op.GT: gt, Op.GE: ge, Op.LT: lt, Op.LE: le}


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Compare(_Node):
    """One field against one value; a field that is absent answers no to everything."""

    field: Annotated[str, Field(min_length=1, max_length=64)]
    op: Annotated[Op, Field(strict=False)]
    value: Scalar | list[Scalar] | None = None


class AllHold(_Node):
    """Every part holds."""

    all: Annotated[list["Condition"], Field(min_length=1, max_length=20)]


class AnyHolds(_Node):
    """At least one part holds."""

    any: Annotated[list["Condition"], Field(min_length=1, max_length=20)]


class Not(_Node):
    """The part does not hold."""

    not_: Annotated["Condition", Field(alias="not")]


def _shape_of(value: object) -> str | None:
    """Which of the four it is: by its key when it is read, by its class when it is written."""
    if isinstance(value, Mapping):
        return next((key for key in ("all", "any", "not", "field") if key in value), None)
    return next((key for key, shape in _SHAPES.items() if isinstance(value, shape)), None)


_SHAPES: Mapping[str, type[_Node]] = {
    "all": AllHold,
    "any": AnyHolds,
    "not": Not,
    "field": Compare,
}


Condition = Annotated[
    Annotated[AllHold, Tag("all")]
    | Annotated[AnyHolds, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Compare, Tag("field")],
    Discriminator(_shape_of),
]

AllHold.model_rebuild()
AnyHolds.model_rebuild()
Not.model_rebuild()


def holds(condition: AllHold | AnyHolds | Not | Compare, form: Mapping[str, Any]) -> bool:
    """Answer whether the form satisfies the condition."""
    match condition:
        case AllHold():
            return all(holds(part, form) for part in condition.all)
        case AnyHolds():
            return any(holds(part, form) for part in condition.any)
        case Not():
            return not holds(condition.not_, form)
        case Compare():
            return _compare(condition, form.get(condition.field))


def _compare(condition: Compare, found: Any) -> bool:
    if found is None:
        return False
    if condition.op is Op.PRESENT:
        return True
    if condition.op is Op.IN:
        wanted = condition.value if isinstance(condition.value, list) else []
        return any(_same(found, value) for value in wanted)
    if condition.op is Op.EQ:
        return _same(found, condition.value)
    if condition.op is Op.NE:
        return not _same(found, condition.value)
    return ORDERED[condition.op](found, condition.value)


def _same(left: Any, right: Any) -> bool:
    # In Python True == 1; in a form "yes" is not the number one.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def problems(
    condition: AllHold | AnyHolds | Not | Compare, properties: Mapping[str, Any]
) -> list[str]:
    """Say in Chinese what in the condition does not fit the form's fields; [] when all does."""
    match condition:
        case AllHold():
            return [text for part in condition.all for text in problems(part, properties)]
        case AnyHolds():
            return [text for part in condition.any for text in problems(part, properties)]
        case Not():
            return problems(condition.not_, properties)
        case Compare():
            return _problems_of_compare(condition, properties)


def _problems_of_compare(condition: Compare, properties: Mapping[str, Any]) -> list[str]:
    name = condition.field
    if name not in properties:
        return [f"条件引用了表单中没有的字段“{name}”"]
    kind = properties[name].get("type")
    if condition.op is Op.PRESENT:
        return [] if condition.value is None else [f"字段“{name}”的 present 条件不带取值"]
    is_ordered = kind in ("integer", "number") or _is_date(properties[name])
    if condition.op in ORDERED and not is_ordered:
        return [f"字段“{name}”不能比较大小"]
    if condition.op is Op.IN:
        if not isinstance(condition.value, list) or not condition.value:
            return [f"字段“{name}”的 in 条件需要一个非空列表"]
        return [text for value in condition.value for text in _misfit(name, kind, value)]
    return _misfit(name, kind, condition.value)


def _is_date(schema: Mapping[str, Any]) -> bool:
    # ISO dates compare rightly as text.
    return schema.get("type") == "string" and schema.get("format") == "date"


def _misfit(name: str, kind: Any, value: Any) -> list[str]:
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
    }
    return [] if fits.get(kind, False) else [f"字段“{name}”的取值与类型 {kind} 不符"]
