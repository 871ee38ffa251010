"""账号与安全: the password, second factors, sign-ins and the post that a person acts from."""

from typing import Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from core import http
from core.actor import Actor
from org import errors as org_errors
from org.kinds import AppointmentKind
from org.queries import accounts, appointments, second_factors
from org.queries import sessions as session_queries
from org.queries.sessions import SignedIn
from org.services import sessions as session_services
from workbench import context

FACTOR_WORDS: Final = {
    "totp": "动态验证码",
    "webauthn": "通行密钥",
    "recovery_codes": "恢复码",
    "upstream": "统一身份认证",
}
METHOD_WORDS: Final = {"password": "密码", "passkey": "通行密钥", "upstream": "统一身份认证"}


class PostForm(forms.Form):
    """Which of the posts to act from, and where to go on."""

    appointment = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    next = forms.CharField(required=False, max_length=300)


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Everything about the person's own account on one page."""
    now = timezone.now()
    actor = http.actor_of(request)
    signed_in = _signed_in(request)
    account_id = actor.account_id or 0
    shown = {
        "screen": "security",
        "account": accounts.standing(account_id),
        "factors": second_factors.of(account_id),
        "is_required": second_factors.is_required(signed_in),
        "sessions": session_queries.open_of(account_id, at=now),
        "this_session": signed_in.id,
        "factor_words": FACTOR_WORDS,
        "method_words": METHOD_WORDS,
        "idle_minutes": settings.SESSION_IDLE_SECONDS // 60,
        "hours": settings.SESSION_COOKIE_AGE // 3600,
        "max_age_days": settings.PASSWORD_MAX_AGE_DAYS,
        "posts": _posts(actor),
    }
    return render(request, "workbench/security/index.html", shown)


@http.page
@require_GET
def posts(request: HttpRequest) -> HttpResponse:
    """Fragment: the person's posts in the menu under the name; empty where there is but one."""
    held = _posts(http.actor_of(request))
    shown = {"posts": held if len(held) > 1 else []}
    return render(request, "workbench/security/posts.html", shown)


@http.page
@require_POST
def act_from(request: HttpRequest) -> HttpResponse:
    """The person acts from another of her posts, here and from now on."""
    form = PostForm(request.POST)
    if not form.is_valid():
        raise org_errors.AppointmentNotFound
    session_services.act_from(
        actor=http.actor_of(request),
        session_id=_signed_in(request).id,
        appointment_id=form.cleaned_data["appointment"],
        now=timezone.now(),
    )
    messages.success(request, "已切换任职身份")
    target = form.cleaned_data["next"]
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if target and safe else "home")


@http.page
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """One of the person's sign-ins has ended; her present one only by signing out."""
    session_services.end_own(
        actor=http.actor_of(request), session_id=session_id, now=timezone.now()
    )
    messages.success(request, "已退出该设备上的登录")
    return redirect("security")


@http.page
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """The person is signed in here and nowhere else."""
    ended = session_services.end_own_others(
        actor=http.actor_of(request), session_id=_signed_in(request).id, now=timezone.now()
    )
    messages.success(request, f"已退出其他 {ended} 处登录" if ended else "没有其他登录")
    return redirect("security")


def _signed_in(request: HttpRequest) -> SignedIn:
    signed_in: SignedIn = request.signed_in  # type: ignore[attr-defined]  # org.middleware's
    return signed_in


def _posts(actor: Actor) -> list[dict[str, object]]:
    held = appointments.of_person(actor.require_person(), at=timezone.now())
    return [
        {
            "id": one.id,
            "title": one.title,
            "unit": context.unit_name(one.unit_id),
            "kind": AppointmentKind(one.kind).label,
            "is_current": one.id == actor.appointment_id,
        }
        for one in held
    ]


urlpatterns = [
    path("", index, name="security"),
    path("posts/", posts, name="security-posts"),
    path("post/", act_from, name="security-post"),
    path("sessions/<int:session_id>/end/", end_session, name="security-end-session"),
    path("sessions/end-others/", end_others, name="security-end-others"),
]
