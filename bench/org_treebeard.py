"""django-treebeard's two ways to keep a tree, if it is installed (bin/bench-org does so)."""

from collections.abc import Iterator

from django.db import connection, models, transaction
from treebeard.mp_tree import MP_Node
from treebeard.ns_tree import NS_Node

from bench.org_peers import GAPLESS, alone, create, rows, run, settle

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Mp(MP_Node):
    name = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"


class Ns(NS_Node):
    name = models.CharField(max_length=120)

    class Meta:
        app_label = "bench"


class _Treebeard:
    model: type[Mp] | type[Ns]

    def add(self, parent: int, number: int) -> None:
        with transaction.atomic():
            alone()
            self.model.objects.get(pk=parent).add_child(name=f"B{number}")

    def move(self, unit: int, parent: int) -> None:
        with transaction.atomic():
            alone()
            above = self.model.objects.get(pk=parent)
            self.model.objects.get(pk=unit).move(above, "last-child")

    def subtree(self, unit: int) -> int:
        root = self.model.objects.get(pk=unit)
        return len(self.model.objects.get_tree(root).values_list("pk", flat=True))

    def ancestors(self, unit: int) -> int:
        node = self.model.objects.get(pk=unit)
        return len(node.get_ancestors().values_list("pk", flat=True)) + 1


class MaterialisedPath(_Treebeard):
    name, table, model = "treebeard MP", "bench_mp", Mp

    def fill(self) -> None:
        create(Mp)
        units = list(_paths())
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY bench_mp (id, path, depth, numchild, name) FROM STDIN") as copy,
        ):
            for row in units:
                copy.write_row(row)
        settle("bench_mp")


class NestedSets(_Treebeard):
    name, table, model = "treebeard NS", "bench_ns", Ns

    def fill(self) -> None:
        create(Ns)
        run(
            "INSERT INTO bench_ns (id, name, lft, rgt, tree_id, depth)"
            f" SELECT id, name, lft, rght, tree_id, depth + 1 FROM ({GAPLESS}) g"
        )
        settle("bench_ns")


def _paths() -> Iterator[tuple[object, ...]]:
    parts: dict[int | None, list[tuple[int, str]]] = {}
    for unit, parent, name in rows("SELECT id, parent_id, name FROM org_unit ORDER BY sort, id"):
        parts.setdefault(parent, []).append((unit, str(name)))
    waiting: list[tuple[int | None, str]] = [(None, "")]
    while waiting:
        above, path = waiting.pop()
        for number, (unit, name) in enumerate(parts.get(above, []), start=1):
            here = path + _step(number)
            yield unit, here, len(here) // 4, len(parts.get(unit, [])), name
            waiting.append((unit, here))


def _step(number: int) -> str:
    digits = ""
    for _ in range(4):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits
