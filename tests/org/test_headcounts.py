"""Headcounts follow appointments and moves without anybody counting, and prove it."""

from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from core import actor
from org import errors, tree
from org.kinds import AppointmentKind, UnitKind
from org.models import Appointment, Headcount, HeadcountChange, Post
from org.queries import headcounts as queries
from org.queries.visibility import Sight, Subjects
from org.services import headcounts as upkeep
from org.services import moves, units
from org.writing import headcounts
from org.writing.headcounts import Term
from tests import factories

SYSTEM = actor.system("test")

pytestmark = pytest.mark.django_db


def counts(province: factories.Province, *units: str, at: datetime | None = None) -> list[int]:
    found = queries.below([province.unit(u) for u in units], at=at or timezone.now())
    return [found[province.unit(unit)] for unit in units]


def serve(
    province: factories.Province,
    person: str,
    unit: str,
    *,
    kind: AppointmentKind = AppointmentKind.CONCURRENT,
    since: datetime = factories.FOUNDED,
    until: datetime | None = None,
) -> Appointment:
    """An appointment of the person, noted."""
    post, _ = Post.objects.get_or_create(
        unit_id=province.unit(unit), title="联络员", defaults={"function": "staff"}
    )
    made = Appointment.objects.create(
        person_id=province.person(person),
        post=post,
        unit_id=province.unit(unit),
        kind=kind,
        valid_from=since,
        valid_to=until,
    )
    headcounts.note_appointment(after=headcounts.term(made))
    return made


def end(appointment: Appointment, at: datetime) -> None:
    before = headcounts.term(appointment)
    appointment.valid_to = at
    appointment.save(update_fields=["valid_to"])
    headcounts.note_appointment(before=before, after=headcounts.term(appointment))


def sound() -> bool:
    return queries.faults(at=timezone.now()) == []


def test_a_unit_counts_all_whose_main_post_is_at_or_below_it(
    province: factories.Province,
) -> None:
    assert counts(province, "浙江省", "杭州市", "西湖区", "西湖区民政局", "西湖区民政局/一科") == [
        35, 25, 15, 5, 2,
    ]  # fmt: skip
    assert sound()


def test_a_second_post_adds_nobody(province: factories.Province) -> None:
    serve(province, "王伟民", "宁波市")
    assert counts(province, "浙江省", "宁波市") == [35, 5]
    assert HeadcountChange.objects.count() == 0


def test_an_end_counts_at_once_and_touches_no_counter(province: factories.Province) -> None:
    before = list(Headcount.objects.order_by("unit_id").values_list("unit_id", "people"))
    end(Appointment.objects.get(pk=province.appointments["王伟民"]), timezone.now())
    assert counts(province, "浙江省", "西湖区", "宁波市") == [34, 14, 5]
    assert list(Headcount.objects.order_by("unit_id").values_list("unit_id", "people")) == before
    assert sound()


def test_folding_changes_no_count_and_leaves_nothing_open(province: factories.Province) -> None:
    end(Appointment.objects.get(pk=province.appointments["王伟民"]), timezone.now())
    assert upkeep.fold(actor=SYSTEM, now=timezone.now()) == 1
    assert HeadcountChange.objects.count() == 0
    assert counts(province, "浙江省", "西湖区", "宁波市") == [34, 14, 5]
    assert upkeep.fold(actor=SYSTEM, now=timezone.now()) == 0
    assert sound()


def test_an_appointment_counts_from_its_day_to_its_day(province: factories.Province) -> None:
    now = timezone.now()
    held = Appointment.objects.get(pk=province.appointments["王伟民"])
    end(held, now + timedelta(days=10))
    serve(
        province,
        "王伟民",
        "海曙区民政局",
        kind=AppointmentKind.MAIN,
        since=now + timedelta(days=10),
        until=now + timedelta(days=20),
    )
    days = [now + timedelta(days=day) for day in (0, 9, 11, 21)]
    seen = [counts(province, "浙江省", "杭州市", "宁波市", at=day) for day in days]
    assert seen == [[35, 25, 5], [35, 25, 5], [35, 24, 6], [34, 24, 5]]
    for day in days:
        upkeep.fold(actor=SYSTEM, now=day)
        assert queries.faults(at=day) == []
    assert HeadcountChange.objects.count() == 0


def test_an_end_that_is_brought_forward_cancels_the_one_ahead(
    province: factories.Province,
) -> None:
    now = timezone.now()
    held = Appointment.objects.get(pk=province.appointments["王伟民"])
    end(held, now + timedelta(days=10))
    end(held, now)
    assert counts(province, "浙江省", at=now) == [34]
    assert counts(province, "浙江省", at=now + timedelta(days=11)) == [34]


def test_a_move_takes_the_people_along_open_changes_included(
    province: factories.Province,
) -> None:
    end(Appointment.objects.get(pk=province.appointments["王伟民"]), timezone.now())
    old, new = province.unit("杭州市"), province.unit("宁波市")
    with transaction.atomic():
        tree.move(unit_id=province.unit("西湖区"), parent_id=new)
        headcounts.note_move(unit_id=province.unit("西湖区"), old_parent_id=old, new_parent_id=new)
    assert counts(province, "浙江省", "杭州市", "宁波市", "西湖区") == [34, 10, 19, 14]
    assert sound()
    upkeep.fold(actor=SYSTEM, now=timezone.now())
    assert counts(province, "浙江省", "杭州市", "宁波市", "西湖区") == [34, 10, 19, 14]
    assert sound()


def test_the_services_keep_the_counts(province: factories.Province) -> None:
    moves.move(
        actor=SYSTEM,
        unit_id=province.unit("西湖区民政局"),
        parent_id=province.unit("上城区"),
        now=timezone.now(),
    )
    assert counts(province, "杭州市", "西湖区", "上城区") == [25, 10, 10]
    assert sound()


def test_a_temporary_unit_counts_who_serves_in_it_live(province: factories.Province) -> None:
    province.units["专班"] = units.add(
        actor=SYSTEM,
        parent_id=province.unit("西湖区"),
        name="亚运专班",
        kind=UnitKind.TEMPORARY,
        now=factories.FOUNDED,
    )
    serve(province, "王伟民", "专班", kind=AppointmentKind.SECONDMENT)
    assert counts(province, "专班", "西湖区") == [1, 15]


def test_units_together_count_nobody_twice(province: factories.Province) -> None:
    asked = [province.unit(name) for name in ("西湖区", "西湖区民政局", "海曙区民政局")]
    assert queries.together(asked, at=timezone.now()) == 20
    assert queries.together([], at=timezone.now()) == 0


def test_who_is_hidden_is_in_no_count(province: factories.Province) -> None:
    hidden = Subjects(
        unit_ids=(province.unit("西湖区"), province.unit("西湖区民政局")),
        person_ids=(province.person("林上城"), province.person("王伟民")),
    )
    asked = ["浙江省", "杭州市", "上城区", "宁波市"]
    found = queries.below(
        [province.unit(unit) for unit in asked], at=timezone.now(), sight=Sight(hidden=hidden)
    )
    # 林上城 is missing in 上城区; 王伟民 is missing with the whole of 西湖区 already.
    assert [found[province.unit(unit)] for unit in asked] == [19, 9, 4, 5]


def test_the_command_finds_a_wrong_counter_and_rebuilds(province: factories.Province) -> None:
    Headcount.objects.filter(unit_id=province.unit("杭州市")).update(people=7)
    with pytest.raises(CommandError, match="faults"):
        call_command("check_org_tree")
    call_command("check_org_tree", "--repair")
    assert counts(province, "浙江省", "杭州市") == [35, 25]
    assert sound()


def test_the_first_fold_counts_what_was_there_before_the_counters(
    province: factories.Province,
) -> None:
    Headcount.objects.all().delete()
    assert upkeep.fold(actor=SYSTEM, now=timezone.now()) == 27
    assert counts(province, "浙江省") == [35]


def test_only_the_platform_rebuilds(province: factories.Province) -> None:
    Headcount.objects.filter(unit_id=province.unit("杭州市")).update(people=7)
    with pytest.raises(errors.OutOfScope):
        upkeep.rebuild(actor=province.actor("何管理"), now=timezone.now())
    with pytest.raises(errors.OutOfScope):
        upkeep.fold(actor=province.actor("何管理"), now=timezone.now())
    assert counts(province, "杭州市") == [7]


def test_a_rebuild_keeps_what_is_ahead(province: factories.Province) -> None:
    now = timezone.now()
    end(Appointment.objects.get(pk=province.appointments["王伟民"]), now + timedelta(days=10))
    upkeep.rebuild(actor=SYSTEM, now=now)
    assert counts(province, "浙江省", at=now) == [35]
    assert counts(province, "浙江省", at=now + timedelta(days=11)) == [34]


def test_a_term_of_another_kind_is_no_headcount() -> None:
    term = Term(unit_id=1, kind="secondment", valid_from=factories.FOUNDED, valid_to=None)
    headcounts.note_appointment(before=term, after=None)
    assert HeadcountChange.objects.count() == 0
