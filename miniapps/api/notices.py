"""App-facing: an app sends work notices."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Header, Path, Router
from ninja.responses import Status
from pydantic import Field, StringConstraints

from core import http as core_http
from core import paging
from core.schemas import Schema
from messaging.queries import notices as inbox
from miniapps.api import app_auth
from miniapps.queries import notices as queries
from miniapps.services import notices
from org.kinds import AdminRole, PostFunction

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

NoticeKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:\-]{1,64}$"), Path()]


class NoticeIn(Schema):
    """A work notice: who gets it, what it says, where in the app it leads."""

    recipients: list[Sub] = Field(default=[], max_length=1000)
    unit_codes: list[UnitCode] = Field(default=[], max_length=50)
    functions: list[PostFunction] = Field(default=[], max_length=4)
    """Of the units, those alone who hold such a post."""
    admin_roles: list[Literal["org", "people", "apps", "helpdesk"]] = Field(
        default=[], max_length=4
    )
    """Those within the app's range who administer the units, or units below them, in such a role;
    with `functions`, the holders of either. Who keeps the system, its security and its audit is
    nobody's to address."""
    title: Title
    body: Body = ""
    path: Annotated[str, StringConstraints(max_length=300)] = ""
    confirm: bool = False
    """Whether the receivers are asked to confirm that they know."""


class AppNoticeResultOut(Schema):
    """How many of those within the app's range have the notice, have read and confirmed it."""

    id: int
    targets: int
    read: int
    confirmed: int
    asks: bool
    recalled_at: datetime | None


class AppNoticeReceiverOut(Schema):
    """Somebody who has the notice; `sub` is empty for who never opened the app."""

    sub: str
    read_at: datetime | None
    confirmed_at: datetime | None


class AppNoticeReceiversOut(Schema):
    """One page of them."""

    items: list[AppNoticeReceiverOut]
    next_cursor: str | None


class AppNoticeRecalledOut(Schema):
    """`recalled` unless it had been before."""

    recalled: bool


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
        recipients=notices.Recipients(
            subs=tuple(payload.recipients),
            unit_codes=tuple(payload.unit_codes),
            functions=tuple(function.value for function in payload.functions),
            roles=tuple(AdminRole(role) for role in payload.admin_roles),
        ),
        said=notices.Said(payload.title, payload.body, payload.path, payload.confirm),
        now=timezone.now(),
    )
    return Status(201, AppNoticeOut(id=sent.id, recipients=sent.targets, repeated=sent.repeated))


@router.post("/notices/{key}/recall", response=AppNoticeRecalledOut, url_name="apps-notice-recall")
def recall_notice(request: HttpRequest, key: NoticeKey) -> AppNoticeRecalledOut:
    """Takes one of the app's own notices back: it says 该通知已撤回 from then on."""
    app_auth.require_scope(request, notices.SCOPE)
    stood = notices.recall(
        actor=core_http.actor_of(request), idempotency_key=key, now=timezone.now()
    )
    return AppNoticeRecalledOut(recalled=stood)


@router.get("/notices/{key}", response=AppNoticeResultOut, url_name="apps-notice")
def show_notice(request: HttpRequest, key: NoticeKey) -> inbox.Result:
    """How one of the app's own notices stands, as far as its range reaches."""
    app_auth.require_scope(request, notices.SCOPE)
    return queries.result(app_auth.token_of(request).app_id, key, at=timezone.now())


@router.get(
    "/notices/{key}/receivers", response=AppNoticeReceiversOut, url_name="apps-notice-receivers"
)
def list_receivers(
    request: HttpRequest,
    key: NoticeKey,
    state: inbox.ReceiverState = inbox.ReceiverState.ALL,
    cursor: paging.Cursor = "",
    limit: paging.Limit = 50,
) -> paging.Page[queries.Receiver]:
    """Who within the app's range has it, has read or confirmed it, or not."""
    app_auth.require_scope(request, notices.SCOPE)
    return queries.receivers(
        app_auth.token_of(request).app_id,
        key,
        state=state,
        cursor=cursor,
        limit=limit,
        at=timezone.now(),
    )
