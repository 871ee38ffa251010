"""应用管理, the buttons: submit, decide, publish, suspend, withdraw a scope."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from core import errors as core_errors
from core import http
from miniapps.queries import audience
from miniapps.queries import publishing as plans
from miniapps.services import grants, publishing, registry, review
from workbench import parameters


@http.page
@require_POST
def submit(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """The draft waits for a reviewer."""
    registry.submit(actor=http.actor_of(request), release_id=release_id, now=timezone.now())
    return _done(request, app_id, "已提交审核")


@http.page
@require_POST
def withdraw(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """The release is a draft again."""
    registry.withdraw(actor=http.actor_of(request), release_id=release_id, now=timezone.now())
    return _done(request, app_id, "已撤回为草稿")


@http.page
@require_POST
def begin(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """The viewer reviews the release; other reviewers see that."""
    review.begin(actor=http.actor_of(request), release_id=release_id, now=timezone.now())
    return _done(request, app_id, "已开始审核")


@http.page
@require_POST
def decide(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """The viewer approves or rejects the release; a rejection says why."""
    actor, now = http.actor_of(request), timezone.now()
    remark = parameters.text(request.POST, "remark", longest=500)
    if request.POST.get("verdict") == "approve":
        review.approve(actor=actor, release_id=release_id, remark=remark, now=now)
        return _done(request, app_id, "审核通过，可以上架")
    if not remark:
        messages.error(request, "驳回须写明原因")
        return redirect("apps-detail", app_id)
    review.reject(actor=actor, release_id=release_id, remark=remark, now=now)
    return _done(request, app_id, "已驳回")


@http.page
@require_POST
def reach(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """Fragment: how many people the chosen audience holds, gains and loses."""
    rules = _rules(request.POST)
    found = plans.reach(http.actor_of(request), release_id, rules, at=timezone.now())
    return render(request, "workbench/apps/reach.html", {"reach": found, "chosen": bool(rules)})


@http.page
@require_POST
def publish(request: HttpRequest, app_id: int, release_id: int) -> HttpResponse:
    """Exactly the chosen audience sees the release."""
    publishing.publish(
        actor=http.actor_of(request),
        release_id=release_id,
        audience=_rules(request.POST),
        now=timezone.now(),
    )
    return _done(request, app_id, "已上架，可见范围内的人员现在就能打开")


@http.page
@require_POST
def suspend(request: HttpRequest, app_id: int) -> HttpResponse:
    """Nobody sees the app any more."""
    reason = parameters.text(request.POST, "reason", longest=200)
    if not reason:
        messages.error(request, "停用须写明原因")
        return redirect("apps-detail", app_id)
    publishing.suspend(
        actor=http.actor_of(request), app_id=app_id, reason=reason, now=timezone.now()
    )
    return _done(request, app_id, "已停用，访问令牌全部失效")


@http.page
@require_POST
def resume(request: HttpRequest, app_id: int) -> HttpResponse:
    """The audience sees the app again."""
    publishing.resume(actor=http.actor_of(request), app_id=app_id, now=timezone.now())
    return _done(request, app_id, "已恢复")


@http.page
@require_POST
def withdraw_grant(request: HttpRequest, app_id: int, grant_id: int) -> HttpResponse:
    """The app no longer holds the scope."""
    grants.withdraw(actor=http.actor_of(request), grant_id=grant_id, now=timezone.now())
    return _done(request, app_id, "权限已收回，立即生效")


@http.page
@require_GET
def trace(request: HttpRequest, app_id: int) -> HttpResponse:
    """Fragment: why the people of a name see the app, or don't."""
    text = parameters.text(request.GET, "person", longest=40)
    found = audience.traces(http.actor_of(request), app_id, text, at=timezone.now())
    return render(request, "workbench/apps/trace.html", {"traces": found, "text": text})


def _rules(given: QueryDict) -> list[plans.RuleDraft]:
    """The chosen units, each `subtree:12` or `unit:12`; Invalid for anything else."""
    rules = []
    for chosen in given.getlist("unit"):
        subject, _, number = chosen.partition(":")
        unit_id = parameters.id_of(number)
        if subject not in ("subtree", "unit") or unit_id is None:
            raise core_errors.Invalid
        rules.append(plans.rule(effect="allow", subject=subject, unit_id=unit_id))
    return rules


def _done(request: HttpRequest, app_id: int, notice: str) -> HttpResponse:
    messages.success(request, notice)
    return redirect("apps-detail", app_id)


_release = "<int:app_id>/releases/<int:release_id>/"
urlpatterns = [
    path(f"{_release}submit", submit, name="apps-submit"),
    path(f"{_release}withdraw", withdraw, name="apps-withdraw"),
    path(f"{_release}begin", begin, name="apps-begin"),
    path(f"{_release}decide", decide, name="apps-decide"),
    path(f"{_release}reach", reach, name="apps-reach"),
    path(f"{_release}publish", publish, name="apps-publish"),
    path("<int:app_id>/suspend", suspend, name="apps-suspend"),
    path("<int:app_id>/resume", resume, name="apps-resume"),
    path("<int:app_id>/trace", trace, name="apps-trace"),
    path("<int:app_id>/grants/<int:grant_id>/withdraw", withdraw_grant, name="apps-withdraw-grant"),
]
