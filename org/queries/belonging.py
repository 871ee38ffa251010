"""Who serves where at this moment, as SQL that other apps join with.

"This moment" is the database's clock: whoever asks holds locks there and compares with rows there,
and two web processes whose clocks differ must not disagree about who belongs where.
"""

from org import policies

_HOLDS = """(a.valid_from <= statement_timestamp()
          AND (a.valid_to IS NULL OR a.valid_to > statement_timestamp()))"""

_NOW = "statement_timestamp()"
_GRANT = f"""g.role = 'org' AND {policies.LIVE} AND {policies.REACHES}""".replace("%(at)s", _NOW)

# Looked up for each row: for a few hundred people a planner that joins would read every unit.
_PARENT = "(SELECT u.parent_id FROM org_unit u WHERE u.id = up.unit_id)"


def below(unit_id: str) -> str:
    """A query of (person_id, since): whoever serves in the unit or anywhere below it, once.

    `unit_id` is an SQL expression. `since` is when the longest standing of the appointments began.
    """
    return f"""
        SELECT a.person_id, min(a.valid_from) AS since
          FROM org_unit r
          JOIN org_unit u ON u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
          JOIN org_appointment a ON a.unit_id = u.id
         WHERE r.id = {unit_id} AND {_HOLDS}
         GROUP BY a.person_id"""


def posts_below(unit_id: str) -> str:
    """A query of (person_id, since): `below` with a row for each appointment, which costs less.

    Here `unit_id` names nothing of the statement around it. The units are found once, and their
    appointments by one walk along the index: joined with them, every unit would be hashed. The
    planner expects a dozen rows of this, however many they are.
    """
    return f"""
        SELECT a.person_id, a.valid_from AS since
          FROM org_appointment a
         WHERE {_HOLDS} AND a.unit_id = ANY(ARRAY(
            SELECT u.id FROM org_unit r
              JOIN org_unit u ON u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
             WHERE r.id = {unit_id}))"""


def function_below(unit_ids: str, functions: str) -> str:
    """A query of (person_id): whoever holds a post of the functions at or below the units, once.

    Both are SQL expressions of arrays; no functions: all posts.
    """
    return f"""
        SELECT DISTINCT a.person_id
          FROM org_unit r
          JOIN org_unit u ON u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
          JOIN org_appointment a ON a.unit_id = u.id
          JOIN org_post p ON p.id = a.post_id
         WHERE r.id = ANY({unit_ids}) AND {_HOLDS}
           AND (cardinality({functions}) = 0 OR p.function = ANY({functions}))"""


def above(person_ids: str) -> str:
    """A query of (person_id, unit_id, since): every unit at or above which the people serve.

    `person_ids` is an SQL expression of an array. One row for each unit and person.
    """
    return f"""
        WITH RECURSIVE up AS (
          SELECT a.person_id, a.unit_id, a.valid_from AS since FROM org_appointment a
           WHERE a.person_id = ANY({person_ids}) AND {_HOLDS}
          UNION
          SELECT up.person_id, {_PARENT}, up.since FROM up WHERE up.unit_id IS NOT NULL
        )
        SELECT person_id, unit_id, min(since) AS since FROM up
         WHERE unit_id IS NOT NULL GROUP BY person_id, unit_id"""


def serves_below(person_id: str, unit_id: str) -> str:
    """A condition: the person serves in the unit or anywhere below it."""
    return f"""EXISTS (
        SELECT 1 FROM org_appointment a
          JOIN org_unit u ON u.id = a.unit_id
          JOIN org_unit r ON r.id = {unit_id}
           AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
         WHERE a.person_id = {person_id} AND {_HOLDS})"""


def below_among(unit_id: str, person_ids: str) -> str:
    """`below`, of these people alone: an SQL expression of an array."""
    return f"""
        SELECT a.person_id, min(a.valid_from) AS since
          FROM org_unit r
          JOIN org_appointment a ON a.person_id = ANY({person_ids}) AND {_HOLDS}
          JOIN org_unit u ON u.id = a.unit_id
           AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
         WHERE r.id = {unit_id}
         GROUP BY a.person_id"""


def within(unit_id: str) -> str:
    """`below`, of the unit and its inner departments only, as everybody understands 本单位."""
    return f"""
        WITH RECURSIVE own AS (
          SELECT {unit_id} AS id
          UNION ALL
          SELECT d.id FROM own JOIN org_unit d ON d.parent_id = own.id AND d.kind = 'department'
        )
        SELECT a.person_id, min(a.valid_from) AS since
          FROM own JOIN org_appointment a ON a.unit_id = own.id AND {_HOLDS}
         GROUP BY a.person_id"""


def ever_above(person_ids: str) -> str:
    """A query of (person_id, unit_id): every unit at or above which the people serve or served.

    Above where those units stand now. `person_ids` is an SQL expression of an array.
    """
    return f"""
        WITH RECURSIVE up AS (
          SELECT a.person_id, a.unit_id FROM org_appointment a
           WHERE a.person_id = ANY({person_ids}) AND a.valid_from <= statement_timestamp()
          UNION
          SELECT up.person_id, {_PARENT} FROM up WHERE up.unit_id IS NOT NULL
        )
        SELECT person_id, unit_id FROM up WHERE unit_id IS NOT NULL"""


def terms_below(unit_id: str, person_ids: str) -> str:
    """A query of (person_id, begins, ends): how long the people served below the unit at a stretch.

    One row for each stretch, in which one post followed the other without a gap; `ends` is null
    while it lasts. Where the posts' units stand now counts.
    """
    return f"""
        SELECT person_id, lower(term) AS begins, upper(term) AS ends
          FROM (SELECT a.person_id,
                       unnest(range_agg(tstzrange(a.valid_from, a.valid_to))) AS term
                  FROM org_unit r
                  JOIN org_appointment a
                    ON a.person_id = ANY({person_ids}) AND a.valid_from <= statement_timestamp()
                  JOIN org_unit u ON u.id = a.unit_id
                   AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
                 WHERE r.id = {unit_id} GROUP BY a.person_id) merged"""


def ended_at(appointment_id: str) -> str:
    """An expression: when the appointment ended; null if it lasts."""
    return f"""(SELECT a.valid_to FROM org_appointment a
        WHERE a.id = {appointment_id} AND a.valid_to <= statement_timestamp())"""


def serves_elsewhere(person_id: str, unit_id: str, but_id: str) -> str:
    """A condition: the person serves below the one unit, and not only below the other."""
    return f"""EXISTS (
        SELECT 1 FROM org_appointment a
          JOIN org_unit u ON u.id = a.unit_id
          JOIN org_unit r ON r.id = {unit_id}
           AND u.tree_id = r.tree_id AND u.lft BETWEEN r.lft AND r.rght
          JOIN org_unit b ON b.id = {but_id}
         WHERE a.person_id = {person_id} AND {_HOLDS}
           AND NOT (u.tree_id = b.tree_id AND u.lft BETWEEN b.lft AND b.rght))"""


def administers(person_id: str, unit_id: str) -> str:
    """A condition: the person may manage the unit, as policies.may_manage_units has it."""
    return f"""EXISTS (
        SELECT 1 FROM org_admingrant g
          JOIN org_unit r ON r.id = g.root_id
          JOIN org_unit u ON u.id = {unit_id} AND {_GRANT}
         WHERE g.person_id = {person_id})"""


def administrators(unit_id: str) -> str:
    """A query of (person_id): whoever may manage the unit. Found from the unit upwards.

    Here `unit_id` names nothing of the statement around it, so that it is asked once.
    """
    return f"""
        WITH RECURSIVE up AS (
          SELECT {unit_id} AS unit_id
          UNION ALL
          SELECT {_PARENT} FROM up WHERE up.unit_id IS NOT NULL
        )
        SELECT g.person_id
          FROM up JOIN org_unit r ON r.id = up.unit_id
          JOIN org_admingrant g ON g.root_id = r.id
          JOIN org_unit u ON u.id = {unit_id} AND {_GRANT}"""
