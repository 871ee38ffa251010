"""A loaded province is staffed with made-up people: all of it in place, or nothing changed."""

import io
import random
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core import actor
from org import names
from org.models import Appointment, AppointmentSearch, Person, Post, Unit
from org.queries import headcounts
from org.services import seeding
from org.synthesis import crowd, naming
from org.writing import search_rows
from tests import factories
from tests.org.test_divisions import SICHUAN

PEOPLE = 900

pytestmark = pytest.mark.django_db


@pytest.fixture
def units(tmp_path: Path) -> int:
    path = tmp_path / "sichuan.csv"
    path.write_text(SICHUAN, encoding="utf-8")
    call_command("load_divisions", str(path), "--people", "0", stdout=io.StringIO())
    return Unit.objects.count()


def seed(people: int = PEOPLE, *, number: int = 7) -> str:
    out = io.StringIO()
    call_command("seed_people", "--people", str(people), "--seed", str(number), stdout=out)
    return out.getvalue()


def definitions() -> list[tuple[str, str]]:
    """Every index and constraint of the tables that are filled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " WHERE indrelid = ANY(%(tables)s::regclass[])"
            " UNION ALL SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = ANY(%(tables)s::regclass[]) ORDER BY 1, 2",
            {"tables": list(seeding.TABLES)},
        )
        return list(cursor.fetchall())


@pytest.mark.usefixtures("units")
def test_everybody_serves_somewhere_and_one_in_nine_serves_twice() -> None:
    assert seed().startswith("900 people, 1000 appointments, ")
    assert Person.objects.count() == PEOPLE
    kinds = Counter(Appointment.objects.values_list("kind", flat=True))
    assert kinds["main"] == PEOPLE
    assert kinds.total() == PEOPLE + 100
    assert {"concurrent", "secondment"} <= kinds.keys()
    assert Appointment.objects.filter(kind="secondment", valid_to__isnull=True).count() == 0
    ranks = Counter(Post.objects.values_list("rank", flat=True))
    assert ranks.keys() == {10, 70}  # so few people are heads of something only
    assert headcounts.faults(at=timezone.now()) == []


@pytest.mark.usefixtures("units")
def test_every_index_and_constraint_is_as_it_was() -> None:
    before = definitions()
    assert len(before) > 25
    seed()
    assert definitions() == before


@pytest.mark.usefixtures("units")
def test_the_search_rows_are_those_that_appointing_writes() -> None:
    seed()
    fields = [field.attname for field in AppointmentSearch._meta.fields]
    rows = AppointmentSearch.objects.order_by("pk").values_list(*fields)
    made = list(rows)
    assert len(made) == 1000
    search_rows.write([row[0] for row in made])
    assert list(rows) == made


@pytest.mark.usefixtures("units")
def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    fields = ("public_id", "name", "pinyin", "initials", "job_level")
    made = []
    for number in (7, 7, 8):
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("TRUNCATE org_person, org_post, org_appointment CASCADE")
        seed(60, number=number)
        made.append(list(Person.objects.order_by("id").values_list(*fields)))
    assert made[0] == made[1]
    assert made[0] != made[2]


def test_nobody_is_mixed_with_made_up_people() -> None:
    factories.small_province()
    with pytest.raises(CommandError, match="ORG_PEOPLE_NOT_EMPTY"):
        seed()
    assert (Person.objects.count(), Appointment.objects.count()) == (35, 35)


def test_a_tree_without_units_is_refused_in_one_sentence() -> None:
    with pytest.raises(CommandError, match="ORG_TREE_EMPTY"):
        seed()
    with pytest.raises(CommandError, match="--people takes 1 to 5000000"):
        seed(0)


@pytest.mark.usefixtures("units")
def test_what_breaks_off_in_the_middle_leaves_everything_as_it_was() -> None:
    before = definitions()

    def break_off(stage: str, done: int, total: int) -> None:
        if stage == "indexes" and done == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        seeding.staff(
            actor=actor.system("test"), people=60, seed=1, now=timezone.now(), progress=break_off
        )
    assert (Person.objects.count(), Post.objects.count()) == (0, 0)
    assert definitions() == before


def test_names_are_read_as_a_search_reads_them() -> None:
    dice = random.Random(3)  # noqa: S311  # repeatable, not secret
    drawn = naming.Naming(dice).draw(3_000)
    assert [(one.pinyin, one.initials) for one in drawn] == [
        names.reading(one.name) for one in drawn
    ]
    assert {"欧阳", "单于", "诸葛"} & {one.name[:2] for one in drawn}
    assert crowd.SECOND_EVERY == 9
