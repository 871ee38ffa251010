"""What waits for a person, whichever screen it is done on: 工作台 shows it in one list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from approvals.queries import tasks
from core.actor import Actor
from documents.queries import issuing, listing
from messaging.queries import dings
from miniapps.queries import registry
from org.queries import reorganisations, requests


@dataclass(frozen=True, slots=True)
class ToDo:
    """One row: what waits, what is asked of the person, and where it is done."""

    icon: str
    """The icon of the screen, where no person stands behind the row."""
    person_name: str
    title: str
    meta: str
    tag: str
    url: str
    at: datetime
    urgent: bool = False
    """Whether it stands above what is not, however old it is."""


def latest(actor: Actor, *, at: datetime, limit: int) -> list[ToDo]:
    """The newest of all that waits for the actor, DINGs first; screens show the whole of theirs."""
    rows = [
        *_to_confirm(actor, at, limit),
        *_tasks(actor, at, limit),
        *_to_acknowledge(actor, at, limit),
        *_to_issue(actor, at, limit),
        *_to_review(actor, at),
        *_to_decide_as_second(actor, at, limit),
        *_to_approve_plans(actor, at, limit),
    ]
    return sorted(rows, key=lambda row: (row.urgent, row.at), reverse=True)[:limit]


def _to_confirm(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for ding in dings.pending(actor.require_person(), limit, at=at):
        yield ToDo(
            icon="messages",
            person_name=ding.sender_name,
            title=ding.excerpt or "请查看并确认",
            meta=f"DING，{ding.sender_name}",
            tag="DING 待确认",
            url=f"{reverse('messages')}?view=dings",
            at=ding.opened_at,
            urgent=True,
        )


def _tasks(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for task in tasks.to_do(actor=actor, at=at, limit=limit).items:
        unit = f"（{task.unit_name}）" if task.unit_name else ""
        yield ToDo(
            icon="approvals",
            person_name=task.initiator_name,
            title=task.title,
            meta=f"{task.template_name}，{task.initiator_name}{unit}",
            tag=task.node_name,
            url=reverse("approvals-case", args=[task.case_id]),
            at=task.at,
        )


def _to_acknowledge(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for row in listing.box(actor=actor, box=listing.Box.AWAITING, at=at, limit=limit).items:
        yield ToDo(
            icon="documents",
            person_name="",
            title=row.title,
            meta="，".join(filter(None, (row.issuer_name, row.number_text, row.urgency_name))),
            tag="待签收",
            url=reverse("documents-detail", args=[row.id]),
            at=row.at,
        )


def _to_issue(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for document in issuing.waiting(actor=actor, at=at, limit=limit):
        yield ToDo(
            icon="documents",
            person_name="",
            title=document.title,
            meta=f"{document.issuer_name}，已签发",
            tag="待编号",
            url=reverse("documents-detail", args=[document.id]),
            at=document.at,
        )


def _to_review(actor: Actor, at: datetime) -> Iterator[ToDo]:
    for app in registry.review_queue(actor, at=at):
        yield ToDo(
            icon="apps",
            person_name="",
            title=f"{app.name} {app.version_name}",
            meta=f"应用上架，{app.owner_unit_name}",
            tag=app.state_words,
            url=reverse("apps-detail", args=[app.id]),
            at=app.changed_at,
        )


def _to_decide_as_second(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for request in requests.awaiting(actor.require_person(), at=at, limit=limit).items:
        yield ToDo(
            icon="administration",
            person_name=request.requester_name,
            title=request.summary,
            meta=f"双人复核，{request.requester_name}",
            tag="待复核",
            url=reverse("administration-request", args=[request.id]),
            at=request.asked_at,
        )


def _to_approve_plans(actor: Actor, at: datetime, limit: int) -> Iterator[ToDo]:
    for plan in reorganisations.awaiting(actor, at=at, limit=limit):
        yield ToDo(
            icon="administration",
            person_name=plan.drafter_name,
            title=plan.title,
            meta=f"机构改革，{plan.drafter_name}（{plan.scope_name}）",
            tag="待审批",
            url=reverse("administration-reorganisation", args=[plan.id]),
            at=plan.submitted_at or plan.drafted_at,
        )
