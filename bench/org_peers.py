"""The unit tree under other hands: the same units, the same operations, in tables of their own.

Every peer writes the structure only, as ours does (org.tree): no rights, audit or search rows.
"""

from collections.abc import Callable
from typing import Protocol

from django.db import connection, models, transaction
from django.utils import timezone
from mptt.models import MPTTModel

from org import tree
from org.kinds import UnitKind
from org.models import Unit

WHOLE_TREE = 0x6265_6E63


class Peer(Protocol):
    """One way to keep a tree."""

    name: str
    table: str

    def fill(self) -> None: ...
    def add(self, parent: int, number: int) -> None: ...
    def move(self, unit: int, parent: int) -> None: ...
    def subtree(self, unit: int) -> int: ...
    def ancestors(self, unit: int) -> int: ...


def rows(sql: str, values: object = None) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def run(sql: str, values: object = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def alone() -> None:
    """Peers whose writes renumber shared rows go one at a time: raced, they corrupt themselves."""
    run("SELECT pg_advisory_xact_lock(%s)", [WHOLE_TREE])


class Ours:
    name, table = "ours", "org_unit"

    def fill(self) -> None:
        pass

    def add(self, parent: int, number: int) -> None:
        code = f"B{number}"
        unit = Unit(
            code=code, name=code, kind=UnitKind.VIRTUAL, level=5, valid_from=timezone.now(), sort=0
        )
        with transaction.atomic():
            tree.insert(unit, parent_id=parent)

    def move(self, unit: int, parent: int) -> None:
        with transaction.atomic():
            tree.move(unit_id=unit, parent_id=parent)

    def subtree(self, unit: int) -> int:
        return len(
            rows(
                "SELECT u.id FROM org_unit r JOIN org_unit u ON u.tree_id = r.tree_id"
                " AND u.lft BETWEEN r.lft AND r.rght WHERE r.id = %s",
                [unit],
            )
        )

    def ancestors(self, unit: int) -> int:
        return len(
            rows(
                "WITH RECURSIVE up AS (SELECT id, parent_id FROM org_unit WHERE id = %s UNION ALL"
                " SELECT p.id, p.parent_id FROM org_unit p JOIN up ON p.id = up.parent_id)"
                " SELECT id FROM up",
                [unit],
            )
        )


class Stock(MPTTModel):
    """The same tree under django-mptt as it comes."""

    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    name = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"


# Gapless numbers in the order of ours: the rank of each edge of each range.
GAPLESS = """
SELECT u.id, u.parent_id, u.name, max(e.rank) FILTER (WHERE e.at = u.lft) AS lft,
       max(e.rank) FILTER (WHERE e.at = u.rght) AS rght, u.tree_id, u.depth
  FROM org_unit u JOIN (
    SELECT id, at, row_number() OVER (PARTITION BY tree_id ORDER BY at) AS rank
      FROM (SELECT id, tree_id, lft AS at FROM org_unit
            UNION ALL SELECT id, tree_id, rght FROM org_unit) b) e ON e.id = u.id
 GROUP BY u.id"""


class Mptt:
    name, table = "django-mptt", "bench_stock"

    def fill(self) -> None:
        create(Stock)
        run(
            "INSERT INTO bench_stock (id, parent_id, name, lft, rght, tree_id, level)"
            f" SELECT id, parent_id, name, lft, rght, tree_id, depth FROM ({GAPLESS}) g"
        )
        settle("bench_stock")

    def add(self, parent: int, number: int) -> None:
        with transaction.atomic():
            alone()
            Stock(name=f"B{number}", parent=Stock.objects.get(pk=parent)).save()

    def move(self, unit: int, parent: int) -> None:
        with transaction.atomic():
            alone()
            Stock.objects.get(pk=unit).move_to(Stock.objects.get(pk=parent), "last-child")

    def subtree(self, unit: int) -> int:
        root = Stock.objects.get(pk=unit)
        return len(root.get_descendants(include_self=True).values_list("pk", flat=True))

    def ancestors(self, unit: int) -> int:
        node = Stock.objects.get(pk=unit)
        return len(node.get_ancestors(include_self=True).values_list("pk", flat=True))


class Ltree:
    name, table = "ltree", "bench_ltree"

    def fill(self) -> None:
        run("CREATE EXTENSION IF NOT EXISTS ltree")
        run("DROP TABLE IF EXISTS bench_ltree")
        run(
            "CREATE TABLE bench_ltree (id bigint PRIMARY KEY, parent_id bigint, name varchar(120),"
            " path ltree NOT NULL)"
        )
        run(
            "WITH RECURSIVE t AS (SELECT id, parent_id, name, id::text AS path FROM org_unit"
            " WHERE parent_id IS NULL UNION ALL SELECT u.id, u.parent_id, u.name,"
            " t.path || '.' || u.id FROM org_unit u JOIN t ON u.parent_id = t.id)"
            " INSERT INTO bench_ltree SELECT id, parent_id, name, path::ltree FROM t"
        )
        run("CREATE INDEX ON bench_ltree USING gist (path)")
        run("CREATE UNIQUE INDEX ON bench_ltree (path)")
        settle("bench_ltree", serial=False)

    def add(self, parent: int, number: int) -> None:
        with transaction.atomic():
            ((path,),) = rows(
                "SELECT path FROM bench_ltree WHERE id = %s FOR NO KEY UPDATE", [parent]
            )
            run(
                "INSERT INTO bench_ltree VALUES (%(id)s, %(parent)s, %(name)s,"
                " (%(path)s || '.' || %(id)s)::ltree)",
                {"id": number, "parent": parent, "name": f"B{number}", "path": path},
            )

    def move(self, unit: int, parent: int) -> None:
        with transaction.atomic():
            alone()
            run(
                "UPDATE bench_ltree t SET path = p.path || subpath(t.path, nlevel(o.path) - 1)"
                "  FROM bench_ltree o, bench_ltree p"
                " WHERE o.id = %(unit)s AND p.id = %(parent)s AND t.path <@ o.path",
                {"unit": unit, "parent": parent},
            )
            run("UPDATE bench_ltree SET parent_id = %s WHERE id = %s", [parent, unit])

    def subtree(self, unit: int) -> int:
        return len(
            rows(
                "SELECT t.id FROM bench_ltree r JOIN bench_ltree t ON t.path <@ r.path"
                " WHERE r.id = %s",
                [unit],
            )
        )

    def ancestors(self, unit: int) -> int:
        return len(
            rows(
                "SELECT a.id FROM bench_ltree t JOIN bench_ltree a ON a.id = ANY("
                "string_to_array(t.path::text, '.')::bigint[]) WHERE t.id = %s",
                [unit],
            )
        )


class Closure:
    name, table = "closure table", "bench_closure"

    def fill(self) -> None:
        run("DROP TABLE IF EXISTS bench_closure, bench_node")
        run("CREATE TABLE bench_node (id bigint PRIMARY KEY, parent_id bigint, name varchar(120))")
        run("INSERT INTO bench_node SELECT id, parent_id, name FROM org_unit")
        run(
            "CREATE TABLE bench_closure (above bigint, below bigint, depth smallint,"
            " PRIMARY KEY (above, below))"
        )
        run(
            "WITH RECURSIVE t AS (SELECT id AS above, id AS below, 0 AS depth FROM org_unit"
            " UNION ALL SELECT u.parent_id, t.below, t.depth + 1 FROM t JOIN org_unit u"
            " ON u.id = t.above WHERE u.parent_id IS NOT NULL) INSERT INTO bench_closure"
            " SELECT above, below, depth FROM t"
        )
        run("CREATE INDEX ON bench_closure (below)")
        settle("bench_closure", serial=False)

    def add(self, parent: int, number: int) -> None:
        with transaction.atomic():
            run("SELECT 1 FROM bench_node WHERE id = %s FOR NO KEY UPDATE", [parent])
            run("INSERT INTO bench_node VALUES (%s, %s, %s)", [number, parent, f"B{number}"])
            run(
                "INSERT INTO bench_closure SELECT above, %(id)s, depth + 1 FROM bench_closure"
                " WHERE below = %(parent)s UNION ALL SELECT %(id)s, %(id)s, 0",
                {"id": number, "parent": parent},
            )

    def move(self, unit: int, parent: int) -> None:
        with transaction.atomic():
            alone()
            run(
                "DELETE FROM bench_closure c USING bench_closure s, bench_closure a"
                " WHERE s.above = %(unit)s AND a.below = %(unit)s AND a.above <> %(unit)s"
                "   AND c.below = s.below AND c.above = a.above",
                {"unit": unit},
            )
            run(
                "INSERT INTO bench_closure SELECT a.above, s.below, a.depth + s.depth + 1"
                "  FROM bench_closure a, bench_closure s"
                " WHERE a.below = %(parent)s AND s.above = %(unit)s",
                {"unit": unit, "parent": parent},
            )
            run("UPDATE bench_node SET parent_id = %s WHERE id = %s", [parent, unit])

    def subtree(self, unit: int) -> int:
        return len(rows("SELECT below FROM bench_closure WHERE above = %s", [unit]))

    def ancestors(self, unit: int) -> int:
        return len(rows("SELECT above FROM bench_closure WHERE below = %s", [unit]))


def create(model: type[models.Model]) -> None:
    run(f"DROP TABLE IF EXISTS {model._meta.db_table}")
    with connection.schema_editor() as editor:
        editor.create_model(model)


def settle(table: str, *, serial: bool = True) -> None:
    if serial:
        run(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    run(f"VACUUM ANALYZE {table}")


PEERS: list[Callable[[], Peer]] = [Ours, Mptt, Ltree, Closure]
