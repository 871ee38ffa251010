"""The tables of org; imported by org's own policies, queries, services and tree only."""

from org.models.accounts import Account, AdminGrant
from org.models.changes import OrgChange, UnitPast, UnitSuccession
from org.models.departures import Handover, HandoverItem
from org.models.headcounts import Headcount, HeadcountChange
from org.models.lines import Line, LineRelation, LineUnit
from org.models.people import Appointment, AppointmentSearch, Person, Post
from org.models.reorganisations import (
    Reorganisation,
    ReorganisationEvent,
    ReorganisationStep,
)
from org.models.scim import ScimGroup, ScimToken, ScimUser
from org.models.units import DivisionLoad, TreeWriteRefused, Unit
from org.models.visibility import VisibilityException, VisibilityRule

__all__ = [
    "Account",
    "AdminGrant",
    "Appointment",
    "AppointmentSearch",
    "DivisionLoad",
    "Handover",
    "HandoverItem",
    "Headcount",
    "HeadcountChange",
    "Line",
    "LineRelation",
    "LineUnit",
    "OrgChange",
    "Person",
    "Post",
    "Reorganisation",
    "ReorganisationEvent",
    "ReorganisationStep",
    "ScimGroup",
    "ScimToken",
    "ScimUser",
    "TreeWriteRefused",
    "Unit",
    "UnitPast",
    "UnitSuccession",
    "VisibilityException",
    "VisibilityRule",
]
