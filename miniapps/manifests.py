"""Reads a manifest: JSON text in, a checked frozen value out, every fault named."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import SplitResult, urlsplit

import jsonschema
from jsonschema.exceptions import ValidationError

from core import crypto
from miniapps import errors, scopes

MAX_BYTES: Final = 256 * 1024
MAX_FAULTS: Final = 30
_SCHEMA_FILE: Final = Path(__file__).with_name("manifest.schema.json")
_ICON_PREFIXES: Final = (
    "data:image/png;base64,",
    "data:image/svg+xml;base64,",
    "data:image/webp;base64,",
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_TYPE_WORDS: Final = {
    "object": "对象",
    "array": "数组",
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "布尔值",
}


class OrgRange(StrEnum):
    """How far a scope reaches in the organisation."""

    SELF = "self"
    OWNER_UNIT = "owner_unit"
    OWNER_SUBTREE = "owner_subtree"
    AUDIENCE = "audience"


class Loopback(StrEnum):
    """Whether plain HTTP to this machine itself is taken."""

    REFUSED = "refused"
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a manifest: where (RFC 6901), and what."""

    pointer: str
    message: str


@dataclass(frozen=True, slots=True)
class ScopeRequest:
    """A scope the app asks for, why, and for how much of the organisation."""

    name: str
    reason: str
    org_range: OrgRange


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the platform reads from a manifest; the whole document stays with the release."""

    app_id: str
    name: str
    description: str
    version_code: int
    version_name: str
    icon: str
    """A data: URI, or empty where the icon is a file of the app's own server."""
    owner_unit_code: str
    category: str
    base_url: str
    redirect_uris: tuple[str, ...]
    initiate_login_uri: str
    scope_requests: tuple[ScopeRequest, ...]


def read(text: str) -> dict[str, Any]:
    """The JSON object in the text; ManifestInvalid if it is none, or larger than 256 KiB."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        _refuse([Fault("", "清单不能超过 256 KiB")])
    try:
        document = json.loads(
            text, parse_constant=_no_constant, object_pairs_hook=_without_repeated_names
        )
    except (ValueError, RecursionError) as error:
        _refuse([Fault("", f"不是有效的 JSON：{_place(error)}")])
    if not isinstance(document, dict):
        _refuse([Fault("", "最外层应为对象")])
    return document


def check(document: Mapping[str, Any], *, loopback: Loopback) -> Manifest:
    """The manifest's meaning; ManifestInvalid with every fault where it has any."""
    found = _schema_faults(document)
    if not found:
        found = list(_address_faults(document["x_gov"], loopback))
        found += list(_scope_faults(document["x_gov"]["scopes"]))
        found += list(_icon_faults(document["icons"]))
    if found:
        _refuse(found)
    return _meaning(document)


def meaning_of(document: Mapping[str, Any]) -> Manifest:
    """The meaning of a stored document that `check` has passed before."""
    return _meaning(document)


def digest_of(document: Mapping[str, Any]) -> str:
    """The SM3 digest of the canonical JSON (sorted names, no spaces), in hex."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return crypto.sm3(text.encode()).hex()


def _refuse(found: Sequence[Fault]) -> NoReturn:
    shown = [{"pointer": fault.pointer, "message": fault.message} for fault in found[:MAX_FAULTS]]
    raise errors.ManifestInvalid(count=len(found), faults=shown)


def _meaning(document: Mapping[str, Any]) -> Manifest:
    government = document["x_gov"]
    return Manifest(
        app_id=document["app_id"],
        name=document["name"],
        description=document.get("description", ""),
        version_code=document["version"]["code"],
        version_name=document["version"]["name"],
        icon=next((i["src"] for i in document["icons"] if i["src"].startswith("data:")), ""),
        owner_unit_code=government["owner_unit"],
        category=government["category"],
        base_url=government["entry"]["base_url"],
        redirect_uris=tuple(government["oauth"]["redirect_uris"]),
        initiate_login_uri=government["oauth"]["initiate_login_uri"],
        scope_requests=tuple(
            ScopeRequest(asked["name"], asked["reason"], _range_of(asked))
            for asked in government["scopes"]
        ),
    )


def _range_of(asked: Mapping[str, str]) -> OrgRange:
    kind = scopes.CATALOGUE[asked["name"]].kind
    silent = OrgRange.SELF if kind is scopes.ScopeKind.DELEGATED else OrgRange.OWNER_UNIT
    return OrgRange(asked.get("range", silent))


@lru_cache(maxsize=1)
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(_SCHEMA_FILE.read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _schema_faults(document: Mapping[str, Any]) -> list[Fault]:
    """Every fault once, in the order of the places: jsonschema tells of each missing name apart."""
    errors_found = sorted(_validator().iter_errors(document), key=lambda e: list(map(str, e.path)))
    return list(dict.fromkeys(fault for error in errors_found for fault in _faults_of(error)))


def _faults_of(error: ValidationError) -> Iterator[Fault]:
    pointer = _pointer(error.absolute_path)
    schema = error.schema if isinstance(error.schema, dict) else {}
    value: dict[str, Any] = error.instance if isinstance(error.instance, dict) else {}
    if error.validator == "required":
        for name in schema["required"]:
            if name not in value:
                yield Fault(f"{pointer}/{_escaped(name)}", "缺少必填项")
    elif error.validator == "additionalProperties":
        for name in sorted(set(value) - set(schema["properties"])):
            yield Fault(f"{pointer}/{_escaped(name)}", "不支持的成员")
    else:
        yield Fault(pointer, _in_chinese(error))


def _in_chinese(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    rule, bound = str(error.validator), error.validator_value
    choices = bound if isinstance(bound, list) else []
    if rule == "type":
        return f"应为{_TYPE_WORDS.get(str(bound), str(bound))}"
    if rule == "enum":
        return "只能是 " + "、".join(str(choice) for choice in choices) + " 之一"
    if "x-zh" in schema:
        return str(schema["x-zh"])
    words = {
        "minLength": f"不能少于 {bound} 个字",
        "maxLength": f"不能超过 {bound} 个字",
        "minimum": f"不能小于 {bound}",
        "maximum": f"不能大于 {bound}",
        "minItems": f"至少要有 {bound} 项",
        "maxItems": f"最多 {bound} 项",
        "uniqueItems": "各项不能重复",
    }
    return words.get(rule, "不符合规范")


def _address_faults(government: Mapping[str, Any], loopback: Loopback) -> Iterator[Fault]:
    places = [("/x_gov/oauth/initiate_login_uri", government["oauth"]["initiate_login_uri"])]
    places += [(f"/x_gov/entry/{name}", uri) for name, uri in government["entry"].items()]
    places += [
        (f"/x_gov/oauth/redirect_uris/{position}", uri)
        for position, uri in enumerate(government["oauth"]["redirect_uris"])
    ]
    for pointer, uri in places:
        reason = address_fault(uri, loopback=loopback)
        if reason:
            yield Fault(pointer, reason)


def address_fault(uri: str, *, loopback: Loopback) -> str:
    """Why the address cannot be an app's, empty where it can."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "不是有效的地址"
    if not host or "*" in uri:
        return "须写明主机名，不能使用通配符"
    if "#" in uri:
        return "不能带 # 片段"
    if "@" in parts.netloc:
        return "不能包含用户名或密码"
    return _scheme_fault(parts, loopback)


def is_inner_path(path: str) -> bool:
    """Whether the text is a path inside an app: it can lead to no other host."""
    plain = path.isprintable() and "\\" not in path and len(path) <= 300
    return plain and path.startswith("/") and not path.startswith("//")


def _scheme_fault(parts: SplitResult, loopback: Loopback) -> str:
    if parts.scheme == "https":
        return ""
    if loopback is Loopback.ALLOWED and parts.hostname in _LOOPBACK:
        return ""
    return "须使用 https"


def _scope_faults(asked: Sequence[Mapping[str, str]]) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, request in enumerate(asked):
        pointer = f"/x_gov/scopes/{position}"
        if request["name"] in seen:
            yield Fault(pointer, f"权限 {request['name']} 重复申请")
        seen.add(request["name"])
        delegated = scopes.CATALOGUE[request["name"]].kind is scopes.ScopeKind.DELEGATED
        if delegated != (_range_of(request) is OrgRange.SELF):
            yield Fault(f"{pointer}/range", "登录人权限的范围只能是 self，应用权限不能是 self")
    if "openid" not in seen:
        yield Fault("/x_gov/scopes", "须申请 openid，用于免登")


def _icon_faults(icons: Sequence[Mapping[str, str]]) -> Iterator[Fault]:
    for position, icon in enumerate(icons):
        if icon["src"].startswith("data:") and not icon["src"].startswith(_ICON_PREFIXES):
            yield Fault(f"/icons/{position}/src", "内嵌图标须为 base64 的 PNG、SVG 或 WebP")


def _without_repeated_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"成员 {name} 重复")
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"不允许 {name}")


def _place(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"第 {error.lineno} 行第 {error.colno} 列"
    if isinstance(error, RecursionError):
        return "嵌套过深"
    return str(error)


def _pointer(path: Sequence[Any]) -> str:
    return "".join(f"/{_escaped(str(part))}" for part in path)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
