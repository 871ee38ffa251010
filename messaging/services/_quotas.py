"""Counting what may be done so many times a day."""

from datetime import date
from typing import Final

from django.db import connection

# The row's lock makes two that come at once count one after the other.
_SPEND: Final = """
INSERT INTO messaging_dailyquota AS q (day, subject, spent)
SELECT %(day)s, %(subject)s, 1 WHERE %(limit)s > 0
ON CONFLICT (day, subject) DO UPDATE SET spent = q.spent + 1 WHERE q.spent < %(limit)s
RETURNING spent
"""


def spend(subject: str, *, limit: int, day: date) -> bool:
    """One more is counted for the day; False where the limit was reached before."""
    with connection.cursor() as cursor:
        cursor.execute(_SPEND, {"day": day, "subject": subject, "limit": limit})
        return cursor.fetchone() is not None
