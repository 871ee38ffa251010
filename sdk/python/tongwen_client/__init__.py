"""A client of Tongwen's messages: nothing lost, nothing doubled, every entry in its order."""

from tongwen_client.client import Client
from tongwen_client.credentials import Credentials, Password, Session, Ticket
from tongwen_client.entries import Acknowledged, Entry, Event
from tongwen_client.errors import (
    ClientError,
    Closed,
    Failed,
    NotPossible,
    Refused,
    SecondFactorNeeded,
    SignedOut,
    TooLong,
)
from tongwen_client.outbox import Outgoing
from tongwen_client.store import MemoryStore, SqliteStore, Store
from tongwen_client.timing import Timing

__all__ = [
    "Acknowledged",
    "Client",
    "ClientError",
    "Closed",
    "Credentials",
    "Entry",
    "Event",
    "Failed",
    "MemoryStore",
    "NotPossible",
    "Outgoing",
    "Password",
    "Refused",
    "SecondFactorNeeded",
    "Session",
    "SignedOut",
    "SqliteStore",
    "Store",
    "Ticket",
    "Timing",
    "TooLong",
]
