"""What provisioning systems may call people and units: pure rules, no database."""

import unicodedata
from typing import Final

from core import names as core_names
from org import errors, names
from org.queries.provisioning import Spoken

_USERNAME_AT_MOST: Final = 60
_EMAILS_AT_MOST: Final = 20
_LONGEST: Final = {
    "displayName": 60,
    "name.formatted": 200,
    "name.familyName": 100,
    "name.givenName": 100,
    "nickName": 60,
    "title": 80,
    "organization": 200,
    "department": 200,
    "employeeNumber": 40,
    "externalId": 200,
}


def check(spoken: Spoken) -> None:
    """AttributeUnfit for a value that fits no column, or is no name to sign in with."""
    said = {
        "displayName": whole_name(spoken),
        "name.formatted": spoken.formatted_name,
        "name.familyName": spoken.family_name,
        "name.givenName": spoken.given_name,
        "nickName": spoken.nick_name,
        "title": spoken.title,
        "employeeNumber": spoken.employee_number,
        "organization": spoken.organization,
        "department": spoken.department,
        "externalId": spoken.external_id,
    }
    for attribute, value in said.items():
        longest = _LONGEST[attribute]
        if value is not None and (len(value) > longest or core_names.has_unseen(value)):
            raise errors.AttributeUnfit(
                attribute=attribute, reason=f"最多 {longest} 个字符，且不含控制字符"
            )
    texts = [value for email in spoken.emails for value in email.values() if value is not None]
    if len(spoken.emails) > _EMAILS_AT_MOST or any(len(str(text)) > 320 for text in texts):
        raise errors.AttributeUnfit(
            attribute="emails", reason=f"最多 {_EMAILS_AT_MOST} 个，每个最多 320 个字符"
        )
    username(spoken)


def username(spoken: Spoken) -> str:
    """What is signed in with: accounts know no capitals."""
    name = unicodedata.normalize("NFC", spoken.user_name).lower()
    unfit = any(letter.isspace() for letter in name) or core_names.has_unseen(name)
    if not 1 <= len(name) <= _USERNAME_AT_MOST or unfit:
        raise errors.AttributeUnfit(
            attribute="userName", reason="应为 1 至 60 个字符，不含空白和控制字符"
        )
    return name


def whole_name(spoken: Spoken) -> str:
    """How the person is called: 姓 before 名, with a space only between Latin names."""
    if spoken.display_name or spoken.formatted_name:
        return (spoken.display_name or spoken.formatted_name or "").strip()
    family, given = spoken.family_name or "", spoken.given_name or ""
    if family.isascii() and given.isascii():
        return f"{given} {family}".strip()
    return f"{family}{given}".strip()


def check_names(name: str, short_name: str) -> None:
    """AttributeUnfit for a unit's name that fits no column."""
    if not 1 <= len(name) <= 120 or core_names.has_unseen(name):
        raise errors.AttributeUnfit(attribute="displayName", reason="应为 1 至 120 个字符")
    if len(short_name) > names.SHORT_NAME_AT_MOST or core_names.has_unseen(short_name):
        raise errors.AttributeUnfit(attribute="shortName", reason="最多 60 个字符")
