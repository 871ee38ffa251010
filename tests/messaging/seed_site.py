"""Fills the database of a live site with the small province and signs everybody in.

Run as a process of its own; prints the people's ids and session cookies as JSON.
"""

import json
import sys

import django


def main() -> None:
    """Commits the province and prints who may sign in how."""
    django.setup()
    from tests import factories  # needs Django's apps to be ready

    province = factories.small_province()
    cookies = {name: province.client(name).cookies for name in province.people}
    json.dump(
        {
            "people": province.people,
            "sessions": {name: next(iter(held.values())).value for name, held in cookies.items()},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
