"""What people may start, and the newest version of each template."""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from approvals import definitions, errors
from approvals.models import TemplateVersion


@dataclass(frozen=True, slots=True)
class TemplateCard:
    """A template in the list of what may be started."""

    key: str
    name: str
    category: str
    description: str
    version: int


@dataclass(frozen=True, slots=True)
class ChoiceStep:
    """A step whose approvers the initiator names."""

    node_id: str
    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A template ready to be started: its form and the steps that want a choice."""

    key: str
    name: str
    category: str
    description: str
    version: int
    form_schema: dict[str, Any]
    definition: definitions.Definition
    choices: list[ChoiceStep]


def newest(key: str, *, subject_kind: str) -> TemplateVersion:
    """The newest version; TemplateNotFound when it does not decide about this kind of subject."""
    versions = TemplateVersion.objects.filter(
        template__key=key, template__subject_kind=subject_kind
    )
    version = versions.select_related("template").order_by("-number").first()
    if version is None:
        raise errors.TemplateNotFound
    return version


def startable() -> list[TemplateCard]:
    """Every template people start themselves, by category and name."""
    last = TemplateVersion.objects.filter(template=OuterRef("template")).order_by("-number")
    versions = (
        TemplateVersion.objects.filter(
            template__subject_kind="", number=Subquery(last.values("number")[:1])
        )
        .select_related("template")
        .order_by("name", "id")
    )
    cards = [_card(version) for version in versions]
    return sorted(cards, key=lambda card: card.category)


def view(key: str) -> TemplateView:
    """One template people start themselves."""
    version = newest(key, subject_kind="")
    definition = definitions.parse(version.definition)
    return TemplateView(
        key=key,
        name=version.name,
        category=definition.category,
        description=definition.description,
        version=version.number,
        form_schema=version.form_schema,
        definition=definition,
        choices=choices(definition),
    )


def choices(definition: definitions.Definition) -> list[ChoiceStep]:
    """The steps whose approvers the initiator may name, in reading order."""
    return [
        ChoiceStep(node.id, node.name, node.must_be_chosen)
        for node in definitions.approve_nodes(definition)
        if node.is_chosen
    ]


def _card(version: TemplateVersion) -> TemplateCard:
    return TemplateCard(
        key=version.template.key,
        name=version.name,
        category=version.definition.get("category", "其他"),
        description=version.definition.get("description", ""),
        version=version.number,
    )
