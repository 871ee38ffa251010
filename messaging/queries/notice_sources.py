"""Who sends a person work notices, and of which of them she wants to hear nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from messaging.kinds import NEVER_MUTED
from messaging.models import NoticeTarget
from messaging.queries.notices import RECALLED

SHOWN_AT_MOST: Final = 100
UNREAD_AT_MOST: Final = 1000

# From one source of the person to the next along the index: a step for each, however many notices
# it sent. A notice that was recalled is no news of its source, but its last one all the same.
_SOURCES: Final = """
WITH RECURSIVE last AS (
    (SELECT t.source, t.notice_id FROM messaging_noticetarget t
      WHERE t.person_id = %(person_id)s ORDER BY t.source, t.notice_id DESC LIMIT 1)
    UNION ALL
    SELECT further.source, further.notice_id FROM last, LATERAL (
        SELECT t.source, t.notice_id FROM messaging_noticetarget t
         WHERE t.person_id = %(person_id)s AND t.source > last.source
         ORDER BY t.source, t.notice_id DESC LIMIT 1) further
), shown AS (
    SELECT source, notice_id FROM last ORDER BY notice_id DESC LIMIT %(shown)s
)
SELECT n.source, n.source_name, n.id,
       CASE WHEN n.recalled_at IS NULL THEN n.title ELSE %(recalled)s END, n.created_at,
       (SELECT count(*) FROM (
           SELECT 1 FROM messaging_noticetarget t JOIN messaging_worknotice u ON u.id = t.notice_id
            WHERE t.person_id = %(person_id)s AND t.source = n.source AND t.read_at IS NULL
              AND u.recalled_at IS NULL
            LIMIT %(unread)s) unread),
       EXISTS (SELECT FROM messaging_noticemute m
                WHERE m.person_id = %(person_id)s AND m.source = n.source)
  FROM shown JOIN messaging_worknotice n ON n.id = shown.notice_id
 ORDER BY n.id DESC
"""


@dataclass(frozen=True, slots=True)
class LatestNotice:
    """The newest of a source's notices, as a line."""

    id: int
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeSource:
    """An application, or a part of the platform, that has sent the person work notices."""

    source: str
    source_name: str
    unread: int
    """At most 1,000 are counted."""
    latest: LatestNotice
    muted: bool
    may_mute: bool


@dataclass(frozen=True, slots=True)
class NoticeSourceSetting:
    """Whether the person hears of the source's notices."""

    source: str
    muted: bool


def of_person(person_id: int) -> list[NoticeSource]:
    """Whoever has sent the person notices, the one with the newest first, at most 100."""
    values: dict[str, int | str] = {
        "person_id": person_id,
        "shown": SHOWN_AT_MOST,
        "unread": UNREAD_AT_MOST,
        "recalled": RECALLED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, values)
        return [
            NoticeSource(
                source=source,
                source_name=name,
                unread=unread,
                latest=LatestNotice(notice_id, title, created_at),
                muted=muted,
                may_mute=source not in NEVER_MUTED,
            )
            for source, name, notice_id, title, created_at, unread, muted in cursor.fetchall()
        ]


def has_sent(source: str, person_id: int) -> bool:
    """Whether the source ever sent the person a notice."""
    return NoticeTarget.objects.filter(person_id=person_id, source=source).exists()
