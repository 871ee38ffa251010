"""The posts of a unit, and how far they are filled."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from org.kinds import PostFunction

_LIST = """
SELECT p.id, p.unit_id, p.title, p.function, p.rank, p.establishment,
       (SELECT count(*) FROM org_appointment a WHERE a.post_id = p.id AND a.valid_from <= %(at)s
           AND (a.valid_to IS NULL OR a.valid_to > %(at)s)),
       EXISTS (SELECT 1 FROM org_appointment a WHERE a.post_id = p.id)
  FROM org_post p"""


@dataclass(frozen=True, slots=True)
class PostHeld:
    """A post, how many hold it and how many may (编制数; None where nobody has said)."""

    id: int
    unit_id: int
    title: str
    function: str
    rank: int
    establishment: int | None
    holders: int
    was_ever_held: bool

    @property
    def function_name(self) -> str:
        """What the post is for, in words."""
        return str(PostFunction(self.function).label)

    @property
    def is_over(self) -> bool:
        """More people hold it than may: 超编."""
        return self.establishment is not None and self.holders > self.establishment


def of_unit(unit_id: int, *, at: datetime) -> list[PostHeld]:
    """The unit's own posts by rank."""
    return _posts(f"{_LIST} WHERE p.unit_id = %(id)s ORDER BY p.rank, p.id", unit_id, at)


def by_id(post_id: int, *, at: datetime) -> PostHeld | None:
    """The post, if there is one."""
    found = _posts(f"{_LIST} WHERE p.id = %(id)s", post_id, at)
    return found[0] if found else None


def _posts(sql: str, subject_id: int, at: datetime) -> list[PostHeld]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"id": subject_id, "at": at})
        return [PostHeld(*row) for row in cursor.fetchall()]
