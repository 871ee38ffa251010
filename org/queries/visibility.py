"""What one viewer does not see of the directory: compiled once, applied inside every query."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor, ActorKind
from org import errors, policies
from org.kinds import MaskedField, Scene, VisibilityEffect

# The rules that bind: not those about the viewer, about units he belongs to or administers (from
# above, or a part of), about people he shares a unit with or administers, nor those with an
# exception for him. Every range is read in this statement: a remembered one may be reused.
_BINDING: Final = f"""
WITH mine AS (
  SELECT u.id, u.tree_id, u.lft, u.level
    FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
   WHERE a.person_id = %(viewer)s AND a.valid_from <= %(at)s
     AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
  UNION ALL SELECT u.id, u.tree_id, u.lft, u.level FROM org_unit u WHERE u.id = %(owner)s
), placed AS (
  SELECT a.person_id, u.id, u.parent_id, u.tree_id, u.lft, u.level
    FROM org_appointment a JOIN org_unit u ON u.id = a.unit_id
   WHERE a.valid_from <= %(at)s AND (a.valid_to IS NULL OR a.valid_to > %(at)s)
)
SELECT v.unit_id, v.person_id, v.effect, v.scenes, v.masked
  FROM org_visibilityrule v LEFT JOIN org_unit s ON s.id = v.unit_id
 WHERE v.valid_from <= %(at)s AND (v.valid_to IS NULL OR v.valid_to > %(at)s)
   AND (v.person_id IS NULL OR v.person_id IS DISTINCT FROM %(viewer)s)
   AND NOT EXISTS (SELECT 1 FROM mine m WHERE m.tree_id = s.tree_id
                      AND m.lft BETWEEN s.lft AND s.rght)
   AND NOT EXISTS (SELECT 1 FROM org_admingrant g
                     JOIN org_unit r ON r.id = g.root_id JOIN org_unit u ON u.id = v.unit_id
                    WHERE g.person_id = %(viewer)s AND {policies.LIVE} AND ({policies.REACHES}
                      OR (r.tree_id = u.tree_id AND r.lft BETWEEN u.lft AND u.rght)))
   AND NOT EXISTS (SELECT 1 FROM placed u WHERE u.person_id = v.person_id AND (
                     EXISTS (SELECT 1 FROM mine m WHERE m.id = u.id)
                     OR EXISTS (SELECT 1 FROM org_admingrant g
                          JOIN org_unit r ON r.id = g.root_id AND {policies.REACHES}
                         WHERE g.person_id = %(viewer)s AND {policies.LIVE})))
   AND NOT EXISTS (SELECT 1 FROM org_visibilityexception e
                     LEFT JOIN org_unit x ON x.id = e.unit_id
                    WHERE e.rule_id = v.id AND (
                      e.person_id = %(viewer)s
                      OR EXISTS (SELECT 1 FROM mine m WHERE m.level = e.level OR (
                           m.tree_id = x.tree_id AND m.lft BETWEEN x.lft AND x.rght))))"""
_IN_ANY: Final = (
    "EXISTS (SELECT 1 FROM org_unit hidden WHERE hidden.id = ANY(%({ids})s)"
    " AND {unit}.tree_id = hidden.tree_id AND {unit}.lft BETWEEN hidden.lft AND hidden.rght)"
)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Units, each with all below it, and people."""

    unit_ids: tuple[int, ...] = ()
    person_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What is kept from one viewer in one scene, as conditions for a query.

    The fragments name a unit by its alias and a person by an expression for the id; `values`
    holds their parameters. Where nothing is kept from the viewer they cost nothing.
    """

    hidden: Subjects = Subjects()
    masked: tuple[tuple[MaskedField, Subjects], ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of every fragment."""
        values: dict[str, Any] = {
            "hidden_units": list(self.hidden.unit_ids),
            "hidden_people": list(self.hidden.person_ids),
        }
        for field, subjects in self.masked:
            values[f"masked_{field.value}_units"] = list(subjects.unit_ids)
            values[f"masked_{field.value}_people"] = list(subjects.person_ids)
        return values

    def shows_unit(self, unit: str = "u") -> str:
        """The unit is not hidden."""
        if not self.hidden.unit_ids:
            return "TRUE"
        return f"NOT {_IN_ANY.format(ids='hidden_units', unit=unit)}"

    def shows_person(self, person: str = "p.id") -> str:
        """The person is not hidden as a person; where he works is `shows_unit`'s question."""
        return f"{person} <> ALL(%(hidden_people)s)" if self.hidden.person_ids else "TRUE"

    def shows_holder(self, *, unit: str = "u", person: str = "p.id") -> str:
        """Neither the person nor the unit of the appointment is hidden."""
        return f"{self.shows_person(person)} AND {self.shows_unit(unit)}"

    def masks(self, field: MaskedField, *, unit: str = "u", person: str = "p.id") -> str:
        """The field of a person in that unit is kept from the viewer."""
        subjects = dict(self.masked).get(field, Subjects())
        found = []
        if subjects.unit_ids:
            found.append(_IN_ANY.format(ids=f"masked_{field.value}_units", unit=unit))
        if subjects.person_ids:
            found.append(f"{person} = ANY(%(masked_{field.value}_people)s)")
        return f"({' OR '.join(found)})" if found else "FALSE"

    def shown(
        self, field: MaskedField, column: str, *, unit: str = "u", person: str = "p.id"
    ) -> str:
        """The column, empty where the field is masked."""
        masks = self.masks(field, unit=unit, person=person)
        return column if masks == "FALSE" else f"CASE WHEN {masks} THEN '' ELSE {column} END"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks at the directory, with what is kept from him in each scene.

    Who looks and from which unit only ranks what is found: one's own organ comes first.
    """

    sights: tuple[tuple[Scene, Sight], ...] = ()
    person_id: int | None = None
    unit_id: int | None = None

    def sight(self, scene: Scene) -> Sight:
        """What is kept from the viewer in the scene."""
        return dict(self.sights).get(scene, _CLEAR)


_CLEAR: Final = Sight()
EVERYTHING: Final = Viewer()
"""The platform itself, from which nothing is kept."""

_Rule = tuple[int | None, int | None, str, list[str], list[str]]


def viewer_of(actor: Actor, *, at: datetime) -> Viewer:
    """The actor as a viewer at that instant; one statement, to be asked once per request.

    A mini-app is bound by the rules for apps wherever it looks; the unit of its actor, which
    owns it, stands for it as a post stands for a person.
    """
    if actor.kind is ActorKind.SYSTEM:
        return EVERYTHING
    is_app = actor.kind is ActorKind.APP
    viewer, owner = (None, actor.unit_id) if is_app else (actor.person_id, None)
    with connection.cursor() as cursor:
        cursor.execute(_BINDING, {"viewer": viewer, "owner": owner, "at": at})
        rules: list[_Rule] = cursor.fetchall()
    sights: tuple[tuple[Scene, Sight], ...] = ()
    if rules and is_app:
        sights = tuple((scene, _sight(rules, Scene.APPS)) for scene in Scene)
    elif rules:
        sights = tuple((scene, _sight(rules, scene)) for scene in Scene)
    return Viewer(sights, viewer, actor.unit_id)


def require_unit(unit_id: int, *, viewer: Viewer, scene: Scene) -> None:
    """UnitNotFound for no unit and for one hidden from the viewer."""
    sight = viewer.sight(scene)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM org_unit u WHERE u.id = %(id)s AND {sight.shows_unit()}",
            {"id": unit_id, **sight.values},
        )
        if cursor.fetchone() is None:
            raise errors.UnitNotFound


def shown_units(unit_ids: Collection[int], *, viewer: Viewer, scene: Scene) -> frozenset[int]:
    """Those of the units that there are and that are not hidden."""
    sight = viewer.sight(scene)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT u.id FROM org_unit u WHERE u.id = ANY(%(ids)s) AND {sight.shows_unit()}",
            {"ids": list(unit_ids), **sight.values},
        )
        return frozenset(row[0] for row in cursor.fetchall())


def shown_people(
    person_ids: Collection[int], *, viewer: Viewer, scene: Scene, at: datetime
) -> frozenset[int]:
    """Those of the people who are not hidden and hold a post that is not."""
    sight = viewer.sight(scene)
    if sight.hidden == Subjects():
        return frozenset(person_ids)
    return _holders(person_ids, sight.shows_holder(person="a.person_id"), sight, at=at)


def masked_people(
    person_ids: Collection[int],
    *,
    field: MaskedField,
    viewer: Viewer,
    scene: Scene,
    at: datetime,
) -> frozenset[int]:
    """Those of the people whose field is kept from the viewer."""
    sight = viewer.sight(scene)
    if not sight.masked:
        return frozenset()
    return _holders(person_ids, sight.masks(field, person="a.person_id"), sight, at=at)


def _holders(
    person_ids: Collection[int], condition: str, sight: Sight, *, at: datetime
) -> frozenset[int]:
    """Those of the people with a post of that instant that meets the condition."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT DISTINCT a.person_id FROM org_appointment a
                  JOIN org_unit u ON u.id = a.unit_id
                 WHERE a.person_id = ANY(%(ids)s) AND {condition} AND a.valid_from <= %(at)s
                   AND (a.valid_to IS NULL OR a.valid_to > %(at)s)""",
            {"ids": list(person_ids), "at": at, **sight.values},
        )
        return frozenset(row[0] for row in cursor.fetchall())


def _sight(rules: Iterable[_Rule], scene: Scene) -> Sight:
    bound = [rule for rule in rules if scene.value in rule[3]]
    hiding = [rule for rule in bound if rule[2] == VisibilityEffect.HIDE]
    masking = {
        field: _subjects(rule for rule in bound if _covers(rule, field)) for field in MaskedField
    }
    return Sight(
        hidden=_subjects(hiding),
        masked=tuple((f, kept) for f, kept in masking.items() if kept != Subjects()),
    )


def _covers(rule: _Rule, field: MaskedField) -> bool:
    return rule[2] == VisibilityEffect.RESTRICT or (
        rule[2] == VisibilityEffect.MASK and field.value in rule[4]
    )


def _subjects(rules: Iterable[_Rule]) -> Subjects:
    listed = list(rules)
    return Subjects(
        unit_ids=tuple(sorted({rule[0] for rule in listed if rule[0] is not None})),
        person_ids=tuple(sorted({rule[1] for rule in listed if rule[1] is not None})),
    )
