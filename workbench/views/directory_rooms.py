"""通讯录, 工作群: the conversations of a unit, and opening one that follows the appointments."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core import http
from messaging.kinds import UnitScope
from messaging.queries import unit_conversations as queries
from messaging.services import unit_conversations
from messaging.services.conversations import Opened
from org.queries import units
from workbench import dialogs, viewers
from workbench.forms.rooms import WORDS, FoundRoom


@http.page
@require_http_methods(["GET", "POST"])
def dialog(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Fragment: the unit's conversations that concern the reader; sent, a new one stands."""
    actor, now = http.actor_of(request), timezone.now()
    unit = units.card(unit_id, at=now, viewer=viewers.of(request, at=now))
    rooms = queries.of_unit(actor=actor, unit_id=unit_id, at=now)
    taken = {one.scope for one in rooms.items}
    scopes = [one for one in WORDS if one not in taken] if rooms.may_found else []
    form = FoundRoom(request.POST if request.method == "POST" else None, scopes=scopes)
    opened: list[Opened] = []

    def act(values: dict[str, str]) -> None:
        opened.append(
            unit_conversations.found(
                actor=actor,
                unit_id=unit_id,
                scope=UnitScope(values["scope"]),
                title=values["title"],
                now=now,
            )
        )

    if form.is_bound and form.carry_out(act):
        address = f"{reverse('messages')}?conversation={opened[0].conversation_id}"
        return dialogs.done(request, to=address, notice="工作群已建立，成员随任职自动增减")
    context = {
        "unit": unit,
        "rooms": [(one, WORDS[one.scope]) for one in rooms.items],
        "form": form if scopes else None,
        "action": request.path,
    }
    status = 422 if form.is_bound else 200
    return render(request, "workbench/directory/rooms.html", context, status=status)
