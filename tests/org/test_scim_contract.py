"""The library's own contract of storages, and the protocol's own tester, against ours."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract
from scim2_tester import Status, check_server

from core import actor as actors
from core.actor import Actor, ActorKind
from org.kinds import UnitKind
from org.models import Person
from org.scim import schemas
from org.scim.storage import DirectoryStorage
from org.services import tokens, units
from tests import factories


@pytest.fixture
def root_id(province: factories.Province) -> int:
    """An organ in which nobody serves yet."""
    return units.add(
        actor=actors.system("test"),
        parent_id=province.unit("西湖区"),
        name="西湖区数据局",
        kind=UnitKind.ORGAN,
        now=timezone.now(),
    )


class TestStorage(ScimStorageContract):
    """Every rule of the library's contract."""

    @pytest.fixture
    def provider(self) -> ScimProvider:
        return schemas.provider()

    @pytest.fixture
    def storage(self, province: factories.Province, root_id: int) -> DirectoryStorage:
        maker = province.person("何管理")
        actor = Actor(kind=ActorKind.APP, name="目录同步：契约", person_id=maker)
        return DirectoryStorage(actor=actor, root_id=root_id, now=timezone.now())


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """The server side leaves the test's own connection open, as Django's test client sees to."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("_kept_connection")
def test_the_protocols_tester_finds_nothing(
    province: factories.Province, root_id: int, sound_audit: None
) -> None:
    now = timezone.now()
    made = tokens.make(
        actor=province.actor("何管理"),
        name="测试",
        root_id=root_id,
        expires_at=now + timedelta(days=1),
        now=now,
    )
    everybody = Person.objects.filter(status="active").count()
    client: Any = WSGISCIMClient(
        get_wsgi_application(),
        base_url=f"{settings.SITE_ORIGIN}/scim/v2",
        headers={"Authorization": f"Bearer {made.secret}"},
    )
    results = check_server(client)
    wrong = [
        (result.title, result.resource_type, result.reason)
        for result in results
        if result.status not in (Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE)
    ]
    assert wrong == []
    assert Counter(result.resource_type for result in results)["User"] > 30
    # What the tester made it deleted: nobody of it serves, and no row is gone.
    assert Person.objects.filter(status="active").count() == everybody
    assert Person.objects.filter(status="left").count() > 20
