"""What the frame around every page shows about the person who is signed in."""

from dataclasses import dataclass, field

from django.conf import settings
from django.contrib import messages as flashes
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from core.actor import Actor
from org.queries import appointments, authority, units
from workbench import counts


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
    """`frame` for base.html; nothing is asked before a template reads it.

    `csrf_cookie` names the cookie that scripts read the token from; the frame's own form to
    sign out sets it.
    """
    return {
        "frame": SimpleLazyObject(lambda: _frame(request)),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }


def _frame(request: HttpRequest) -> Frame:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.person_id is None:
        return Frame()
    now = timezone.now()
    held = appointments.by_id(actor.appointment_id, at=now) if actor.appointment_id else None
    return Frame(
        person=FramePerson(actor.person_id, actor.name),
        unit_name=unit_name(actor.unit_id),
        title=held.title if held else "",
        is_administrator=bool(authority.of_person(actor.person_id, at=now)),
        counts=counts.of(actor.person_id, at=now),
        flashes=flashes.get_messages(request),
    )


def unit_name(unit_id: int | None) -> str:
    """The unit with the organ it belongs to: 西湖区民政局 办公室."""
    if unit_id is None:
        return ""
    way = units.path(unit_id)
    first = next(
        (place for place in reversed(range(len(way))) if way[place].kind in units.ORGAN_LIKE), 0
    )
    return " ".join(unit.name for unit in way[first:])
