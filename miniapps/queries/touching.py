"""How many mini-apps some units are part of, for those who change the units."""

from collections.abc import Collection

from django.db.models import Q

from miniapps.models import MiniApp


def apps(unit_ids: Collection[int]) -> int:
    """The apps that one of the units owns, or that name one of them in a release's audience."""
    return (
        MiniApp.objects.filter(
            Q(owner_unit_id__in=unit_ids)
            | Q(releases__state="published", releases__audience__unit_id__in=unit_ids)
        )
        .distinct()
        .count()
    )
