"""Somebody of 西湖区 leaves, and what was left behind is settled, as its administrator does it."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.factories import Province

ADMINISTRATOR = "何管理"


def leave(province: Province, who: str, run_jobs: Callable[[], int]) -> None:
    """The person has left, and every app has said what was open."""
    client = province.client(ADMINISTRATOR)
    answer = _send(client, f"people/{province.person(who)}/departure", {"reason": "retired"})
    assert answer.status_code == 201, answer.content
    run_jobs()


def listed(province: Province, who: str) -> list[dict[str, Any]]:
    """What the handover lists, what is open first."""
    answer = province.client(ADMINISTRATOR).get(
        f"/api/v1/org/people/{province.person(who)}/departure"
    )
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["listed"]
    return found


def settle(province: Province, who: str, title: str, to: str, run_jobs: Callable[[], int]) -> str:
    """The item is settled with a successor; what became of it."""
    (item,) = [one for one in listed(province, who) if title in one["title"]]
    client = province.client(ADMINISTRATOR)
    answer = _send(
        client, f"handover-items/{item['id']}/settle", {"successor_id": province.person(to)}
    )
    assert answer.status_code == 204, answer.content
    run_jobs()
    (settled,) = [one for one in listed(province, who) if one["id"] == item["id"]]
    return str(settled["result"])


def reopen(province: Province, who: str, title: str) -> None:
    """The item is to be seen to again."""
    (item,) = [one for one in listed(province, who) if title in one["title"]]
    answer = _send(province.client(ADMINISTRATOR), f"handover-items/{item['id']}/reopen", {})
    assert answer.status_code == 204, answer.content


def _send(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.post(f"/api/v1/org/{path}", body, content_type="application/json")
