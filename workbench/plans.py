"""A reorganisation as its page shows it: steps, what they would do, and who may do what next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from approvals.queries import touching as approvals_touching
from core import errors
from core.actor import Actor
from messaging.queries import touching as messaging_touching
from miniapps.queries import touching as miniapps_touching
from org import policies as org_policies
from org import rehearsal
from org.kinds import ReorganisationStatus as Status
from org.queries import reorganisations as queries
from org.services import rehearsals

_REFUSED: Final = (Status.REJECTED, Status.FAILED, Status.WITHDRAWN)
_MARKS: Final = {
    rehearsal.Mark.NEW: "green",
    rehearsal.Mark.RENAMED: "blue",
    rehearsal.Mark.MOVED: "amber",
    rehearsal.Mark.MERGED: "red",
    rehearsal.Mark.SPLIT: "blue",
    rehearsal.Mark.ABOLISHED: "red",
    rehearsal.Mark.REORDERED: "",
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step with what is wrong with it, if anything."""

    row: queries.StepRow
    sentence: str
    problem: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark and its colour."""

    word: str
    colour: str


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A unit of one of the two trees."""

    depth: int
    name: str
    kind: str
    marks: tuple[Marked, ...]
    note: str
    people: int | None
    rest: int
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """How many of something are touched."""

    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would happen, or what did."""

    before: tuple[TreeLine, ...]
    after: tuple[TreeLine, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of the timeline."""

    event: queries.EventRow
    state: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything on the page of one reorganisation."""

    card: queries.ReorganisationCard
    steps: tuple[ShownStep, ...]
    foreseen: Foreseen | None
    refusal: str
    """Why nothing could be tried."""
    timeline: tuple[Moment, ...]
    may_edit: bool
    may_submit: bool
    may_discard: bool
    may_decide: bool
    may_withdraw: bool
    is_under_way: bool
    """Its time has come and the worker is about to carry it out: the page asks again."""

    @property
    def problem_count(self) -> int:
        """The steps that can't be done."""
        return sum(1 for step in self.steps if step.problem)


def of(actor: Actor, reorganisation_id: int, *, at: datetime) -> Plan:
    """The plan for the viewer; ReorganisationNotFound where he may not see it."""
    card = queries.card(actor, reorganisation_id, at=at)
    rows = queries.steps(reorganisation_id)
    tried, refusal = _tried(actor, card, rows, at=at)
    # The worker may have carried it out while the rehearsal waited for its locks: what was
    # tried upon what has happened already is refused in every step, and tells nothing.
    if tried is not None and not _stands_as(card, queries.card(actor, reorganisation_id, at=at)):
        card = queries.card(actor, reorganisation_id, at=at)
        rows = queries.steps(reorganisation_id)
        tried, refusal = _tried(actor, card, rows, at=at)
    problems: Mapping[int, rehearsals.Problem] = tried.by_step if tried else {}
    kept: Mapping[str, str] = (card.outcome or {}).get("sentences", {})
    is_drafter = actor.person_id == card.drafter_id
    administers = org_policies.may_manage_units(actor, card.scope_id, at=at)
    is_waiting = card.status in (Status.SUBMITTED, Status.APPROVED)
    is_sound = tried is not None and not tried.problems
    may_edit = is_drafter and card.is_open and administers
    return Plan(
        card=card,
        steps=tuple(
            ShownStep(
                row=row,
                sentence=kept.get(str(row.id), row.sentence),
                problem=problems[row.id].text if row.id in problems else "",
                is_first=row.position == 1,
                is_last=row.position == len(rows),
            )
            for row in rows
        ),
        foreseen=_foreseen(card, tried),
        refusal=refusal,
        timeline=_timeline(card),
        may_edit=may_edit,
        may_submit=may_edit and is_sound and bool(card.basis),
        may_discard=may_edit and card.submitted_at is None,
        may_decide=card.status == Status.SUBMITTED and administers and not is_drafter,
        may_withdraw=is_waiting and (is_drafter or actor.person_id == card.approver_id),
        is_under_way=_is_under_way(card, at=at),
    )


def _stands_as(read: queries.ReorganisationCard, now_standing: queries.ReorganisationCard) -> bool:
    return (read.status, read.revision) == (now_standing.status, now_standing.revision)


def _is_under_way(card: queries.ReorganisationCard, *, at: datetime) -> bool:
    return (
        card.status == Status.APPROVED
        and card.effective_at is not None
        and card.effective_at <= at + timedelta(seconds=1)
    )


def _tried(
    actor: Actor,
    card: queries.ReorganisationCard,
    rows: Sequence[queries.StepRow],
    *,
    at: datetime,
) -> tuple[rehearsals.Rehearsal | None, str]:
    if not rows or card.status == Status.EFFECTIVE or _is_under_way(card, at=at):
        return None, ""
    try:
        return rehearsals.rehearse(actor=actor, reorganisation_id=card.id, now=at), ""
    except errors.Forbidden:
        return None, f"{card.drafter_name}已没有该范围的管理权限，方案无法执行"
    except errors.TooMany as refusal:
        return None, refusal.text


def _foreseen(
    card: queries.ReorganisationCard, tried: rehearsals.Rehearsal | None
) -> Foreseen | None:
    """What a rehearsal shows; of one that took effect, what was kept when it did."""
    if tried is not None:
        counts = tried.counts
        figures = (
            Figure("涉及组织", counts.units),
            Figure("涉及人员", counts.people),
            Figure("任职变动", counts.appointments),
            Figure("管理权限", counts.grants),
            Figure("登录账号", counts.accounts),
            Figure("群聊", messaging_touching.groups(tried.person_ids)),
            Figure(
                "在办审批",
                approvals_touching.running_cases(tried.unit_ids, tried.person_ids),
            ),
            Figure("微应用", miniapps_touching.apps(tried.unit_ids)),
        )
        trees = tried.trees
        return Foreseen(_lines(trees.before), _lines(trees.after), figures)
    if card.outcome is None:
        return None
    kept, counted = card.outcome["trees"], card.outcome["counts"]
    return Foreseen(
        _lines([_line(one) for one in kept["before"]]),
        _lines([_line(one) for one in kept["after"]]),
        (
            Figure("涉及组织", counted["units"]),
            Figure("涉及人员", counted["people"]),
            Figure("任职变动", counted["appointments"]),
            Figure("管理权限", counted["grants"]),
            Figure("登录账号", counted["accounts"]),
        ),
    )


def _line(kept: Mapping[str, Any]) -> rehearsal.Line:
    marks = tuple(rehearsal.Mark(one) for one in kept["marks"])
    return rehearsal.Line(**{**kept, "marks": marks})


def _lines(lines: Sequence[rehearsal.Line]) -> tuple[TreeLine, ...]:
    gone = (rehearsal.Mark.MERGED, rehearsal.Mark.ABOLISHED)
    return tuple(
        TreeLine(
            depth=min(line.depth, 6),
            name=line.name,
            kind=line.kind,
            marks=tuple(Marked(str(mark), _MARKS[mark]) for mark in line.marks),
            note=line.note,
            people=line.people,
            rest=line.rest,
            is_gone=any(mark in gone for mark in line.marks),
        )
        for line in lines
    )


def _timeline(card: queries.ReorganisationCard) -> tuple[Moment, ...]:
    events = queries.timeline(card.id)
    return tuple(
        Moment(event, "is-refused" if event.status in _REFUSED else "is-done") for event in events
    )
