"""Who acts: every service is told by whom it is called, and from which post."""

from dataclasses import dataclass
from enum import StrEnum

from core import errors


class ActorKind(StrEnum):
    """What stands behind an act."""

    PERSON = "person"
    APP = "app"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting party: a person at a post, a mini-app, or the platform itself."""

    kind: ActorKind
    name: str
    account_id: int | None = None
    person_id: int | None = None
    appointment_id: int | None = None
    unit_id: int | None = None
    """The unit of the post that the person acts from."""
    app_id: int | None = None
    request_id: str = ""
    address: str = ""

    def require_person(self) -> int:
        """The id of the acting person; NotSignedIn where no person acts."""
        if self.person_id is None:
            raise errors.NotSignedIn
        return self.person_id


def system(name: str) -> Actor:
    """The platform itself, acting through the named command, handler or schedule."""
    return Actor(kind=ActorKind.SYSTEM, name=name)
