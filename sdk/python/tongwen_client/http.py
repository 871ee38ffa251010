"""The HTTP API, for what sockets cannot do here and for programs behind proxies that break them."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from tongwen_client.credentials import csrf_cookie
from tongwen_client.errors import Cut, Refused, SignedOut

_API: Final = "/api/v1/messaging"


async def call(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    content: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    patience: float,
) -> Any:
    """The answer's content; Refused, SignedOut, or Cut where no answer came."""
    headers = {"X-CSRFToken": http.cookies.get(csrf_cookie(http)) or ""}
    try:
        answer = await http.request(
            method, _API + path, json=content, params=query, headers=headers, timeout=patience
        )
    except httpx.TransportError as error:
        raise Cut from error
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        raise SignedOut("the session has ended")
    if answer.is_success:
        return _decoded(answer)
    raise refusal(answer)


def refusal(answer: httpx.Response) -> Refused:
    """What a problem document says; of a proxy's own page only the status."""
    problem = _decoded(answer) if "json" in answer.headers.get("content-type", "") else {}
    return Refused(
        code=str(problem.get("code", "HTTP_ERROR")),
        status=answer.status_code,
        message=str(problem.get("detail", answer.reason_phrase)),
        details=problem,
    )


def _decoded(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:  # a page of a proxy's, or half an answer
        raise Cut from error
