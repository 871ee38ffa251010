"""The tables of org; imported by org's own policies, queries, services and tree only."""

from org.models.accounts import Account, AdminGrant
from org.models.people import Appointment, AppointmentSearch, Person, Post
from org.models.units import DivisionLoad, TreeWriteRefused, Unit

__all__ = [
    "Account",
    "AdminGrant",
    "Appointment",
    "AppointmentSearch",
    "DivisionLoad",
    "Person",
    "Post",
    "TreeWriteRefused",
    "Unit",
]
