"""News of approvals."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOpened(events.Event):
    """A person is asked to act; `kind` is "approve" or "resubmit"."""

    name: ClassVar[str] = "approvals.task_opened"

    task_id: int
    case_id: int
    person_id: int
    kind: str
    node_name: str
    title: str
    template_name: str
    subject_kind: str
    subject_id: int | None
    remark: str
    """What the sender said when the case came back; "" otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCopied(events.Event):
    """A case is shown to people who are not asked."""

    name: ClassVar[str] = "approvals.case_copied"

    case_id: int
    person_ids: tuple[int, ...]
    node_id: str
    round: int
    title: str
    template_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseEnded(events.Event):
    """A case is over; `outcome` is "approved", "rejected", "withdrawn" or "terminated".

    `subject_digest` is the digest of the subject that was decided about. The decisions themselves
    are read by queries.cases.decisions(case_id).
    """

    name: ClassVar[str] = "approvals.case_ended"

    case_id: int
    serial_number: str
    title: str
    template_name: str
    outcome: str
    initiator_id: int
    subject_kind: str
    subject_id: int | None
    subject_digest: str
    last_decider_id: int | None
    """Who acted last: the last approver, the refuser, or the initiator who withdrew."""
    ended_at: datetime
