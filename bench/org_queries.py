"""What the directory of a province asks of the database, timed at full size.

    python -m bench.org_queries

DATABASE_URL names a database with units and people (docs/operations/scale.md). It writes nothing:
the grants of one administrator are made in a transaction that is rolled back.
"""

import argparse
import os
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from org import errors, policies  # noqa: E402
from org.kinds import AdminRole  # noqa: E402
from org.queries import directory, headcounts, lines, people, provisioning, units  # noqa: E402
from org.queries import tree as tree_queries  # noqa: E402
from org.queries.visibility import EVERYTHING  # noqa: E402

GRANTS = 200
HOSTILE = ("%%%%", "' OR 1=1 --", "\\", "_ _ _", "a b c d e f g h", "()[]{}")
"""What finds nobody, and must not be dearer for it than what does."""


def ids(sql: str, *values: object) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [row[0] for row in cursor.fetchall()]


def p95(act: Callable[[], object], runs: int) -> float:
    act()
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[int(runs * 0.95)]


class Questions:
    """The questions by name, each with its target in milliseconds."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.dice = random.Random(1)
        by_level = "SELECT id FROM org_unit WHERE kind = 'region' AND level = %s ORDER BY lft"
        self.root, *_ = ids(by_level, 1)
        self.cities, self.counties = ids(by_level, 2), ids(by_level, 3)
        self.townships, self.villages = ids(by_level, 4), ids(by_level, 5)
        organs = "SELECT id FROM org_unit WHERE kind = 'organ' AND level = 3 ORDER BY id"
        self.organs = ids(organs)
        # The largest line of work, where there is one (manage.py seed_lines).
        largest = "SELECT line_id FROM org_lineunit GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        self.lines = ids(largest)
        self.person = ids("SELECT person_id FROM org_appointment ORDER BY id LIMIT 1")[0]

    def grant(self) -> None:
        roots = self.dice.sample(self.counties + self.townships, GRANTS)
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO org_admingrant (person_id, role, root_id, subtree, valid_from)"
                " VALUES (%s, 'people', %s, true, %s)",
                [(self.person, root, self.now) for root in roots],
            )

    def any(self, many: list[int]) -> int:
        return self.dice.choice(many)

    def find(self, text: str, root: list[int] | None = None) -> None:
        root_id = self.any(root) if root else None
        directory.search_people(text, at=self.now, viewer=EVERYTHING, root_id=root_id)

    def find_as_administrator(self, text: str) -> None:
        who = policies.Administrator(self.person, AdminRole.PEOPLE)
        directory.search_people(text, at=self.now, viewer=EVERYTHING, administrator=who)

    def page(self, root: list[int]) -> None:
        people.in_unit(self.any(root), at=self.now, viewer=EVERYTHING, with_below=True)

    def children(self, unit: list[int]) -> None:
        units.children(self.any(unit), at=self.now, viewer=EVERYTHING)

    def count_users(self, root: list[int]) -> None:
        reach = provisioning.Reach(self.any(root), self.now)
        provisioning.count_users(reach, provisioning.Where(is_plain=True))

    def refused(self) -> None:
        try:
            self.find("王")
        except errors.SearchTooWide:
            return
        raise AssertionError("one character over the province was not refused")

    def of_line(self, line_id: int) -> list[tuple[str, Callable[[], object], float]]:
        asked: dict[str, Any] = {"root_id": self.root, "at": self.now, "viewer": EVERYTHING}
        return [
            ("every line of the province", lambda: lines.lines(**asked), 300),
            ("one line", lambda: lines.line(line_id, **asked), 30),
            ("first page, units of a line", lambda: lines.units_of(line_id, **asked), 60),
            ("first page, people of a line", lambda: lines.people_of(line_id, **asked), 60),
        ]

    def listed(self) -> list[tuple[str, Callable[[], object], float]]:
        holds, now = policies.holds, self.now
        subtree = (
            "SELECT u.id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
            " AND u.lft BETWEEN r.lft AND r.rght WHERE r.id = %s"
        )
        role, many = AdminRole.PEOPLE, self.villages
        return [
            (
                "right check, 200 grants",
                lambda: holds(self.person, role, self.any(many), at=now),
                1,
            ),
            ("ancestors of a village", lambda: units.path(self.any(many)), 1),
            ("50 breadcrumbs", lambda: units.paths(self.dice.sample(many, 50)), 2),
            ("subtree of a county", lambda: ids(subtree, self.any(self.counties)), 2),
            *self.pages_and_searches(),
            ("counts of the cities", lambda: self.children([self.root]), 60),
            ("counts in a city", lambda: self.children(self.cities), 60),
            ("counts in a county", lambda: self.children(self.counties), 60),
            ("counts in a township", lambda: self.children(self.townships), 60),
            ("count of the root", lambda: headcounts.below([self.root], at=now), 60),
            *(question for line_id in self.lines for question in self.of_line(line_id)),
            ("count of SCIM's users, county", lambda: self.count_users(self.counties), 60),
            ("count of SCIM's users, province", lambda: self.count_users([self.root]), 3_000),
            ("checker, the tree", tree_queries.check, 3_000),
            ("checker, headcounts", lambda: headcounts.faults(at=now), 3_000),
        ]

    def pages_and_searches(self) -> list[tuple[str, Callable[[], object], float]]:
        return [
            ("first page, county and below", lambda: self.page(self.counties), 30),
            ("first page, city and below", lambda: self.page(self.cities), 30),
            ("first page, province and below", lambda: self.page([self.root]), 30),
            ("search 王伟, province", lambda: self.find("王伟"), 30),
            ("search 建国, province", lambda: self.find("建国"), 30),
            ("search 建国, a city", lambda: self.find("建国", self.cities), 30),
            ("search 建国, a county", lambda: self.find("建国", self.counties), 30),
            ("search 建国, a township", lambda: self.find("建国", self.townships), 30),
            ("search 欧阳, province", lambda: self.find("欧阳"), 30),
            ("search wangwei, province", lambda: self.find("wangwei"), 30),
            ("search wang, province", lambda: self.find("wang"), 30),
            ("search wjg, province", lambda: self.find("wjg"), 30),
            ("search wjg, a county", lambda: self.find("wjg", self.counties), 30),
            ("search li, province", lambda: self.find("li"), 30),
            ("search 民政局 局长, province", lambda: self.find("民政局 局长"), 30),
            ("search 张 民政局, province", lambda: self.find("张 民政局"), 30),
            ("search 欧阳 民政局, province", lambda: self.find("欧阳 民政局"), 30),
            ("search li 民政局, province", lambda: self.find("li 民政局"), 30),
            ("search 建国, 200 grants", lambda: self.find_as_administrator("建国"), 30),
            ("one character, province: refused", self.refused, 30),
            *((f"hostile {text!r}, province", partial(self.find, text), 30) for text in HOSTILE),
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    questions = Questions()
    print("| question | p95, ms | target, ms | |\n|---|---|---|---|")
    with transaction.atomic():
        questions.grant()
        for name, ask, target in questions.listed():
            took = p95(ask, 3 if target > 1_000 else options.runs)
            print(f"| {name} | {took:,.1f} | {target:,.0f} | {'' if took <= target else 'over'} |")
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
