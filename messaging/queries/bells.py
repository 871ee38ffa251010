"""What calls people besides the logs of their conversations: work notices and DINGs.

The frames that tell of them carry no number, so a lost one leaves no gap. Every heartbeat's answer
says how they stand instead, and whoever shows something else loads anew.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from messaging.queries import notices, settings

NOTICES_AT_MOST: Final = 1000
DINGS_AT_MOST: Final = 100
_OWN: Final = 100

# Which DINGs wait, the newest of both kinds, and of those she opened how many people still wait and
# how many are recalled: a state other than pending is final, so these tell every change.
_BELLS: Final = f"""
SELECT p.person_id,
       (SELECT count(*) FROM ({notices.CALLING.format(person="p.person_id")}
            LIMIT %(notices)s) unread),
       (SELECT max(notice_id) FROM messaging_noticetarget t WHERE t.person_id = p.person_id),
       ARRAY(SELECT source FROM messaging_noticemute m WHERE m.person_id = p.person_id
              ORDER BY source),
       ARRAY(SELECT ding_id FROM messaging_dingtarget t
              WHERE t.person_id = p.person_id AND t.state = 'pending'
              ORDER BY ding_id DESC LIMIT %(dings)s),
       (SELECT max(ding_id) FROM messaging_dingtarget t WHERE t.person_id = p.person_id),
       (SELECT max(id) FROM messaging_ding d WHERE d.sender_id = p.person_id),
       (SELECT count(own.recalled_at) FROM (
           SELECT d.recalled_at FROM messaging_ding d WHERE d.sender_id = p.person_id
            ORDER BY d.id DESC LIMIT %(own)s) own),
       (SELECT count(*) FROM (
           SELECT d.id, d.closes_at FROM messaging_ding d WHERE d.sender_id = p.person_id
            ORDER BY d.id DESC LIMIT %(own)s) own
         JOIN messaging_dingtarget t ON t.ding_id = own.id AND t.state = 'pending'
        WHERE own.closes_at > %(at)s - interval '1 day')
  FROM unnest(%(people)s::bigint[]) p(person_id)
"""


@dataclass(frozen=True, slots=True)
class Bells:
    """How what calls a person stands."""

    notices_unread: int
    """Those she wants to be told of; at most 1,000 are counted."""
    newest_notice: int | None
    """The id of the newest she has, read or not."""
    notices_muted: list[str]
    """The sources that ring for her only where they ask to be confirmed."""
    dings: list[int]
    """The ids of those that wait for her confirmation, the newest first, at most 100."""
    dings_mark: str
    """Another one whenever a DING that she opened, or that calls her, stands otherwise."""
    resting: bool
    """Whether her quiet hours are now: nothing but DING is to disturb her."""


def of_people(person_ids: Collection[int], *, at: datetime) -> dict[int, Bells]:
    """How it stands for each of the people; two queries."""
    wanted = sorted(set(person_ids))
    resting = settings.resting(wanted, at=at)
    limits = {"notices": NOTICES_AT_MOST, "dings": DINGS_AT_MOST, "own": _OWN}
    with connection.cursor() as cursor:
        cursor.execute(_BELLS, {"people": wanted, "at": at, **limits})
        return {
            person_id: Bells(
                unread, newest, muted, dings, _mark(dings, *marks), person_id in resting
            )
            for person_id, unread, newest, muted, dings, *marks in cursor.fetchall()
        }


def of_person(person_id: int, *, at: datetime) -> Bells:
    """How it stands for the person."""
    return of_people([person_id], at=at)[person_id]


def _mark(*numbers: object) -> str:
    return hashlib.blake2b(repr(numbers).encode(), digest_size=8).hexdigest()
