"""Runs another bench in the environment of a fresh site, which is gone afterwards.

python -m bench.with_site bench.send --seconds 2
"""

import subprocess
import sys

from bench import hosts
from core.localstack import product


def main() -> int:
    with hosts.site(0) as site:
        command = [sys.executable, "-m", *sys.argv[1:]]
        done = subprocess.run(command, cwd=product.ROOT, env=site.environment, check=False)
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
