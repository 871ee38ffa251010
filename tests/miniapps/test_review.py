"""Releases are decided about by somebody who has no part in them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import actor
from messaging.queries import notices as inbox
from miniapps import events, handlers
from miniapps.models import Developer, Release, Review
from miniapps.services import registry, review
from org.kinds import UnitKind
from org.services import units
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


@pytest.fixture
def release_id(province: Province) -> int:
    """A submitted release."""
    made = apps.registered(province)
    registry.submit(
        actor=province.actor(apps.DEVELOPER), release_id=made.release_id, now=timezone.now()
    )
    return made.release_id


def decide(province: Province, person: str, release_id: int, verdict: str, remark: str = "") -> Any:
    return province.client(person).post(
        f"/api/v1/miniapps/releases/{release_id}/{verdict}",
        json.dumps({"remark": remark}),
        content_type="application/json",
    )


def test_an_administrator_of_the_owner_unit_approves(province: Province, release_id: int) -> None:
    queue = province.client(apps.REVIEWER).get("/api/v1/miniapps/queue").json()
    assert [line["release_id"] for line in queue] == [release_id]
    assert decide(province, apps.REVIEWER, release_id, "approve", "同意").status_code == 204
    assert Release.objects.get().state == "approved"
    decision = Review.objects.get()
    assert (decision.verdict, decision.remark) == ("approved", "同意")
    assert decision.reviewer_id == province.person(apps.REVIEWER)


def test_what_waits_elsewhere_does_not_push_the_own_work_out_of_the_queue(
    province: Province,
) -> None:
    made = apps.registered(
        province,
        app_id="cn.gov.zj.other",
        x_gov=apps.government(owner_unit="11TEST000000000001"),
        developer="褚一",
    )
    first = Release.objects.get(pk=made.release_id)
    waiting = timezone.now()
    Release.objects.bulk_create(
        Release(
            app_id=made.app_id,
            version_code=code,
            version_name=str(code),
            manifest=first.manifest,
            digest=first.digest,
            state="submitted",
            submitted_at=waiting,
            drafted_by_id=first.drafted_by_id,
            drafted_at=waiting,
        )
        for code in range(2, 203)
    )
    own = apps.registered(province)
    registry.submit(
        actor=province.actor(apps.DEVELOPER), release_id=own.release_id, now=timezone.now()
    )
    client = province.client(apps.REVIEWER)
    queue = client.get("/api/v1/miniapps/queue").json()
    assert [line["release_id"] for line in queue] == [own.release_id]


def _department(parent_id: int, name: str) -> int:
    return units.add(
        actor=actor.system("test"),
        parent_id=parent_id,
        name=name,
        kind=UnitKind.DEPARTMENT,
        now=timezone.now(),
    )


def test_units_of_the_same_name_elsewhere_do_not_hide_the_own_one(province: Province) -> None:
    apps.approved(province)
    ministry = province.unit("浙江省民政厅")
    groups = [_department(ministry, f"第{number}组") for number in range(21)]
    for parent_id in (*groups, province.unit("西湖区卫生健康局")):
        _department(parent_id, "综合处")
    client = province.client(apps.REVIEWER)
    shown = client.get("/picker/audience/", {"q": "综合处"}).content.decode()
    assert "西湖区卫生健康局" in shown
    assert "浙江省民政厅" not in shown


def test_a_rejection_needs_a_reason_and_ends_the_release(
    province: Province, release_id: int
) -> None:
    assert decide(province, apps.REVIEWER, release_id, "reject").status_code == 422
    assert Release.objects.get().state == "submitted"
    assert decide(province, apps.REVIEWER, release_id, "reject", "用途不清").status_code == 204
    assert Release.objects.get().state == "rejected"
    again = decide(province, apps.REVIEWER, release_id, "approve")
    assert (again.status_code, again.json()["code"]) == (409, "MINIAPPS_WRONG_STATE")


@pytest.mark.parametrize("person", [apps.VIEWER, apps.STRANGER, "马科员"])
def test_nobody_else_decides(province: Province, release_id: int, person: str) -> None:
    assert province.client(person).get("/api/v1/miniapps/queue").json() == []
    assert decide(province, person, release_id, "approve").status_code == 404
    assert Release.objects.get().state == "submitted"
    assert Review.objects.count() == 0


def test_nobody_reviews_an_app_he_belongs_to(province: Province, release_id: int) -> None:
    app_id = Release.objects.get().app_id
    Developer.objects.create(
        app_id=app_id, person_id=province.person(apps.REVIEWER), since=timezone.now()
    )
    answer = decide(province, apps.REVIEWER, release_id, "approve")
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OWN_APP")
    assert province.client(apps.REVIEWER).get("/api/v1/miniapps/queue").json() == []
    assert Release.objects.get().state == "submitted"


def test_the_database_itself_refuses_a_review_by_a_developer(
    province: Province, release_id: int
) -> None:
    with pytest.raises(IntegrityError, match="nobody reviews"), transaction.atomic():
        Review.objects.create(
            release_id=release_id,
            reviewer_id=province.person(apps.DEVELOPER),
            verdict="approved",
            decided_at=timezone.now(),
        )
    assert Review.objects.count() == 0


def test_a_release_under_review_is_not_decided_by_another(
    province: Province, release_id: int
) -> None:
    review.begin(actor=province.actor("冯副厅"), release_id=release_id, now=timezone.now())
    assert Release.objects.get().state == "reviewing"
    assert decide(province, apps.REVIEWER, release_id, "approve").status_code == 409
    assert decide(province, "冯副厅", release_id, "approve").status_code == 204


def test_a_withdrawn_release_cannot_be_approved(province: Province, release_id: int) -> None:
    registry.withdraw(
        actor=province.actor(apps.DEVELOPER), release_id=release_id, now=timezone.now()
    )
    assert decide(province, apps.REVIEWER, release_id, "approve").status_code == 409
    assert Release.objects.get().state == "draft"


def test_the_page_tells_the_developer_why_a_release_was_rejected(
    province: Province, release_id: int
) -> None:
    app_id = Release.objects.get().app_id
    page = province.client(apps.REVIEWER).post(
        f"/apps/{app_id}/releases/{release_id}/decide", {"verdict": "reject", "remark": "用途不清"}
    )
    assert page.status_code == 302
    shown = province.client(apps.DEVELOPER).get(f"/apps/{app_id}/").content.decode()
    assert "被驳回：用途不清" in shown
    assert "停用" not in shown


def heard(province: Province, *people: str) -> dict[str, list[tuple[str, str, str]]]:
    """Title, body and link of each person's work notices."""
    return {
        name: [
            (notice.title, notice.body, notice.link)
            for notice in inbox.latest(province.person(name), 10)
        ]
        for name in people
    }


def test_who_may_review_hears_of_a_submitted_release_and_nobody_else(
    province: Province, release_id: int, run_jobs: Callable[[], int]
) -> None:
    app_id = Release.objects.get().app_id
    Developer.objects.create(
        app_id=app_id, person_id=province.person("冯副厅"), since=timezone.now()
    )
    assert run_jobs() == 1
    assert heard(province, apps.REVIEWER, apps.DEVELOPER, "冯副厅", apps.VIEWER, "褚一") == {
        apps.REVIEWER: [("待审核：值班排班", "版本 1.0.0", f"/apps/{app_id}/?tab=queue")],
        apps.DEVELOPER: [],
        "冯副厅": [],
        apps.VIEWER: [],
        "褚一": [],
    }
    notice = inbox.latest(province.person(apps.REVIEWER), 10)[0]
    assert province.client(apps.REVIEWER).get(notice.link).status_code == 200


def test_a_release_that_comes_again_is_told_again_and_one_taken_back_is_not(
    province: Province, release_id: int, run_jobs: Callable[[], int]
) -> None:
    developer = province.actor(apps.DEVELOPER)
    registry.withdraw(actor=developer, release_id=release_id, now=timezone.now())
    run_jobs()
    assert heard(province, apps.REVIEWER) == {apps.REVIEWER: []}
    for _ in range(2):
        registry.submit(actor=developer, release_id=release_id, now=timezone.now())
        run_jobs()
        registry.withdraw(actor=developer, release_id=release_id, now=timezone.now())
    assert len(heard(province, apps.REVIEWER)[apps.REVIEWER]) == 2


def test_a_handler_that_runs_twice_tells_once(province: Province, release_id: int) -> None:
    release = Release.objects.select_related("app").get()
    assert release.submitted_at is not None
    submitted = events.ReleaseSubmitted(
        release_id=release_id,
        app_id=release.app_id,
        app_name=release.app.name,
        version_name=release.version_name,
        submitted_at=release.submitted_at,
    )
    for _ in range(2):
        handlers.on_release_submitted(submitted, timezone.now())
    assert len(heard(province, apps.REVIEWER)[apps.REVIEWER]) == 1


@pytest.mark.parametrize(("verdict", "words"), [("approve", "审核通过"), ("reject", "审核未通过")])
def test_the_developer_hears_the_verdict(
    province: Province,
    release_id: int,
    run_jobs: Callable[[], int],
    verdict: str,
    words: str,
) -> None:
    assert decide(province, apps.REVIEWER, release_id, verdict, "用途不清").status_code == 204
    run_jobs()
    told = (f"{words}：值班排班", "版本 1.0.0\n审核意见：用途不清")
    link = f"/apps/{Release.objects.get().app_id}/"
    assert heard(province, apps.DEVELOPER) == {apps.DEVELOPER: [(*told, link)]}
