"""A person's work notices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core import paging
from core.actor import Actor
from core.paging import Page
from messaging.models import NoticeTarget

_LATEST: Final = paging.Cursors("messaging.notices", tuple[int])


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice that stands under its source's key, and how many people it went to."""

    id: int
    targets: int


def sent(*, source: str, key: str) -> Sent | None:
    """What the source sent under the key before, if anything."""
    targets = NoticeTarget.objects.filter(notice__source=source, notice__key=key)
    notice_id = targets.values_list("notice_id", flat=True).first()
    return Sent(notice_id, targets.count()) if notice_id is not None else None


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


def list_for(*, actor: Actor, cursor: str | None, limit: int) -> Page[Notice]:
    """The actor's notices, newest first."""
    rows = NoticeTarget.objects.filter(person_id=actor.require_person())
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
    """How many notices the person has not opened."""
    return NoticeTarget.objects.filter(person_id=person_id, read_at__isnull=True).count()


def _notice(row: NoticeTarget) -> Notice:
    notice = row.notice
    return Notice(
        id=notice.pk,
        source=notice.source,
        source_name=notice.source_name,
        title=notice.title,
        body=notice.body,
        link=notice.link,
        created_at=notice.created_at,
        read_at=row.read_at,
    )
