"""Signing in through the organisation's own service: to it, and back with its answer."""

from dataclasses import asdict
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from org import errors
from org.credentials import upstream
from org.kinds import SignInMethod
from org.services import sign_ins
from org.services import upstream as services
from org.sign_in import adapter

_SESSION_KEY: Final = "upstream_question"
_SECONDS: Final = 600
_GIVEN_UP: Final = "登录未完成，请重试"


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Leads to the service. A link and no form: the page's policy lets no form leave the site."""
    if not upstream.is_configured():
        raise Http404
    if request.user.is_authenticated:
        return HttpResponseRedirect(settings.LOGIN_REDIRECT_URL)
    try:
        question, address = upstream.ask(redirect_uri=_redirect_uri())
    except errors.UpstreamRefused as refusal:
        return _back(request, refusal)
    request.session[_SESSION_KEY] = {
        **asdict(question),
        "next": request.GET.get("next", "")[:300],
        "at": timezone.now().timestamp(),
    }
    return HttpResponseRedirect(address)


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Signs in whom the service vouches for, if that person has an account."""
    if not upstream.is_configured():
        raise Http404
    now = timezone.now()
    held = request.session.pop(_SESSION_KEY, None)
    try:
        vouched = _vouched(request, held, now)
    except errors.UpstreamRefused as refusal:
        return _back(request, refusal)
    visitor = adapter.visitor(request)
    try:
        account_id = services.admit(actor=visitor, vouched=vouched, now=now)
    except errors.UpstreamRefused as refusal:
        sign_ins.note_failure(actor=visitor, username=vouched.name, now=now)
        return _back(request, refusal)
    account = get_user_model().objects.get(pk=account_id)
    record_authentication(request, account, SignInMethod.UPSTREAM)
    request.upstream_second_factor = vouched.second_factor  # type: ignore[attr-defined]  # org.sign_in reads it
    target = str(held["next"])
    safe = target if get_adapter().is_safe_url(target) else None
    return perform_login(request, Login(user=account, redirect_url=safe))  # type: ignore[no-any-return]  # allauth ships no types


def _vouched(request: HttpRequest, held: object, now: datetime) -> upstream.Vouched:
    """Whom the answer is about, if it answers the question that this browser asked just now."""
    if not isinstance(held, dict) or now.timestamp() - held["at"] > _SECONDS:
        raise errors.UpstreamRefused(reason=_GIVEN_UP)
    issuer = request.GET.get("iss", settings.UPSTREAM_OIDC_ISSUER)
    asked = request.GET.get("state") == held["state"] and issuer == settings.UPSTREAM_OIDC_ISSUER
    code = request.GET.get("code", "")
    if not asked or not code or len(code) > 2000:
        raise errors.UpstreamRefused(reason=_GIVEN_UP)
    question = upstream.Question(held["state"], held["nonce"], held["verifier"])
    return upstream.redeem(code=code, question=question, redirect_uri=_redirect_uri(), now=now)


def _redirect_uri() -> str:
    """Our own address, never what a Host header says."""
    return f"{settings.SITE_ORIGIN}{reverse('upstream-callback')}"


def _back(request: HttpRequest, refusal: errors.UpstreamRefused) -> HttpResponse:
    messages.error(request, refusal.text)
    query = urlencode({"next": request.GET["next"]}) if request.GET.get("next") else ""
    return HttpResponseRedirect(f"{reverse('account_login')}{'?' if query else ''}{query}")
