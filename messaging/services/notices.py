"""Work notices: telling people, and what they have opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.actor import Actor
from core.db import service
from messaging import errors, fanout, policies
from messaging.models import NoticeTarget, WorkNotice
from messaging.queries.notices import Notice
from org.queries import people

AUDIENCE_LIMIT: Final = 5000
TITLE_LIMIT: Final = 120
BODY_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class NoticeSent:
    """The notice is stored for so many people; `repeated` if the key was used before."""

    id: int
    targets: int
    repeated: bool


@service
def send(
    *,
    actor: Actor,
    source: str,
    source_name: str,
    key: str,
    person_ids: Sequence[int],
    title: str,
    body: str,
    link: str,
    now: datetime,
) -> NoticeSent:
    """Everybody named has the notice, once: the same (source, key) changes nothing.

    A title or body above its limit is shortened, ending in "…": what it tells of stands whole
    behind the link. Whether the actor may notify these people is the caller's policy. Not
    audited here: the caller's act is.
    """
    policies.require_safe_link(link)
    wanted = _known(person_ids, now=now)
    notice = WorkNotice(
        source=source,
        source_name=source_name,
        key=key,
        title=_shortened(title, TITLE_LIMIT),
        body=_shortened(body, BODY_LIMIT),
        link=link,
        created_at=now,
    )
    WorkNotice.objects.bulk_create([notice], ignore_conflicts=True)
    stored = WorkNotice.objects.select_for_update().get(source=source, key=key)
    earlier = NoticeTarget.objects.filter(notice=stored).count()
    if earlier:
        return NoticeSent(id=stored.pk, targets=earlier, repeated=True)
    _address(stored, wanted)
    return NoticeSent(id=stored.pk, targets=len(wanted), repeated=False)


@service
def mark_read(*, actor: Actor, notice_id: int, now: datetime) -> None:
    """The actor has opened the notice."""
    person_id = actor.require_person()
    target = NoticeTarget.objects.filter(notice_id=notice_id, person_id=person_id)
    if not target.exists():
        raise errors.NoticeNotFound
    if target.filter(read_at__isnull=True).update(read_at=now):
        fanout.to_people(
            person_ids=[person_id], kind="notice.read", content={"notice_ids": [notice_id]}
        )


@service
def settle(*, actor: Actor, source: str, key: str, now: datetime) -> None:
    """What the notice told of is done: it counts as read for everybody it went to.

    Nothing was sent under the key: nothing changes. Whether the actor may say so is the caller's
    policy.
    """
    unread = NoticeTarget.objects.filter(
        notice__source=source, notice__key=key, read_at__isnull=True
    )
    reached = dict(unread.values_list("person_id", "notice_id"))
    if not reached:
        return
    unread.filter(person_id__in=reached).update(read_at=now)
    fanout.to_people(
        person_ids=sorted(reached),
        kind="notice.read",
        content={"notice_ids": sorted(set(reached.values()))},
    )


@service
def mark_all_read(*, actor: Actor, now: datetime) -> int:
    """The actor has opened all her notices; returns how many were new."""
    person_id = actor.require_person()
    unread = NoticeTarget.objects.filter(person_id=person_id, read_at__isnull=True)
    count = unread.update(read_at=now)
    if count:
        fanout.to_people(person_ids=[person_id], kind="notice.read", content={"notice_ids": []})
    return count


def _known(person_ids: Sequence[int], *, now: datetime) -> list[int]:
    wanted = sorted(set(person_ids))
    if not 1 <= len(wanted) <= AUDIENCE_LIMIT:
        raise errors.NobodyToNotify(limit=AUDIENCE_LIMIT)
    if set(people.names(wanted, at=now)) != set(wanted):
        raise errors.UnknownPeople
    return wanted


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _address(stored: WorkNotice, person_ids: Sequence[int]) -> None:
    targets = [NoticeTarget(notice=stored, person_id=person_id) for person_id in person_ids]
    NoticeTarget.objects.bulk_create(targets, batch_size=1000)
    fanout.to_people(person_ids=person_ids, kind="notice.created", content=_shown(stored))


def _shown(notice: WorkNotice) -> Notice:
    return Notice(
        id=notice.pk,
        source=notice.source,
        source_name=notice.source_name,
        title=notice.title,
        body=notice.body,
        link=notice.link,
        created_at=notice.created_at,
        read_at=None,
    )
