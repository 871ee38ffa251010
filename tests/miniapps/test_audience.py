"""The way into an app, and why somebody does not see it."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from miniapps.models import Opening
from miniapps.queries import audience
from tests.conftest import Budget
from tests.factories import Province
from tests.miniapps import apps

pytestmark = pytest.mark.django_db


def opened(province: Province, person: str, roster: apps.Published, query: str = "") -> str:
    """The target_link_uri that opening the app hands over."""
    answer = province.client(person).get(f"/apps/{roster.app_id}/open{query}")
    assert answer.status_code == 302
    to = urlsplit(answer["Location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{apps.BASE}/login"
    return parse_qs(to.query)["target_link_uri"][0]


def test_opening_leads_to_the_apps_login_with_our_name_and_is_counted(
    province: Province, roster: apps.Published, settings: object
) -> None:
    browser = province.client(apps.VIEWER)
    for _ in range(2):
        answer = browser.get(f"/apps/{roster.app_id}/open")
    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["iss"] == [settings.SITE_ORIGIN]  # type: ignore[attr-defined]  # a fixture
    assert query["target_link_uri"] == [f"{apps.BASE}/"]
    counted = Opening.objects.get()
    assert (counted.person_id, counted.times) == (province.person(apps.VIEWER), 2)


def test_a_person_of_another_county_cannot_open_it(
    province: Province, roster: apps.Published
) -> None:
    hidden = province.client(apps.STRANGER).get(f"/apps/{roster.app_id}/open")
    absent = province.client(apps.STRANGER).get("/apps/999999/open")
    assert hidden.status_code == absent.status_code == 404
    assert Opening.objects.count() == 0


def test_a_stranger_signs_in_first(roster: apps.Published) -> None:
    answer = Client().get(f"/apps/{roster.app_id}/open")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("?to=%2Fweek%3Fday%3D3", "/week?day=3"),
        ("?to=%2F%2Fevil.example", "/"),
        ("?to=%2F%5Cevil.example", "/"),
        ("?to=https%3A%2F%2Fevil.example", "/"),
        ("?to=javascript%3Aalert(1)", "/"),
        ("?next=%2F%2Fevil.example", "/"),
    ],
)
def test_opening_never_leads_out_of_the_app(
    province: Province, roster: apps.Published, query: str, target: str
) -> None:
    assert opened(province, apps.VIEWER, roster, query) == f"{apps.BASE}{target}"


def test_the_grid_asks_the_database_three_times_however_many_apps_there_are(
    province: Province, roster: apps.Published, budget: Budget
) -> None:
    for number in range(3):
        apps.published(province, app_id=f"cn.gov.xihu.a{number}", name=f"应用{number}")
    actor = province.actor(apps.VIEWER)
    with budget("miniapps.tiles"):
        tiles = audience.apps_for(actor, at=timezone.now())
    assert [tile.name for tile in tiles] == ["值班排班", "应用0", "应用1", "应用2"]
    assert tiles[0].open_url == f"/apps/{roster.app_id}/open"
    assert tiles[0].category == "应急值守"


def test_the_trace_says_which_rule_matches(province: Province, roster: apps.Published) -> None:
    actor, now = province.actor(apps.REVIEWER), timezone.now()
    seen = audience.traces(actor, roster.app_id, apps.VIEWER, at=now)
    assert [(trace.person_name, trace.is_visible) for trace in seen] == [(apps.VIEWER, True)]
    unseen = audience.traces(actor, roster.app_id, apps.STRANGER, at=now)
    assert unseen[0].is_visible is False
    assert unseen[0].rules == [audience.RuleTrace("可见", "西湖区（单位及下级）", matches=False)]
    page = province.client(apps.REVIEWER).get(
        f"/apps/{roster.app_id}/trace", {"person": apps.STRANGER}
    )
    assert "看不到" in page.content.decode()
    hidden = province.client(apps.VIEWER).get(
        f"/apps/{roster.app_id}/trace", {"person": apps.STRANGER}
    )
    assert hidden.status_code == 404
