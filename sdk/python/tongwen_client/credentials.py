"""How a program signs in: as a person, by what the installation offers to people."""

import inspect
import secrets
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Final

import httpx

from tongwen_client.errors import SecondFactorNeeded, SignedOut

_LOGIN: Final = "/accounts/login/"
_CODE: Final = "/accounts/2fa/authenticate/"


def session_cookie(http: httpx.AsyncClient) -> str:
    """What the installation calls the cookie of its sessions; over plain HTTP it has another."""
    return "__Host-session" if http.base_url.scheme == "https" else "tongwen_session"


def csrf_cookie(http: httpx.AsyncClient) -> str:
    """The same for the proof that a request is meant."""
    return "__Host-csrf" if http.base_url.scheme == "https" else "tongwen_csrf"


def _put(http: httpx.AsyncClient, name: str, value: str) -> None:
    """The jar holds the cookie as if the server had set it, and no other of the name.

    What the server itself sets later takes its place; two of a name could not be told apart.
    """
    for cookie in [one for one in http.cookies.jar if one.name == name]:
        http.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    said = f"{name}={value}; Path=/" + ("; Secure" if http.base_url.scheme == "https" else "")
    request = httpx.Request("GET", http.base_url)
    http.cookies.extract_cookies(httpx.Response(200, headers={"Set-Cookie": said}, request=request))


class Credentials(ABC):
    """Puts a session on the HTTP client, or hands out tickets for sockets."""

    has_session = True
    """Whether HTTP requests can be made, and so messages be polled."""

    @abstractmethod
    async def sign_in(self, http: httpx.AsyncClient) -> None:
        """The HTTP client is signed in; SignedOut where that is impossible."""

    async def ticket(self) -> str | None:
        """A ticket for the next socket; None where the session's cookie opens it."""
        return None


class Session(Credentials):
    """The cookie of a session that somebody signed in to elsewhere. It cannot be renewed."""

    def __init__(self, cookie: str) -> None:
        self._cookie: str | None = cookie

    async def sign_in(self, http: httpx.AsyncClient) -> None:
        """Good once: a session that has ended stays ended."""
        if self._cookie is None:
            raise SignedOut("the session has ended")
        _put(http, session_cookie(http), self._cookie)
        _put(http, csrf_cookie(http), secrets.token_hex(16))
        self._cookie = None


class Password(Credentials):
    """Username and password, and where the account asks for it a function that gives a code.

    A session ends twelve hours after it began, or half an hour after it was last used; the client
    then signs in anew.
    """

    def __init__(
        self, username: str, password: str, code: Callable[[], str | Awaitable[str]] | None = None
    ) -> None:
        self._username, self._password, self._code = username, password, code

    async def sign_in(self, http: httpx.AsyncClient) -> None:
        """As on the sign-in page."""
        http.cookies.clear()
        await http.get(_LOGIN)
        answer = await self._post(
            http, _LOGIN, {"login": self._username, "password": self._password}
        )
        if answer.headers.get("location", "").startswith(_CODE):
            if self._code is None:
                raise SecondFactorNeeded("the account asks for a code")
            given = self._code()
            code = await given if inspect.isawaitable(given) else given
            answer = await self._post(http, _CODE, {"code": code})
        if answer.status_code != httpx.codes.FOUND or session_cookie(http) not in http.cookies:
            raise SignedOut("username or password is wrong, or the account is locked")

    @staticmethod
    async def _post(http: httpx.AsyncClient, path: str, fields: dict[str, str]) -> httpx.Response:
        token = http.cookies.get(csrf_cookie(http)) or ""
        answer = await http.post(path, data=fields, headers={"X-CSRFToken": token})
        busy = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        if busy or answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise httpx.TransportError("the sign-in page does not answer")
        return answer


class Ticket(Credentials):
    """A function that gives a fresh ticket for each socket. Without a session nothing is polled."""

    has_session = False

    def __init__(self, give: Callable[[], Awaitable[str]]) -> None:
        self._give = give

    async def sign_in(self, http: httpx.AsyncClient) -> None:
        """Nothing to do: a ticket is asked for with each socket."""

    async def ticket(self) -> str | None:
        """A fresh ticket."""
        return await self._give()
