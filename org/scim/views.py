"""The HTTP side of SCIM: a bearer token becomes an actor, a request becomes an operation."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from scim2_models import (
    ForbiddenException,
    NotFoundException,
    PayloadTooLargeException,
    Resource,
    ResourceType,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.bulk import BulkPlan, BulkStep
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from core import audit, errors, logs
from core.actor import Actor, ActorKind
from org import errors as org_errors
from org.queries import tokens
from org.scim import refusals, schemas
from org.scim.schemas import Kind
from org.scim.storage import DirectoryStorage
from org.services import tokens as token_services

BASE: Final = "/scim/v2"
_OPEN: Final = frozenset({Operation.service_provider_config})
"""RFC 7643 §5: what the service can do is told to whoever asks."""
_READS: Final = frozenset({Operation.query, Operation.search, Operation.search_with_body})


class DirectoryService(ScimService):
    """Judges each operation, those of a bulk one by one, by what the token is worth."""

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:
        """ForbiddenException for a write that the token's maker could not make himself."""
        if target.operation in _READS:
            return
        bearer: tokens.Bearer = request.subject
        is_of_people = Kind(str(resource_type.name)) is Kind.USER
        if not (bearer.writes_people if is_of_people else bearer.writes_units):
            raise ForbiddenException(
                detail=f"{org_errors.OutOfScope.code}: the token's maker administers no "
                f"{'people' if is_of_people else 'units'} here"
            )


_DENIALS: Final[dict[int, type[errors.DomainError]]] = {
    403: org_errors.OutOfScope,
    404: errors.NotFound,
}
"""What the audit log calls a refusal that guards something, by its status."""


class DirectoryHandler(ScimHandler):
    """Serves a request; what is refused inside a bulk stands in the audit log as well."""

    storage: DirectoryStorage

    def run_bulk_step(
        self, request: ScimRequest, plan: BulkPlan, step: BulkStep
    ) -> tuple[dict[str, Any], Resource[Any] | None]:
        """The outcome of one operation; a refusal that guards something is audited."""
        result, resource = super().run_bulk_step(request, plan, step)
        refusal = _DENIALS.get(int(result["status"]))
        if refusal is not None:
            audit.record_denial(
                actor=self.storage.actor,
                refusal=refusal(),
                path=f"{BASE}{plan.operation(step).path}",
                now=self.storage.reach.at,
            )
        return result, resource


SERVICE: Final = DirectoryService(schemas.provider(), secret=f"scim:{settings.SECRET_KEY}")


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who calls: what the token is worth, and the actor that acts for it."""

    bearer: tokens.Bearer
    actor: Actor


@csrf_exempt
def serve(request: HttpRequest, path: str = "") -> HttpResponse:
    """Every address below /scim/v2/: only a bearer token counts here, never a session."""
    asked = _asked(request, path)
    try:
        answer = _answer(request, asked)
    except SCIMException as refusal:
        answer = SERVICE.error_response(refusal)
    except errors.DomainError as refusal:
        answer = SERVICE.error_response(refusals.of(refusal))
    return _response(asked, answer)


def _answer(request: HttpRequest, asked: ScimRequest) -> ScimResponse:
    operation = SERVICE.match(asked).operation
    now = timezone.now()
    if operation in _OPEN:
        return _handler(Actor(kind=ActorKind.APP, name="scim"), 0, now).handle(asked)
    caller = _caller(request, now)
    if _length(request) > schemas.MOST_BYTES:
        raise PayloadTooLargeException(detail=f"More than {schemas.MOST_BYTES} bytes")
    asked.subject = caller.bearer
    token_services.note_use(actor=caller.actor, token_id=caller.bearer.token_id, now=now)
    try:
        return _handler(caller.actor, caller.bearer.root_id, now).handle(asked)
    except (ForbiddenException, NotFoundException) as refusal:
        denied = _DENIALS[refusal.status]()
        # However many: a program that keeps a directory asks whether somebody is there all day.
        audit.record_denial(actor=caller.actor, refusal=denied, path=request.path, now=now)
        raise


def _handler(actor: Actor, root_id: int, now: datetime) -> DirectoryHandler:
    return DirectoryHandler(SERVICE, DirectoryStorage(actor=actor, root_id=root_id, now=now))


def _caller(request: HttpRequest, now: datetime) -> _Caller:
    """Who the bearer token stands for; one answer for every kind of bad token."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    bearer = None
    if scheme.lower() == "bearer" and secret.isascii() and 0 < len(secret) <= 200:
        bearer = tokens.bearer(secret.strip(), at=now)
    if bearer is None:
        raise UnauthorizedException
    return _Caller(bearer, _actor(request, bearer))


def _actor(request: HttpRequest, bearer: tokens.Bearer) -> Actor:
    """The actor whose rights are judged and whom the audit log names: the token, for its maker."""
    return Actor(
        kind=ActorKind.SYSTEM if bearer.is_of_platform else ActorKind.APP,
        name=f"目录同步：{bearer.name}"[:80],
        person_id=bearer.maker_id,
        request_id=logs.request_id(),
        address=str(request.META.get("REMOTE_ADDR") or ""),
    )


def _asked(request: HttpRequest, path: str) -> ScimRequest:
    return ScimRequest(
        method=request.method or "GET",
        base_url=f"{settings.SITE_ORIGIN}{BASE}",
        path=f"/{path}".removesuffix(".scim"),
        query=request.GET.dict(),
        headers=dict(request.headers),
        body=_body(request),
    )


def _body(request: HttpRequest) -> bytes:
    return request.body if _length(request) <= schemas.MOST_BYTES else b""


def _length(request: HttpRequest) -> int:
    given = str(request.META.get("CONTENT_LENGTH") or "")
    return int(given) if given.isdecimal() else 0


def _response(asked: ScimRequest, answer: ScimResponse) -> HttpResponse:
    body = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    response = HttpResponse(body, status=int(answer.status))
    for name, value in answer.headers.items():
        response[name] = value
    response.headers.setdefault("Cache-Control", "no-store")
    return response
