"""Visibility rules: what of the directory is kept from whom."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StringConstraints

from core.http import actor_of
from core.schemas import Id, Schema
from org import errors
from org.api import texts
from org.api.units import CreatedOut
from org.kinds import MaskedField, Scene, VisibilityEffect
from org.queries import visibility_rules as queries
from org.services import visibility

router = Router()

Reason = Annotated[
    str, StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00]*$")
]
Exempt = Annotated[list[Id], Field(max_length=visibility.EXCEPTIONS_AT_MOST)]
Levels = Annotated[list[Annotated[int, Field(ge=1, le=6)]], Field(max_length=6)]


class NamedOut(Schema):
    """A unit or a person."""

    id: int
    name: str


class RuleOut(Schema):
    """One rule, in force or still to come."""

    id: int
    unit_id: int | None
    person_id: int | None
    subject_name: str
    effect: str
    effect_name: str
    scenes: list[str]
    masked: list[str]
    reason: str
    made_by_name: str
    made_at: datetime
    valid_from: datetime
    valid_to: datetime | None
    except_units: list[NamedOut]
    except_people: list[NamedOut]
    except_levels: list[int]


class TermsIn(Schema):
    """What a rule does, where, from whom not, and for how long."""

    effect: VisibilityEffect
    scenes: Annotated[list[Scene], Field(min_length=1, max_length=4)] = list(Scene)
    masked: Annotated[list[MaskedField], Field(max_length=4)] = []
    except_unit_ids: Exempt = []
    except_person_ids: Exempt = []
    except_levels: Levels = []
    reason: Reason = ""
    valid_from: texts.Instant | None = None
    valid_to: texts.Instant | None = None

    def terms(self) -> visibility.Terms:
        """The terms as the service takes them."""
        return visibility.Terms(**{name: getattr(self, name) for name in TermsIn.model_fields})


class RuleIn(TermsIn):
    """A new rule about one unit with all below it, or about one person."""

    unit_id: Id | None = None
    person_id: Id | None = None


class ReachOut(Schema):
    """Who would not see whom."""

    subject_name: str
    units: int
    people: int
    bound: int
    exempt: int


@router.get("/visibility-rules", response=list[RuleOut], url_name="org-visibility-rules")
def list_rules(request: HttpRequest) -> list[queries.Rule]:
    """The rules about what the signed-in person administers."""
    return queries.listed(actor_of(request), at=timezone.now())


@router.post("/visibility-rules", response={201: CreatedOut}, url_name="org-visibility-make")
def make_rule(request: HttpRequest, body: RuleIn) -> Status[CreatedOut]:
    """The rule binds from its beginning on."""
    made = visibility.make(
        actor=actor_of(request), subject=_subject(body), terms=body.terms(), now=timezone.now()
    )
    return Status(201, CreatedOut(id=made))


@router.post("/visibility-rules/preview", response=ReachOut, url_name="org-visibility-preview")
def preview_rule(request: HttpRequest, body: RuleIn) -> queries.Reach:
    """How many people the rule would keep back from how many others; nothing is written."""
    now = timezone.now()
    subject = _subject(body)
    if not queries.may_rule(actor_of(request), subject.unit_id, subject.person_id, at=now):
        raise errors.UnitNotFound if subject.unit_id is not None else errors.PersonNotFound
    return queries.reach(
        unit_id=subject.unit_id,
        person_id=subject.person_id,
        except_unit_ids=body.except_unit_ids,
        except_person_ids=body.except_person_ids,
        at=now,
    )


@router.post("/visibility-rules/{rule_id}", response={204: None}, url_name="org-visibility-change")
def change_rule(request: HttpRequest, rule_id: Id, body: TermsIn) -> Status[None]:
    """The rule says what the body says; its subject and its beginning stay."""
    visibility.change(
        actor=actor_of(request), rule_id=rule_id, terms=body.terms(), now=timezone.now()
    )
    return Status(204, None)


@router.post("/visibility-rules/{rule_id}/end", response={204: None}, url_name="org-visibility-end")
def end_rule(request: HttpRequest, rule_id: Id) -> Status[None]:
    """The rule binds nobody any more."""
    visibility.end(actor=actor_of(request), rule_id=rule_id, now=timezone.now())
    return Status(204, None)


def _subject(body: RuleIn) -> visibility.Subject:
    if (body.unit_id is None) == (body.person_id is None):
        raise errors.VisibilityRuleEmpty(reason="请指定一个组织或一名人员")
    return visibility.Subject(body.unit_id, body.person_id)
