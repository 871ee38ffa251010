"""The tables of org; imported by org's own policies, queries, services and tree only."""

from org.models.accounts import Account, AdminGrant, AdminRole
from org.models.people import (
    Appointment,
    AppointmentKind,
    AppointmentSearch,
    Person,
    PersonStatus,
    Post,
    PostFunction,
)
from org.models.units import DivisionLoad, TreeWriteRefused, Unit, UnitKind, UnitOrigin

__all__ = [
    "Account",
    "AdminGrant",
    "AdminRole",
    "Appointment",
    "AppointmentKind",
    "AppointmentSearch",
    "DivisionLoad",
    "Person",
    "PersonStatus",
    "Post",
    "PostFunction",
    "TreeWriteRefused",
    "Unit",
    "UnitKind",
    "UnitOrigin",
]
