"""Whom the rows of a file mean: people who are known, or somebody new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from org.exchange import phones
from org.exchange.faults import Faults
from org.exchange.people_rows import PersonRow
from org.exchange.people_state import Known, PeopleState
from org.exchange.places import NotFound, Place
from org.kinds import AppointmentKind

_NOT_USABLE: Final = "该手机号不能在此使用，请核对；如确属本人，请由其所在单位办理调动"
_NUMBER_UNKNOWN: Final = "系统编号不存在，或不在您的管理范围内"


@dataclass(slots=True)
class Group:
    """The rows of one person, each with its unit. `person` is None for somebody new."""

    person: Known | None
    rows: list[tuple[PersonRow, Place]] = field(default_factory=list)


def groups(rows: Sequence[PersonRow], state: PeopleState, faults: Faults) -> list[Group]:
    """The rows by person, in the order of the file. What is wrong is added to `faults`.

    Says of nobody outside the administrator's scope that he is there: hidden and absent sound
    alike, but for a phone number, of which it says no more than that it can't be used.
    """
    found: dict[object, Group] = {}
    for row in rows:
        place = state.places.find(row.unit_code, row.unit)
        if isinstance(place, NotFound):
            key = "unit_code" if row.unit_code else "unit"
            faults.error(row.row, key, place.code, place.text)
            continue
        person = _person(row, place, state, faults)
        if row.row in faults.rows:
            continue
        group = found.setdefault(_key(row, place, person), Group(person))
        _join(group, row, place, faults)
    for group in found.values():
        _require_main(group, faults)
    whole = [group for group in found.values() if group.rows]
    _refuse_shared_phones(whole, faults)
    return whole


def _key(row: PersonRow, place: Place, person: Known | None) -> object:
    if person is not None:
        return person.id
    if row.phone:
        return ("phone", row.phone)
    if row.staff_number:
        return ("staff", row.staff_number, row.name)
    return ("row", row.row) if row.is_new else ("place", place.id, row.name)


def _person(row: PersonRow, place: Place, state: PeopleState, faults: Faults) -> Known | None:
    """Whom the row means, by the surest thing it says; None for somebody new or in doubt."""
    if row.number:
        return _by_number(row, state, faults)
    if row.phone and row.phone in state.by_phone:
        return _by_phone(row, row.phone, state, faults)
    named = [p for p in state.by_staff_number.get(row.staff_number or "", []) if p.is_ours]
    same = [person for person in named if person.name == row.name]
    if len(same) == 1:
        return same[0]
    if row.is_new:
        if not row.phone and not row.staff_number:
            text = "填“新增”的行须有手机号或工号"
            faults.error(row.row, "number", "NEW_UNNAMED", text)
        return None
    return _by_name(row, place, state, faults)


def _by_number(row: PersonRow, state: PeopleState, faults: Faults) -> Known | None:
    person = state.by_number.get(row.number) if row.number else None
    if person is None or not person.is_ours:
        faults.error(row.row, "number", "UNKNOWN_NUMBER", _NUMBER_UNKNOWN)
        return None
    others = [p for p in state.by_phone.get(row.phone or "", []) if p.id != person.id]
    if others:
        _refuse_phone(row, others, faults)
    if row.masked_phone and row.masked_phone != phones.masked(person.phone):
        text = "手机号隐藏的部分与系统不符；不修改请照导出的原样填写，修改请填写完整号码"
        faults.error(row.row, "phone", "MASKED_PHONE_DIFFERS", text)
    return person


def _by_phone(row: PersonRow, phone: str, state: PeopleState, faults: Faults) -> Known | None:
    holders = state.by_phone[phone]
    ours = [person for person in holders if person.is_ours and person.name == row.name]
    if len(ours) == 1:
        return ours[0]
    if len(ours) > 1:
        text = "有多位同名人员使用该手机号，请填写系统编号"
        faults.error(row.row, "phone", "AMBIGUOUS_PERSON", text)
    else:
        _refuse_phone(row, holders, faults)
    return None


def _refuse_phone(row: PersonRow, holders: Sequence[Known], faults: Faults) -> None:
    ours = next((person for person in holders if person.is_ours), None)
    if ours is None:
        faults.error(row.row, "phone", "PHONE_NOT_USABLE", _NOT_USABLE)
        return
    text = f"该手机号已登记给“{ours.name}”；如系更名，请填写系统编号"
    faults.error(row.row, "phone", "PHONE_TAKEN", text)


def _by_name(row: PersonRow, place: Place, state: PeopleState, faults: Faults) -> Known | None:
    here = state.by_place.get((place.id, row.name), [])
    if row.masked_phone:
        here = [person for person in here if phones.masked(person.phone) == row.masked_phone]
        if not here:
            text = "带 * 的手机号只能用于已有人员；请填写系统编号或完整号码"
            faults.error(row.row, "phone", "MASKED_PHONE_UNKNOWN", text)
            return None
    if not here:
        _note_namesake(row, state, faults)
        return None
    if len(here) > 1:
        faults.error(row.row, "name", "AMBIGUOUS_PERSON", "该单位有多位同名人员，请填写系统编号")
        return None
    person = here[0]
    if row.phone and person.phone:
        text = (
            "该单位已有同名人员且手机号不同：同一人请填写其系统编号，另一人请在系统编号列填“新增”"
        )
        faults.error(row.row, "phone", "SAME_NAME", text)
        return None
    return person


def _note_namesake(row: PersonRow, state: PeopleState, faults: Faults) -> None:
    """Whoever enters somebody a second time should know that he may be doing so."""
    elsewhere = [] if row.phone else state.by_name.get(row.name, [])
    if elsewhere:
        where = elsewhere[0].held[0].place if elsewhere[0].held else "目前没有任职"
        text = f"将新增人员；另有同名人员（{where}），如为同一人请填写系统编号或手机号"
        faults.note(row.row, "name", "NAMESAKE", text)


def _join(group: Group, row: PersonRow, place: Place, faults: Faults) -> None:
    """The row is the person's too, unless it repeats or contradicts an earlier one."""
    for earlier, where in group.rows:
        if earlier.name != row.name:
            text = f"与第 {earlier.row} 行的手机号或编号相同，姓名不同"
            faults.error(row.row, "name", "NAMES_DIFFER", text)
        elif where.id == place.id and earlier.kind == row.kind:
            faults.error(row.row, "name", "REPEATED_ROW", f"与第 {earlier.row} 行重复")
        elif AppointmentKind.MAIN == row.kind == earlier.kind:
            text = f"第 {earlier.row} 行已有主任职，一人只能有一个"
            faults.error(row.row, "kind", "TWO_MAIN_POSTS", text)
        else:
            continue
        return
    group.rows.append((row, place))


def _require_main(group: Group, faults: Faults) -> None:
    if group.person is None and all(row.kind != AppointmentKind.MAIN for row, _ in group.rows):
        for row, _place in group.rows:
            text = "新增人员须有一行主任职"
            faults.error(row.row, "kind", "MAIN_POST_MISSING", text)
        group.rows.clear()


def _refuse_shared_phones(whole: Sequence[Group], faults: Faults) -> None:
    """Two people of one file never get the same number."""
    holder: dict[str, int] = {}
    for group in whole:
        for phone in {row.phone for row, _ in group.rows if row.phone}:
            first = group.rows[0][0].row
            if phone in holder:
                text = f"手机号与第 {holder[phone]} 行相同"
                faults.error(first, "phone", "PHONE_REPEATED", text)
            holder.setdefault(phone, first)
