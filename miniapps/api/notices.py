"""App-facing: an app sends work notices."""

from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Router
from ninja.responses import Status
from pydantic import Field, StringConstraints

from core import http as core_http
from core.schemas import Schema
from miniapps.api import app_auth
from miniapps.services import notices

router = Router()

Sub = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,40}$")]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9\-]{1,32}$")]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, strip_whitespace=True, pattern=r"^[^\x00]+$"),
]
Body = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]
IdempotencyKey = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9_.:\-]{1,64}$"),
    Header(alias="Idempotency-Key", description="One value per notice, kept on every retry"),
]


class NoticeIn(Schema):
    """A work notice: who gets it, what it says, where in the app it leads."""

    recipients: list[Sub] = Field(default=[], max_length=1000)
    unit_codes: list[UnitCode] = Field(default=[], max_length=50)
    title: Title
    body: Body = ""
    path: Annotated[str, StringConstraints(max_length=300)] = ""


class AppNoticeOut(Schema):
    """The notice as it was stored; `repeated` if this key was used before."""

    id: int
    recipients: int
    repeated: bool


@router.post("/notices", response={201: AppNoticeOut}, url_name="apps-notices")
def send_notice(
    request: HttpRequest, payload: NoticeIn, idempotency_key: IdempotencyKey
) -> Status[AppNoticeOut]:
    """Sends a work notice to people within the range of notice.send, once per key."""
    app_auth.require_scope(request, notices.SCOPE)
    sent = notices.send(
        actor=core_http.actor_of(request),
        idempotency_key=idempotency_key,
        subs=payload.recipients,
        unit_codes=payload.unit_codes,
        title=payload.title,
        body=payload.body,
        path=payload.path,
        now=timezone.now(),
    )
    return Status(201, AppNoticeOut(id=sent.id, recipients=sent.targets, repeated=sent.repeated))
