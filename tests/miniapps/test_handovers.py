"""Apps whose developer left have another."""

from collections.abc import Callable

import pytest

from core.models import AuditEntry
from miniapps.models import Developer
from tests import handovers
from tests.factories import Province
from tests.miniapps import apps

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_audit")]


def test_an_app_goes_over_to_somebody_of_its_owner(
    province: Province, run_jobs: Callable[[], int]
) -> None:
    made = apps.registered(province)
    who = apps.DEVELOPER
    handovers.leave(province, who, run_jobs)
    outside = handovers.settle(province, who, "开发者", "赵卫东", run_jobs)
    assert outside == "未转交：接手人不在应用所属单位“西湖区民政局”，请重开本项另行指定"
    handovers.reopen(province, who, "开发者")
    assert handovers.settle(province, who, "开发者", "单小芳", run_jobs) == "已转交，接手人为开发者"
    held = Developer.objects.filter(app=made.app_id).values_list("person_id", flat=True)
    assert list(held) == [province.person("单小芳")]
    entry = AuditEntry.objects.get(action="miniapps.app.handed_over")
    assert (entry.detail["from_id"], entry.detail["to_id"]) == (
        province.person(who), province.person("单小芳"),
    )  # fmt: skip
