"""系统管理, 账号服务: finds an account at the telephone, and says what ails it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from core import errors, http
from core.actor import Actor
from org import errors as org_errors
from org import policies
from org.credentials import lockout
from org.kinds import AdminRole
from org.queries import accounts, directory, people, second_factors, sessions, visibility
from workbench import offices, parameters

SHOWN: Final = 20
_ROLES: Final = (AdminRole.PEOPLE, AdminRole.HELPDESK, AdminRole.SECURITY)


@dataclass(frozen=True, slots=True)
class Line:
    """One person found, with the account if the viewer has a hold on it."""

    person_id: int
    name: str
    place: str
    title: str
    may_help: bool
    account: accounts.AccountOfPerson | None
    is_locked: bool
    has_second_factor: bool
    sessions: int


@http.page
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The people whose accounts the viewer helps with, by username, name, pinyin, unit or phone."""
    now = timezone.now()
    actor = http.actor_of(request)
    office = offices.of(actor, at=now)
    roles = [role for role in _ROLES if role in {grant.role for grant in office.grants}]
    if not roles:
        raise errors.NotFound
    words = parameters.text(request.GET, "q", longest=60)
    lines, complaint = _found(actor, roles, words, at=now) if words else ([], "")
    context = {
        "screen": "administration",
        "office": office,
        "tab": "accounts",
        "q": words,
        "lines": lines,
        "complaint": complaint,
        "is_cut": len(lines) >= SHOWN,
    }
    return render(request, "workbench/administration/helpdesk.html", context)


def _found(
    actor: Actor, roles: Iterable[AdminRole], words: str, *, at: datetime
) -> tuple[list[Line], str]:
    """The lines, an exact username first; and why there are none, where more is to be typed."""
    places: dict[int, str] = {}
    named = accounts.by_username(words.lower())
    if named and named.person_id and policies.may_end_sessions(actor, named.person_id, at=at):
        places[named.person_id] = ""
    complaint = ""
    for role in roles:
        try:
            some = directory.search_people(
                words,
                at=at,
                viewer=visibility.viewer_of(actor, at=at),
                administrator=policies.Administrator(actor.require_person(), role),
                limit=SHOWN,
            )
        except org_errors.SearchTooWide as refusal:
            complaint = refusal.text
            continue
        places.update((one.person_id, one.place) for one in some)
    return _lines(actor, places, at=at), "" if places else complaint


def _lines(actor: Actor, places: Mapping[int, str], *, at: datetime) -> list[Line]:
    person_ids = list(places)[:SHOWN]
    named = people.names(person_ids, at=at)
    own = {one for one in person_ids if policies.may_end_sessions(actor, one, at=at)}
    held = accounts.of_people(own)
    account_ids = [account.id for account in held.values()]
    guarded = second_factors.set_up_among(account_ids)
    signed_in = sessions.open_counts(account_ids, at=at)
    lines = []
    for person_id in person_ids:
        person, account = named[person_id], held.get(person_id)
        lines.append(
            Line(
                person_id=person_id,
                name=person.name,
                place=places[person_id] or person.unit_name,
                title=person.title,
                may_help=person_id in own,
                account=account,
                is_locked=account is not None
                and lockout.is_locked(account.username, account.id, at=at),
                has_second_factor=account is not None and account.id in guarded,
                sessions=signed_in.get(account.id, 0) if account else 0,
            )
        )
    return lines


urlpatterns = [path("accounts/", index, name="administration-accounts")]
