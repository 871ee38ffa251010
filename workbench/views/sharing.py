"""发到聊天: showing a case or a document in conversations, from its own page."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from approvals.services import sharing as case_sharing
from core import errors, http
from documents.services import sharing as document_sharing
from messaging.kinds import ConversationKind
from messaging.queries import conversations
from messaging.services.cards import SHARED_AT_MOST, Places, Put
from org.queries import directory, visibility
from workbench import dialogs, parameters

SHOWN: Final = 100
LONGEST_SEARCH: Final = 40
Share = Callable[[HttpRequest, int, Places], Put]


def _share_case(request: HttpRequest, case_id: int, places: Places) -> Put:
    actor, now = http.actor_of(request), timezone.now()
    return case_sharing.share(actor=actor, case_id=case_id, places=places, now=now)


def _share_document(request: HttpRequest, document_id: int, places: Places) -> Put:
    actor, now = http.actor_of(request), timezone.now()
    return document_sharing.share(actor=actor, document_id=document_id, places=places, now=now)


ACTS: Final[Mapping[str, Share]] = {"case": _share_case, "document": _share_document}


@http.page
@require_http_methods(["GET", "POST"])
def dialog(request: HttpRequest, kind: str, thing_id: int) -> HttpResponse:
    """Fragment: the dialog that asks where to; sent, the card stands there."""
    act = ACTS.get(kind)
    if act is None:
        raise errors.NotFound
    if request.method == "GET":
        return render(request, "workbench/sharing/dialog.html", _offered(request))
    places = _chosen(request)
    refusal = ""
    try:
        if places.conversation_ids or places.person_ids:
            act(request, thing_id, places)
        else:
            refusal = "请选择要发送到的会话或同事"
    except (errors.Invalid, errors.Conflict) as refused:
        refusal = refused.text
    if refusal:
        context = {**_offered(request), "refusal": refusal}
        return render(request, "workbench/sharing/dialog.html", context, status=422)
    return dialogs.closed(notice="已发送")


@http.page
@require_http_methods(["GET"])
def rooms(request: HttpRequest) -> HttpResponse:
    """Fragment: the conversations of that name, those chosen before standing first."""
    return render(request, "workbench/sharing/rooms.html", _offered(request))


def _chosen(request: HttpRequest) -> Places:
    return Places(
        conversation_ids=parameters.ids(
            request.POST.getlist("conversation"), at_most=SHARED_AT_MOST + 1
        ),
        person_ids=parameters.ids(request.POST.getlist("person"), at_most=SHARED_AT_MOST + 1),
    )


def _offered(request: HttpRequest) -> dict[str, object]:
    """Where the person may speak, the newest first, as far as the search finds it."""
    values = request.POST if request.method == "POST" else request.GET
    wanted = parameters.text(values, "room", longest=LONGEST_SEARCH).lower()
    ticked = set(parameters.ids(values.getlist("conversation"), at_most=SHARED_AT_MOST + 1))
    actor, now = http.actor_of(request), timezone.now()
    listed = conversations.list_for(actor=actor, cursor=None, limit=SHOWN, at=now).items
    offered = [
        card
        for card in listed
        if not card.dissolved
        and not (card.mute_all and card.role == "member")
        and (card.id in ticked or wanted in card.title.lower())
    ]
    chosen = parameters.ids(values.getlist("person"), at_most=SHARED_AT_MOST + 1)
    return {
        "rooms": sorted(offered, key=lambda card: card.id not in ticked),
        "ticked": ticked,
        "wanted": wanted,
        "direct": ConversationKind.DIRECT,
        "people": [
            {"id": one.person_id, "name": one.name}
            for one in directory.people_by_id(
                chosen, at=now, viewer=visibility.viewer_of(actor, at=now)
            )
        ],
        "action": request.path,
    }


urlpatterns = [
    path("conversations/", rooms, name="sharing-rooms"),
    path("<slug:kind>/<int:thing_id>/", dialog, name="sharing"),
]
