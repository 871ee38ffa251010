"""HTTP routes of org, mounted at /api/v1/org/."""

import ninja

router = ninja.Router(tags=["org"])
