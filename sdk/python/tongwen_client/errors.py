"""What can go wrong. `code` is stable: programs may rely on it."""

from collections.abc import Mapping
from typing import Any, Final


class ClientError(Exception):
    """The base of everything that this package raises."""

    code = "CLIENT_ERROR"


class Refused(ClientError):
    """The server says no; `code` is the server's own (docs/api/errors.md)."""

    def __init__(self, code: str, status: int, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.details = dict(details)

    @property
    def passes(self) -> bool:
        """Whether the server could not at the moment; asked again later it may."""
        return self.status == 429 or self.status >= 500

    @property
    def retry_after(self) -> float:
        """Seconds that the server asks to wait; 0 where it does not say."""
        wait = self.details.get("retry_after_ms", 1000 * self.details.get("retry_after", 0))
        return float(wait) / 1000 if isinstance(wait, int | float) else 0.0


class SignedOut(ClientError):
    """Nobody is signed in any more, and the credentials cannot sign in anew."""

    code = "SIGNED_OUT"


class SecondFactorNeeded(SignedOut):
    """The account asks for a second factor, and no code was offered."""

    code = "SECOND_FACTOR_NEEDED"


class Closed(ClientError):
    """The client was closed; what is unsent stays in its store."""

    code = "CLIENT_CLOSED"


class Failed(ClientError):
    """The client met something it does not know (its `__cause__`) and has stopped.

    What is unsent stays in its store; a new client goes on from there.
    """

    code = "CLIENT_FAILED"


ENDS: Final = (SignedOut, Closed, Failed)
"""With one of these a client has ended, and everything that waits was told."""


class TooLong(ClientError):
    """The text is longer than a message may be: 16 KiB in UTF-8."""

    code = "BODY_TOO_LONG"


class NotPossible(ClientError):
    """This way to the server does not allow it: a ticket opens sockets only, and some things are
    said over sockets only."""

    code = "NOT_POSSIBLE"


class Cut(Exception):
    """The connection has gone; used inside, and always answered by trying again."""

    def __init__(self, wait: float | None = None, *, slowly: bool = False) -> None:
        super().__init__()
        self.wait = wait
        """Seconds that the server named."""
        self.slowly = slowly
        """Whether the server asks to come back later than at once."""
