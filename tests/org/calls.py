"""What the tests of the tree say over HTTP, and what they look at afterwards."""

from typing import Any

from django.test import Client

from org.models import AdminGrant, Appointment, OrgChange, Unit, UnitPast, UnitSuccession
from org.queries import tree as tree_queries
from tests import factories

ADMIN = "何管理"  # administers units and people of 西湖区
NEIGHBOUR = "马科员"  # the same of 上城区
SECOND = "卫二"  # security administrator of the province: the second person


def send(client: Client, path: str, body: object | None = None) -> Any:
    """The answer to a POST below /api/v1/org/."""
    return client.post(f"/api/v1/org/{path}", body or {}, content_type="application/json")


def get(client: Client, path: str, **query: str | int) -> Any:
    """The body of a GET below /api/v1/org/ that succeeds."""
    answer = client.get(f"/api/v1/org/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def approve(province: factories.Province, answer: Any, *, by: str = SECOND) -> None:
    """The second person lets happen what was answered with 202."""
    assert answer.status_code == 202, answer.content
    decided = send(province.client(by), f"requests/{answer.json()['request_id']}/approve")
    assert decided.status_code in {200, 204}, decided.content


def refused(answer: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]


def everything() -> list[list[tuple[object, ...]]]:
    """All rows that operations on units write, to prove that a refusal changed nothing."""
    return [
        list(Unit.objects.order_by("id").values_list()),
        list(Appointment.objects.order_by("id").values_list()),
        list(AdminGrant.objects.order_by("id").values_list()),
        list(OrgChange.objects.order_by("id").values_list("id")),
        list(UnitPast.objects.order_by("id").values_list("id")),
        list(UnitSuccession.objects.order_by("id").values_list("id")),
    ]


def grant(province: factories.Province, person: str, role: str, root: str) -> AdminGrant:
    """The person administers the unit from its founding on."""
    return AdminGrant.objects.create(
        person_id=province.person(person),
        role=role,
        root_id=province.unit(root),
        valid_from=factories.FOUNDED,
    )


def assert_sound() -> None:
    """The tree's numbers say what parent_id says, and kinds stand where they may."""
    assert tree_queries.check().faults == ()
