"""What may be started."""

from typing import Any

from django.http import HttpRequest
from ninja import Router

from approvals.queries import templates
from core.http import actor_of
from core.schemas import Key, Schema

router = Router()


class TemplateCardOut(Schema):
    """A template in the list."""

    key: str
    name: str
    category: str
    description: str
    version: int


class ChoiceOut(Schema):
    """A step whose approvers the initiator names under this node id."""

    node_id: str
    name: str
    required: bool


class TemplateOut(Schema):
    """A template with its form (JSON Schema 2020-12) and the steps that want a choice."""

    key: str
    name: str
    category: str
    description: str
    version: int
    form_schema: dict[str, Any]
    choices: list[ChoiceOut]


@router.get("/templates", response=list[TemplateCardOut], url_name="approvals-templates")
def list_templates(request: HttpRequest) -> list[templates.TemplateCard]:
    """Everything people may start themselves."""
    actor_of(request).require_person()
    return templates.startable()


@router.get("/templates/{key}", response=TemplateOut, url_name="approvals-template")
def get_template(request: HttpRequest, key: Key) -> templates.TemplateView:
    """One template, ready to be filled in."""
    actor_of(request).require_person()
    return templates.view(key)
