"""Which second factor somebody has shown in a session, as allauth notes it there."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest


def of(request: HttpRequest, user: Any) -> str:
    """The kind of the last one shown; empty where none was."""
    records = get_authentication_records(request, user)
    shown = [str(record.get("type", "")) for record in records if record.get("method") == "mfa"]
    return shown[-1] if shown else ""
