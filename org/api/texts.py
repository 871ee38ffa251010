"""Texts and times of request bodies, sized like the columns they are written to and free of NUL.

Names and titles hold only what can be seen.
"""

from datetime import UTC, datetime
from typing import Annotated

from ninja import Query
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from core.schemas import seen_whole

_ANY = r"^[^\x00]*$"

UnitTitle = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True, pattern=_ANY),
    AfterValidator(seen_whole),
]
ShortTitle = Annotated[
    str,
    StringConstraints(max_length=60, strip_whitespace=True, pattern=_ANY),
    AfterValidator(seen_whole),
]
Address = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=_ANY)]
Reason = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=_ANY)]
Remark = Annotated[str, StringConstraints(max_length=400, strip_whitespace=True, pattern=_ANY)]
PostTitle = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, strip_whitespace=True, pattern=_ANY),
    AfterValidator(seen_whole),
]
JobLevel = Annotated[
    str,
    StringConstraints(max_length=40, strip_whitespace=True, pattern=_ANY),
    AfterValidator(seen_whole),
]
PersonalName = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=60, strip_whitespace=True, pattern=r"^[^\x00-\x1f<>]+$"
    ),
    AfterValidator(seen_whole),
]
UnitNote = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True, pattern=_ANY)]
Basis = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True, pattern=_ANY)]
Contact = Annotated[str, Field(max_length=40, pattern=r"^[0-9+()\- 转]*$")]
Phone = Annotated[str, Field(max_length=20, pattern=r"^[0-9+\-]*$")]
Code = Annotated[str, Field(max_length=18, pattern=r"^[0-9A-Za-z]*$")]
Username = Annotated[str, Field(min_length=2, max_length=60, pattern=r"^[a-z0-9._\-]+$")]
Password = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
SearchText = Annotated[str, Query(min_length=1, max_length=60, pattern=r"^[^\x00]+$")]
StaffNumber = Annotated[
    str, StringConstraints(max_length=40, strip_whitespace=True, pattern=r"^[0-9A-Za-z\-]*$")
]

FAR_END = datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond any term of office, and within what every driver reads back."""


def _in_utc(moment: datetime) -> datetime:
    """The same moment in UTC: PostgreSQL refuses offsets of sixteen hours and more."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("时间超出范围") from error


Instant = Annotated[AwareDatetime, Field(lt=FAR_END), AfterValidator(_in_utc)]
"""A moment with its offset; in UTC from here on."""
