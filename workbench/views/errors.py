"""What is refused or went wrong before a screen could answer: a page, or a problem document."""

import sys
from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import errors, http, logs

API = "/api/"


class BadRequest(errors.DomainError):
    """What was sent can't be read."""

    code = "BAD_REQUEST"
    message = "请求的格式不正确"


class Fault(errors.DomainError):
    """A bug, of which the caller learns nothing but that it is one."""

    code = "FAULT"
    status = 500
    message = "服务出现故障，请稍后再试"


_REFUSALS = {
    400: BadRequest,
    403: errors.Forbidden,
    404: errors.NotFound,
    500: Fault,
    503: errors.Unavailable,
}
_TEXTS = {
    400: "请求的格式不正确",
    403: "您没有进行此操作的权限，或页面已过期",
    404: "内容不存在，或您无权查看",
    500: "服务出现故障，请稍后再试",
    503: "服务暂时不可用，请稍后再试",
}
_PASSING: Final = (OperationalError, InterfaceError)
"""The database has gone, restarts or has no room: no bug, and trying again later will do."""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: what was sent can't be read."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: Django itself refused."""
    return _answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the form came without its token, mostly from a page left open too long."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a bug; 503 where the database fails, of which the page therefore asks nothing."""
    return _answer(request, 503 if isinstance(sys.exception(), _PASSING) else 500)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    if request.path.startswith(API):
        return http.problem(_REFUSALS[status]())
    context = {"status": status, "message": _TEXTS[status], "request_id": logs.request_id()}
    if request.headers.get("HX-Request"):
        return HttpResponse(_TEXTS[status], status=status, content_type="text/plain")
    return render(request, "workbench/errors/refusal.html", context, status=status)
