"""消息: the shell of the screen; its content comes and stays live over the socket."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from core import http


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The screen; `conversation`, `person` or `view=notices` in the address is opened."""
    actor = http.actor_of(request)
    context = {
        "screen": "messages",
        "person_id": actor.require_person(),
        "person_name": actor.name,
        "site_origin": settings.SITE_ORIGIN,
    }
    return render(request, "workbench/messages/index.html", context)


urlpatterns = [path("", index, name="messages")]
