"""Keeps how units stood before they change (docs/adr/0012-unit-history.md)."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

# Clocks of two requests may disagree with the order of their locks: a state that would end before
# it began is not kept, the later change then counts from the earlier instant.
_KEEP = """
WITH changing AS (
  UPDATE org_unit u SET changed_at = %(at)s FROM org_unit old
   WHERE old.id = u.id AND u.id = ANY(%(ids)s)
     AND coalesce(u.changed_at, u.valid_from) < %(at)s
  RETURNING old.*
)
INSERT INTO org_unitpast (unit_id, parent_id, code, name, short_name, other_names, kind, level,
                          sort, valid_from, valid_to)
SELECT id, parent_id, code, name, short_name, other_names, kind, level, sort,
       coalesce(changed_at, valid_from), %(at)s
  FROM changing"""


def keep(unit_ids: Collection[int], *, at: datetime) -> None:
    """How the units stand now is kept as what ended at `at`. Call it before the change.

    The caller holds the rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, {"ids": sorted(unit_ids), "at": at})
