"""通讯录, the search: people and units in the chosen unit or everywhere, more of them on demand."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import http
from org import errors as org_errors
from org.queries import directory, former_names, people, units
from workbench import parameters, searches, viewers

EVERYWHERE = "all"
IN_UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought up, or why it was not tried."""

    text: str
    unit_id: int | None
    """The chosen unit, whether the search kept to it or not."""
    within: str
    """The name of the unit that the search kept to, if it did."""
    people: searches.First[people.PersonInUnit]
    units: searches.First[directory.UnitFound]
    former: list[former_names.Former] = field(default_factory=list)
    """Units that go on with what once bore the name or code."""
    refusal: str = ""
    shown: int = 0
    """How many of each are shown at most."""

    @property
    def range(self) -> str:
        """What the switch of the search stands at."""
        return IN_UNIT if self.within else EVERYWHERE

    @property
    def is_empty(self) -> bool:
        """Nothing at all was found."""
        return not (self.people.items or self.units.items or self.former)

    @property
    def may_show_more(self) -> bool:
        """Whether what was cut can be asked for."""
        return searches.may_show_more(self.shown)

    @property
    def more(self) -> str:
        """What the address of the search ends with that shows more of it."""
        return searches.more_of(self.text, unit=self.unit_id, range=self.range)

    @property
    def advice(self) -> str:
        """What to do when nothing was found."""
        if not self.within:
            return "人员可用姓名中相邻两个字、全拼或首字母，单位可用名称中相邻两个字"
        if _is_single(self.text):
            return f"一个字仅在“{self.within}”及其下级中查找，可另选单位，或输入两个字"
        return f"仅在“{self.within}”及其下级中查找，可将范围改为“全部”"


@http.page
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Fragment: people and units found by name, pinyin or initials."""
    unit_id = parameters.optional_id(request.GET, "unit")
    context = {"found": found_for(request, unit_id)}
    return render(request, "workbench/directory/found.html", context)


def found_for(request: HttpRequest, unit_id: int | None) -> Found | None:
    """What the text in the address finds; None where there is no text.

    `range` says whether the unit's own subtree is searched or everything. Without it, a unit in
    the address was picked and is kept to, and so is the shown one for a single Chinese character,
    which too many have.
    """
    wanted = parameters.text(request.GET, "q", longest=searches.LONGEST_SEARCH)
    if not wanted:
        return None
    now = timezone.now()
    viewer, shown = viewers.of(request, at=now), searches.shown(request)
    root_id = unit_id if _keeps_to_unit(request, wanted) else None
    named_root = units.names([root_id]).get(root_id) if root_id else None
    within = named_root.name if named_root else ""
    try:
        met = directory.search_people(
            wanted, at=now, viewer=viewer, root_id=root_id, limit=shown + 1
        )
    except org_errors.SearchTooWide as refusal:
        return Found(
            wanted,
            unit_id,
            within,
            people=searches.First.none(),
            units=searches.First.none(),
            refusal=refusal.text,
        )
    named = directory.search_units(wanted, at=now, viewer=viewer, root_id=root_id, limit=shown + 1)
    former = former_names.formerly(wanted, at=now, viewer=viewer)
    return Found(
        wanted,
        unit_id,
        within,
        people=searches.First.of(met, shown),
        units=searches.First.of(named, shown),
        former=_below(root_id, former) if root_id else former,
        shown=shown,
    )


def _keeps_to_unit(request: HttpRequest, wanted: str) -> bool:
    asked = request.GET.get("range")
    if asked in (IN_UNIT, EVERYWHERE):
        return asked == IN_UNIT
    return bool(request.GET.get("unit")) or _is_single(wanted)


def _is_single(wanted: str) -> bool:
    return len(wanted) == 1 and not wanted.isascii()


def _below(root_id: int, found: list[former_names.Former]) -> list[former_names.Former]:
    above = units.paths([one.unit.id for one in found])
    return [one for one in found if root_id in {unit.id for unit in above[one.unit.id]}]
