"""The form that splits a unit: any number of new units, and what goes over to each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict

from org.kinds import UnitKind
from org.queries.obstacles import Part
from workbench.forms.base import Choices, PageForm, offer
from workbench.forms.units import NAME_LENGTH, basis_field

NEW_AT_MOST: Final = 8
_SHARED: Final = ("department_ids", "appointment_ids")


@dataclass(frozen=True, slots=True)
class Place:
    """What was ticked, and the number of the new unit that it goes to; the first is 1."""

    id: int
    number: int


class Places(forms.MultipleChoiceField):
    """Ids, or "id:number" where there are several new units; whether they may is the services'
    matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=(), required=False, **kwargs)

    def to_python(self, value: Any) -> list[Place]:  # type: ignore[override]  # places, not texts
        """Each id once, with the last number given for it; what stays is left out."""
        found: dict[int, Place] = {}
        for text in super().to_python(value):
            word, _, number = text.partition(":")
            if _is_id(word) and (not number or _is_id(number)):
                found[int(word)] = Place(int(word), int(number or 1))
        return list(found.values())

    def validate(self, value: Any) -> None:
        """Anything is right, nothing too."""


class NewUnit(PageForm):
    """One new unit: what it is called and what it is."""

    name = forms.CharField(label="新组织名称", max_length=NAME_LENGTH)
    kind = forms.ChoiceField(label="类型")
    short_name = forms.CharField(label="简称", max_length=60, required=False)
    code = forms.CharField(
        label="编码", max_length=18, required=False, help_text="单位暂未赋码的留空"
    )

    def __init__(self, *args: Any, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kind", kinds)

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """What the new unit is called and what it is."""
        return [self["name"], self["kind"], self["short_name"], self["code"]]


class SplitUnit(NewUnit):
    """拆分: the first new unit, further ones, and which departments and people go to which."""

    department_ids = Places(label="划出的下级组织")
    appointment_ids = Places(label="划出的本级人员")
    basis = basis_field()

    def __init__(
        self, *args: Any, kinds: Choices, further: int = 0, initial: dict[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, kinds=kinds, initial=initial, **kwargs)
        sent = args[0] if args else None
        self.further = [
            NewUnit(sent, kinds=kinds, prefix=f"new{number}", initial=_own(initial, number))
            for number in range(2, further + 2)
        ]
        # With several new units a refusal names what it means; one field can't stand for all.
        self.refused_at: Mapping[str, str] = {} if further else _REFUSED_AT

    @property
    def new_units(self) -> list[NewUnit]:
        """All new units, the first included."""
        return [self, *self.further]

    @property
    def takes_more(self) -> bool:
        """One more new unit may be added."""
        return len(self.new_units) < NEW_AT_MOST

    def clean(self) -> dict[str, Any]:
        """All new units are right, and what goes over goes to one of them."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not all(one.is_valid() for one in self.further):
            self.add_error(None, "请补全每个新组织的信息")
        for name in _SHARED:
            if any(place.number > len(self.new_units) for place in given.get(name, ())):
                self.add_error(None, "划出的下级组织和人员须划到所列的新组织")
        if not any(given.get(name) for name in _SHARED):
            self.add_error(None, "请选择划出的下级组织或人员；只新设组织的，请用“新增下级组织”")
        return given

    def parts(self) -> list[Part]:
        """The new units with all that goes over to each."""
        return [
            Part(
                name=one.cleaned_data["name"],
                kind=UnitKind(one.cleaned_data["kind"]),
                short_name=one.cleaned_data["short_name"],
                code=one.cleaned_data["code"],
                department_ids=self._going("department_ids", number),
                appointment_ids=self._going("appointment_ids", number),
            )
            for number, one in enumerate(self.new_units, start=1)
        ]

    def _going(self, name: str, number: int) -> tuple[int, ...]:
        return tuple(one.id for one in self.cleaned_data[name] if one.number == number)


def chosen(sent: QueryDict, name: str) -> dict[int, int]:
    """What was ticked so far, with the number of its new unit."""
    return {place.id: place.number for place in Places().to_python(sent.getlist(name))}


def further_in(sent: QueryDict) -> int:
    """How many new units beside the first the form has."""
    text = sent.get("further", "")
    return min(int(text), NEW_AT_MOST - 1) if text.isdecimal() and len(text) < 3 else 0


def without(sent: QueryDict, number: int) -> QueryDict:
    """What was typed, without one of the further units; those after it move up."""
    rest = sent.copy()
    last = further_in(sent) + 1
    for place in range(number, last + 1):
        for name in ("name", "kind", "short_name", "code"):
            rest[f"new{place}-{name}"] = sent.get(f"new{place + 1}-{name}", "")
    for name in _SHARED:
        kept = [one for one in Places().to_python(sent.getlist(name)) if one.number != number]
        rest.setlist(name, [f"{one.id}:{one.number - (one.number > number)}" for one in kept])
    rest["further"] = str(last - 2)
    return rest


_REFUSED_AT: Final = {
    "ORG_BAD_UNIT_CODE": "code",
    "ORG_UNIT_CODE_TAKEN": "code",
    "ORG_KIND_NOT_ALLOWED_HERE": "kind",
    "ORG_DEPARTMENTS_TOO_DEEP": "kind",
}


def _own(initial: Mapping[str, Any], number: int) -> dict[str, Any]:
    start = f"new{number}-"
    own = {
        key.removeprefix(start): value for key, value in initial.items() if key.startswith(start)
    }
    return {"kind": initial.get("kind"), **own}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 0 < len(text) < 19
