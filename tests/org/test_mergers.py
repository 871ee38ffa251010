"""Units become one and give off others: people, parts, rights and codes go where they belong."""

import contextlib
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.actor import Actor, system
from core.errors import DomainError
from core.models import AuditEntry
from org import codes, errors
from org.events import AppointmentEnded
from org.kinds import AppointmentKind, PostFunction, UnitKind
from org.models import AdminGrant, Appointment, LineUnit, OrgChange, Unit, UnitSuccession
from org.queries import appointments, headcounts, units
from org.queries import tree as tree_queries
from org.queries.obstacles import Part
from org.services import appointments as appointment_services
from org.services import lines as line_services
from org.services import mergers, moves
from tests import factories
from tests.org.calls import ADMIN, approve, assert_sound, everything, get, grant, refused, send

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def held(person_id: int) -> list[tuple[int, str, str]]:
    found = appointments.of_person(person_id, at=timezone.now())
    return [(one.unit_id, one.title, one.kind) for one in found]


def merge(province: factories.Province, *names: str, into: str) -> Any:
    body = {"unit_ids": [province.unit(name) for name in names], "into_id": province.unit(into)}
    return send(province.client(ADMIN), "mergers", body)


def test_two_sections_become_one(province: factories.Province) -> None:
    into, merged = province.unit("西湖区民政局/办公室"), province.unit("西湖区民政局/一科")
    answer = merge(province, "西湖区民政局/一科", into="西湖区民政局/办公室")
    assert (answer.status_code, answer.json()) == (200, {"unit_id": into, "units": 0, "people": 2})
    assert Unit.objects.get(pk=merged).valid_to is not None
    assert held(province.person("曾国强")) == [(into, "科长", "main")]
    ended = Appointment.objects.get(pk=province.appointments["曾国强"])
    assert (ended.unit_id, ended.valid_to) == (merged, Unit.objects.get(pk=merged).valid_to)
    assert headcounts.below([into, merged], at=timezone.now()) == {into: 3, merged: 0}
    told = OrgChange.objects.order_by("id").values_list("kind", "unit_id", "person_id")
    people = [province.person("曾国强"), province.person("单小芳")]
    assert list(told) == [
        ("transfer", into, people[0]),
        ("transfer", into, people[1]),
        ("merge", merged, None),
        ("merge", into, None),
    ]
    old = Unit.objects.get(pk=merged).code
    assert [unit["id"] for unit in get(province.client("王伟民"), f"codes/{old}")] == [into]
    assert_sound()


def test_organs_merge_by_two_people_and_old_codes_lead_on(
    province: factories.Province, run_jobs: Callable[[], int]
) -> None:
    client, before = province.client(ADMIN), everything()
    body = {
        "unit_ids": [province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")],
        "new": {"name": "西湖区民生局", "code": codes.credit_code("330106", 9)},
        "basis": "西编〔2026〕5号",
    }
    asked = send(client, "mergers", body)
    assert everything() == before
    approve(province, asked)
    new = units.by_code(codes.credit_code("330106", 9))
    assert new is not None
    assert (new.name, new.kind, new.level, new.parent_id) == (
        "西湖区民生局", "organ", 3, province.unit("西湖区"),
    )  # fmt: skip
    below = Unit.objects.filter(parent_id=new.id).values_list("name", flat=True)
    assert sorted(below) == [
        "一科",
        "业务科",
        "西湖区卫生健康局办公室",
        "西湖区民政局办公室",
    ]
    assert headcounts.below([new.id], at=timezone.now()) == {new.id: 10}
    assert held(province.person("王伟民")) == [(new.id, "局长", "main")]
    assert held(province.person("曾国强")) == [(province.unit("西湖区民政局/一科"), "科长", "main")]
    for old in ("西湖区民政局", "西湖区卫生健康局"):
        code = Unit.objects.get(pk=province.unit(old)).code
        assert [unit["id"] for unit in get(client, f"codes/{code}")] == [new.id]
    kept = OrgChange.objects.filter(kind="merge", unit_id=new.id).get()
    assert (kept.basis, kept.approved_by_id, kept.after) == (
        "西编〔2026〕5号",
        province.person("卫二"),
        {"merged_ids": body["unit_ids"], "units": 4, "people": 4},
    )
    assert run_jobs() > 0
    assert_sound()


def test_who_serves_in_both_serves_once(province: factories.Province) -> None:
    into = province.unit("西湖区民政局/办公室")
    for unit in ("西湖区民政局/一科", "西湖区民政局/办公室"):
        appointment_services.appoint(
            actor=system("test"),
            person_id=province.person("吴健"),
            unit_id=province.unit(unit),
            title="顾问",
            function=PostFunction.STAFF,
            kind=AppointmentKind.CONCURRENT,
            now=timezone.now(),
        )
    merge(province, "西湖区民政局/一科", into="西湖区民政局/办公室")
    assert held(province.person("吴健")) == [
        (province.unit("西湖区卫生健康局/一科"), "科员", "main"),
        (into, "顾问", "concurrent"),
    ]


def test_sections_go_over_into_their_organ(province: factories.Province) -> None:
    answer = merge(province, "西湖区民政局/一科", "西湖区民政局/办公室", into="西湖区民政局")
    assert answer.json() == {"unit_id": province.unit("西湖区民政局"), "units": 0, "people": 3}
    assert held(province.person("单小芳")) == [(province.unit("西湖区民政局"), "科员", "main")]
    assert_sound()


def test_rights_pass_only_where_whoever_merges_may_grant_them(
    province: factories.Province,
) -> None:
    into = province.unit("西湖区民政局/办公室")
    passes = grant(province, "李建国", "org", "西湖区民政局/一科")
    ends = grant(province, "李建国", "helpdesk", "西湖区民政局/一科")
    own = grant(province, ADMIN, "people", "西湖区民政局/一科")
    AdminGrant.objects.filter(person_id=province.person(ADMIN), role="org").update(
        delegation_depth=1
    )
    merge(province, "西湖区民政局/一科", into="西湖区民政局/办公室")
    assert not AdminGrant.objects.filter(
        pk__in=[passes.pk, ends.pk, own.pk], revoked_at__isnull=True
    ).exists()
    live = AdminGrant.objects.filter(root_id=into, revoked_at__isnull=True)
    assert list(live.values_list("person_id", "role", "granted_by_id")) == [
        (province.person("李建国"), "org", province.person(ADMIN))
    ]
    entries = AuditEntry.objects.filter(object_kind="org.grant").order_by("id")
    assert list(entries.values_list("action", flat=True)) == [
        "org.grant.revoked",
        "org.grant.given",
        "org.grant.revoked",
        "org.grant.revoked",
    ]


def test_lines_pass_to_the_unit_that_goes_on(province: factories.Province) -> None:
    merged, into = province.unit("西湖区民政局/一科"), province.unit("西湖区民政局/办公室")
    by, now = system("test"), timezone.now()
    line = line_services.define(
        actor=by, root_id=province.unit("浙江省"), name="民政", code="mz", now=now
    )
    LineUnit.objects.create(line_id=line, unit_id=merged, role="lead", valid_from=factories.FOUNDED)
    merge(province, "西湖区民政局/一科", into="西湖区民政局/办公室")
    live = LineUnit.objects.filter(valid_to__isnull=True)
    assert list(live.values_list("unit_id", "role")) == [(into, "lead")]


@pytest.mark.parametrize(
    ("merged", "into", "refusal"),
    [
        (["西湖区民政局"], "西湖区民政局", (422, "ORG_NOTHING_TO_MERGE")),
        (["西湖区民政局", "西湖区民政局"], "西湖区卫生健康局", (422, "ORG_NOTHING_TO_MERGE")),
        (["西湖区民政局"], "西湖区民政局/一科", (422, "ORG_UNIT_BELOW_ITSELF")),
        (
            ["西湖区民政局", "西湖区民政局/一科"],
            "西湖区卫生健康局",
            (422, "ORG_MERGED_ABOVE_EACH_OTHER"),
        ),
        (["西湖区民政局"], "西湖区卫生健康局/一科", (422, "ORG_KINDS_DO_NOT_MERGE")),
        (["西湖区民政局/一科"], "上城区民政局", (403, "ORG_OUT_OF_SCOPE")),
        (["上城区民政局"], "西湖区民政局", (403, "ORG_OUT_OF_SCOPE")),
        (["西湖区"], "上城区", (403, "ORG_OUT_OF_SCOPE")),
    ],
)
def test_what_cannot_be_merged_changes_nothing(
    province: factories.Province, merged: list[str], into: str, refusal: tuple[int, str]
) -> None:
    before = everything()
    assert refused(merge(province, *merged, into=into)) == refusal
    assert everything() == before


def test_a_unit_gives_off_a_new_one(province: factories.Province) -> None:
    client, organ = province.client(ADMIN), province.unit("西湖区民政局")
    body = {
        "new_units": [
            {
                "name": "西湖区养老服务局",
                "kind": "organ",
                "department_ids": [province.unit("西湖区民政局/一科")],
                "appointment_ids": [province.appointments["李建国"]],
            }
        ],
        "basis": "西编〔2026〕6号",
    }
    answer = send(client, f"units/{organ}/split", body)
    assert answer.status_code == 200
    (new,) = answer.json()["unit_ids"]
    assert units.names([new])[new].parent_id == province.unit("西湖区")
    assert units.names([province.unit("西湖区民政局/一科")]).popitem()[1].parent_id == new
    assert held(province.person("李建国")) == [(new, "副局长", "main")]
    assert headcounts.below([organ, new], at=timezone.now()) == {organ: 2, new: 3}
    assert UnitSuccession.objects.filter(predecessor_id=organ, successor_id=new).count() == 1
    # The unit stands on: its code is still its own.
    code = Unit.objects.get(pk=organ).code
    assert [unit["id"] for unit in get(client, f"codes/{code}")] == [organ]
    assert OrgChange.objects.get(kind="split").after == {"new_ids": [new]}
    assert_sound()


@pytest.mark.parametrize(
    ("part", "refusal"),
    [
        ({"department_ids": ["西湖区卫生健康局/一科"]}, (422, "ORG_NOT_PART_OF_UNIT")),
        ({"appointment_ids": ["曾国强"]}, (422, "ORG_NOT_PART_OF_UNIT")),
        ({"kind": "group"}, (422, "ORG_KIND_NOT_ALLOWED_HERE")),
        (
            {"kind": "temporary", "department_ids": ["西湖区民政局/一科"]},
            (422, "ORG_KIND_NOT_ALLOWED_HERE"),
        ),
        ({"code": codes.credit_code("330106", 9)[:-1] + "?"}, (422, "SCHEMA_VIOLATED")),
    ],
)
def test_only_what_is_in_the_unit_is_given_off(
    province: factories.Province, part: dict[str, Any], refusal: tuple[int, str]
) -> None:
    before = everything()
    asked = {"name": "新局", "kind": "organ", **part}
    asked["department_ids"] = [province.unit(one) for one in part.get("department_ids", [])]
    asked["appointment_ids"] = [
        province.appointments[one] for one in part.get("appointment_ids", [])
    ]
    path = f"units/{province.unit('西湖区民政局')}/split"
    answer = send(province.client(ADMIN), path, {"new_units": [asked]})
    assert refused(answer) == refusal
    assert everything() == before


def test_nobody_splits_what_is_not_his(province: factories.Province) -> None:
    before = everything()
    body = {"new_units": [{"name": "新局", "kind": "organ"}]}
    for unit in ("上城区民政局", "西湖区"):
        answer = send(province.client(ADMIN), f"units/{province.unit(unit)}/split", body)
        assert refused(answer) == (403, "ORG_OUT_OF_SCOPE")
    assert everything() == before


def test_two_mergers_at_once_leave_one(transactional_db: None) -> None:
    province = factories.small_province()
    one, two = province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")
    start = threading.Barrier(2)
    outcomes: list[object] = []

    def act(merged: int, into: int) -> None:
        start.wait()
        try:
            outcomes.append(
                mergers.merge(
                    actor=system("test"), unit_ids=[merged], into_id=into, now=timezone.now()
                )
            )
        except DomainError as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    writers = [threading.Thread(target=act, args=pair) for pair in ((one, two), (two, one))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=30)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Merged", "str"]
    assert "ORG_UNIT_ABOLISHED" in outcomes
    assert Unit.objects.filter(pk__in=[one, two], valid_to__isnull=True).count() == 1
    assert Appointment.objects.filter(valid_to__isnull=True).count() == 35
    assert tree_queries.check().faults == ()


def test_mergers_moves_and_appointments_at_once_leave_all_sound(transactional_db: None) -> None:
    province = factories.small_province()
    by = system("test")
    counties = [province.unit("西湖区"), province.unit("上城区"), province.unit("海曙区")]
    organs = [province.unit(name) for name in ("西湖区民政局", "西湖区卫生健康局", "上城区民政局")]
    people = [province.person(name) for name in ("褚一", "卫二", "杨一", "朱二", "吕安全")]

    def act(seed: int) -> None:
        chance = random.Random(seed)  # noqa: S311  # decides what a test does
        try:
            for _ in range(12):
                with contextlib.suppress(DomainError):
                    _one_act(chance, by, organs, counties, people)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as writers:
        # Anything but a refusal, a deadlock above all, comes out here.
        list(writers.map(act, range(4)))
    assert tree_queries.check().faults == ()
    assert headcounts.faults(at=timezone.now()) == []
    served = Appointment.objects.filter(valid_to__isnull=True, unit__valid_to__isnull=False)
    assert served.count() == 0


def _one_act(
    chance: random.Random, by: Actor, organs: list[int], counties: list[int], people: list[int]
) -> None:
    now = timezone.now()
    kind = chance.choice(["move", "move", "appoint", "appoint", "merge", "split"])
    if kind == "move":
        moves.move(
            actor=by, unit_id=chance.choice(organs), parent_id=chance.choice(counties), now=now
        )
    elif kind == "appoint":
        appointment_services.appoint(
            actor=by,
            person_id=chance.choice(people),
            unit_id=chance.choice(organs),
            title="顾问",
            function=PostFunction.STAFF,
            kind=AppointmentKind.CONCURRENT,
            now=now,
        )
    elif kind == "merge":
        one, two = chance.sample(organs, 2)
        mergers.merge(actor=by, unit_ids=[one], into_id=two, now=now)
    else:
        part = Part("新局", UnitKind.ORGAN)
        split = mergers.split(actor=by, unit_id=chance.choice(organs), new_units=[part], now=now)
        assert isinstance(split, mergers.Split)
        organs.extend(split.unit_ids)


def test_the_end_of_every_post_is_news(province: factories.Province) -> None:
    merge(province, "西湖区民政局/一科", into="西湖区民政局/办公室")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (args->'payload'->>'person_id')::bigint FROM procrastinate_jobs"
            " WHERE args->>'event' = %s ORDER BY 1",
            [AppointmentEnded.name],
        )
        told = [row[0] for row in cursor.fetchall()]
    assert told == sorted(province.person(name) for name in ("曾国强", "单小芳"))


def test_who_waited_for_the_locks_finds_the_unit_abolished(province: factories.Province) -> None:
    asked_at = timezone.now()
    one, two = province.unit("西湖区民政局"), province.unit("西湖区卫生健康局")
    mergers.merge(actor=system("test"), unit_ids=[one], into_id=two, now=timezone.now())
    before = everything()
    with pytest.raises(errors.UnitAbolished):
        mergers.merge(actor=system("test"), unit_ids=[two], into_id=one, now=asked_at)
    with pytest.raises(errors.UnitAbolished):
        moves.move(
            actor=system("test"), unit_id=one, parent_id=province.unit("上城区"), now=asked_at
        )
    assert everything() == before


def test_a_merger_that_widens_a_high_right_takes_two(province: factories.Province) -> None:
    grant(province, "杨一", "org", "杭州市民政局")
    client = province.client("杨一")
    office, section = province.unit("杭州市民政局/办公室"), province.unit("杭州市民政局/一科")
    held = grant(province, "朱二", "org", "杭州市民政局/办公室")
    before = everything()
    body = {"unit_ids": [office], "into_id": section}
    asked = send(client, "mergers", body)
    assert asked.status_code == 202, asked.content
    assert everything() == before
    approve(province, asked)
    held.refresh_from_db()
    assert Unit.objects.get(pk=office).valid_to is not None


def test_a_unit_may_be_merged_into_a_part_that_it_gave_off(province: factories.Province) -> None:
    organ, by = province.unit("西湖区民政局"), system("test")
    part = Part("养老局", UnitKind.ORGAN)
    split = mergers.split(actor=by, unit_id=organ, new_units=[part], now=timezone.now())
    assert isinstance(split, mergers.Split)
    (given_off,) = split.unit_ids
    mergers.merge(actor=by, unit_ids=[organ], into_id=given_off, now=timezone.now())
    followed = UnitSuccession.objects.filter(predecessor_id=organ)
    assert list(followed.values_list("successor_id", flat=True)) == [given_off]
