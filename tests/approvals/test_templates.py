"""Publishing templates."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, transaction

from approvals import errors
from approvals.models import Template, TemplateVersion
from approvals.services import templates
from core import actor as actors
from core import errors as core_errors
from tests.approvals.conftest import NOW, OTHER, Office, person

API = "/api/v1/approvals"


def _publish(**changes: Any) -> templates.Published:
    offered: dict[str, Any] = {
        "actor": actors.system("tests"),
        "key": "t",
        "name": "模板",
        "definition": {"nodes": [{"type": "start", "id": "start"}, person("a", 1)]},
        "form_schema": {"type": "object", "properties": {}},
        "now": NOW,
    }
    return templates.publish(**{**offered, **changes})


def test_publishing_the_same_again_is_no_new_version(db: None) -> None:
    assert [_publish().version, _publish().version] == [1, 1]
    assert _publish(name="模板改名").version == 2
    assert TemplateVersion.objects.count() == 2


def test_an_unsound_definition_is_not_published(db: None) -> None:
    with pytest.raises(errors.DefinitionInvalid):
        _publish(definition={"nodes": [person("a", 1), person("b", 1)]})
    assert Template.objects.count() == 0


def test_a_template_keeps_to_its_kind_of_subject(db: None) -> None:
    _publish()
    nodes = [{"type": "start", "id": "start"}, person("a", 1)]
    with pytest.raises(errors.DefinitionInvalid):
        _publish(definition={"subject": "document", "nodes": nodes})
    assert TemplateVersion.objects.count() == 1


def test_people_do_not_publish(office: Office) -> None:
    before = TemplateVersion.objects.count()
    with pytest.raises(core_errors.Forbidden):
        _publish(actor=office.province.actor(OTHER))
    assert TemplateVersion.objects.count() == before


def test_a_published_version_cannot_be_changed(db: None) -> None:
    _publish()
    for change in (
        lambda: TemplateVersion.objects.update(name="x"),
        lambda: TemplateVersion.objects.all().delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            change()
    assert TemplateVersion.objects.get().name == "模板"


def test_seeding_twice_changes_nothing(office: Office) -> None:
    before = list(TemplateVersion.objects.values_list("template__key", "number"))
    call_command("seed_templates", verbosity=0)
    assert list(TemplateVersion.objects.values_list("template__key", "number")) == before


def test_templates_are_listed_and_described(office: Office) -> None:
    client = office.province.client(OTHER)
    listed = client.get(f"{API}/templates").json()
    assert [(card["key"], card["name"]) for card in listed] == [
        ("leave", "请假"),
        ("seal", "用印申请"),
        ("purchase", "采购申请"),
    ]
    described = client.get(f"{API}/templates/purchase").json()
    assert described["choices"] == [
        {"node_id": "reviewers", "name": "经办审核", "required": True},
        {"node_id": "countersign", "name": "会签", "required": False},
    ]
    assert list(described["form_schema"]["x-order"])[:2] == ["items", "amount"]
    assert client.get(f"{API}/templates/none").json()["code"] == "APPROVAL_TEMPLATE_NOT_FOUND"
