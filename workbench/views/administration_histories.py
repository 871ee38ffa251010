"""系统管理, what messages said before: an auditor asks from the log, and reads once two agree."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from core import http
from messaging.services import histories
from org.services.requests import Asked
from workbench import dialogs, offices
from workbench.forms.histories import AskForHistory


@http.page
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, conversation_id: int, seq: int) -> HttpResponse:
    """Fragment: the dialog that asks for a reason; sent, a second person is asked."""
    actor, now = http.actor_of(request), timezone.now()
    offices.require_audit(actor, at=now)
    form = AskForHistory(request.POST if request.method == "POST" else None)
    asked: list[Asked] = []

    def act(values: dict[str, str]) -> None:
        asked.append(
            histories.ask(
                actor=actor,
                conversation_id=conversation_id,
                seq=seq,
                reason=values["reason"],
                now=now,
            )
        )

    if form.is_bound and form.carry_out(act):
        return dialogs.asked(request, asked[0].request_id)
    return dialogs.show(request, form, title="申请查看消息历史版本", verb="提交复核")


@http.page
@require_GET
def read(request: HttpRequest, request_id: int) -> HttpResponse:
    """The versions, for a day after the second person agreed. That they were read is recorded."""
    actor, now = http.actor_of(request), timezone.now()
    office = offices.require_audit(actor, at=now)
    history = histories.read(actor=actor, request_id=request_id, now=now)
    context = {
        "screen": "administration",
        "tab": "audit",
        "office": office,
        "history": history,
        "request_id": request_id,
    }
    return render(request, "workbench/administration/history.html", context)


urlpatterns = [
    path("histories/<int:request_id>/", read, name="administration-history"),
    path("histories/<int:conversation_id>/<int:seq>/ask/", ask, name="administration-history-ask"),
]
