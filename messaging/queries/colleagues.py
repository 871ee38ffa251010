"""Where people work, as lists of them tell it: with the organ, so that no two look the same."""

from collections.abc import Collection

from org.queries import units


def organ_names(unit_ids: Collection[int | None]) -> dict[int | None, str]:
    """The name of the organ (or region) that each unit is or stands in; one query.

    Empty for None: whoever left stands nowhere.
    """
    known: dict[int | None, str] = dict.fromkeys(unit_ids, "")
    wanted = [unit_id for unit_id in known if unit_id is not None]
    for unit_id, above in (units.paths(wanted) if wanted else {}).items():
        organs = [unit.name for unit in above if unit.kind in units.ORGAN_LIKE]
        known[unit_id] = organs[-1] if organs else ""
    return known
