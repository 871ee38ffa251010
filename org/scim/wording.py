"""Between what the directory knows of a user or a group and what SCIM calls it."""

import re
from typing import Any, Final

from org.queries import provisioning
from org.queries.provisioning import GroupRow, Spoken, UserRow
from org.scim.schemas import EnterpriseUser, Unit

_PHONE: Final = re.compile(r"^[0-9+\-]{1,20}$")
_ENTERPRISE: Final = str(EnterpriseUser.__schema__)
_UNIT: Final = str(Unit.__schema__)


def user(row: UserRow) -> dict[str, Any]:
    """The user as SCIM writes one."""
    said = provisioning.spoken(row)
    name = {
        "formatted": said.formatted_name,
        "familyName": said.family_name,
        "givenName": said.given_name,
    }
    enterprise = {
        "employeeNumber": said.employee_number,
        "organization": said.organization,
        "department": said.department,
    }
    whole = {
        "id": row.public_id,
        "externalId": said.external_id,
        "userName": said.user_name,
        "name": _given(name),
        "displayName": said.display_name,
        "nickName": said.nick_name,
        "title": said.title,
        "active": said.active,
        "emails": [dict(email) for email in said.emails],
        "groups": [
            {
                "value": str(group.unit_id),
                "$ref": f"Groups/{group.unit_id}",
                "display": group.unit_name,
            }
            for group in row.groups
        ],
        _ENTERPRISE: _given(enterprise),
    }
    return _given(whole)


def group(row: GroupRow, *, with_members: bool) -> dict[str, Any]:
    """The group as SCIM writes one."""
    parent = (
        {"value": str(row.parent_id), "display": row.parent_name}
        if row.parent_id is not None
        else None
    )
    members = [
        {
            "value": member.public_id,
            "$ref": f"Users/{member.public_id}",
            "type": "User",
            "display": member.name,
        }
        for member in row.members
    ]
    whole = {
        "id": str(row.unit_id),
        "externalId": row.external_id,
        "displayName": row.name,
        "members": members if with_members else [],
        _UNIT: _given(
            {
                "shortName": "" if row.has_plain_short_name else row.short_name,
                "code": row.code,
                "kind": row.kind,
                "parent": parent,
            }
        ),
    }
    return _given(whole)


def spoken(resource: Any) -> Spoken:
    """What a resource that was sent says of the user."""
    name = resource.name
    enterprise = resource[EnterpriseUser]
    emails = [email.model_dump(exclude_none=True) for email in resource.emails or []]
    return Spoken(
        user_name=resource.user_name or "",
        external_id=resource.external_id or None,
        display_name=resource.display_name or None,
        formatted_name=(name.formatted or None) if name else None,
        family_name=(name.family_name or None) if name else None,
        given_name=(name.given_name or None) if name else None,
        nick_name=resource.nick_name or None,
        title=resource.title or None,
        active=resource.active,
        employee_number=(enterprise.employee_number or None) if enterprise else None,
        organization=(enterprise.organization or None) if enterprise else None,
        department=(enterprise.department or None) if enterprise else None,
        emails=tuple(emails),
    )


def short_name(resource: Any) -> str:
    """The short name that a group was sent with; empty for none."""
    unit = resource[Unit]
    return (unit.short_name or "").strip() if unit else ""


def mobile(resource: Any) -> str | None:
    """The mobile number that was sent, else the preferred one, else the first; None for none."""
    numbers = [number for number in resource.phone_numbers or [] if number.value]
    numbers.sort(key=lambda number: (number.type != "mobile", not number.primary))
    for number in numbers:
        plain = re.sub(r"[\s()]", "", number.value.removeprefix("tel:"))
        if _PHONE.match(plain):
            return plain
    return None


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
