"""Who is on duty: set by whoever administers the unit's people, and nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from messaging.models import DutyShift
from org.models import Account
from tests.factories import Province
from tests.messaging.conftest import Phone, phone_of

ADMINISTRATOR = "何管理"


@pytest.fixture
def clerk(province: Province) -> Phone:
    """Whoever administers the people of 西湖区."""
    return phone_of(province, ADMINISTRATOR)


def _set(phone: Phone, unit: int, person_id: int, **more: Any) -> Any:
    now = timezone.now()
    content = {
        "person_id": person_id,
        "begins_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(hours=8)).isoformat(),
        **more,
    }
    return phone.call("post", f"/duty/units/{unit}/shifts", content)


def test_the_administrator_of_its_people_sets_and_drops_a_units_shifts(
    province: Province, clerk: Phone, li: Phone
) -> None:
    unit = province.unit("西湖区民政局")
    made = _set(clerk, unit, li.person_id)
    assert made.status_code == 201, made.content
    (shift,) = clerk.get(f"/duty/units/{unit}/shifts").json()["items"]
    assert (shift["id"], shift["person_name"], shift["is_now"]) == (
        made.json()["id"], "李建国", True,
    )  # fmt: skip
    assert clerk.call("delete", f"/duty/shifts/{shift['id']}").status_code == 204
    assert clerk.get(f"/duty/units/{unit}/shifts").json()["items"] == []
    assert list(AuditEntry.objects.filter(object_kind="duty_shift").values_list("action")) == [
        ("messaging.duty.set",), ("messaging.duty.dropped",),
    ]  # fmt: skip


def test_nobody_else_sets_reads_or_drops_them(
    province: Province, clerk: Phone, wang: Phone, li: Phone
) -> None:
    unit = province.unit("西湖区民政局")
    shift_id = _set(clerk, unit, li.person_id).json()["id"]
    foreign = phone_of(province, "马科员")
    for phone in (wang, foreign):
        assert _set(phone, unit, li.person_id).json()["code"] == "DUTY_UNIT_FOREIGN"
        assert phone.get(f"/duty/units/{unit}/shifts").status_code == 403
        assert phone.call("delete", f"/duty/shifts/{shift_id}").status_code == 404
    absent = clerk.call("delete", "/duty/shifts/999999")
    assert (absent.status_code, absent.json()["code"]) == (404, "DUTY_SHIFT_NOT_FOUND")
    assert DutyShift.objects.count() == 1


def test_a_shift_is_of_somebody_below_the_unit_and_of_sound_times(
    province: Province, clerk: Phone, li: Phone, lin: Phone
) -> None:
    unit, now = province.unit("西湖区民政局"), timezone.now()
    assert _set(clerk, unit, lin.person_id).json()["code"] == "DUTY_PERSON_FOREIGN"
    for begins, ends in ((0, 0), (2, 1), (-3, -1), (0, 24 * 31 + 1)):
        answer = _set(
            clerk,
            unit,
            li.person_id,
            begins_at=_at(now, begins),
            ends_at=_at(now, ends),
        )
        assert answer.json()["code"] == "DUTY_TIMES_INVALID"
    assert DutyShift.objects.count() == 0


def test_setting_the_same_shift_again_changes_its_end(
    province: Province, clerk: Phone, li: Phone
) -> None:
    unit, now = province.unit("西湖区民政局"), timezone.now()
    begins = _at(now, 0)
    first = _set(clerk, unit, li.person_id, begins_at=begins, ends_at=_at(now, 2)).json()
    again = _set(clerk, unit, li.person_id, begins_at=begins, ends_at=_at(now, 5)).json()
    assert first == again
    assert DutyShift.objects.get().ends_at == now + timedelta(hours=5)


def test_the_page_lists_adds_and_drops(province: Province, clerk: Phone, li: Phone) -> None:
    unit = province.unit("西湖区民政局")
    page = f"/administration/units/{unit}/duty/"
    assert "还没有值班安排" in clerk.client.get(page).content.decode()
    form = {"begins_at": "2026-01-01T08:00", "ends_at": "2026-01-01T07:00"}
    refused = clerk.client.post(f"{page}add/", {**form, "person": li.person_id})
    assert (refused.status_code, DutyShift.objects.count()) == (422, 0)
    now = timezone.localtime(timezone.now())
    form = {
        "begins_at": f"{now:%Y-%m-%dT%H:%M}",
        "ends_at": f"{now + timedelta(hours=3):%Y-%m-%dT%H:%M}",
    }
    assert clerk.client.post(f"{page}add/", {**form, "person": li.person_id}).status_code == 204
    shift = DutyShift.objects.get()
    assert "李建国" in clerk.client.get(page).content.decode()
    stranger = phone_of(province, "马科员")
    assert stranger.client.get(page).status_code == 404
    assert stranger.client.post(f"{page}{shift.pk}/drop/").status_code == 404
    assert clerk.client.post(f"{page}{shift.pk}/drop/").status_code == 204
    assert DutyShift.objects.count() == 0


def test_the_roster_says_whom_a_ding_could_not_tell(
    province: Province, clerk: Phone, li: Phone
) -> None:
    unit, now = province.unit("西湖区民政局"), timezone.now()
    _set(clerk, unit, li.person_id)
    DutyShift.objects.create(
        unit_id=unit,
        person_id=li.person_id,
        begins_at=now - timedelta(days=2),
        ends_at=now - timedelta(days=1),
        set_by_id=clerk.person_id,
    )
    Account.objects.filter(person_id=li.person_id).update(is_active=False)
    rows = clerk.get(f"/duty/units/{unit}/shifts").json()["items"]
    assert [row["unable"] for row in rows] == ["", "账号已停用，无法送达"]
    page = clerk.client.get(f"/administration/units/{unit}/duty/").content.decode()
    assert page.count("账号已停用，无法送达") == 1


def _at(now: datetime, hours: float) -> str:
    return (now + timedelta(hours=hours)).isoformat()
