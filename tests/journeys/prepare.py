"""`python -m tests.journeys.prepare`: loads the divisions and the demo into the environment's site.

One process for both commands: each would spend some seconds on loading the product alone.
"""

import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(divisions: Path, accounts: Path, sample_port: int) -> None:
    """The units under the divisions, 600 people, the demo's accounts and their first work exist."""
    django.setup()
    call_command("load_divisions", divisions, people=600, seed=1)
    call_command("seed_demo", accounts=accounts, sample_port=sample_port)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
