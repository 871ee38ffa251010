"""What the directory refuses, in SCIM's words (RFC 7644 §3.12)."""

from collections.abc import Iterator
from contextlib import contextmanager

from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    SCIMException,
    UniquenessException,
)

from core import errors
from org import errors as org_errors


class Conflict(SCIMException):
    """The state of the directory does not allow the operation: 409 without a scimType."""

    status = 409


class Flooded(SCIMException):
    """The caller asked too often: 429 without a scimType."""

    status = 429


@contextmanager
def translated() -> Iterator[None]:
    """Inside, an expected refusal of a service leaves as its SCIM error."""
    try:
        yield
    except errors.DomainError as refusal:
        raise of(refusal) from refusal


def of(refusal: errors.DomainError) -> SCIMException:
    """The SCIM error: the refusal's code stands before its sentence."""
    detail = f"{refusal.code}: {refusal.text}"
    if isinstance(refusal, org_errors.UsernameTaken):
        return UniquenessException(detail=detail)
    if isinstance(refusal, errors.NotFound):
        return NotFoundException(detail=detail)
    if isinstance(refusal, errors.Forbidden):
        return ForbiddenException(detail=detail)
    if isinstance(refusal, errors.Conflict):
        return Conflict(detail=detail)
    if isinstance(refusal, errors.TooMany):
        return Flooded(detail=detail)
    return InvalidValueException(detail=detail)


def unknown_member(value: str) -> InvalidValueException:
    """A member is no user of the token's subtree."""
    return InvalidValueException(detail=f"No user {value[:80]!r}")
