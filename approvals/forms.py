"""Forms by JSON Schema 2020-12: the subset that is accepted, and what is wrong with a filled form.

A field is a property of type string, number, integer or boolean. `format: date` makes a date,
`enum` a choice, `x-widget: textarea` a tall box and `x-widget: person` (integer) a person.
form_rules says what may hold between fields.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError

from approvals import errors, form_rules

MAX_BYTES: Final = 64 * 1024
TYPES: Final = ("string", "number", "integer", "boolean")
WIDGETS: Final = ("textarea", "person")
_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")

_formats = FormatChecker(formats=())


@_formats.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    return not isinstance(value, str) or date.fromisoformat(value).isoformat() == value


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form, ready to be shown; `widget` says with which control.

    `sources` are the fields that a computed one follows from.
    """

    name: str
    label: str
    widget: str
    required: bool
    help: str
    options: tuple[str, ...]
    sources: tuple[str, ...]


def check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse with DefinitionInvalid a form schema that is malformed or uses more than the subset.

    References are refused altogether: a validator must never fetch anything.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise errors.DefinitionInvalid(problems=[f"表单：{error.message}"]) from error
    faults = [f"表单不能使用 {name}" for name in _REFERENCES if _uses(schema, name)]
    if schema.get("type") != "object":
        faults.append("表单须为 object 类型")
    properties = schema.get("properties", {})
    faults += [f"表单字段“{name}”的类型不受支持" for name in properties if _odd(properties[name])]
    faults += [
        f"必填字段“{name}”未定义" for name in schema.get("required", []) if name not in properties
    ]
    faults = faults or form_rules.problems(schema)
    if faults:
        raise errors.DefinitionInvalid(problems=faults)


def _odd(schema: object) -> bool:
    if not isinstance(schema, Mapping) or schema.get("type") not in TYPES:
        return True
    widget = schema.get("x-widget")
    if widget == "person":
        return bool(schema["type"] != "integer")
    return widget is not None and widget not in WIDGETS


def _uses(schema: Any, name: str) -> bool:
    if isinstance(schema, Mapping):
        return name in schema or any(_uses(value, name) for value in schema.values())
    return isinstance(schema, list) and any(_uses(value, name) for value in schema)


def in_order(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with the order of its fields said in `x-order`, which jsonb does not keep."""
    names = list(schema.get("properties", {}))
    return {**schema, "x-order": [*schema.get("x-order", names)]}


def fields(schema: Mapping[str, Any]) -> list[Field]:
    """The fields in the order of `x-order`, any others behind them."""
    required = set(schema.get("required", ()))
    properties = schema.get("properties", {})
    named = [name for name in schema.get("x-order", ()) if name in properties]
    return [
        Field(
            name=name,
            label=str(part.get("title", name)),
            widget=_widget(part),
            required=name in required,
            help=str(part.get("description", "")),
            options=tuple(str(option) for option in part.get("enum", ())),
            sources=form_rules.sources(part),
        )
        for name in dict.fromkeys([*named, *properties])
        for part in [properties[name]]
    ]


def _widget(part: Mapping[str, Any]) -> str:
    if "x-computed" in part:
        return "computed"
    if "enum" in part:
        return "choice"
    if part.get("format") == "date":
        return "date"
    return str(part.get("x-widget") or part["type"])


def read_text(schema: Mapping[str, Any], text: Mapping[str, str]) -> dict[str, Any]:
    """Turn what an HTML form posted into typed values; blanks are left out.

    What cannot be read stays text, so that `checked` names the field.
    """
    form: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        if part["type"] == "boolean":
            form[name] = text.get(name) in ("on", "true")
        elif raw := text.get(name, "").strip():
            form[name] = _typed(part["type"], raw)
    return form


def _typed(kind: str, raw: str) -> str | int | float:
    try:
        if kind == "integer":
            return int(raw)
        if kind == "number":
            return int(raw) if raw.lstrip("-").isdecimal() else float(raw)
    except ValueError:
        return raw
    return raw


def checked(schema: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """The form with its computed fields; FormInvalid names every field that does not fit."""
    if _size(form) > MAX_BYTES:
        raise errors.FormInvalid(fields={"": "表单内容过大"})
    completed = form_rules.complete(schema, form)
    validator = Draft202012Validator(
        {**schema, "additionalProperties": False}, format_checker=_formats
    )
    faults: dict[str, str] = {}
    for error in validator.iter_errors(completed):
        for name, text in _say(error, completed, schema):
            faults.setdefault(name, text)
    for name, value in form.items():
        if isinstance(value, str) and "\x00" in value:
            faults.setdefault(name, "不能含有空字符")
    for name, text in form_rules.faults(schema, completed).items():
        faults.setdefault(name, text)
    if faults:
        raise errors.FormInvalid(fields=faults)
    return completed


def _size(form: Mapping[str, Any]) -> int:
    try:
        return len(json.dumps(form, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:  # NaN, infinities and lone surrogates are no JSON.
        raise errors.FormInvalid(fields={"": "表单含有无法保存的内容"}) from error


def _say(
    error: ValidationError, form: Mapping[str, Any], schema: Mapping[str, Any]
) -> list[tuple[str, str]]:
    if error.validator == "required":
        return [(name, "此项必填") for name in schema["required"] if name not in form]
    if error.validator == "additionalProperties":
        extra = [name for name in form if name not in schema.get("properties", {})]
        return [(name, "表单中没有此项") for name in extra]
    name = str(error.absolute_path[0]) if error.absolute_path else ""
    return [(name, _words(error))]


def _words(error: ValidationError) -> str:
    limit = error.validator_value
    words: dict[str, str] = {
        "type": {"integer": "请填写整数", "number": "请填写数字"}.get(str(limit), "内容类型不对"),
        "enum": "请从列出的选项中选择",
        "minLength": "此项必填" if limit == 1 else f"至少 {limit} 个字",
        "maxLength": f"最多 {limit} 个字",
        "minimum": f"不能小于 {limit}",
        "maximum": f"不能大于 {limit}",
        "exclusiveMinimum": f"须大于 {limit}",
        "exclusiveMaximum": f"须小于 {limit}",
        "multipleOf": f"须为 {limit} 的倍数",
        "format": "请填写有效的日期",
        "pattern": "格式不正确",
    }
    return words.get(str(error.validator), "内容不符合要求")


def shown(schema: Mapping[str, Any], form: Mapping[str, Any]) -> list[tuple[Field, str]]:
    """Each field with its value in words; people stay ids for the caller to name.

    A box that was not sent is one that was not ticked.
    """
    return [(field, _in_words(form.get(field.name, _unsaid(field)))) for field in fields(schema)]


def _unsaid(field: Field) -> bool | None:
    return False if field.widget == "boolean" else None


def _in_words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)
