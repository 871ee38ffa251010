"""系统管理, accounts: opened, given a new password, unlocked, disabled; their sign-ins ended."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import http
from core.actor import Actor
from org import errors as org_errors
from org import policies as org_policies
from org.credentials import lockout, passwords
from org.queries import accounts as account_queries
from org.queries import people, second_factors
from org.queries import sessions as session_queries
from org.services import accounts as account_services
from org.services import requests
from org.services import second_factors as second_factor_services
from org.services import sessions as session_services
from org.services import sign_ins as sign_in_services
from workbench.forms import accounts as forms


@http.page
@require_GET
def show(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account of a person of the scope, and what may be done to it."""
    now = timezone.now()
    actor = http.actor_of(request)
    _require_known(actor, person_id, at=now)
    account = account_queries.of_person(person_id)
    form = None
    if account is None:
        form = forms.OpenAccount(initial={"username": account_queries.free_username(person_id)})
    return _dialog(request, actor, person_id, form, at=now)


@http.page
@require_POST
def open_account(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the new account's password, this once; or what was wrong with the username."""
    now = timezone.now()
    actor = http.actor_of(request)
    _require_known(actor, person_id, at=now)
    password = passwords.fresh()
    form = forms.OpenAccount(request.POST)

    def act(given: dict[str, Any]) -> None:
        account_services.open_account(
            actor=actor,
            person_id=person_id,
            username=given["username"],
            password=password,
            now=now,
        )

    if form.carry_out(act):
        return _once(request, person_id, password, title="账号已开通", at=now)
    return _dialog(request, actor, person_id, form, at=now)


@http.page
@require_POST
def reset(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account's new password, this once; its sessions have ended."""
    now = timezone.now()
    actor = http.actor_of(request)
    password = passwords.fresh()
    outcome = account_services.set_password(
        actor=actor, account_id=_account_id(actor, person_id, at=now), password=password, now=now
    )
    is_asked = isinstance(outcome, requests.Asked)
    title = "新密码待复核" if is_asked else "密码已重置"
    return _once(request, person_id, password, title=title, is_asked=is_asked, at=now)


@http.page
@require_POST
def disable(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account, disabled; its sessions have ended."""
    now = timezone.now()
    actor = http.actor_of(request)
    account_id = _account_id(actor, person_id, at=now)
    account_services.disable(actor=actor, account_id=account_id, now=now)
    return _dialog(request, actor, person_id, None, at=now)


@http.page
@require_POST
def enable(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account, to be signed in with again."""
    now = timezone.now()
    actor = http.actor_of(request)
    account_id = _account_id(actor, person_id, at=now)
    account_services.enable(actor=actor, account_id=account_id, now=now)
    return _dialog(request, actor, person_id, None, at=now)


@http.page
@require_POST
def unlock(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account, whose owner may try to sign in again."""
    now = timezone.now()
    actor = http.actor_of(request)
    account_id = _account_id(actor, person_id, at=now)
    sign_in_services.unlock(actor=actor, account_id=account_id, now=now)
    return _dialog(request, actor, person_id, None, at=now, done="已解除锁定")


@http.page
@require_POST
def end_sessions(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account, signed in nowhere."""
    now = timezone.now()
    actor = http.actor_of(request)
    account_id = _account_id(actor, person_id, at=now)
    ended = session_services.end_all(actor=actor, account_id=account_id, now=now)
    return _dialog(request, actor, person_id, None, at=now, done=f"已结束 {ended} 处登录")


@http.page
@require_POST
def reset_second_factor(request: HttpRequest, person_id: int) -> HttpResponse:
    """Dialog: the account, without a second factor and signed in nowhere."""
    now = timezone.now()
    actor = http.actor_of(request)
    account_id = _account_id(actor, person_id, at=now)
    outcome = second_factor_services.reset(actor=actor, account_id=account_id, now=now)
    is_asked = isinstance(outcome, requests.Asked)
    done = "已提交复核，同意后清除双因素认证" if is_asked else "已清除双因素认证"
    return _dialog(request, actor, person_id, None, at=now, done=done)


def _require_known(actor: Actor, person_id: int, *, at: datetime) -> None:
    """PersonNotFound outside the viewer's scope: hidden and absent look alike."""
    if not (
        org_policies.may_manage_person(actor, person_id, at=at)
        or org_policies.may_end_sessions(actor, person_id, at=at)
    ):
        raise org_errors.PersonNotFound


def _account_id(actor: Actor, person_id: int, *, at: datetime) -> int:
    _require_known(actor, person_id, at=at)
    account = account_queries.of_person(person_id)
    if account is None:
        raise org_errors.AccountNotFound
    return account.id


def _dialog(
    request: HttpRequest,
    actor: Actor,
    person_id: int,
    form: forms.OpenAccount | None,
    *,
    at: datetime,
    done: str = "",
) -> HttpResponse:
    account = account_queries.of_person(person_id)
    context: dict[str, object] = {
        "person": people.names([person_id], at=at)[person_id],
        "account": account,
        "may_manage": org_policies.may_manage_account(actor, person_id, at=at),
        "may_help": org_policies.may_help_account(actor, person_id, at=at),
        "may_set_credentials": org_policies.may_set_credentials(actor, person_id, at=at),
        "may_set_password": org_policies.may_set_password(actor, person_id, at=at),
        "may_end": org_policies.may_end_sessions(actor, person_id, at=at),
        "is_own": actor.person_id == person_id,
        "form": form,
        "done": done,
    }
    if account is not None:
        context |= {
            "is_locked": lockout.is_locked(account.username, account.id, at=at),
            "sessions": session_queries.open_of(account.id, at=at),
            "factors": second_factors.of(account.id),
        }
    status = 422 if form is not None and form.is_bound else 200
    shown = render(request, "workbench/administration/account.html", context, status=status)
    return _told(shown) if request.method == "POST" and status == 200 else shown


def _once(
    request: HttpRequest,
    person_id: int,
    password: str,
    *,
    title: str,
    at: datetime,
    is_asked: bool = False,
) -> HttpResponse:
    """The only page that ever shows this password; no cache keeps it."""
    context = {
        "title": title,
        "person": people.names([person_id], at=at)[person_id],
        "account": account_queries.of_person(person_id),
        "password": password,
        "is_asked": is_asked,
    }
    response = render(request, "workbench/administration/account_password.html", context)
    response["Cache-Control"] = "no-store"
    return _told(response)


def _told(response: HttpResponse) -> HttpResponse:
    """What stands behind the dialog reads the account again."""
    response["HX-Trigger"] = "account:changed"
    return response


_ACCOUNT = "people/<int:person_id>/account/"
urlpatterns = [
    path(_ACCOUNT, show, name="administration-account"),
    path(f"{_ACCOUNT}open/", open_account, name="administration-account-open"),
    path(f"{_ACCOUNT}password/", reset, name="administration-account-password"),
    path(f"{_ACCOUNT}unlock/", unlock, name="administration-account-unlock"),
    path(f"{_ACCOUNT}sessions/", end_sessions, name="administration-account-sessions"),
    path(
        f"{_ACCOUNT}second-factor/",
        reset_second_factor,
        name="administration-account-second-factor",
    ),
    path(f"{_ACCOUNT}disable/", disable, name="administration-account-disable"),
    path(f"{_ACCOUNT}enable/", enable, name="administration-account-enable"),
]
