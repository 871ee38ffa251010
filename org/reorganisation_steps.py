"""What each kind of step of a reorganisation holds, and how a person reads it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from core.schemas import Id, without_nul
from org import errors
from org.kinds import PostFunction, StepKind, UnitKind

UNITS_AT_MOST: Final = 20
PARTS_AT_MOST: Final = 10

UnitTitle = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True),
    AfterValidator(without_nul),
]
ShortTitle = Annotated[
    str, StringConstraints(max_length=60, strip_whitespace=True), AfterValidator(without_nul)
]
PostTitle = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, strip_whitespace=True),
    AfterValidator(without_nul),
]
Code = Annotated[str, StringConstraints(max_length=18, pattern=r"^[0-9A-Za-z]*$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ref(_Part):
    """A unit: one that stands, or one that an earlier step sets up (`part` counts from 0)."""

    unit_id: Id | None = None
    step_id: Id | None = None
    part: Annotated[int, Field(ge=0, lt=PARTS_AT_MOST)] = 0

    @model_validator(mode="after")
    def _is_one_of_both(self) -> "Ref":
        if (self.unit_id is None) == (self.step_id is None):
            raise ValueError("须指定一个组织")
        return self

    def __str__(self) -> str:
        """The form's spelling: u12 for a unit, s3.0 for the first unit of step 3."""
        return f"u{self.unit_id}" if self.unit_id is not None else f"s{self.step_id}.{self.part}"


class Create(_Part):
    """A new unit stands below the parent."""

    parent: Ref
    name: UnitTitle
    unit_kind: UnitKind
    short_name: ShortTitle = ""
    code: Code = ""


class Rename(_Part):
    """The unit carries new names."""

    unit: Ref
    name: UnitTitle
    short_name: ShortTitle = ""


class Move(_Part):
    """The unit stands with all below it under another parent."""

    unit: Ref
    parent: Ref


class Merge(_Part):
    """The units go into one that stands, or into a new one beside the first of them."""

    units: Annotated[tuple[Ref, ...], Field(min_length=1, max_length=UNITS_AT_MOST)]
    into: Ref | None = None
    name: Annotated[
        str,
        StringConstraints(max_length=120, strip_whitespace=True),
        AfterValidator(without_nul),
    ] = ""
    code: Code = ""

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "Merge":
        if (self.into is None) == (not self.name):
            raise ValueError("须选择并入的组织或填写新组织的名称")
        if self.into is not None and self.into in self.units:
            raise ValueError("不能把组织并入它自己")
        return self


class NewPart(_Part):
    """A unit that a split sets up, and what goes into it."""

    name: UnitTitle
    unit_kind: UnitKind
    code: Code = ""
    unit_ids: Annotated[tuple[Id, ...], Field(max_length=500)] = ()
    appointment_ids: Annotated[tuple[Id, ...], Field(max_length=2_000)] = ()


class Split(_Part):
    """New units beside the unit take some of its parts and people."""

    unit: Ref
    parts: Annotated[tuple[NewPart, ...], Field(min_length=1, max_length=PARTS_AT_MOST)]


class Abolish(_Part):
    """The unit stands no longer; its code leads to the successor, where one is named."""

    unit: Ref
    successor: Ref | None = None


class Reorder(_Part):
    """The unit stands before another of the same parent; last where none is given."""

    unit: Ref
    before: Ref | None = None


class Transfer(_Part):
    """A person takes the main post in another unit."""

    person_id: Id
    unit: Ref
    title: PostTitle
    function: PostFunction = PostFunction.STAFF


Step = Create | Rename | Move | Merge | Split | Abolish | Reorder | Transfer

SHAPES: Final[Mapping[StepKind, type[Step]]] = {
    StepKind.CREATE: Create,
    StepKind.RENAME: Rename,
    StepKind.MOVE: Move,
    StepKind.MERGE: Merge,
    StepKind.SPLIT: Split,
    StepKind.ABOLISH: Abolish,
    StepKind.REORDER: Reorder,
    StepKind.TRANSFER: Transfer,
}
_REASONS: Final = {
    "missing": "缺少内容",
    "string_too_short": "不能为空",
    "string_too_long": "过长",
    "too_short": "至少选择一项",
    "too_long": "过多",
    "string_pattern_mismatch": "含有不允许的字符",
    "enum": "不在可选范围内",
}
_FIELDS: Final = {
    "parent": "上级",
    "name": "名称",
    "short_name": "简称",
    "code": "编码",
    "unit_kind": "类型",
    "unit": "组织",
    "units": "组织",
    "into": "并入的组织",
    "parts": "拆出的组织",
    "before": "位置",
    "successor": "承接组织",
    "person_id": "人员",
    "title": "职务",
    "function": "岗位类别",
}


def parse(kind: StepKind, payload: Any) -> Step:
    """What the step holds, checked; StepMalformed names the first thing that is wrong."""
    try:
        return SHAPES[kind].model_validate(payload)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        if first["type"] == "value_error":
            raise errors.StepMalformed(reason=str(first["ctx"]["error"])) from wrong
        named = next((_FIELDS[str(at)] for at in first["loc"] if str(at) in _FIELDS), "")
        said = _REASONS.get(first["type"], "不正确")
        raise errors.StepMalformed(reason=f"{named}{said}") from wrong


def dump(step: Step) -> dict[str, Any]:
    """The step as it is stored."""
    return step.model_dump(mode="json", exclude_none=True)


def refs(step: Step) -> Iterator[Ref]:
    """Every unit that the step speaks of."""
    for value in (getattr(step, name) for name in type(step).model_fields):
        if isinstance(value, Ref):
            yield value
        elif isinstance(value, tuple):
            yield from (one for one in value if isinstance(one, Ref))
    if isinstance(step, Split):
        for part in step.parts:
            yield from (Ref(unit_id=unit_id) for unit_id in part.unit_ids)


def names_made(step: Step) -> tuple[str, ...]:
    """The names of the units that the step sets up, by their part."""
    if isinstance(step, Create):
        return (step.name,)
    if isinstance(step, Merge):
        return (step.name,) if step.name else ()
    if isinstance(step, Split):
        return tuple(part.name for part in step.parts)
    return ()


def sentence(step: Step, name_of: Callable[[Ref], str], person: Callable[[int], str]) -> str:
    """The step as a person reads it."""

    def quoted(ref: Ref) -> str:
        return f"“{name_of(ref)}”"

    match step:
        case Create():
            return f"在{quoted(step.parent)}下设立“{step.name}”"
        case Rename():
            return f"将{quoted(step.unit)}更名为“{step.name}”"
        case Move():
            return f"将{quoted(step.unit)}划归{quoted(step.parent)}"
        case Merge():
            merged = "、".join(quoted(unit) for unit in step.units)
            return (
                f"将{merged}并入{quoted(step.into)}"
                if step.into
                else f"将{merged}合并，设立“{step.name}”"
            )
        case Split():
            return f"从{quoted(step.unit)}拆出{'、'.join(f'“{part.name}”' for part in step.parts)}"
        case Abolish():
            goes_on = f"，职责由{quoted(step.successor)}承接" if step.successor else ""
            return f"撤销{quoted(step.unit)}{goes_on}"
        case Reorder():
            place = f"{quoted(step.before)}之前" if step.before else "最后"
            return f"将{quoted(step.unit)}排到{place}"
        case Transfer():
            return f"将{person(step.person_id)}调任{quoted(step.unit)}{step.title}"
