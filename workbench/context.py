"""What the frame around every page shows about the person who is signed in."""

from dataclasses import dataclass, field

from django.contrib import messages as flashes
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


@dataclass(frozen=True, slots=True)
class FramePerson:
    """The person the frame greets."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The header and the rail."""

    person: FramePerson | None = None
    unit_name: str = ""
    title: str = ""
    is_administrator: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    flashes: BaseStorage | list[str] = field(default_factory=list)
    """One-time notices; not named `messages`, which is a screen's word here."""


def shell(request: HttpRequest) -> dict[str, object]:
    """`frame` for base.html; nothing is asked before a template reads it."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    actor = getattr(request, "actor", None)
    if actor is None or actor.person_id is None:
        return Frame()
    return Frame(
        person=FramePerson(actor.person_id, actor.name),
        flashes=flashes.get_messages(request),
    )
