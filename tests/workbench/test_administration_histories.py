"""系统管理: an auditor asks from the log what a message said, and reads it once two agree."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from org.kinds import AdminRole
from org.models import AdminGrant
from tests.factories import FOUNDED, Province

API = "/api/v1/messaging/conversations"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def auditors(province: Province) -> tuple[Client, Client]:
    """张晓梅 and 林上城 audit the province."""
    for name in ("张晓梅", "林上城"):
        AdminGrant.objects.filter(person_id=province.person(name)).delete()
        AdminGrant.objects.create(
            person_id=province.person(name),
            role=AdminRole.AUDIT,
            root_id=province.unit("浙江省"),
            valid_from=FOUNDED,
        )
    return province.client("张晓梅"), province.client("林上城")


@pytest.fixture
def room(province: Province) -> int:
    """王伟民 said something to 李建国 and took it back."""
    sender = province.client("王伟民")
    peer = {"person_id": province.person("李建国")}
    opened = sender.post(f"{API}/direct", peer, content_type="application/json")
    found: int = opened.json()["conversation_id"]
    said = {"client_message_id": str(uuid4()), "body": "说错的话"}
    sender.post(f"{API}/{found}/messages", said, content_type="application/json")
    sender.post(f"{API}/{found}/messages/1/recall", {}, content_type="application/json")
    return found


def test_an_auditor_asks_from_the_log_and_reads_once_a_second_one_agrees(
    auditors: tuple[Client, Client], room: int, run_jobs: Callable[[], int]
) -> None:
    first, second = auditors
    ask = f"/administration/histories/{room}/1/ask/"
    assert ask in first.get("/administration/audit/").content.decode()
    assert "理由" in first.get(ask, headers=HTMX).content.decode()
    refused = first.post(ask, {"reason": " "}, headers=HTMX)
    assert refused.status_code == 422
    asked = first.post(ask, {"reason": "信访件核查"}, headers=HTMX)
    assert asked.status_code == 204
    page = asked["HX-Redirect"]
    request_id = int(page.rstrip("/").rsplit("/", 1)[1])
    reading = f"/administration/histories/{request_id}/"
    assert reading not in first.get(page).content.decode()
    assert first.get(reading).status_code == 409
    second.post(f"{page}approve/", {"remark": "同意"}, headers=HTMX)
    run_jobs()
    assert reading in first.get(page).content.decode()
    shown = first.get(reading).content.decode()
    for words in ("说错的话", "王伟民", "信访件核查", "林上城"):
        assert words in shown


def test_nobody_but_who_asked_reads_and_only_auditors_ask(
    auditors: tuple[Client, Client], room: int, province: Province
) -> None:
    first, second = auditors
    ask = f"/administration/histories/{room}/1/ask/"
    assert province.client("王伟民").get(ask, headers=HTMX).status_code == 404
    asked = first.post(ask, {"reason": "信访件核查"}, headers=HTMX)["HX-Redirect"]
    second.post(f"{asked}approve/", {}, headers=HTMX)
    request_id = int(asked.rstrip("/").rsplit("/", 1)[1])
    assert second.get(f"/administration/histories/{request_id}/").status_code == 404
