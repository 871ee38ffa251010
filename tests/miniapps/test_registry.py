"""Registering apps, handing in releases and taking them back."""

import html
import json
from typing import Any

import pytest

from core.models import AuditEntry
from miniapps.models import Developer, MiniApp, OAuthApplication, Release
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def post(province: Province, person: str, path: str, body: Any = None) -> Any:
    """The management API's answer."""
    return province.client(person).post(
        f"/api/v1/miniapps{path}", json.dumps(body or {}), content_type="application/json"
    )


def register(province: Province, person: str = apps.DEVELOPER, **changes: Any) -> Any:
    return post(province, person, "/apps", {"manifest": apps.manifest(**changes)})


def test_registering_makes_a_draft_and_shows_the_secret_once(province: Province) -> None:
    answer = register(province)
    assert answer.status_code == 201
    made = answer.json()
    app = MiniApp.objects.get(pk=made["app_id"])
    assert app.owner_unit_id == province.unit(apps.OWNER)
    assert app.releases.get().state == "draft"
    assert len(made["client_secret"]) == 43
    assert made["client_secret"] not in app.oauth_client.client_secret
    assert Developer.objects.get().person_id == province.person(apps.DEVELOPER)
    entry = AuditEntry.objects.get(action="miniapps.app.registered")
    assert entry.detail["app_id"] == "cn.gov.xihu.duty"
    mine = province.client(apps.DEVELOPER).get("/api/v1/miniapps/mine").json()
    assert [(line["name"], line["state_words"]) for line in mine] == [("值班排班", "草稿")]
    assert "client_secret" not in json.dumps(mine)


def test_a_faulty_manifest_changes_nothing(province: Province) -> None:
    answer = register(province, pages=[])
    assert answer.status_code == 422
    assert answer.json()["code"] == "MINIAPPS_MANIFEST_INVALID"
    assert answer.json()["faults"] == [{"pointer": "/pages", "message": "至少要有 1 项"}]
    assert MiniApp.objects.count() == OAuthApplication.objects.count() == 0


def test_an_app_id_belongs_to_one_app(province: Province) -> None:
    assert register(province).status_code == 201
    again = register(province, "李建国")
    assert (again.status_code, again.json()["code"]) == (409, "MINIAPPS_APP_ID_TAKEN")
    assert MiniApp.objects.count() == 1


def test_nobody_registers_an_app_for_a_unit_he_has_no_part_in(province: Province) -> None:
    assert register(province, apps.STRANGER).status_code == 403
    answer = register(province, apps.NEIGHBOUR)
    assert (answer.status_code, answer.json()["code"]) == (403, "MINIAPPS_OWNER_UNIT_FOREIGN")
    assert MiniApp.objects.count() == 0


def test_an_owner_that_does_not_exist_is_refused(province: Province) -> None:
    answer = register(province, x_gov=apps.government(owner_unit="999999"))
    assert (answer.status_code, answer.json()["code"]) == (422, "MINIAPPS_OWNER_UNIT_UNKNOWN")


def test_a_release_is_submitted_and_withdrawn_by_its_developer_only(province: Province) -> None:
    release_id = register(province).json()["release_id"]
    assert post(province, "李建国", f"/releases/{release_id}/submit").status_code == 404
    assert post(province, apps.DEVELOPER, f"/releases/{release_id}/submit").status_code == 204
    assert Release.objects.get().state == "submitted"
    assert post(province, apps.DEVELOPER, f"/releases/{release_id}/submit").status_code == 409
    assert post(province, apps.REVIEWER, f"/releases/{release_id}/withdraw").status_code == 404
    assert Release.objects.get().state == "submitted"
    assert post(province, apps.DEVELOPER, f"/releases/{release_id}/withdraw").status_code == 204
    assert Release.objects.get().state == "draft"


def test_a_further_release_needs_a_higher_code_and_the_same_id_and_owner(
    province: Province,
) -> None:
    app_id = register(province).json()["app_id"]

    def add(**changes: Any) -> Any:
        body = {"manifest": apps.manifest(**changes)}
        return post(province, apps.DEVELOPER, f"/apps/{app_id}/releases", body)

    newer = {"code": 2, "name": "1.1.0"}
    assert add().json()["code"] == "MINIAPPS_VERSION_NOT_NEWER"
    assert add(version=newer, app_id="cn.gov.other").json()["code"] == "MINIAPPS_APP_ID_CHANGED"
    moved = apps.government(owner_unit="330106")
    assert add(version=newer, x_gov=moved).json()["code"] == "MINIAPPS_OWNER_UNIT_CHANGED"
    assert Release.objects.count() == 1
    assert add(version=newer).status_code == 201
    assert list(Release.objects.order_by("id").values_list("version_code", flat=True)) == [1, 2]


def test_an_app_is_seen_by_its_people_and_its_administrators_only(province: Province) -> None:
    made = apps.registered(province)
    page = f"/apps/{made.app_id}/"
    seen = {
        name: province.client(name).get(page).status_code
        for name in (apps.DEVELOPER, apps.REVIEWER, "冯副厅", apps.VIEWER, apps.STRANGER, "马科员")
    }
    assert seen == {
        apps.DEVELOPER: 200,
        apps.REVIEWER: 200,
        "冯副厅": 200,
        apps.VIEWER: 404,
        apps.STRANGER: 404,
        "马科员": 404,
    }


def test_the_page_shows_faults_and_keeps_what_was_written(province: Province) -> None:
    text = json.dumps(apps.manifest(pages=[]), ensure_ascii=False)
    answer = province.client(apps.DEVELOPER).post("/apps/register", {"manifest": text})
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "至少要有 1 项" in shown
    assert "cn.gov.xihu.duty" in shown
    assert MiniApp.objects.count() == 0


def test_the_page_keeps_what_was_written_for_a_unit_that_is_not_hers(province: Province) -> None:
    text = json.dumps(apps.manifest(), ensure_ascii=False)
    answer = province.client(apps.NEIGHBOUR).post("/apps/register", {"manifest": text})
    assert answer.status_code == 403
    assert answer.context["text"] == text
    assert "您不在“西湖区民政局”任职，也不是其应用管理员，不能为其登记应用" in (
        answer.content.decode()
    )
    assert MiniApp.objects.count() == 0


def test_the_example_is_the_viewers_own_and_taken_as_it_is(province: Province) -> None:
    browser = province.client(apps.DEVELOPER)
    shown = browser.get("/apps/register")
    assert html.escape(shown.context["example"]) in shown.content.decode()
    assert f"<code>{apps.OWNER_CODE}</code>" in shown.content.decode()
    made = browser.post("/apps/register", {"manifest": shown.context["example"]})
    assert made.status_code == 200
    app = MiniApp.objects.get()
    assert app.owner_unit_id == province.unit(apps.OWNER)
    assert app.releases.get().manifest["x_gov"]["contacts"] == [{"name": apps.DEVELOPER}]


def test_names_are_shown_as_text_wherever_they_come_from(province: Province) -> None:
    evil = "<script>alert(1)</script>"
    made = apps.registered(province, name=evil, description=f"{evil} & {evil}")
    shown = province.client(apps.DEVELOPER).get(f"/apps/{made.app_id}/").content.decode()
    assert evil not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
