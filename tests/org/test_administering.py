"""Who administers a unit or one below it: the same as asking right by right, unit by unit."""

import itertools
import random
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from org import policies
from org.kinds import AdminRole
from org.models import AdminGrant, Line, LineUnit, Unit
from org.queries import administering
from tests import factories
from tests.factories import Province

pytestmark = pytest.mark.django_db

_UNIT_BY_UNIT = f"""
SELECT DISTINCT g.person_id FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id
  JOIN org_unit t ON t.id = %(unit)s
  JOIN org_unit u ON u.tree_id = t.tree_id AND u.lft BETWEEN t.lft AND t.rght
 WHERE g.role = 'people' AND {policies.LIVE} AND {policies.REACHES}"""


def _unit_by_unit(unit_id: int, at: datetime) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute(_UNIT_BY_UNIT, {"unit": unit_id, "at": at})
        return frozenset(row[0] for row in cursor.fetchall())


def _lines(province: Province) -> list[int]:
    """民政, of two bureaus and one office, and 卫健, of one bureau that left it yesterday."""
    now, root = timezone.now(), province.unit("浙江省")
    found = []
    for code, serving in (
        ("MZ", (("西湖区民政局", None), ("海曙区民政局", None))),
        ("WJ", (("西湖区卫生健康局", now - timedelta(days=1)), ("上城区民政局", None))),
    ):
        line = Line.objects.create(root_id=root, code=code, name=code)
        for name, until in serving:
            LineUnit.objects.create(
                line=line, unit_id=province.unit(name), role="lead",
                valid_from=factories.FOUNDED, valid_to=until,
            )  # fmt: skip
        found.append(line.pk)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_it_is_whoever_has_a_right_that_reaches_one_of_the_units(seed: int) -> None:
    province = factories.small_province()
    chance = random.Random(seed)  # noqa: S311  # nothing secret: the same rights at each run
    now = timezone.now()
    units = list(Unit.objects.values_list("id", flat=True))
    lines: list[int | None] = [None, *_lines(province)]
    AdminGrant.objects.all().delete()
    taken = set()
    for person_id, (line_id, highest) in zip(
        itertools.cycle(province.people.values()),
        itertools.product(lines, [None, None, 1, 3, 4, 5, 6] * 4),
    ):
        grant = AdminGrant(
            person_id=person_id,
            role="people",
            root_id=chance.choice(units),
            subtree=chance.random() < 0.7,
            line_id=line_id,
            highest_level=highest,
            valid_from=now - timedelta(days=2),
            valid_until=chance.choice([None, None, now - timedelta(days=1)]),
        )
        if (key := (person_id, grant.root_id, line_id)) not in taken:
            taken.add(key)
            grant.save()
    seen = set()
    for unit_id in units:
        found = administering.people_over(unit_id, [AdminRole.PEOPLE], at=now)
        assert found == _unit_by_unit(unit_id, now)
        seen.add(found)
    assert len(seen) > 5  # the units differ in who administers them: the comparison compares
