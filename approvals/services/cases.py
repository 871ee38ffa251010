"""What an initiator does: start a case, submit it again after it came back, withdraw it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from approvals import definitions, engine, errors, forms, told
from approvals.definitions import Definition, Mode
from approvals.models import (
    Case,
    CaseEventKind,
    CaseState,
    FormRevision,
    Step,
    StepState,
    Task,
    TaskAction,
    TaskKind,
    TaskState,
    TemplateVersion,
)
from approvals.queries import approvers
from approvals.queries import templates as template_queries
from approvals.services import _answers, _moving
from core import audit
from core.actor import Actor
from core.db import service
from messaging.services import notices

Choices = Mapping[str, Sequence[int]]
_MOST_CHOSEN = 50


@dataclass(frozen=True, slots=True)
class Subject:
    """What a case decides about, known by kind and id; the digest says which state of it."""

    kind: str
    id: int
    digest: str


@dataclass(frozen=True, slots=True)
class StartedCase:
    """A case that has begun; `state` is already final when no step needed anybody."""

    case_id: int
    serial_number: str
    state: str


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """A case that goes on with a new form revision."""

    case_id: int
    form_revision: int
    case_state: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A case its initiator took back."""

    case_id: int


@service
def start(
    *,
    actor: Actor,
    template_key: str,
    title: str,
    form: Mapping[str, Any],
    subject: Subject | None,
    chosen: Choices,
    idempotency_key: str,
    now: datetime,
) -> StartedCase:
    """A case runs under the template's newest version, and its first people are asked.

    `chosen` names people per node id for "initiator's choice". SubjectBusy when a case about the
    same subject still runs.
    """
    person_id = actor.require_person()
    known = _answers.claim(
        person_id=person_id,
        key=idempotency_key,
        request={
            "start": template_key,
            "title": title,
            "form": dict(form),
            "subject": asdict(subject) if subject else None,
            "chosen": _plain(chosen),
        },
        now=now,
    )
    if known is not None:
        return StartedCase(**known)
    started = _begin(actor, template_key, title, form, subject, chosen, now)
    _answers.keep(person_id=person_id, key=idempotency_key, answer=asdict(started))
    return started


@service
def resubmit(
    *,
    actor: Actor,
    task_id: int,
    form: Mapping[str, Any],
    chosen: Choices | None,
    subject: Subject | None,
    remark: str,
    idempotency_key: str,
    now: datetime,
) -> Resubmitted:
    """The initiator's changed form is a new revision and the case goes on from the start.

    `chosen` None keeps the earlier choice. OtherActExpected unless the caller names the case's
    own subject: the app that keeps the subject has rules of its own for who may be chosen.
    """
    person_id = actor.require_person()
    known = _answers.claim(
        person_id=person_id,
        key=idempotency_key,
        request={
            "resubmit": task_id,
            "form": dict(form),
            "chosen": None if chosen is None else _plain(chosen),
            "subject": asdict(subject) if subject else None,
            "remark": remark,
        },
        now=now,
    )
    if known is not None:
        return Resubmitted(**known)
    resubmitted = _go_on(actor, task_id, form, chosen, subject, remark.strip(), now)
    _answers.keep(person_id=person_id, key=idempotency_key, answer=asdict(resubmitted))
    return resubmitted


@service
def withdraw(
    *, actor: Actor, case_id: int, remark: str, idempotency_key: str, now: datetime
) -> Withdrawn:
    """The initiator's running case has ended as withdrawn and nobody is asked any more."""
    person_id = actor.require_person()
    known = _answers.claim(
        person_id=person_id,
        key=idempotency_key,
        request={"withdraw": case_id, "remark": remark},
        now=now,
    )
    if known is not None:
        return Withdrawn(**known)
    if not Case.objects.filter(id=case_id, initiator=person_id).exists():
        raise errors.CaseNotFound
    case = _moving.lock(case_id)
    _moving.check_running(case)
    submitted = FormRevision.objects.get(case=case, number=case.form_revision)
    act = _moving.Act(engine.Withdraw(), CaseEventKind.WITHDRAWN, node_id="", remark=remark.strip())
    news = _moving.move(case=case, submitted=submitted, act=act, actor=actor, now=now)
    _record(actor, "approvals.case.withdrawn", case, now)
    _moving.announce(news)
    withdrawn = Withdrawn(case.id)
    _answers.keep(person_id=person_id, key=idempotency_key, answer=asdict(withdrawn))
    return withdrawn


def _begin(
    actor: Actor,
    template_key: str,
    title: str,
    form: Mapping[str, Any],
    subject: Subject | None,
    chosen: Choices,
    now: datetime,
) -> StartedCase:
    version = template_queries.newest(template_key, subject_kind=subject.kind if subject else "")
    form = _checked_submission(version, form, chosen, now)
    case = _open_case(actor, version, title, subject, now)
    submitted = _submit(case, form, chosen, subject.digest if subject else "", now)
    Step.objects.create(
        case=case,
        node_id=version.definition["nodes"][0]["id"],
        round=1,
        mode=Mode.ANY_OF,
        state=StepState.DONE,
        opened_at=now,
        closed_at=now,
    )
    act = _moving.Act(engine.Begin(), CaseEventKind.STARTED, version.definition["nodes"][0]["id"])
    news = _moving.move(case=case, submitted=submitted, act=act, actor=actor, now=now)
    _record(actor, "approvals.case.started", case, now)
    _moving.announce(news)
    return StartedCase(case.id, case.serial_number, case.state)


def _go_on(
    actor: Actor,
    task_id: int,
    form: Mapping[str, Any],
    chosen: Choices | None,
    subject: Subject | None,
    remark: str,
    now: datetime,
) -> Resubmitted:
    person_id = actor.require_person()
    case, task = _lock_resubmission(person_id, task_id, subject)
    before = FormRevision.objects.get(case=case, number=case.form_revision)
    choice = before.chosen if chosen is None else chosen
    form = _checked_submission(case.version, form, choice, now)
    case.form_revision += 1
    submitted = _submit(case, form, choice, subject.digest if subject else "", now)
    act = _moving.Act(
        engine.Agree(task.step.node_id, person_id),
        CaseEventKind.RESUBMITTED,
        task.step.node_id,
        TaskAction.RESUBMITTED,
        remark,
        {"changed": _changed(before.form, form)},
    )
    news = _moving.move(case=case, submitted=submitted, act=act, actor=actor, now=now)
    _record(actor, "approvals.case.resubmitted", case, now)
    _moving.announce(news)
    notices.settle(actor=actor, source=told.SOURCE, key=told.task_key(task.id, person_id), now=now)
    return Resubmitted(case.id, case.form_revision, case.state)


def _checked_submission(
    version: TemplateVersion, form: Mapping[str, Any], chosen: Choices, now: datetime
) -> dict[str, Any]:
    """The form as it is kept: what the server computes is not taken from anybody."""
    completed = forms.checked(version.form_schema, form)
    _check_chosen(definitions.parse(version.definition), chosen, now)
    return completed


def _check_chosen(definition: Definition, chosen: Choices, now: datetime) -> None:
    """ChoiceInvalid unless real people are chosen, for steps that have a choice, where needed."""
    open_to_choice = {
        node.id: node for node in definitions.approve_nodes(definition) if node.is_chosen
    }
    for node_id, person_ids in chosen.items():
        node = open_to_choice.get(node_id)
        if node is None or len(person_ids) > _MOST_CHOSEN:
            raise errors.ChoiceInvalid(step=node.name if node else node_id, node_id=node_id)
        if len(approvers.active(person_ids, at=now)) != len(person_ids):
            raise errors.ChoiceInvalid(step=node.name, node_id=node.id)
    for node in open_to_choice.values():
        if node.must_be_chosen and not chosen.get(node.id):
            raise errors.ChoiceInvalid(step=node.name, node_id=node.id)


def _open_case(
    actor: Actor,
    version: TemplateVersion,
    title: str,
    subject: Subject | None,
    now: datetime,
) -> Case:
    case_id = _next_case_id()
    case = Case(
        id=case_id,
        # Unique by the id, without a counter that all starting cases would wait for.
        serial_number=f"审{timezone.localtime(now).year}-{case_id:06d}",
        version=version,
        title=title,
        initiator_id=actor.require_person(),
        appointment_id=actor.appointment_id,
        unit_id=actor.unit_id,
        subject_kind=subject.kind if subject else "",
        subject_id=subject.id if subject else None,
        state=CaseState.RUNNING.value,
        started_at=now,
    )
    try:
        with transaction.atomic():
            case.save(force_insert=True)
    except IntegrityError as error:
        if "approvals_case_one_per_subject" in str(error):
            raise errors.SubjectBusy from error
        raise
    return case


def _next_case_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('approvals_case', 'id'))")
        return int(cursor.fetchone()[0])


def _submit(
    case: Case, form: Mapping[str, Any], chosen: Choices, digest: str, now: datetime
) -> FormRevision:
    return FormRevision.objects.create(
        case=case,
        number=case.form_revision,
        form=dict(form),
        chosen=_plain(chosen),
        subject_digest=digest,
        submitted_at=now,
    )


def _lock_resubmission(person_id: int, task_id: int, subject: Subject | None) -> tuple[Case, Task]:
    own = Task.objects.filter(id=task_id, assignee=person_id)
    case_id = own.values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.CaseNotFound
    case = _moving.lock(case_id)
    task = own.select_related("step").get()
    _moving.check_running(case)
    if task.state != TaskState.OPEN:
        raise errors.TaskClosed
    about = (subject.kind, subject.id) if subject else ("", None)
    if task.kind != TaskKind.RESUBMIT or about != (case.subject_kind, case.subject_id):
        raise errors.OtherActExpected
    return case, task


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    names = dict.fromkeys([*before, *after])
    return [name for name in names if before.get(name) != after.get(name)]


def _plain(chosen: Choices) -> dict[str, list[int]]:
    return {node_id: list(dict.fromkeys(people)) for node_id, people in chosen.items() if people}


def _record(actor: Actor, action: str, case: Case, now: datetime) -> None:
    audit.record(
        actor=actor,
        action=action,
        object_kind="approvals.case",
        object_id=case.id,
        unit_id=case.unit_id,
        detail={"serial_number": case.serial_number, "form_revision": case.form_revision},
        now=now,
    )
