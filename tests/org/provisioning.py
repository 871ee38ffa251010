"""What the tests of SCIM say to the service, and how."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from org.models import Person
from org.services import tokens
from tests import factories

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
UNIT = "urn:tongwen:params:scim:schemas:extension:2.0:Unit"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


@dataclass(frozen=True)
class Caller:
    """A provisioning system with its token."""

    secret: str

    def call(self, method: str, path: str, body: object | None = None, **headers: str) -> Any:
        return Client().generic(
            method,
            f"/scim/v2/{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/scim+json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def names(self, condition: str) -> list[str]:
        found = self.call("GET", f"Users?filter={condition}")
        assert found.status_code == 200, found.content
        return [user["userName"] for user in found.json()["Resources"]]


def caller(province: factories.Province, maker: str, root: str) -> Caller:
    now = timezone.now()
    made = tokens.make(
        actor=province.actor(maker),
        name="人事系统",
        root_id=province.unit(root),
        expires_at=now + timedelta(days=30),
        now=now,
    )
    return Caller(made.secret)


def public_id(person_id: int) -> str:
    return str(Person.objects.get(pk=person_id).public_id)


def new_user(**more: object) -> dict[str, object]:
    return {"schemas": [USER], "userName": "ZhangSan", "displayName": "张三", **more}


def patch(*operations: Mapping[str, object]) -> dict[str, object]:
    return {"schemas": [PATCH], "Operations": list(operations)}
