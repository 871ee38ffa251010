"""The tables of org; imported by org's own policies, queries, services and tree only."""

from org.models.accounts import Account, CredentialReset, PasswordPast, UpstreamLink
from org.models.authority import AdminGrant
from org.models.changes import OrgChange, UnitPast, UnitSuccession
from org.models.departures import Handover, HandoverItem
from org.models.exchange import (
    DirectoryExport,
    DirectoryImport,
    ImportColumns,
    ImportFault,
    ImportLine,
)
from org.models.headcounts import Headcount, HeadcountChange
from org.models.lines import Line, LineRelation, LineUnit
from org.models.people import Appointment, AppointmentSearch, Person, Post
from org.models.reorganisations import (
    Reorganisation,
    ReorganisationEvent,
    ReorganisationStep,
)
from org.models.requests import ReviewRequest
from org.models.scim import ScimGroup, ScimToken, ScimTouch, ScimUser
from org.models.sessions import AccountSession
from org.models.units import DivisionLoad, TreeWriteRefused, Unit
from org.models.visibility import VisibilityException, VisibilityRule

__all__ = [
    "Account",
    "AccountSession",
    "AdminGrant",
    "Appointment",
    "AppointmentSearch",
    "CredentialReset",
    "DirectoryExport",
    "DirectoryImport",
    "DivisionLoad",
    "Handover",
    "HandoverItem",
    "Headcount",
    "HeadcountChange",
    "ImportColumns",
    "ImportFault",
    "ImportLine",
    "Line",
    "LineRelation",
    "LineUnit",
    "OrgChange",
    "PasswordPast",
    "Person",
    "Post",
    "Reorganisation",
    "ReorganisationEvent",
    "ReorganisationStep",
    "ReviewRequest",
    "ScimGroup",
    "ScimToken",
    "ScimTouch",
    "ScimUser",
    "TreeWriteRefused",
    "Unit",
    "UnitPast",
    "UnitSuccession",
    "UpstreamLink",
    "VisibilityException",
    "VisibilityRule",
]
