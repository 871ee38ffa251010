"""Who hears of a review: those who may decide, and those who wait for the decision."""

from datetime import datetime
from typing import Final

from miniapps.models import Developer, Release, ReleaseState
from org.kinds import AdminRole
from org.queries import authority

MOST_REVIEWERS: Final = 20


def reviewers(release_id: int, *, at: datetime) -> list[int]:
    """The people who may take the waiting release, the nearest 20; nobody once it is taken."""
    release = (
        Release.objects.select_related("app")
        .filter(pk=release_id, state=ReleaseState.SUBMITTED)
        .first()
    )
    if release is None:
        return []
    own = set(developers(release.app_id))
    grants = authority.of_unit(release.app.owner_unit_id, at=at)
    nearest = dict.fromkeys(g.person_id for g in grants if g.role == AdminRole.APPS)
    return [person_id for person_id in nearest if person_id not in own][:MOST_REVIEWERS]


def developers(app_pk: int) -> list[int]:
    """The people who belong to the app."""
    return list(Developer.objects.filter(app_id=app_pk).values_list("person_id", flat=True))
