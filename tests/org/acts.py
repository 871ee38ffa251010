"""Every act that takes two people, as one asks for it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.utils import timezone

from core import actor
from org.credentials import totp
from org.kinds import PostFunction, RequestKind
from org.models import (
    AdminGrant,
    Appointment,
    DirectoryExport,
    DirectoryImport,
    Person,
    Post,
    ReviewRequest,
    Unit,
)
from org.services import second_factors
from tests import factories, jobs
from tests.org import calls, files
from tests.org.importing import Importer

MANY = 51


def crowd(province: factories.Province, unit: str, count: int = MANY) -> list[int]:
    """So many more people serve in the unit; their appointments."""
    post = Post.objects.create(
        unit_id=province.unit(unit), title="办事员", function=PostFunction.STAFF
    )
    people = Person.objects.bulk_create(
        Person(
            public_id=uuid.uuid4(),
            name=f"众{number}",
            pinyin="zhong",
            initials="z",
            created_at=factories.FOUNDED,
        )
        for number in range(count)
    )
    made = Appointment.objects.bulk_create(
        Appointment(
            person=person,
            post=post,
            unit_id=post.unit_id,
            kind="main",
            valid_from=factories.FOUNDED,
        )
        for person in people
    )
    return [one.pk for one in made]


def stands_below(province: factories.Province, unit: str, parent: str) -> bool:
    return Unit.objects.filter(
        pk=province.unit(unit), parent_id=province.unit(parent), valid_to__isnull=True
    ).exists()


def empty_organ(province: factories.Province) -> int:
    """An organ of the district without people or parts."""
    answer = calls.send(
        province.client(calls.ADMIN),
        f"units/{province.unit('西湖区')}/children",
        {"name": "西湖区临时机构", "kind": "organ"},
    )
    return int(answer.json()["id"])


@dataclass(frozen=True)
class Act:
    """What somebody asks for, who decides, and how to see that it has happened."""

    kind: RequestKind
    path: str
    body: dict[str, Any]
    happened: Callable[[], bool]
    asks: str = calls.ADMIN
    decides: str = calls.SECOND


def abolishing(province: factories.Province) -> Act:
    organ = empty_organ(province)
    return Act(
        RequestKind.ABOLISH_UNIT,
        f"units/{organ}/abolish",
        {"basis": "西编〔2026〕1号"},
        lambda: Unit.objects.get(pk=organ).valid_to is not None,
    )


def moving_many(province: factories.Province) -> Act:
    crowd(province, "西湖区民政局/一科")
    return Act(
        RequestKind.MASS_CHANGE,
        f"units/{province.unit('西湖区民政局')}/move",
        {"parent_id": province.unit("西湖区人民政府办公室")},
        lambda: stands_below(province, "西湖区民政局", "西湖区人民政府办公室"),
    )


def moving_to_the_neighbour(province: factories.Province) -> Act:
    return Act(
        RequestKind.MOVE_UNIT,
        f"units/{province.unit('西湖区民政局')}/offer",
        {"parent_id": province.unit("上城区")},
        lambda: stands_below(province, "西湖区民政局", "上城区"),
        decides=calls.NEIGHBOUR,
    )


def merging(province: factories.Province) -> Act:
    merged = province.unit("西湖区卫生健康局")
    return Act(
        RequestKind.MASS_CHANGE,
        "mergers",
        {"unit_ids": [merged], "into_id": province.unit("西湖区民政局")},
        lambda: Unit.objects.get(pk=merged).valid_to is not None,
    )


def splitting(province: factories.Province) -> Act:
    appointments = crowd(province, "西湖区民政局")
    part = {"name": "西湖区退役军人局", "kind": "organ", "appointment_ids": appointments}
    return Act(
        RequestKind.MASS_CHANGE,
        f"units/{province.unit('西湖区民政局')}/split",
        {"new_units": [part]},
        lambda: Unit.objects.filter(name="西湖区退役军人局").exists(),
    )


def transferring(province: factories.Province) -> Act:
    person, there = province.person("曾国强"), province.unit("上城区民政局")
    body = {
        "from_appointment_id": province.appointments["曾国强"],
        "unit_id": there,
        "title": "副科长",
        "function": "staff",
    }
    return Act(
        RequestKind.TRANSFER,
        f"people/{person}/transfer",
        body,
        lambda: Appointment.objects.filter(person_id=person, unit_id=there).exists(),
        decides=calls.NEIGHBOUR,
    )


def exporting(province: factories.Province) -> Act:
    crowd(province, "西湖区民政局")
    return Act(
        RequestKind.EXPORT,
        "exports",
        {"subject": "people", "unit_id": province.unit("西湖区"), "file_format": "csv"},
        lambda: DirectoryExport.objects.exclude(state="waiting").exists(),
    )


def granting(province: factories.Province) -> Act:
    person = province.person("蒋市长")
    return Act(
        RequestKind.GRANT,
        f"units/{province.unit('杭州市')}/grants",
        {"person_id": person, "role": "apps"},
        lambda: AdminGrant.objects.filter(person_id=person).exists(),
        asks="冯副厅",
    )


def importing(province: factories.Province) -> Act:
    importer = Importer(province, province.client(calls.ADMIN), jobs.run_due)
    rows = [
        (f"新来{number}", f"139{number:08d}", "西湖区民政局/办公室", "科员")
        for number in range(MANY)
    ]
    found = importer.check(files.people(*rows))
    return Act(
        RequestKind.MASS_CHANGE,
        f"imports/{found['id']}/confirm",
        {},
        lambda: DirectoryImport.objects.exclude(state__in=["waiting", "checked"]).exists(),
    )


def clearing_a_factor(province: factories.Province) -> Act:
    calls.grant(province, "曾国强", "people", "西湖区民政局")
    account_id = province.accounts["曾国强"]
    secret = totp.fresh_secret()
    second_factors.enrol(
        actor=actor.system("test"), account_id=account_id, secret=secret, now=timezone.now()
    )
    return Act(
        RequestKind.CREDENTIALS,
        f"accounts/{account_id}/reset-second-factor",
        {},
        lambda: not Authenticator.objects.filter(user_id=account_id).exists(),
    )


ACTS = (
    abolishing,
    clearing_a_factor,
    moving_many,
    moving_to_the_neighbour,
    merging,
    splitting,
    transferring,
    importing,
    exporting,
    granting,
)

Maker = Callable[[factories.Province], Act]


def ask(province: factories.Province, act: Act) -> int:
    """The id of the request; the act waits."""
    answer = calls.send(province.client(act.asks), act.path, act.body)
    assert answer.status_code == 202, answer.content
    request = ReviewRequest.objects.get()
    assert (request.kind, request.state) == (act.kind, "waiting")
    assert answer.json()["request_id"] == request.pk
    return request.pk
