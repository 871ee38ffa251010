"""What mini-apps do on their own: work notices about reviews, and work by the clock."""

from datetime import datetime
from typing import Final

from core.actor import system
from messaging.services import notices
from miniapps import events
from miniapps.queries import handovers, review
from miniapps.services import handovers as handover_services
from miniapps.services import tokens
from org.events import HandoverSettled, PersonLeft
from org.kinds import HandoverKind
from org.services import departures

SOURCE: Final = "miniapps"
SOURCE_NAME: Final = "应用管理"
_ACTOR: Final = system("miniapps.handlers")
_VERDICTS: Final = {"approved": "审核通过", "rejected": "审核未通过"}


def on_release_submitted(event: events.ReleaseSubmitted, now: datetime) -> None:
    """Who may review the release has a work notice that leads to it."""
    person_ids = review.reviewers(event.release_id, at=now)
    if not person_ids:
        return
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"submitted:{event.release_id}:{event.submitted_at.timestamp():.6f}",
        person_ids=person_ids,
        title=f"待审核：{event.app_name}",
        body=f"版本 {event.version_name}",
        link=f"/apps/{event.app_id}/?tab=queue",
        now=now,
    )


def on_release_decided(event: events.ReleaseDecided, now: datetime) -> None:
    """The app's developers know the verdict, and the reviewer's remark."""
    body = f"版本 {event.version_name}"
    if event.remark:
        body = f"{body}\n审核意见：{event.remark}"
    notices.send(
        actor=_ACTOR,
        source=SOURCE,
        source_name=SOURCE_NAME,
        key=f"decided:{event.release_id}",
        person_ids=review.developers(event.app_id),
        title=f"{_VERDICTS[event.verdict]}：{event.app_name}",
        body=body,
        link=f"/apps/{event.app_id}/",
        now=now,
    )


def on_person_left(event: PersonLeft, now: datetime) -> None:
    """The handover names the apps that the person developed."""
    departures.add_owned(
        actor=_ACTOR,
        handover_id=event.handover_id,
        kind=HandoverKind.APPS,
        owned=[
            departures.Owned(
                f"app:{app.id}",
                f"应用“{app.name}”的{'唯一' if app.is_alone else ''}开发者",
                f"/apps/{app.id}/",
                "指定应用所属单位的人员为接手人，即自动成为开发者",
            )
            for app in handovers.developed(event.person_id)
        ],
        now=now,
    )


def on_handover_settled(event: HandoverSettled, now: datetime) -> None:
    """An app that was to be handed over is the successor's to develop."""
    word, _, number = event.subject.partition(":")
    if event.kind != HandoverKind.APPS or word != "app":
        return
    handover_services.take_over(
        actor=_ACTOR,
        app_id=int(number),
        succession=handover_services.Succession(event.item_id, event.person_id, event.successor_id),
        now=now,
    )


def forget_ended_tokens(now: datetime) -> None:
    """Each night, what can be used no more is gone."""
    tokens.forget_ended(actor=system("miniapps.forget_ended_tokens"), now=now)
