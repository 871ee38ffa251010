"""HTTP routes of org, mounted at /api/v1/org/."""

import ninja

from org.api import (
    accounts,
    appointments,
    authority,
    departures,
    exports,
    history,
    impact,
    imports,
    lines,
    mergers,
    moves,
    people,
    posts,
    reorganisations,
    requests,
    sessions,
    units,
    visibility,
)

router = ninja.Router(tags=["org"])
for part in (
    history,
    units,
    moves,
    mergers,
    impact,
    people,
    appointments,
    posts,
    departures,
    accounts,
    sessions,
    authority,
    lines,
    reorganisations,
    requests,
    visibility,
    imports,
    exports,
):
    router.add_router("", part.router)
