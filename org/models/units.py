"""The tree of units, closed against every write that does not come from org.tree."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from org.kinds import UnitKind, UnitNature, UnitOrigin

if TYPE_CHECKING:
    # django-mptt ships no types; to the type checker its classes are Django's own.
    from django.db.models import Manager as TreeManager
    from django.db.models import Model as MPTTModel
else:
    from mptt.managers import TreeManager
    from mptt.models import MPTTModel

STRUCTURE = frozenset(
    {"parent", "parent_id", "lft", "rght", "tree_id", "depth", "id", "pk"},
)


class TreeWriteRefused(TypeError):
    """A write that would bend the tree came from outside org.tree: a bug in the caller."""


class UnitQuerySet(models.QuerySet["Unit"]):
    """Reads freely; refuses every bulk write that names the structure."""

    def update(self, **values: Any) -> int:
        """Plain columns only."""
        if STRUCTURE & values.keys():
            raise TreeWriteRefused("QuerySet.update() of the tree's structure: use org.tree")
        return super().update(**values)

    def bulk_update(
        self, objs: Iterable[Unit], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Plain columns only."""
        names = list(fields)
        if STRUCTURE & set(names):
            raise TreeWriteRefused("bulk_update() of the tree's structure: use org.tree")
        return super().bulk_update(objs, names, batch_size=batch_size)

    def bulk_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never: new units have no numbers yet."""
        raise TreeWriteRefused("bulk_create() of units: use org.tree or load_divisions")

    def delete(self) -> NoReturn:
        """Never."""
        raise TreeWriteRefused("QuerySet.delete() of units: use org.tree.delete")


class UnitManager(TreeManager["Unit"]):
    """mptt's manager without its default ordering and without its writes."""

    def get_queryset(self) -> UnitQuerySet:
        """Units in no particular order."""
        # mptt orders by (tree_id, lft), which silently joins every values().annotate() group.
        return UnitQuerySet(self.model, using=self._db)

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TreeWriteRefused("mptt's own writes assume a tree without gaps: use org.tree")

    insert_node = move_node = rebuild = partial_rebuild = build_tree_nodes = _refuse
    disable_mptt_updates = delay_mptt_updates = _mptt_update = _refuse


class Unit(MPTTModel):
    """A region, organ, department, group …: one node of a tree.

    `parent` is the truth; `lft`, `rght`, `tree_id` and `depth` are an index derived from it, with
    gaps, written by org.tree alone. `level` is the administrative level (1 省 … 6 小组) and has
    nothing to do with mptt's depth.
    """

    parent = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, db_index=False, related_name="+"
    )
    lft = models.BigIntegerField(editable=False)
    rght = models.BigIntegerField(editable=False)
    tree_id = models.IntegerField(editable=False)
    depth = models.SmallIntegerField(editable=False)

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60, blank=True)
    # Further names the unit goes by: 加挂牌子, a former or a popular name.
    other_names = ArrayField(models.CharField(max_length=120), default=list, db_default=[])
    nature = models.CharField(
        max_length=16, choices=UnitNature.choices, blank=True, default="", db_default=""
    )
    kind = models.CharField(max_length=16, choices=UnitKind.choices)
    level = models.SmallIntegerField()
    sort = models.IntegerField(default=0)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True)
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    # Since when names, code, place and order are what they are; null: since valid_from.
    changed_at = models.DateTimeField(null=True, editable=False)
    origin = models.CharField(max_length=12, choices=UnitOrigin.choices, default=UnitOrigin.ENTERED)
    # First letters of the name's syllables, and of its short and other names, apart by spaces.
    initials = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )
    # Characters and pairs of all names and initials; null for village groups, found by code.
    name_grams = ArrayField(models.CharField(max_length=2), null=True, editable=False)

    objects: ClassVar[UnitManager] = UnitManager()
    _loaded_parent_id: int | None = None

    class MPTTMeta:
        level_attr = "depth"

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["tree_id", "lft"], include=["id"], name="org_unit_subtree"),
            models.Index(fields=["parent", "sort", "id"], name="org_unit_parent_sort"),
            GinIndex(fields=["name_grams"], name="org_unit_grams"),
            # The few that stand no longer, so that an old name leads to who goes on.
            models.Index(
                fields=["valid_to"], condition=Q(valid_to__isnull=False), name="org_unit_gone"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(lft__lt=F("rght")), name="org_unit_range"),
            models.CheckConstraint(condition=Q(level__range=(1, 6)), name="org_unit_level"),
            models.CheckConstraint(condition=Q(kind__in=UnitKind.values), name="org_unit_kind"),
            models.CheckConstraint(
                condition=Q(nature="") | Q(nature__in=UnitNature.values), name="org_unit_nature"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="org_unit_dates",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    def from_db(
        cls, db: str | None, field_names: Collection[str], values: Collection[Any], **kwargs: Any
    ) -> Unit:
        """The unit, remembering which parent it was read with."""
        unit = super().from_db(db, field_names, values, **kwargs)
        unit._loaded_parent_id = unit.__dict__.get("parent_id")
        return unit

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """What the database holds now, the parent included, counts as read."""
        super().refresh_from_db(*args, **kwargs)
        self._loaded_parent_id = self.__dict__.get("parent_id")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The plain columns are written; the structure never is, however stale this instance.

        TreeWriteRefused for a new unit and for one whose parent was changed in memory.
        """
        if self._state.adding:
            raise TreeWriteRefused("a new unit: use org.tree.insert")
        if args:
            raise TreeWriteRefused("save() takes keywords only")
        if self.__dict__.get("parent_id") != self._loaded_parent_id:
            raise TreeWriteRefused("the parent was changed in memory: use org.tree.move")
        asked = kwargs.pop("update_fields", None)
        kwargs.pop("force_insert", None)
        if asked is not None and STRUCTURE & set(asked):
            raise TreeWriteRefused("save(update_fields=…) of the structure: use org.tree")
        held = {f.name for f in self._meta.concrete_fields if f.attname in self.__dict__}
        fields = (held if asked is None else set(asked)) - STRUCTURE
        # Past mptt's save(), which would move nodes by what this instance remembers.
        models.Model.save(self, update_fields=sorted(fields), **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TreeWriteRefused("Unit.delete(): use org.tree.delete")

    def insert_at(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TreeWriteRefused("insert_at(): use org.tree.insert")

    def move_to(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise TreeWriteRefused("move_to(): use org.tree.move")

    def is_leaf_node(self) -> bool:
        """True where no unit has this one as its parent (mptt would judge by the gap)."""
        return not Unit.objects.filter(parent_id=self.pk).exists()

    def get_descendants(self, include_self: bool = False) -> UnitQuerySet:
        """The units below, by the range the database holds in the same statement.

        mptt takes the range from this instance; freed ranges are reused, so a remembered one can
        show another unit's descendants.
        """
        here = Unit.objects.filter(pk=self.pk)
        found = Unit.objects.get_queryset().filter(
            tree_id=models.Subquery(here.values("tree_id")),
            lft__gte=models.Subquery(here.values("lft")),
            lft__lt=models.Subquery(here.values("rght")),
        )
        return found if include_self else found.exclude(pk=self.pk)

    def get_descendant_count(self) -> int:
        """The number of units below, counted; mptt derives it from the width, gaps and all."""
        return self.get_descendants().count()


class DivisionLoad(models.Model):
    """The tree was filled from a file of divisions: which, and with which synthetic people."""

    digest = models.CharField(max_length=64)
    people = models.IntegerField()
    seed = models.IntegerField()
    units = models.IntegerField()
    loaded_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.units}"
