"""News of org."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core import events


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOpened(events.Event):
    """An administrator's act waits for a second person."""

    name: ClassVar[str] = "org.request_opened"

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecided(events.Event):
    """The request waits no longer: it was approved, rejected or withdrawn."""

    name: ClassVar[str] = "org.request_decided"

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDue(events.Event):
    """The request's time is over; whoever hears it looks whether it still waits."""

    name: ClassVar[str] = "org.request_due"

    request_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMapped(events.Event):
    """The columns of an uploaded file are known; it can be checked."""

    name: ClassVar[str] = "org.import_mapped"

    import_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportConfirmed(events.Event):
    """An import was confirmed, by a second person where it takes one; it can be carried out."""

    name: ClassVar[str] = "org.import_confirmed"

    import_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked(events.Event):
    """A list was asked for as a file, with all consent it takes; it can be written."""

    name: ClassVar[str] = "org.export_asked"

    export_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentEnded(events.Event):
    """The person holds the post no longer; told when the end comes, however long it was planned.

    An end that was put off meanwhile is told too early: whoever hears it looks at the appointment.
    """

    name: ClassVar[str] = "org.appointment_ended"

    appointment_id: int
    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentsBegan(events.Event):
    """The people hold posts that they did not hold before; told when they begin to.

    A begin that was put off or taken back meanwhile is told all the same: whoever hears it looks at
    the appointments.
    """

    name: ClassVar[str] = "org.appointments_began"

    person_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMoved(events.Event):
    """The unit, and all that is below it, stands below another parent since the instant."""

    name: ClassVar[str] = "org.unit_moved"

    unit_id: int
    old_parent_id: int | None
    parent_id: int
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRenamed(events.Event):
    """The unit bears another name."""

    name: ClassVar[str] = "org.unit_renamed"

    unit_id: int
    old_name: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLeft(events.Event):
    """The person belongs to the organisation no longer; what he had open is to be handed over."""

    name: ClassVar[str] = "org.person_left"

    person_id: int
    handover_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDisabled(events.Event):
    """The person cannot sign in any more, and has not left: of that `PersonLeft` tells.

    The account may be enabled again meanwhile: whoever hears it looks at it.
    """

    name: ClassVar[str] = "org.account_disabled"

    person_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSettled(events.Event):
    """Somebody takes an item of a handover over: the app that listed it hands it to him.

    `kind` and `subject` are the item's own; what became of it is told by `departures.report`.
    """

    name: ClassVar[str] = "org.handover_settled"

    item_id: int
    kind: str
    subject: str
    person_id: int
    successor_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorganisationDue(events.Event):
    """The time has come at which an approved reorganisation was to take effect."""

    name: ClassVar[str] = "org.reorganisation_due"

    reorganisation_id: int
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorganisationMoved(events.Event):
    """A reorganisation stands where it did not stand before: submitted, decided or done."""

    name: ClassVar[str] = "org.reorganisation_moved"

    reorganisation_id: int
    event_id: int
    status: str
