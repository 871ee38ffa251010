"""A person's work notices."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.db import connection
from django.db.models import Count, QuerySet

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging import errors
from messaging.models import NoticeTarget, WorkNotice
from org.queries import belonging

_LATEST: Final = paging.Cursors("messaging.notices", tuple[int])
_RECEIVERS: Final = paging.Cursors("messaging.notice_receivers", tuple[int])

# What a muted source sends calls nobody, unless it asks to be confirmed.
CALLING: Final = """
SELECT t.notice_id
  FROM messaging_noticetarget t JOIN messaging_worknotice n ON n.id = t.notice_id
 WHERE t.person_id = {person} AND t.read_at IS NULL AND n.recalled_at IS NULL
   AND (t.asks OR NOT EXISTS (
       SELECT FROM messaging_noticemute m
        WHERE m.person_id = t.person_id AND m.source = t.source))"""
_UNREAD: Final = f"SELECT count(*) FROM ({CALLING.format(person='%(person_id)s')}) calling"

_HOLDERS: Final = belonging.function_below("%(units)s::bigint[]", "%(functions)s::varchar[]")


class ReceiverState(StrEnum):
    """Which of those a notice went to are asked for."""

    ALL = "all"
    READ = "read"
    UNREAD = "unread"
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"


_STATES: Final[Mapping[ReceiverState, dict[str, bool]]] = {
    ReceiverState.READ: {"read_at__isnull": False},
    ReceiverState.UNREAD: {"read_at__isnull": True},
    ReceiverState.CONFIRMED: {"confirmed_at__isnull": False},
    ReceiverState.UNCONFIRMED: {"confirmed_at__isnull": True},
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice that stands under its source's key, and how many people it went to."""

    id: int
    targets: int


def sent(*, source: str, key: str) -> Sent | None:
    """What the source sent under the key before, if anything."""
    notice = WorkNotice.objects.filter(source=source, key=key).first()
    return Sent(notice.pk, notice.targets) if notice is not None else None


@dataclass(frozen=True, slots=True)
class Notice:
    """One work notice as its receiver sees it."""

    id: int
    source: str
    source_name: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    asks: bool
    """Whether its receivers are asked to confirm that they know."""
    confirmed_at: datetime | None
    recalled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Result:
    """How a notice stands: how many of those it went to have read and confirmed it."""

    id: int
    targets: int
    read: int
    confirmed: int
    asks: bool
    recalled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody the notice went to."""

    person_id: int
    read_at: datetime | None
    confirmed_at: datetime | None


RECALLED: Final = "该通知已撤回"


def list_for(*, actor: Actor, source: str | None, cursor: str | None, limit: int) -> Page[Notice]:
    """The actor's notices, newest first; of the source alone, if one is named."""
    rows = NoticeTarget.objects.filter(person_id=actor.require_person())
    if source is not None:
        rows = rows.filter(source=source)
    position = _LATEST.decode(cursor)
    if position is not None:
        rows = rows.filter(notice_id__lt=int(position[0] or 0))
    found = list(rows.select_related("notice").order_by("-notice_id")[: limit + 1])
    shown = found[:limit]
    following = _LATEST.encode((shown[-1].notice_id,)) if len(found) > limit else None
    return Page(items=[_notice(row) for row in shown], next_cursor=following)


def latest(person_id: int, limit: int) -> list[Notice]:
    """The person's newest notices, for her workbench."""
    rows = NoticeTarget.objects.filter(person_id=person_id).select_related("notice")
    return [_notice(row) for row in rows.order_by("-notice_id")[:limit]]


def unread_count(person_id: int) -> int:
    """How many unread notices the person wants to be told of."""
    with connection.cursor() as cursor:
        cursor.execute(_UNREAD, {"person_id": person_id})
        return int(cursor.fetchone()[0])


def result(source: str, key: str, *, among: Collection[int] | None = None) -> Result:
    """How the source's notice stands, counting these people alone (None: all); NoticeNotFound."""
    notice = _of(source, key)
    numbers = _receivers(notice, among).aggregate(
        targets=Count("person_id"), read=Count("read_at"), confirmed=Count("confirmed_at")
    )
    return Result(id=notice.pk, asks=notice.asks, recalled_at=notice.recalled_at, **numbers)


def receivers(
    source: str,
    key: str,
    *,
    state: ReceiverState,
    among: Collection[int] | None,
    cursor: str | None,
    limit: int,
) -> Page[Receiver]:
    """Those the source's notice went to, of these people alone (None: all); NoticeNotFound."""
    rows = _receivers(_of(source, key), among)
    if state != ReceiverState.ALL:
        rows = rows.filter(**_STATES[state])
    position = _RECEIVERS.decode(cursor)
    if position is not None:
        rows = rows.filter(person_id__gt=position[0])
    found = list(rows.order_by("person_id")[: limit + 1])
    shown_rows = found[:limit]
    following = _RECEIVERS.encode((shown_rows[-1].person_id,)) if len(found) > limit else None
    items = [Receiver(row.person_id, row.read_at, row.confirmed_at) for row in shown_rows]
    return Page(items, following)


def holders_below(unit_id: int, functions: Collection[str]) -> list[int]:
    """The people at or below the unit who hold a post of one of the functions."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, {"units": [unit_id], "functions": list(functions)})
        return [row[0] for row in cursor.fetchall()]


def shown(notice: WorkNotice) -> Notice:
    """The notice as it comes to those it is for."""
    return _notice(NoticeTarget(notice=notice))


def _of(source: str, key: str) -> WorkNotice:
    notice = WorkNotice.objects.filter(source=source, key=key).first()
    if notice is None:
        raise errors.NoticeNotFound
    return notice


def _receivers(notice: WorkNotice, among: Collection[int] | None) -> QuerySet[NoticeTarget]:
    rows = NoticeTarget.objects.filter(notice=notice)
    return rows if among is None else rows.filter(person_id__in=among)


def _notice(row: NoticeTarget) -> Notice:
    """What was recalled says nothing any more but that it was."""
    notice = row.notice
    is_recalled = notice.recalled_at is not None
    return Notice(
        id=notice.pk,
        source=notice.source,
        source_name=notice.source_name,
        title=RECALLED if is_recalled else notice.title,
        body="" if is_recalled else notice.body,
        link="" if is_recalled else notice.link,
        created_at=notice.created_at,
        read_at=row.read_at,
        asks=notice.asks,
        confirmed_at=row.confirmed_at,
        recalled_at=notice.recalled_at,
    )
