"""Publishing what may be decided and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals import definitions, errors, forms, policies
from approvals.models import Template, TemplateVersion
from approvals.services import _answers
from core import audit
from core import errors as core_errors
from core.actor import Actor
from core.db import service


@dataclass(frozen=True, slots=True)
class Published:
    """The version that is now the newest."""

    key: str
    version: int


@service
def publish(
    *,
    actor: Actor,
    key: str,
    name: str,
    definition: Mapping[str, Any],
    form_schema: Mapping[str, Any],
    now: datetime,
) -> Published:
    """New cases follow this definition; running ones stay with theirs.

    Publishing the same again changes nothing. DefinitionInvalid names every fault found by the
    proof of definitions.prove.
    """
    if not policies.may_publish_templates(actor):
        raise core_errors.Forbidden
    forms.check_schema(form_schema)
    parsed = definitions.parse(definition)
    definitions.prove(parsed, form_schema)
    template = _lock_template(key, name, parsed.subject, now)
    digest = _answers.digest_of(
        {"name": name, "definition": dict(definition), "form": dict(form_schema)}
    )
    newest = TemplateVersion.objects.filter(template=template).order_by("-number").first()
    if newest is not None and newest.digest == digest:
        return Published(key, newest.number)
    version = TemplateVersion(
        template=template,
        number=newest.number + 1 if newest else 1,
        name=name,
        definition=dict(definition),
        form_schema=forms.in_order(form_schema),
        digest=digest,
        published_at=now,
        published_by_id=actor.person_id,
    )
    version.save(force_insert=True)
    Template.objects.filter(id=template.id).update(name=name)
    _record(actor, version, now)
    return Published(key, version.number)


def _record(actor: Actor, version: TemplateVersion, now: datetime) -> None:
    audit.record(
        actor=actor,
        action="approvals.template.published",
        object_kind="approvals.template",
        object_id=version.template_id,
        detail={
            "key": version.template.key,
            "version": version.number,
            "digest": version.digest,
        },
        now=now,
    )


def _lock_template(key: str, name: str, subject_kind: str, now: datetime) -> Template:
    Template.objects.bulk_create(
        [Template(key=key, name=name, subject_kind=subject_kind, created_at=now)],
        ignore_conflicts=True,
    )
    template = Template.objects.select_for_update().get(key=key)
    if template.subject_kind != subject_kind:
        raise errors.DefinitionInvalid(problems=["模板的审批对象不能更改"])
    return template
