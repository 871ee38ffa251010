"""Rules that hide units and people, and whom they bind."""

from typing import Any

from django.utils import timezone

from org.kinds import VisibilityEffect
from org.services import visibility
from tests.factories import Province

HIDDEN = "西湖区卫生健康局"
INSIDE = ("赵卫东", "钱医", "孙收文", "周防疫", "吴健")
BOUND = "林上城"  # heads 上城区民政局, administers nothing
SECURITY = "卫二"  # security administrator of the province


def hide_unit(province: Province, unit: str = HIDDEN, **terms: Any) -> int:
    """The id of a rule that hides the unit, unless the terms say otherwise."""
    return visibility.make(
        actor=province.actor(SECURITY),
        subject=visibility.Subject(unit_id=province.unit(unit)),
        terms=visibility.Terms(**({"effect": VisibilityEffect.HIDE} | terms)),
        now=timezone.now(),
    )


def hide_person(province: Province, person: str, **terms: Any) -> int:
    """The id of a rule that hides the person, unless the terms say otherwise."""
    return visibility.make(
        actor=province.actor(SECURITY),
        subject=visibility.Subject(person_id=province.person(person)),
        terms=visibility.Terms(**({"effect": VisibilityEffect.HIDE} | terms)),
        now=timezone.now(),
    )
