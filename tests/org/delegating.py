"""Rights as the platform grants them and people pass them on."""

from django.utils import timezone

from core.actor import system
from org.models import Line, LineUnit
from org.policies import Wanted
from org.queries import authority as queries
from org.services import authority, requests
from tests import factories


def found_grant(province: factories.Province, name: str, wanted: Wanted) -> int:
    """The platform grants it."""
    done = authority.grant(
        actor=system("test"), person_id=province.person(name), wanted=wanted, now=timezone.now()
    )
    assert isinstance(done, requests.Done)
    return done.id


def pass_on(province: factories.Province, giver: str, taker: str, wanted: Wanted) -> int:
    """One passes on to the other what needs no second person."""
    done = authority.grant(
        actor=province.actor(giver),
        person_id=province.person(taker),
        wanted=wanted,
        now=timezone.now(),
    )
    assert isinstance(done, requests.Done)
    return done.id


def holds(province: factories.Province, name: str, unit: str, role: str = "org") -> bool:
    """Whether the person administers the unit now."""
    return queries.administers(province.person(name), role, province.unit(unit), at=timezone.now())


def line_of(province: factories.Province, *members: str) -> Line:
    """民政, kept by the province."""
    line = Line.objects.create(root_id=province.unit("浙江省"), code="MZ", name="民政")
    for member in members:
        LineUnit.objects.create(
            line=line, unit_id=province.unit(member), role="lead", valid_from=factories.FOUNDED
        )
    return line
