"""Registering the organs that issue documents."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from core import actor as actors
from core import errors as core_errors
from core.actor import Actor
from documents import errors
from documents.models import IssuingUnit
from documents.services import registration
from tests.documents.office import Office


def _register(office: Office, unit: int, actor: Actor | None = None) -> registration.Registered:
    return registration.register(
        actor=actor or actors.system("tests"),
        unit_id=unit,
        agency_code="西卫发",
        mark="西湖区卫生健康局文件",
        now=timezone.now(),
    )


def test_an_organ_is_registered_once(office: Office) -> None:
    with pytest.raises(errors.IssuingUnitTaken):
        _register(office, office.province.unit("西湖区民政局"))
    assert list(IssuingUnit.objects.values_list("agency_code", flat=True)) == ["西民发"]


@pytest.mark.parametrize(
    "unit",
    [
        lambda office: office.province.unit("西湖区卫生健康局/一科"),
        lambda office: office.abolished("西湖区旧局"),
        lambda _office: 10**9,
    ],
)
def test_only_a_standing_organ_is_registered(office: Office, unit: Callable[..., Any]) -> None:
    with pytest.raises(errors.RecipientInvalid):
        _register(office, unit(office))
    assert IssuingUnit.objects.count() == 1


def test_who_does_not_administer_the_organ_registers_nothing(office: Office) -> None:
    health = office.province.unit("西湖区卫生健康局")
    with pytest.raises(core_errors.Forbidden):
        _register(office, health, office.province.actor("马科员"))
    assert IssuingUnit.objects.count() == 1
    _register(office, health, office.province.actor("何管理"))
    assert IssuingUnit.objects.count() == 2
