"""What org refuses, each with a stable code and a sentence for people."""

from org.errors.accounts import (
    AccountNotFound,
    OwnAccount,
    PasswordTooWeak,
    UsernameTaken,
)
from org.errors.authority import (
    GrantBeyondOwn,
    GrantEnded,
    GrantNotFound,
    OfficersExclude,
    OutOfScope,
)
from org.errors.directory import SearchTooWide
from org.errors.divisions import DivisionsFaulty, TreeNotEmpty
from org.errors.people import (
    AlreadyAppointed,
    AppointmentNotFound,
    MainAppointmentExists,
    PersonNotFound,
)
from org.errors.units import (
    BadUnitCode,
    KindNotAllowedHere,
    UnitAbolished,
    UnitBelowItself,
    UnitCodeFixed,
    UnitCodeTaken,
    UnitInUse,
    UnitNotFound,
)

__all__ = [
    "AccountNotFound",
    "AlreadyAppointed",
    "AppointmentNotFound",
    "BadUnitCode",
    "DivisionsFaulty",
    "GrantBeyondOwn",
    "GrantEnded",
    "GrantNotFound",
    "KindNotAllowedHere",
    "MainAppointmentExists",
    "OfficersExclude",
    "OutOfScope",
    "OwnAccount",
    "PasswordTooWeak",
    "PersonNotFound",
    "SearchTooWide",
    "TreeNotEmpty",
    "UnitAbolished",
    "UnitBelowItself",
    "UnitCodeFixed",
    "UnitCodeTaken",
    "UnitInUse",
    "UnitNotFound",
    "UsernameTaken",
]
