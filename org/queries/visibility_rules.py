"""The rules of visibility as their administrators see them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from core.actor import Actor, ActorKind
from org import policies
from org.kinds import LEVEL_NAMES, MaskedField, Scene, VisibilityEffect
from org.queries import headcounts, people, units

_SUBJECT_UNIT: Final = """coalesce(v.unit_id, (
  SELECT a.unit_id FROM org_appointment a WHERE a.person_id = v.person_id AND a.valid_from <= %(at)s
     AND (a.valid_to IS NULL OR a.valid_to > %(at)s) ORDER BY a.kind <> 'main', a.id LIMIT 1))"""
_ADMINISTERS: Final = f"""EXISTS (
  SELECT 1 FROM org_admingrant g JOIN org_unit r ON r.id = g.root_id AND {policies.REACHES}
   WHERE g.person_id = %(administrator)s AND g.role IN ('org', 'security') AND {policies.LIVE})"""
_RULES: Final = f"""
SELECT v.id, v.unit_id, v.person_id, v.effect, v.scenes, v.masked, v.reason, v.made_by_id,
       v.made_at, v.valid_from, v.valid_to,
       ARRAY(SELECT e.unit_id FROM org_visibilityexception e
              WHERE e.rule_id = v.id AND e.unit_id IS NOT NULL ORDER BY e.id),
       ARRAY(SELECT e.person_id FROM org_visibilityexception e
              WHERE e.rule_id = v.id AND e.person_id IS NOT NULL ORDER BY e.id),
       ARRAY(SELECT e.level FROM org_visibilityexception e
              WHERE e.rule_id = v.id AND e.level IS NOT NULL ORDER BY e.level)
  FROM org_visibilityrule v JOIN org_unit u ON u.id = {_SUBJECT_UNIT}
 WHERE (v.valid_to IS NULL OR v.valid_to > %(at)s) AND {{condition}}
 ORDER BY v.made_at DESC, v.id DESC LIMIT %(limit)s"""
LISTED_AT_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A unit or a person by id and name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, in force or still to come."""

    id: int
    unit_id: int | None
    person_id: int | None
    subject_name: str
    effect: VisibilityEffect
    scenes: tuple[Scene, ...]
    masked: tuple[MaskedField, ...]
    reason: str
    made_by_name: str
    made_at: datetime
    valid_from: datetime
    valid_to: datetime | None
    except_units: tuple[Named, ...]
    except_people: tuple[Named, ...]
    except_levels: tuple[int, ...]

    @property
    def effect_name(self) -> str:
        """What the rule does, in words."""
        return str(self.effect.label)

    @property
    def scene_names(self) -> list[str]:
        """Where the rule binds, in words."""
        return [str(scene.label) for scene in self.scenes]

    @property
    def masked_names(self) -> list[str]:
        """What the rule masks, in words."""
        return [str(field.label) for field in self.masked]

    @property
    def except_level_names(self) -> list[str]:
        """Whose level the rule does not bind, in words."""
        return [LEVEL_NAMES[level] for level in self.except_levels]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who would not see whom: people kept back, people bound, and people let through."""

    subject_name: str
    units: int
    people: int
    bound: int
    exempt: int


def may_rule(actor: Actor, unit_id: int | None, person_id: int | None, *, at: datetime) -> bool:
    """The actor administers the organisation or its security where the subject stands."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    rows = _fetch(
        f"""SELECT {_ADMINISTERS} FROM org_unit u, (
              SELECT %(unit)s::bigint AS unit_id, %(person)s::bigint AS person_id) v
             WHERE u.id = {_SUBJECT_UNIT}""",
        {"unit": unit_id, "person": person_id, "administrator": actor.person_id, "at": at},
    )
    return bool(rows and rows[0][0])


def listed(actor: Actor, *, at: datetime, limit: int = LISTED_AT_MOST) -> list[Rule]:
    """The rules about what the actor administers, the newest first; ended ones are left out."""
    condition = "TRUE" if actor.kind is ActorKind.SYSTEM else _ADMINISTERS
    rows = _fetch(
        _RULES.format(condition=condition),
        {"administrator": actor.person_id, "at": at, "limit": limit},
    )
    return _named(rows, at=at)


def by_id(actor: Actor, rule_id: int, *, at: datetime) -> Rule | None:
    """The rule, if it has not ended and its subject is the actor's to administer."""
    administered = "TRUE" if actor.kind is ActorKind.SYSTEM else _ADMINISTERS
    rows = _fetch(
        _RULES.format(condition=f"v.id = %(rule)s AND {administered}"),
        {"administrator": actor.person_id, "at": at, "limit": 1, "rule": rule_id},
    )
    return next(iter(_named(rows, at=at)), None)


def reach(
    *,
    unit_id: int | None,
    person_id: int | None,
    except_unit_ids: Collection[int],
    except_person_ids: Collection[int],
    at: datetime,
) -> Reach:
    """How many people a rule would keep back from how many others.

    Administrators over the subject and exceptions by level are not counted out: they are few,
    and the page says so.
    """
    inside, count, name = _subject(unit_id, person_id, at=at)
    roots = [row[0] for row in _fetch("SELECT id FROM org_unit WHERE parent_id IS NULL", {})]
    everybody = headcounts.together(roots, at=at)
    exempt = headcounts.together([*inside, *except_unit_ids], at=at) + len(set(except_person_ids))
    return Reach(
        subject_name=name,
        units=count,
        people=headcounts.together(inside, at=at) if unit_id is not None else 1,
        bound=max(everybody - exempt, 0),
        exempt=exempt,
    )


def _subject(
    unit_id: int | None, person_id: int | None, *, at: datetime
) -> tuple[list[int], int, str]:
    """The units inside of which nobody is bound, how many units are kept back, and the name."""
    if unit_id is not None:
        below = _fetch(
            "SELECT count(*) FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
            " AND u.lft BETWEEN r.lft AND r.rght WHERE r.id = %(id)s"
            " AND u.valid_from <= %(at)s AND (u.valid_to IS NULL OR u.valid_to > %(at)s)",
            {"id": unit_id, "at": at},
        )[0][0]
        return [unit_id], below, units.names([unit_id])[unit_id].name
    named = people.names([person_id or 0], at=at).get(person_id or 0)
    if named is None:
        return [], 0, ""
    return [named.unit_id] if named.unit_id else [], 0, named.name


def _named(rows: Iterable[tuple[Any, ...]], *, at: datetime) -> list[Rule]:
    found = list(rows)
    unit_names = units.names({i for row in found for i in (row[1], *row[11]) if i is not None})
    person_names = people.names(
        {i for row in found for i in (row[2], row[7], *row[12]) if i is not None}, at=at
    )

    def unit(one: int) -> str:
        return unit_names[one].name if one in unit_names else ""

    def person(one: int | None) -> str:
        return person_names[one].name if one in person_names else ""

    return [
        Rule(
            id=row[0],
            unit_id=row[1],
            person_id=row[2],
            subject_name=unit(row[1]) if row[1] is not None else person(row[2]),
            effect=VisibilityEffect(row[3]),
            scenes=tuple(Scene(scene) for scene in row[4]),
            masked=tuple(MaskedField(field) for field in row[5]),
            reason=row[6],
            made_by_name=person(row[7]),
            made_at=row[8],
            valid_from=row[9],
            valid_to=row[10],
            except_units=tuple(Named(one, unit(one)) for one in row[11]),
            except_people=tuple(Named(one, person(one)) for one in row[12]),
            except_levels=tuple(row[13]),
        )
        for row in found
    ]


def _fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
