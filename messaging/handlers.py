"""What messaging does on its own: work notices about what org asks of its administrators."""

from datetime import datetime, timedelta
from typing import Final

from core.actor import system
from core.errors import DomainError
from messaging import climbing, events, intake
from messaging.queries import files, handovers, search_blocks
from messaging.queries import members as member_queries
from messaging.queries import unit_conversations as unit_queries
from messaging.services import (
    ding_climbs,
    ding_requests,
    members,
    notices,
    search,
    unit_conversations,
)
from messaging.services import files as file_services
from messaging.services import handovers as handover_services
from org import events as org_events
from org.kinds import HandoverKind, ReorganisationStatus, RequestKind, RequestState
from org.queries import appointments, authority, reorganisations, requests
from org.services import departures

SOURCE: Final = "org"
SOURCE_NAME: Final = "系统管理"
_ACTOR: Final = system("messaging.handlers")
_GROUP_ADVICE: Final = "指定群内成员为接手人，群主即自动转交"
_WARNED_BEFORE: Final = timedelta(days=7)
_LEFT_OVER_KEPT: Final = timedelta(days=7)
_FORGOTTEN_AT_ONCE: Final = 1000
_BEHIND_AT_ONCE: Final = 500
_APPROVED_DING: Final = (RequestKind.DING, RequestState.APPROVED)
_VERDICTS: Final[dict[str, str]] = {
    RequestState.APPROVED: "复核已同意",
    RequestState.REJECTED: "复核未同意",
    RequestState.LAPSED: "复核已失效",
}


def on_request_opened(event: org_events.RequestOpened, now: datetime) -> None:
    """Whoever may decide has a work notice that leads to the request."""
    request = requests.told_of(event.request_id, at=now)
    person_ids = requests.deciders(event.request_id, at=now)
    if request is None or not person_ids:
        return
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=_opened_key(event.request_id),
        person_ids=person_ids,
        title=f"待复核：{request.summary}",
        body=f"{request.requester_name} 提交，请在到期前处理。",
        link=f"/administration/requests/{event.request_id}/",
        now=now,
    )


def on_request_decided(event: org_events.RequestDecided, now: datetime) -> None:
    """Nobody is called upon any more, and whoever asked knows how it ended."""
    notices.settle(actor=_ACTOR, source=SOURCE, key=_opened_key(event.request_id), now=now)
    request = requests.told_of(event.request_id, at=now)
    if request is None or request.state not in _VERDICTS:
        return
    said = [f"复核人：{request.decided_by_name}"] if request.decided_by_name else []
    said += [f"意见：{request.remark}"] if said and request.remark else [request.remark]
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"request.decided:{event.request_id}",
        person_ids=[request.requester_id],
        title=f"{_VERDICTS[request.state]}：{request.summary}",
        body="\n".join(filter(None, said)),
        link=_asker_link(request),
        now=now,
    )


def on_reorganisation_moved(event: org_events.ReorganisationMoved, now: datetime) -> None:
    """Who may decide about a reorganisation is asked to; its drafter knows how it goes on."""
    plan = reorganisations.of_news(event.reorganisation_id)
    if plan is None:
        return
    link = f"/administration/reorganisations/{plan.id}/"
    key = f"reorganisation:{plan.id}:{plan.submitted_at:%Y%m%d%H%M%S%f}"
    notices.settle(actor=_ACTOR, source=SOURCE, key=key, now=now)
    if event.status == ReorganisationStatus.SUBMITTED:
        person_ids = reorganisations.approvers(plan.id, at=now)
        title, body = f"待审批：{plan.title}", f"{plan.drafter_name} 提交，依据：{plan.basis}"
    else:
        key = f"reorganisation.moved:{event.event_id}"
        person_ids = [plan.drafter_id]
        title = f"机构改革{ReorganisationStatus(event.status).label}：{plan.title}"
        body = plan.reason
    if person_ids:
        notices.send(
            actor=_ACTOR,
            source=SOURCE,
            source_name=SOURCE_NAME,
            key=key,
            person_ids=person_ids,
            title=title,
            body=body,
            link=link,
            now=now,
        )


def on_appointment_ended(event: org_events.AppointmentEnded, now: datetime) -> None:
    """Whoever held the post knows that it is over, also where the end was planned long before."""
    over = appointments.ended(event.appointment_id, at=now)
    if over is None or not appointments.of_person(over.person_id, at=now):
        return
    former = f"“{over.unit_name}”{over.title}（{over.kind_name}）"
    has_next = bool(over.next_title)
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"appointment.ended:{event.appointment_id}",
        person_ids=[over.person_id],
        title="任职变动" if has_next else "任职结束",
        body=(
            f"您由{former}改任“{over.next_unit_name}”{over.next_title}。"
            if has_next
            else f"您的{former}任职已结束。"
        ),
        link="",
        now=now,
    )


def on_person_left(event: org_events.PersonLeft, now: datetime) -> None:
    """The handover names the groups that the person owned; in all others he is no longer."""
    departures.add_owned(
        actor=_ACTOR,
        handover_id=event.handover_id,
        kind=HandoverKind.MESSAGING,
        owned=[
            departures.Owned(f"group:{group.id}", f"群“{group.title}”的群主", advice=_GROUP_ADVICE)
            for group in handovers.owned_groups(event.person_id)
        ],
        now=now,
    )
    for conversation_id in member_queries.groups_of(event.person_id):
        members.part(
            actor=_ACTOR, conversation_id=conversation_id, person_id=event.person_id, now=now
        )
    ding_climbs.let_person_go(actor=_ACTOR, person_id=event.person_id, now=now)


def on_account_disabled(event: org_events.AccountDisabled, now: datetime) -> None:
    """No DING calls the person any more, and whoever opened one sees why."""
    ding_climbs.let_person_go(actor=_ACTOR, person_id=event.person_id, now=now)


def on_handover_settled(event: org_events.HandoverSettled, now: datetime) -> None:
    """A group that was to be handed over is the successor's, and who left is not in it."""
    word, _, number = event.subject.partition(":")
    if event.kind != HandoverKind.MESSAGING or word != "group":
        return
    handover_services.pass_on(
        actor=_ACTOR,
        conversation_id=int(number),
        succession=handover_services.Succession(event.item_id, event.person_id, event.successor_id),
        now=now,
    )
    members.part(actor=_ACTOR, conversation_id=int(number), person_id=event.person_id, now=now)


def on_notice_spread(event: events.NoticeSpread, now: datetime) -> None:
    """The sockets of those a notice is for know how it stands."""
    notices.spread(actor=_ACTOR, notice_id=event.notice_id, after=event.after, now=now)


def on_ding_due(event: events.DingDue, now: datetime) -> None:
    """Whoever has not confirmed by then is called by one rung more, or not any more."""
    climbing.climb(event, now)


def on_ding_spread(event: events.DingSpread, now: datetime) -> None:
    """The next people of a DING to tens of thousands are called."""
    climbing.spread(event, now)


def on_ding_ending(event: events.DingEnding, now: datetime) -> None:
    """The next people of such a DING are called no longer."""
    climbing.end(event, now)


def on_ding_moved(event: events.DingMoved, now: datetime) -> None:
    """Whoever opened such a DING sees how it stands."""
    climbing.tell_counts(event, now)


def open_approved_ding(event: org_events.RequestDecided, now: datetime) -> None:
    """The DING that a second person approved is opened; else whoever asked knows why it is not."""
    request = requests.told_of(event.request_id, at=now)
    if request is None or (request.kind, request.state) != _APPROVED_DING:
        return
    try:
        ding_requests.carry_out(actor=_ACTOR, request_id=request.id, now=now)
    except DomainError as refusal:
        _tell_refused_ding(request, refusal.text, now)


def close_overdue_dings(now: datetime) -> None:
    """No DING waits beyond its end, also where the timer of it was lost."""
    climbing.close_overdue(now)


def on_unit_conversation_founded(event: events.UnitConversationFounded, now: datetime) -> None:
    """Whoever came or went while the conversation was founded is in it, or is not."""
    unit_conversations.settle(
        actor=_ACTOR, conversation_id=event.conversation_id, person_ids=None, now=now
    )


def on_appointments_began(event: org_events.AppointmentsBegan, now: datetime) -> None:
    """The people are in the conversations of the units where they serve, and hear of it."""
    for conversation_id, person_ids in unit_queries.touched_by(event.person_ids).items():
        for follow in (unit_conversations.settle, unit_conversations.welcome):
            follow(actor=_ACTOR, conversation_id=conversation_id, person_ids=person_ids, now=now)


def follow_ended_appointment(event: org_events.AppointmentEnded, now: datetime) -> None:
    """Whoever serves no longer below a unit is not in its conversation."""
    for conversation_id in unit_queries.touched_by([event.person_id]):
        unit_conversations.settle(
            actor=_ACTOR, conversation_id=conversation_id, person_ids=[event.person_id], now=now
        )
        unit_conversations.end_period(
            actor=_ACTOR,
            conversation_id=conversation_id,
            person_id=event.person_id,
            appointment_id=event.appointment_id,
            now=now,
        )
    ding_climbs.let_person_go(actor=_ACTOR, person_id=event.person_id, now=now)


def on_unit_moved(event: org_events.UnitMoved, now: datetime) -> None:
    """Whoever serves below the moved unit is in the conversations above its new place alone."""
    lost, gained = unit_queries.touched_by_move(event.old_parent_id, event.parent_id)
    for conversation_id in [*lost, *gained]:
        unit_conversations.settle(
            actor=_ACTOR, conversation_id=conversation_id, person_ids=None, now=now
        )
        follow = (
            unit_conversations.let_go if conversation_id in lost else unit_conversations.take_in
        )
        follow(
            actor=_ACTOR,
            conversation_id=conversation_id,
            unit_id=event.unit_id,
            moved_at=event.moved_at,
            now=now,
        )


def on_unit_renamed(event: org_events.UnitRenamed, now: datetime) -> None:
    """The unit's conversations bear its new name, unless somebody gave them one of their own."""
    for conversation_id in unit_queries.standing_at([event.unit_id]):
        unit_conversations.follow_name(
            actor=_ACTOR,
            conversation_id=conversation_id,
            old_name=event.old_name,
            now=now,
        )


def look_through_unit_conversations(now: datetime) -> None:
    """The conversations of units count their members, and those of abolished units have ended."""
    for conversation_id in unit_queries.standing_ids():
        unit_conversations.look_through(actor=_ACTOR, conversation_id=conversation_id, now=now)


def on_request_due(event: org_events.RequestDue, now: datetime) -> None:
    """Where nobody decided in time, nobody is called upon any more and whoever asked knows."""
    request = requests.told_of(event.request_id, at=now)
    if request is None or request.state != requests.EXPIRED:
        return
    notices.settle(actor=_ACTOR, source=SOURCE, key=_opened_key(event.request_id), now=now)
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"request.expired:{event.request_id}",
        person_ids=[request.requester_id],
        title=f"复核已过期：{request.summary}",
        body="规定时间内无人复核，操作没有执行；仍需办理的，请重新提交。",
        link=_asker_link(request),
        now=now,
    )


def warn_of_ending_rights(now: datetime) -> None:
    """A week before a right ends, whoever holds it and whoever granted it know, once."""
    for grant in authority.ending(at=now, until=now + _WARNED_BEFORE):
        person_ids = [grant.person_id, grant.granted_by_id]
        notices.send(
            actor=_ACTOR,
            source=SOURCE,
            source_name=SOURCE_NAME,
            key=f"grant.ending:{grant.id}",
            person_ids=[person_id for person_id in person_ids if person_id is not None],
            title=f"管理权限即将到期：{grant.person_name}，{grant.root_name}{grant.role_name}",
            body="到期后自动失效；需要继续管理的，由授予人重新授权。",
            link=f"/administration/grants/units/?unit={grant.root_id}",
            now=now,
        )


def forget_left_over_files(now: datetime) -> None:
    """What was handed over a week ago and never sent is gone, from the store and from the table."""
    while found := files.left_over(before=now - _LEFT_OVER_KEPT, limit=_FORGOTTEN_AT_ONCE):
        for stored in found:
            if file_services.withdraw(actor=_ACTOR, file_id=stored.file_id, now=now):
                # The row goes last: where the store does not answer, it is tried again.
                intake.forget(stored)
                file_services.forget(actor=_ACTOR, file_id=stored.file_id, now=now)


def on_search_block_filled(event: events.SearchBlockFilled, now: datetime) -> None:
    """The search looks at the conversation's entries block by block as far as they go."""
    while search.fill(actor=_ACTOR, conversation_id=event.conversation_id, now=now):
        pass


def fill_search_blocks(now: datetime) -> None:
    """What no message has set off is written: where joins, cards or a restore filled a block."""
    after = 0
    while behind := search_blocks.behind(after=after, limit=_BEHIND_AT_ONCE):
        for conversation_id in behind:
            while search.fill(actor=_ACTOR, conversation_id=conversation_id, now=now):
                pass
        after = behind[-1]


def _opened_key(request_id: int) -> str:
    return f"request:{request_id}"


def _tell_refused_ding(request: requests.Request, refusal: str, now: datetime) -> None:
    is_new = ding_requests.refuse(actor=_ACTOR, request_id=request.id, refusal=refusal, now=now)
    if not is_new:
        return
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"ding.refused:{request.id}",
        person_ids=[request.requester_id],
        title=f"DING 没有发出：{request.summary}",
        body=refusal,
        link=_asker_link(request),
        now=now,
    )


def _asker_link(request: requests.Request) -> str:
    """Where whoever asked sees how it stands: 系统管理 is not open to all who may DING."""
    if request.kind == RequestKind.DING:
        return "/messages/?view=dings"
    return f"/administration/requests/{request.id}/"
