"""Accounts are opened, unlocked and disabled, and their sign-ins ended, by administrators."""

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from core.http import actor_of
from core.schemas import Id, Schema
from org.api import texts
from org.api.requests import AskedOut
from org.api.units import CreatedOut
from org.services import accounts, requests, second_factors, sessions, sign_ins

router = Router()


class AccountIn(Schema):
    """What the person signs in with at first."""

    username: texts.Username
    password: texts.Password


@router.post("/people/{person_id}/account", response={201: CreatedOut}, url_name="org-account")
def open_account(request: HttpRequest, person_id: Id, body: AccountIn) -> Status[CreatedOut]:
    """The person can sign in."""
    opened = accounts.open_account(
        actor=actor_of(request),
        person_id=person_id,
        username=body.username,
        password=body.password,
        now=timezone.now(),
    )
    return Status(201, CreatedOut(id=opened))


@router.post("/accounts/{account_id}/disable", response={204: None}, url_name="org-account-disable")
def disable_account(request: HttpRequest, account_id: Id) -> Status[None]:
    """Nobody can sign in with the account; its sessions have ended."""
    accounts.disable(actor=actor_of(request), account_id=account_id, now=timezone.now())
    return Status(204, None)


@router.post("/accounts/{account_id}/enable", response={204: None}, url_name="org-account-enable")
def enable_account(request: HttpRequest, account_id: Id) -> Status[None]:
    """The account can be signed in with again."""
    accounts.enable(actor=actor_of(request), account_id=account_id, now=timezone.now())
    return Status(204, None)


@router.post("/accounts/{account_id}/unlock", response={204: None}, url_name="org-account-unlock")
def unlock_account(request: HttpRequest, account_id: Id) -> Status[None]:
    """The account's failed sign-ins are forgotten."""
    sign_ins.unlock(actor=actor_of(request), account_id=account_id, now=timezone.now())
    return Status(204, None)


@router.post(
    "/accounts/{account_id}/end-sessions",
    response={204: None},
    url_name="org-account-end-sessions",
)
def end_account_sessions(request: HttpRequest, account_id: Id) -> Status[None]:
    """The account is signed in nowhere."""
    sessions.end_all(actor=actor_of(request), account_id=account_id, now=timezone.now())
    return Status(204, None)


@router.post(
    "/accounts/{account_id}/reset-second-factor",
    response={202: AskedOut, 204: None},
    url_name="org-account-second-factor",
)
def reset_second_factor(
    request: HttpRequest, account_id: Id
) -> Status[requests.Asked] | Status[None]:
    """The account has no second factor any more, and is signed in nowhere; 202 for two people."""
    outcome = second_factors.reset(
        actor=actor_of(request), account_id=account_id, now=timezone.now()
    )
    if isinstance(outcome, requests.Asked):
        return Status(202, outcome)
    return Status(204, None)
