"""Rules between the fields of a form: what the server fills in itself, and which date comes first.

`x-computed: {"days_between": ["from", "to"]}` makes an integer of the calendar days from one date
to another, both counted; nobody fills it in. `x-not-before: "from"` binds a date to another.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

DAYS_BETWEEN: Final = "days_between"


def sources(part: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that a computed field follows from; none for a field that people fill in."""
    return tuple(part["x-computed"][DAYS_BETWEEN]) if "x-computed" in part else ()


def complete(schema: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """The form with its computed fields as they follow from the others, whatever it said there.

    A field that follows from dates which are missing or out of order is left out.
    """
    computed = {name: of for name, part in _parts(schema) if (of := sources(part))}
    completed = {name: value for name, value in form.items() if name not in computed}
    for name, (first, last) in computed.items():
        days = _days(completed.get(first), completed.get(last))
        if days is not None:
            completed[name] = days
    return completed


def faults(schema: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong between fields, by the field that is to be changed."""
    found = {}
    for name, part in _parts(schema):
        if "x-not-before" not in part:
            continue
        earlier = part["x-not-before"]
        first, last = _date(form.get(earlier)), _date(form.get(name))
        if first is not None and last is not None and last < first:
            label = schema["properties"][earlier].get("title", earlier)
            found[name] = f"不能早于{label}"
    return found


def problems(schema: Mapping[str, Any]) -> list[str]:
    """Why these rules cannot be published: each names fields that exist and have the right type."""
    properties, required = schema.get("properties", {}), schema.get("required", [])
    found = []
    for name, part in _parts(schema):
        if "x-computed" in part:
            found += _computed_problems(name, part, properties, required)
        if "x-not-before" in part:
            earlier = part["x-not-before"]
            if not _is_date_field(part) or earlier == name or not _names_date(earlier, properties):
                found.append(f"字段“{name}”的先后规则须在两个日期字段之间")
    return found


def _computed_problems(
    name: str, part: Mapping[str, Any], properties: Mapping[str, Any], required: list[str]
) -> list[str]:
    rule = part["x-computed"]
    of = rule.get(DAYS_BETWEEN) if isinstance(rule, Mapping) and len(rule) == 1 else None
    if not isinstance(of, list) or len(of) != 2:
        return [f"字段“{name}”的计算规则不受支持"]
    if part.get("type") != "integer" or "enum" in part or "x-widget" in part:
        return [f"计算字段“{name}”须为整数"]
    if of[0] == of[1] or not all(_names_date(one, properties) for one in of):
        return [f"计算字段“{name}”须依据两个日期字段"]
    # Otherwise leaving a date blank would leave out the number that a condition asks for.
    if name in required or not all(one in required for one in of):
        return [f"计算字段“{name}”不能必填，它依据的字段须必填"]
    return []


def _parts(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    properties = schema.get("properties", {})
    return [(name, part) for name, part in properties.items() if isinstance(part, Mapping)]


def _names_date(name: object, properties: Mapping[str, Any]) -> bool:
    return isinstance(name, str) and _is_date_field(properties.get(name))


def _is_date_field(part: object) -> bool:
    return (
        isinstance(part, Mapping) and part.get("type") == "string" and part.get("format") == "date"
    )


def _days(first: object, last: object) -> int | None:
    start, end = _date(first), _date(last)
    return (end - start).days + 1 if start and end and start <= end else None


def _date(value: object) -> date | None:
    """The date; what is none is named by the check of the field itself."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
