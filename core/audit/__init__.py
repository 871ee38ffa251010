"""The audit log: every act in its own transaction, chained by SM3, sealed, and provable.

`log` writes and reads, `denials` counts what is refused too often (by `tallies`), `seals` puts the
chains' heads out of reach, `verification` proves them, `checks` lets a worker do so while somebody
watches.
"""

from core.audit.checks import Check, ask_for_check, latest_check
from core.audit.denials import record_denial
from core.audit.exports import note_export
from core.audit.log import (
    CHAINS,
    GENESIS,
    Entry,
    Filters,
    count,
    digest_of,
    entries,
    record,
    walk,
)
from core.audit.seals import seal
from core.audit.verification import Fault, Verification, verify

__all__ = [
    "CHAINS",
    "GENESIS",
    "Check",
    "Entry",
    "Fault",
    "Filters",
    "Verification",
    "ask_for_check",
    "count",
    "digest_of",
    "entries",
    "latest_check",
    "note_export",
    "record",
    "record_denial",
    "seal",
    "verify",
    "walk",
]
