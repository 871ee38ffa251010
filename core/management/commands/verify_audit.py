"""`manage.py verify_audit`: proves that the audit log was not touched."""

from typing import Any

from django.core.management.base import BaseCommand

from core import audit


class Command(BaseCommand):
    """Walks every audit chain; exits with 1 and names the first bad row of each."""

    help = "Walk the audit chains and name the first altered, missing or cut-off row."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints one line per fault, or how many entries are sound."""
        result = audit.verify()
        for fault in result.faults:
            place = "seal" if fault.chain is None else f"chain {fault.chain}, entry"
            self.stderr.write(f"{place} {fault.seq}: {fault.reason}")
        if not result.sound:
            raise SystemExit(1)
        at = result.sealed_at
        sealed = f"last sealed at {at:%Y-%m-%d %H:%M} UTC" if at else "not sealed yet"
        self.stdout.write(f"{result.entries} entries in {audit.CHAINS} chains: sound; {sealed}")
