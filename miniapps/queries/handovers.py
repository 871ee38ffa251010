"""What of mini-apps a person who leaves is in charge of."""

from dataclasses import dataclass

from miniapps.models import Developer


@dataclass(frozen=True, slots=True)
class DevelopedApp:
    """An app of which the person is a developer, and perhaps the only one."""

    id: int
    name: str
    is_alone: bool


def developed(person_id: int) -> list[DevelopedApp]:
    """The apps that the person develops, by id."""
    mine = Developer.objects.filter(person_id=person_id).order_by("app_id")
    rows = list(mine.values_list("app_id", "app__name"))
    others = Developer.objects.filter(app_id__in=[row[0] for row in rows])
    accompanied = set(others.exclude(person_id=person_id).values_list("app_id", flat=True))
    return [DevelopedApp(app_id, name, app_id not in accompanied) for app_id, name in rows]
