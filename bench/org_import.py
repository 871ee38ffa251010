"""How long an import of people takes: reading, checking, applying, again, and exporting.

It changes the organisation: point DATABASE_URL, REDIS_URL and S3_* at scratch services, then

    manage.py migrate && manage.py load_divisions org/data/divisions-zhejiang.csv.gz
    python -m bench.org_import --people 10000

Imports so many new people into the units of one county, checks the file again (which must change
nothing), transfers a tenth of them, and exports the county. Target: 10,000 rows in a minute.
"""

import argparse
import os
import resource
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402

from core.actor import Actor  # noqa: E402
from org.exchange import intake, outlet  # noqa: E402
from org.exchange.files import FileFormat  # noqa: E402
from org.exchange.workbooks import listing  # noqa: E402
from org.kinds import (  # noqa: E402
    AdminRole,
    ExchangeSubject,
    ImportMode,
    PhoneReach,
)
from org.models import Account, AdminGrant, DirectoryImport, Person, Unit  # noqa: E402
from org.queries import accounts, exports  # noqa: E402
from org.queries import imports as queries  # noqa: E402
from org.services import imports  # noqa: E402

T = TypeVar("T")
COLUMNS = 13


def timed(label: str, act: Callable[[], T]) -> T:
    begun = time.perf_counter()
    found = act()
    print(f"{label:<34}{time.perf_counter() - begun:8.2f} s")
    return found


def administrator(county: Unit) -> Actor:
    """Somebody new who may import people there; a second one agrees to what is large."""
    now = timezone.now()
    person = Person.objects.create(
        public_id=uuid.uuid4(), name="张导入", pinyin="zhangdaoru", initials="zdr", created_at=now
    )
    account = Account.objects.create(username=uuid.uuid4().hex, person=person, opened_at=now)
    AdminGrant.objects.create(
        person=person, role=AdminRole.PEOPLE, root=county, subtree=True, valid_from=now
    )
    found = accounts.actor(account.pk, at=timezone.now())
    assert found is not None
    return found


def row(number: int, unit: Unit) -> list[str]:
    cells = [""] * COLUMNS
    cells[1], cells[2] = f"测{number:05d}", f"1{7_000_000_000 + number}"
    cells[4], cells[6] = unit.code, "科员"
    return cells


def workbook(rows: list[list[str]]) -> bytes:
    return listing(ExchangeSubject.PEOPLE, FileFormat.XLSX, rows)


def run(actor: Actor, county: Unit, content: bytes, label: str, *, apply: bool = True) -> None:
    received = timed(
        f"{label}: take, read, store",
        lambda: intake.receive("bench.xlsx", content, subject=ExchangeSubject.PEOPLE),
    )
    now = timezone.now()
    opened = imports.open_import(
        actor=actor, subject=ExchangeSubject.PEOPLE, mode=ImportMode.MERGE, unit_id=county.pk,
        received=received, now=now,
    )  # fmt: skip
    columns = queries.detail(actor, opened, at=now).columns
    imports.name_columns(actor=actor, import_id=opened, chosen=columns, now=now)
    sheet = intake.read(content, "xlsx", subject=ExchangeSubject.PEOPLE)
    timed(
        f"{label}: check",
        lambda: imports.check(actor=actor, import_id=opened, sheet=sheet, now=timezone.now()),
    )
    found = queries.detail(actor, opened, at=now)
    print(f"    {found.counts}, {found.error_count} errors")
    if not apply:
        return
    DirectoryImport.objects.filter(pk=opened).update(state="waiting")
    imports.confirm(
        actor=actor, import_id=opened, approved_by=actor.require_person(), now=timezone.now()
    )
    timed(
        f"{label}: apply",
        lambda: imports.apply(actor=actor, import_id=opened, sheet=sheet, now=timezone.now()),
    )
    assert queries.detail(actor, opened, at=now).state == "applied"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    people: int = parser.parse_args().people
    county = Unit.objects.filter(kind="region", level=3).order_by("code")[0]
    units = list(county.get_descendants(include_self=True).exclude(kind="group")[:500])
    actor = administrator(county)
    rows = [row(number, units[number % len(units)]) for number in range(people)]
    content = workbook(rows)
    print(f"{people} people into {len(units)} units of {county.name}, {len(content):,} bytes")
    run(actor, county, content, "new")
    run(actor, county, content, "again", apply=False)
    moved = [row(number, units[(number + 1) % len(units)]) for number in range(people // 10)]
    run(actor, county, workbook(moved), "transfer a tenth")
    scope = exports.scope_of(actor, ExchangeSubject.PEOPLE, county.pk, at=timezone.now())
    timed(
        "export: write, store",
        lambda: outlet.write(
            exports.people(scope, reach=PhoneReach.MASKED), ExchangeSubject.PEOPLE, "xlsx"
        ),
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MB")


if __name__ == "__main__":
    main()
