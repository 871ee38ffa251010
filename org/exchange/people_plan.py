"""What a file of people would do: a pure function from rows and what is known to acts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from org.exchange import columns, people_match, phones, plans
from org.exchange.faults import Faults
from org.exchange.people_match import Group
from org.exchange.people_rows import PersonRow
from org.exchange.people_state import Held, Known, PeopleState
from org.exchange.places import Place
from org.kinds import AppointmentKind, ImportMode, ImportOutcome, PostFunction

_KIND_LABELS: Final = {kind.value: str(kind.label) for kind in AppointmentKind}
_FUNCTION_LABELS: Final = {one.value: str(one.label) for one in PostFunction}
_DETAILS: Final = {"name": "姓名", "staff_number": "工号", "job_level": "职级"}


@dataclass(frozen=True, slots=True)
class Begin:
    """An appointment begins; now where `since` is None."""

    row: int
    unit_id: int
    kind: str
    title: str
    function: str
    order: int | None
    """None: behind all of the same rank."""
    office_phone: str
    since: date | None
    until: datetime | None = None
    """When it ends, where that is settled already."""


@dataclass(frozen=True, slots=True)
class End:
    """An appointment ends now."""

    appointment_id: int
    unit_id: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Adjust:
    """An appointment goes on with another order or office phone."""

    appointment_id: int
    unit_id: int
    order: int
    office_phone: str


@dataclass(slots=True)
class PersonAct:
    """All that happens to one person. `person_id` is None for somebody new."""

    row: int
    person_id: int | None
    name: str
    details: dict[str, str] = field(default_factory=dict)
    """Column → new value: of a new person all, else what changes. A phone in clear."""
    ends: list[End] = field(default_factory=list)
    begins: list[Begin] = field(default_factory=list)
    adjusts: list[Adjust] = field(default_factory=list)
    leaves: bool = False
    """Nothing of his is left standing."""

    @property
    def is_empty(self) -> bool:
        """Nothing happens."""
        return not (self.details or self.ends or self.begins or self.adjusts)


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """The acts, in the order of the file, and what is told of them."""

    acts: list[PersonAct]
    summary: plans.Summary
    digest: str


def make(
    rows: Sequence[PersonRow], state: PeopleState, faults: Faults, *, mode: ImportMode
) -> PeoplePlan:
    """What the rows would do. Adds to `faults`; a faulty row does nothing."""
    planner = _Planner(state, faults)
    groups = people_match.groups(rows, state, faults)
    for group in groups:
        planner.add(group)
    if mode is ImportMode.SYNC:
        planner.end_the_absent()
    acts = [act for act in planner.acts if not act.is_empty]
    planner.summary.touched = len(acts)
    return PeoplePlan(acts, planner.summary, plans.digest(acts))


class _Planner:
    def __init__(self, state: PeopleState, faults: Faults) -> None:
        self.state = state
        self.faults = faults
        self.acts: list[PersonAct] = []
        self.summary = plans.Summary()
        self.kept: set[int] = set()
        """Appointments that a row names or that an act ends already."""
        self._posts = dict(state.posts)

    def add(self, group: Group) -> None:
        """One person's rows, the main post first: it decides whether the others may stand."""
        rows = sorted(group.rows, key=lambda one: one[0].kind != AppointmentKind.MAIN)
        first, _place = rows[0]
        act = PersonAct(first.row, group.person.id if group.person else None, first.name)
        lines: dict[int, plans.Line] = {}
        for row, place in rows:
            self._judge_details(group.person, row)
            line = self._row(act, group.person, row, place)
            if line:
                lines[row.row] = line
        if any(row.row in self.faults.rows for row, _ in rows):
            self._drop(group, rows)
            return
        if group.person and group.person.id == self.state.importer_id and (act.begins or act.ends):
            self.kept.update(held.id for held in group.person.held)
            self._refuse(first, "name", "OWN_APPOINTMENT", "不能通过导入变动您自己的任职")
            return
        self._details(act, group.person, first, lines)
        if group.person is None:
            place = rows[0][1]
            lines[first.row] = _line(first, place, ImportOutcome.NEW, {}, _shown(first))
        self.summary.lines.extend(lines[key] for key in sorted(lines))
        self.summary.unchanged += len(rows) - len(lines)
        self.acts.append(act)

    def end_the_absent(self) -> None:
        """Every appointment of the unit that no row speaks of ends, the importer's own apart."""
        acts = {act.person_id: act for act in self.acts if act.person_id}
        sizes: dict[int, list[int]] = {}
        ending: dict[int, set[int]] = {}
        for person in self.state.known.values():
            within = [held for held in person.held if held.is_within and held.is_ours]
            for held in within:
                sizes.setdefault(held.unit_id, []).append(person.id)
            gone = [held for held in within if held.id not in self.kept]
            if not gone or person.id == self.state.importer_id:
                continue
            act = acts.get(person.id) or PersonAct(0, person.id, person.name)
            if person.id not in acts:
                self.acts.append(act)
            self._end_all(act, person, gone)
            comes = any(term.begin > self.state.at for term in person.terms)
            act.leaves = not act.begins and not comes and len(act.ends) == len(person.held)
            if act.leaves and person.id in self.state.beyond:
                text = f"名单中没有{person.name}：其持有您无权收回的管理权限，不能随同步离开组织"
                self.faults.error(0, "name", "HOLDS_GREATER_RIGHTS", text)
            for held in gone:
                ending.setdefault(held.unit_id, set()).add(person.id)
        self.summary.guarded = self._guarded(sizes, ending)

    def _end_all(self, act: PersonAct, person: Known, gone: Iterable[Held]) -> None:
        for held in gone:
            act.ends.append(End(held.id, held.unit_id, held.kind, held.title))
            before = {"职务": held.title, "任职方式": _KIND_LABELS[held.kind]}
            self.summary.lines.append(
                plans.Line(0, ImportOutcome.ENDED, person.name, held.place, before, {})
            )

    def _guarded(
        self, sizes: dict[int, list[int]], ending: dict[int, set[int]]
    ) -> list[plans.Guarded]:
        whole = len({person for people in sizes.values() for person in people})
        gone = len({person for people in ending.values() for person in people})
        root = self.state.places.by_id.get(self.state.root_id)
        parts = [(root.shown if root else "", gone, whole)]
        parts += [
            (self.state.places.by_id[unit_id].shown, len(people), len(set(sizes[unit_id])))
            for unit_id, people in ending.items()
            if len(set(sizes[unit_id])) >= plans.GUARD_FROM and unit_id in self.state.places.by_id
        ]
        return plans.guarded(parts)

    def _row(
        self, act: PersonAct, person: Known | None, row: PersonRow, place: Place
    ) -> plans.Line | None:
        held = _held_here(person, place.id, row.kind)
        function = self._function(row, place, held)
        if held is not None:
            self.kept.add(held.id)
            return self._keep(act, row, place, held, function)
        outcome, before = ImportOutcome.APPOINTED, {}
        main = _main_of(person) if row.kind is AppointmentKind.MAIN else None
        if main is not None:
            if not main.is_ours:
                self._refuse(row, "unit", "MAIN_ELSEWHERE", "其主任职不在您的管理范围内，不能调动")
                return None
            self.kept.add(main.id)
            act.ends.append(End(main.id, main.unit_id, main.kind, main.title))
            outcome, before = ImportOutcome.MOVED, {"单位": main.place}
            if main.title != row.title:
                before["职务"] = main.title
        since = self._since(person, row, place, ends=main)
        act.begins.append(_begin(row, place, function, since))
        after = {"单位": place.shown, "职务": row.title}
        if outcome is ImportOutcome.APPOINTED:
            after["任职方式"] = _KIND_LABELS[row.kind]
        elif main is not None and main.title == row.title:
            del after["职务"]
        return _line(row, place, outcome, before, after)

    def _keep(
        self, act: PersonAct, row: PersonRow, place: Place, held: Held, function: str
    ) -> plans.Line | None:
        """The appointment goes on: adjusted, or ended and begun anew under another title."""
        order = held.order if row.order is None else row.order
        office = row.office_phone or held.office_phone
        if row.since and row.since != held.since:
            text = f"任职日期在系统中为 {held.since}，导入不改动"
            self.faults.note(row.row, "since", "SINCE_DIFFERS", text)
        before = {"职务": held.title, "岗位类别": _FUNCTION_LABELS[held.function],
                  "排序": str(held.order), "办公电话": held.office_phone}  # fmt: skip
        after = {"职务": row.title, "岗位类别": _FUNCTION_LABELS[function],
                 "排序": str(order), "办公电话": office}  # fmt: skip
        old, new = plans.differing(before, after)
        if row.title != held.title:
            act.ends.append(End(held.id, held.unit_id, held.kind, held.title))
            begin = _begin(row, place, function, None)
            goes_on = replace(begin, order=order, office_phone=office, until=held.until)
            act.begins.append(goes_on)
        elif new:
            act.adjusts.append(Adjust(held.id, held.unit_id, order, office))
        return _line(row, place, ImportOutcome.CHANGED, old, new) if new else None

    def _judge_details(self, person: Known | None, row: PersonRow) -> None:
        """Levels are those of the list; who the person is, only his own administrator says."""
        held = person.job_level if person else ""
        if row.job_level and row.job_level not in (*columns.JOB_LEVELS, held):
            text = f"职级“{row.job_level}”不在代码表中"
            self._refuse(row, "job_level", "NOT_IN_LIST", text)
        if person is None:
            return
        renumbered = bool(row.staff_number) and row.staff_number != person.staff_number
        if person.administers and renumbered:
            text = "其担任管理员，工号可用于登录，不能批量修改，请在人员页面办理"
            self._refuse(row, "staff_number", "ADMINISTERS", text)
        if person.has_details_of_ours:
            return
        said = ((row.name, person.name), (row.phone, phones.plain(person.phone)),
                (row.staff_number, person.staff_number), (row.job_level, held))  # fmt: skip
        if any(new and new != old for new, old in said):
            text = "其主任职不在您的管理范围内，不能修改姓名、手机号、工号和职级"
            self._refuse(row, "name", "DETAILS_ELSEWHERE", text)

    def _function(self, row: PersonRow, place: Place, held: Held | None) -> str:
        """What the post is for: as it is known, else as the first row of the title says."""
        known = self._posts.get((place.id, row.title))
        if known and row.function and row.function != known:
            label = PostFunction(known).label
            text = f"“{row.title}”在该单位的岗位类别是“{label}”，不能另作他用"
            self._refuse(row, "function", "FUNCTION_DIFFERS", text)
        # Another title alone does not make a clerk one of staff.
        kept = held.function if held is not None else PostFunction.STAFF.value
        function = known or (row.function.value if row.function else kept)
        self._posts.setdefault((place.id, row.title), function)
        return function

    def _since(
        self, person: Known | None, row: PersonRow, place: Place, *, ends: Held | None
    ) -> date | None:
        """The day the post begins; None (now) where that day another still stood."""
        terms = [
            term
            for term in (person.terms if person else ())
            if (term.kind == row.kind)
            and (row.kind is AppointmentKind.MAIN or term.unit_id == place.id)
        ]
        if any(term.begin > self.state.at for term in terms):
            text = "已有以后生效的同类任职，请在人员页面办理"
            self._refuse(row, "unit", "TERM_TO_COME", text)
        if row.since is None or ends is not None:
            return None
        if row.since < self.state.earliest:
            text = f"{self.state.earliest} 以前的任职日期不补录，自导入时起算"
            self.faults.note(row.row, "since", "SINCE_LONG_PAST", text)
            return None
        if any(term.end is None or term.end.date() > row.since for term in terms):
            text = "任职日期早于上一段同类任职的结束，按今天办理"
            self.faults.note(row.row, "since", "SINCE_TOO_EARLY", text)
            return None
        return row.since

    def _details(
        self,
        act: PersonAct,
        person: Known | None,
        row: PersonRow,
        lines: dict[int, plans.Line],
    ) -> None:
        if person is None:
            given = {"name": row.name, "phone": row.phone, "staff_number": row.staff_number,
                     "job_level": row.job_level}  # fmt: skip
            act.details = {key: value for key, value in given.items() if value}
            return
        held = {"name": person.name, "staff_number": person.staff_number,
                "job_level": person.job_level}  # fmt: skip
        said = {"name": row.name, "staff_number": row.staff_number, "job_level": row.job_level}
        act.details = {k: v for k, v in said.items() if v and v != held[k]}
        before = {_DETAILS[key]: held[key] for key in act.details}
        after = {_DETAILS[key]: value for key, value in act.details.items()}
        if row.phone and row.phone != phones.plain(person.phone):
            act.details["phone"] = row.phone
            before["手机号"], after["手机号"] = (
                phones.masked(person.phone),
                phones.masked(row.phone),
            )
        if not act.details:
            return
        line = lines.get(row.row) or plans.Line(
            row.row, ImportOutcome.CHANGED, row.name, person.held[0].place if person.held else ""
        )
        line.before.update(before)
        line.after.update(after)
        lines[row.row] = line

    def _refuse(self, row: PersonRow, key: str, code: str, text: str) -> None:
        self.faults.error(row.row, key, code, text)

    def _drop(self, group: Group, rows: list[tuple[PersonRow, Place]]) -> None:
        """With one row wrong none of the person's is done, and nothing of his ends either."""
        wrong = min(row.row for row, _ in rows if row.row in self.faults.rows)
        for row, _ in rows:
            if row.row not in self.faults.rows:
                text = f"同一人的第 {wrong} 行有错误，本行一并不导入"
                self.faults.error(row.row, "name", "OTHER_ROW_FAULTY", text)
        if group.person:
            self.kept.update(held.id for held in group.person.held)


def _held_here(person: Known | None, unit_id: int, kind: AppointmentKind) -> Held | None:
    held = person.held if person else ()
    return next((one for one in held if one.unit_id == unit_id and one.kind == kind), None)


def _main_of(person: Known | None) -> Held | None:
    return next((one for one in (person.held if person else ()) if one.kind == "main"), None)


def _begin(row: PersonRow, place: Place, function: str, since: date | None) -> Begin:
    return Begin(
        row=row.row,
        unit_id=place.id,
        kind=row.kind.value,
        title=row.title,
        function=function,
        order=row.order,
        office_phone=row.office_phone or "",
        since=since,
    )


def _shown(row: PersonRow) -> dict[str, str]:
    said = {"职务": row.title, "任职方式": str(row.kind.label), "职级": row.job_level or "",
            "手机号": phones.masked(row.phone) if row.phone else ""}  # fmt: skip
    return {key: value for key, value in said.items() if value}


def _line(
    row: PersonRow,
    place: Place,
    outcome: ImportOutcome,
    before: dict[str, str],
    after: dict[str, str],
) -> plans.Line:
    return plans.Line(row.row, outcome, row.name, place.shown, before, after)
