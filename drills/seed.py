"""Fills a drill's database: the small province of the tests, a crowd beside it, all signed in.

Run as a process of its own: `python -m drills.seed 150` prints who may come in how, as JSON.
"""

import json
import os
import sys
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402  # Django's apps have to be ready before these

from org.kinds import AppointmentKind, PostFunction  # noqa: E402
from org.models import Account, Appointment, Person, Post  # noqa: E402
from tests import factories  # noqa: E402

CROWD = "众{:04d}"
UNIT = "海曙区民政局"


def main() -> None:
    """Commits the people and prints who they are."""
    province = factories.small_province()
    _add_crowd(province, int(sys.argv[1]))
    cookies = {name: province.client(name).cookies for name in province.people}
    json.dump(
        {
            "people": province.people,
            "units": province.units,
            "sessions": {name: next(iter(held.values())).value for name, held in cookies.items()},
        },
        sys.stdout,
    )


def _add_crowd(province: factories.Province, size: int) -> None:
    now = timezone.now()
    people = Person.objects.bulk_create(
        Person(
            public_id=uuid.uuid4(),
            name=CROWD.format(number),
            pinyin="zhong",
            initials="z",
            created_at=now,
        )
        for number in range(size)
    )
    post = Post.objects.create(
        unit_id=province.units[UNIT], title="科员", function=PostFunction.STAFF, rank=90
    )
    Appointment.objects.bulk_create(
        Appointment(
            person=person,
            post=post,
            unit_id=post.unit_id,
            kind=AppointmentKind.MAIN,
            valid_from=factories.FOUNDED,
        )
        for person in people
    )
    opened = Account.objects.bulk_create(
        Account(username=f"crowd{person.pk}", person=person, opened_at=now, password_set_at=now)
        for person in people
    )
    for person, account in zip(people, opened, strict=True):
        province.people[person.name] = person.pk
        province.accounts[person.name] = account.pk


if __name__ == "__main__":
    main()
