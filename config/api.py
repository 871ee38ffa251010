"""The HTTP API: mounts every app's routes and turns errors into problem documents."""

from typing import Any, Final

import orjson
from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.responses import NinjaJSONEncoder
from ninja.security import APIKeyCookie

from approvals import api as approvals_api
from core import errors
from core import http as core_http
from core.actor import Actor
from core.schemas import Problem
from documents import api as documents_api
from messaging import api as messaging_api
from miniapps import api as miniapps_api
from org import api as org_api

_METHODS: Final = ("get", "post", "put", "patch", "delete")


class MalformedBody(errors.DomainError):
    """The body is not JSON."""

    code = "MALFORMED_BODY"
    status = 400
    message = "请求内容不是有效的 JSON"


class MalformedForm(errors.DomainError):
    """The body is no form with files as it ought to be: cut off, or with too much in a head."""

    code = "MALFORMED_FORM"
    status = 400
    message = "上传的内容格式不正确，请重新选择文件"


class CsrfFailed(errors.Forbidden):
    """The request does not prove that it comes from our own pages."""

    code = "CSRF_FAILED"
    message = "页面已过期，请刷新后重试"


class SchemaViolated(errors.Invalid):
    """Fields of the request break the published schema; `faults` names them."""

    code = "SCHEMA_VIOLATED"
    message = "提交的内容不符合接口要求"


class SessionAuth(APIKeyCookie):
    """A signed-in person's session, with the CSRF token on whatever writes."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_name = "session"

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        """The actor of the session, None when nobody is signed in."""
        return getattr(request, "actor", None)


class JsonParser(Parser):
    """Takes application/json only, so that no HTML form can forge a call."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body as JSON; Unsupported or MalformedBody otherwise."""
        if request.content_type != "application/json":
            raise errors.Unsupported
        try:
            body: dict[str, Any] = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise MalformedBody from error
        return body


class JsonRenderer(BaseRenderer):
    """Answers in JSON."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        """The data as UTF-8 JSON."""
        return orjson.dumps(data, default=NinjaJSONEncoder().default)


class TongwenAPI(NinjaAPI):
    """The API whose every operation documents its problem documents."""

    def get_openapi_schema(self, **arguments: Any) -> Any:
        """The OpenAPI 3.1 document."""
        schema = super().get_openapi_schema(**arguments)
        schema["components"].setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
        refused = {
            "description": "A refusal (RFC 9457)",
            "content": {
                core_http.PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}
            },
        }
        for operations in schema["paths"].values():
            for method in _METHODS:
                if method in operations:
                    for status in ("4XX", "5XX"):
                        operations[method]["responses"][status] = refused
        return schema


api = TongwenAPI(
    title="同文 Tongwen",
    version="1",
    description="一个政府工作的开放平台。每个错误都是 RFC 9457 文档，带稳定的 code。",
    auth=SessionAuth(),
    parser=JsonParser(),
    renderer=JsonRenderer(),
    docs=Swagger(settings={"persistAuthorization": False}),
    docs_url="docs",
    openapi_url="openapi.json",
    urls_namespace="api",
)
api.add_router("/org/", org_api.router, tags=["org"])
api.add_router("/messaging/", messaging_api.router, tags=["messaging"])
api.add_router("/approvals/", approvals_api.router, tags=["approvals"])
api.add_router("/documents/", documents_api.router, tags=["documents"])
api.add_router("/miniapps/", miniapps_api.router, tags=["miniapps"])
api.add_router("/apps/", miniapps_api.app_router, tags=["apps"])


@api.exception_handler(errors.DomainError)
def refuse(request: HttpRequest, refusal: errors.DomainError) -> HttpResponse:
    """An expected refusal."""
    return core_http.problem(core_http.note_refusal(request, refusal))


@api.exception_handler(AuthenticationError)
def refuse_stranger(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Nobody is signed in, or the token is not good."""
    return core_http.problem(errors.NotSignedIn())


@api.exception_handler(ValidationError)
def refuse_schema(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The request breaks the schema; says where, never repeats what was sent."""
    faults = [
        {"at": "/".join(str(part) for part in fault["loc"]), "reason": fault["msg"]}
        for fault in error.errors
    ]
    return core_http.problem(SchemaViolated(faults=faults))


@api.exception_handler(MultiPartParserError)
@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(TooManyFilesSent)
def refuse_form(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form with files that cannot be taken apart."""
    return core_http.problem(MalformedForm())


@api.exception_handler(Http404)
def refuse_absent(request: HttpRequest, error: Http404) -> HttpResponse:
    """No such address."""
    return core_http.problem(errors.NotFound())


@api.exception_handler(HttpError)
def refuse_protocol(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the API framework itself refuses, or our parser inside of it."""
    if isinstance(error.__cause__, errors.DomainError):
        return core_http.problem(error.__cause__)
    if error.status_code == 403:
        return core_http.problem(CsrfFailed())
    return core_http.problem(MalformedBody())


def describe_error(request: HttpRequest, code: str) -> HttpResponse:
    """What a problem document's `type` leads to: the code, its status and its sentence."""
    refusal = errors.catalogue().get(code)
    if refusal is None:
        return core_http.problem(errors.NotFound())
    described = {"code": code, "status": refusal.status, "message": refusal.message}
    return JsonResponse(described, json_dumps_params={"ensure_ascii": False})
