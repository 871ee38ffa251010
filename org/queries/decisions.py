"""How much waits for one person's decision, whatever it is."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from org import policies
from org.kinds import AdminRole
from org.queries import reorganisations, requests


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Requests for a second person, and reorganisations submitted for approval."""

    requests: int
    reorganisations: int


def awaiting(person_id: int, *, at: datetime) -> Awaiting:
    """Both numbers in one statement: every page shows them."""
    sql = f"""SELECT
      (SELECT count(*) FROM org_reviewrequest q WHERE {requests.AWAITS}),
      (SELECT count(*) FROM org_reorganisation n JOIN org_unit u ON u.id = n.scope_id
        WHERE {reorganisations.AWAITS})"""
    administrator = policies.Administrator(person_id, AdminRole.ORG)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"person": person_id, "at": at, **administrator.values})
        return Awaiting(*cursor.fetchone())
