"""Work notices: telling people, and what they have opened."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import events
from core.actor import Actor
from core.db import service
from messaging import errors, fanout, ladder, policies
from messaging.events import NoticeSpread
from messaging.models import NoticeTarget, WorkNotice
from messaging.queries import notices as queries
from messaging.services import _addressing, _quotas
from org.kinds import AdminRole
from org.queries import people

AUDIENCE_LIMIT: Final = 5000
TITLE_LIMIT: Final = 120
BODY_LIMIT: Final = 2000
WOKEN_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Wide:
    """All who serve at or below the units; with functions, those alone with such a post.

    With administrative roles: whoever holds such a right over one of the units or below it,
    wherever he serves, or (`within`) those of them alone who serve at or below that unit; together
    with the functions' holders, if functions are named too.
    """

    unit_ids: tuple[int, ...]
    functions: tuple[str, ...] = ()
    roles: tuple[AdminRole, ...] = ()
    within: int | None = None


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
    asks: bool = False,
) -> NoticeSent:
    """Everybody named has the notice, once: the same (source, key) changes nothing.

    A title or body above its limit is shortened, ending in "…": what it tells of stands whole
    behind the link. Whether the actor may notify these people is the caller's policy. Not
    audited here: the caller's act is.
    """
    wanted = _known(person_ids, now=now)
    notice = _notice(source, source_name, key, title, body, link, now)
    notice.asks = asks
    sent, stored = _sent(notice, lambda stored: _addressing.to_people(stored, wanted))
    if not sent.repeated:
        fanout.to_people(person_ids=wanted, kind="notice.created", content=queries.shown(stored))
    return sent


@service
def send_to_units(
    *,
    actor: Actor,
    source: str,
    source_name: str,
    key: str,
    wide: Wide,
    title: str,
    body: str,
    link: str,
    now: datetime,
    asks: bool = False,
) -> NoticeSent:
    """`send` to all who serve at or below units, or administer them: any number will do.

    Nobody's id is read; sockets are woken part by part, after the commit. Whether the actor may
    notify these people is the caller's policy.
    """
    notice = _notice(source, source_name, key, title, body, link, now)
    notice.asks = asks
    sent, stored = _sent(
        notice,
        lambda stored: _addressing.to_units(
            stored, wide.unit_ids, wide.functions, wide.roles, within=wide.within, at=now
        ),
    )
    if sent.targets == 0:
        raise errors.NobodyToNotify(limit=AUDIENCE_LIMIT)
    if not sent.repeated:
        events.publish(NoticeSpread(notice_id=stored.pk))
    return sent


@service
def spread(*, actor: Actor, notice_id: int, after: int, now: datetime) -> None:
    """The sockets of the next receivers know how the notice stands; the rest follow in a job."""
    notice = WorkNotice.objects.get(pk=notice_id)
    rows = NoticeTarget.objects.filter(notice_id=notice_id, person_id__gt=after)
    next_ids = rows.order_by("person_id").values_list("person_id", flat=True)
    person_ids = list(next_ids[:WOKEN_AT_ONCE])
    if notice.recalled_at is None:
        fanout.to_people(
            person_ids=person_ids, kind="notice.created", content=queries.shown(notice)
        )
    else:
        fanout.to_people(
            person_ids=person_ids, kind="notice.recalled", content={"notice_id": notice_id}
        )
    if len(person_ids) == WOKEN_AT_ONCE:
        events.publish(NoticeSpread(notice_id=notice_id, after=person_ids[-1]))


@service
def count_against(*, actor: Actor, source: str, limit: int, now: datetime) -> None:
    """One more notice of the source is counted for the day; NoticeQuotaSpent at the limit."""
    if not _quotas.spend(f"notices.{source}", limit=limit, day=ladder.day_of(now)):
        raise errors.NoticeQuotaSpent(limit=limit)


@service
def recall(*, actor: Actor, source: str, key: str, now: datetime) -> bool:
    """Nobody reads the notice any more, and it calls nobody; whether it stood until now.

    NoticeNotFound where the source sent nothing under the key. Whether the actor may take it back
    is the caller's policy. Who had read or confirmed it stays known.
    """
    notice = WorkNotice.objects.select_for_update().filter(source=source, key=key).first()
    if notice is None:
        raise errors.NoticeNotFound
    if notice.recalled_at is not None:
        return False
    notice.recalled_at = now
    notice.save(update_fields=["recalled_at"])
    events.publish(NoticeSpread(notice_id=notice.pk))
    return True


@service
def confirm(*, actor: Actor, notice_id: int, now: datetime) -> None:
    """The actor has confirmed that she knows, and has opened it; a second time changes nothing.

    NoticeNotAsking where nothing is to be confirmed, or no longer.
    """
    person_id = actor.require_person()
    target = (
        NoticeTarget.objects.select_for_update(of=("self",))
        .select_related("notice")
        .filter(notice_id=notice_id, person_id=person_id)
        .first()
    )
    if target is None:
        raise errors.NoticeNotFound
    if not target.notice.asks or target.notice.recalled_at is not None:
        raise errors.NoticeNotAsking
    if target.confirmed_at is not None:
        return
    NoticeTarget.objects.filter(notice_id=notice_id, person_id=person_id).update(
        confirmed_at=now, read_at=target.read_at or now
    )
    fanout.to_people(
        person_ids=[person_id], kind="notice.read", content={"notice_ids": [notice_id]}
    )


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
def mark_all_read(*, actor: Actor, source: str | None, now: datetime) -> int:
    """The actor has opened all her notices, or all of the source; returns how many were new."""
    person_id = actor.require_person()
    unread = NoticeTarget.objects.filter(person_id=person_id, read_at__isnull=True)
    if source is not None:
        unread = unread.filter(source=source)
    count = unread.update(read_at=now)
    if count:
        content = {"notice_ids": []} if source is None else {"notice_ids": [], "source": source}
        fanout.to_people(person_ids=[person_id], kind="notice.read", content=content)
    return count


@service
def mark_some_read(*, actor: Actor, notice_ids: Sequence[int], now: datetime) -> int:
    """The actor has opened these of her notices, whatever else is named; how many were new."""
    person_id = actor.require_person()
    unread = NoticeTarget.objects.filter(
        person_id=person_id, notice_id__in=notice_ids, read_at__isnull=True
    )
    count = unread.update(read_at=now)
    if count:
        content = {"notice_ids": sorted(set(notice_ids))}
        fanout.to_people(person_ids=[person_id], kind="notice.read", content=content)
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


def _notice(
    source: str, source_name: str, key: str, title: str, body: str, link: str, now: datetime
) -> WorkNotice:
    """The notice with what fits into it, not stored; UnsafeLink."""
    policies.require_safe_link(link)
    return WorkNotice(
        source=source,
        source_name=source_name,
        key=key,
        title=_shortened(title, TITLE_LIMIT),
        body=_shortened(body, BODY_LIMIT),
        link=link,
        created_at=now,
    )


def _sent(
    notice: WorkNotice, address: Callable[[WorkNotice], int]
) -> tuple[NoticeSent, WorkNotice]:
    """What stands under the notice's key, locked: this one with its receivers, or an earlier."""
    WorkNotice.objects.bulk_create([notice], ignore_conflicts=True)
    stored = WorkNotice.objects.select_for_update().get(source=notice.source, key=notice.key)
    repeated = stored.targets > 0
    if not repeated:
        stored.targets = address(stored)
        stored.save(update_fields=["targets"])
    return NoticeSent(id=stored.pk, targets=stored.targets, repeated=repeated), stored
