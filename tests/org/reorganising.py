"""A plan of 机构改革, as the tests draft, submit and approve it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from core.actor import system
from org.kinds import StepKind, UnitKind
from org.models import AdminGrant, Reorganisation, Unit
from org.queries import units
from org.queries.visibility import EVERYTHING
from org.services import rehearsals, reorganisation_decisions, reorganisations
from org.services import units as unit_services
from tests import factories
from tests.factories import Province

DRAFTER: Final = "何管理"
SECOND: Final = "吕安全"


@dataclass(frozen=True)
class Plan:
    """One plan and the province that it changes."""

    province: Province
    id: int

    @property
    def row(self) -> Reorganisation:
        """The plan as it is stored."""
        return Reorganisation.objects.get(pk=self.id)

    @property
    def status(self) -> str:
        """How far the plan has come."""
        return self.row.status

    @property
    def revision(self) -> int:
        """What whoever edits the plan now has seen."""
        return self.row.revision

    def unit(self, name: str) -> dict[str, int]:
        """The unit as steps name it."""
        return {"unit_id": self.province.unit(name)}

    def step(self, kind: StepKind, by: str = DRAFTER, **payload: object) -> int:
        """The id of one more step."""
        return reorganisations.add_step(
            actor=self.province.actor(by),
            reorganisation_id=self.id,
            revision=self.revision,
            kind=kind,
            payload=payload,
            now=timezone.now(),
        ).step_id

    def merge(self) -> None:
        """One more step: 北山街道 is to be merged into 西溪街道."""
        self.step(StepKind.MERGE, units=[self.unit("北山街道")], into=self.unit("西溪街道"))

    def set_up_a_bureau(self) -> int:
        """The id of one more step, which sets up 西湖区数据局."""
        return self.step(
            StepKind.CREATE, parent=self.unit("西湖区"), name="西湖区数据局", unit_kind="organ"
        )

    def remove(self, step_id: int) -> None:
        """The drafter takes the step out."""
        reorganisations.remove_step(
            actor=self.province.actor(DRAFTER),
            reorganisation_id=self.id,
            revision=self.revision,
            step_id=step_id,
            now=timezone.now(),
        )

    def rehearse(self) -> rehearsals.Rehearsal:
        """What the plan would do."""
        return rehearsals.rehearse(
            actor=self.province.actor(DRAFTER), reorganisation_id=self.id, now=timezone.now()
        )

    def submit(self) -> None:
        """The drafter asks for a decision."""
        reorganisation_decisions.submit(
            actor=self.province.actor(DRAFTER),
            reorganisation_id=self.id,
            revision=self.revision,
            now=timezone.now(),
        )

    def approve(self, by: str = SECOND, at: datetime | None = None) -> None:
        """It is to take effect then, or at once."""
        reorganisation_decisions.approve(
            actor=self.province.actor(by),
            reorganisation_id=self.id,
            revision=self.revision,
            effective_at=at,
            now=timezone.now(),
        )


def drafted(province: Province) -> Plan:
    """An empty plan of DRAFTER for 西湖区, where SECOND administers, too; it has two townships."""
    AdminGrant.objects.create(
        person_id=province.person(SECOND),
        role="org",
        root_id=province.unit("西湖区"),
        valid_from=factories.FOUNDED,
    )
    for name, code in (("北山街道", "330106001"), ("西溪街道", "330106002")):
        province.units[name] = add(province, "西湖区", name, "region", f"{code}000")
        province.units[f"{name}办"] = add(province, name, f"{name}办事处", "organ", "")
        for number in (1, 2):
            village = f"{name[:2]}{number}社区"
            province.units[village] = add(province, name, village, "region", f"{code}00{number}")
    plan_id = reorganisations.draft(
        actor=province.actor(DRAFTER),
        title="街道合并",
        basis="杭政函〔2026〕1号",
        scope_id=province.unit("西湖区"),
        now=timezone.now(),
    )
    return Plan(province, plan_id)


def add(province: Province, parent: str, name: str, kind: str, code: str) -> int:
    """The id of a unit that has stood since yesterday."""
    return unit_services.add(
        actor=system("test"),
        parent_id=province.unit(parent),
        name=name,
        kind=UnitKind(kind),
        code=code,
        now=timezone.now() - timedelta(days=1),
    )


def tree() -> list[tuple[object, ...]]:
    """All units, each with its place."""
    fields = ("id", "parent_id", "name", "code", "valid_to")
    return list(Unit.objects.order_by("id").values_list(*fields))


def below(province: Province, name: str) -> list[str]:
    """The names of the units right below one."""
    page = units.children(province.unit(name), at=timezone.now(), viewer=EVERYTHING)
    return [unit.name for unit in page.items]
