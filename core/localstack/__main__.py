"""Command line of the local stack: `python -m core.localstack start --data DIR`."""

import argparse
import errno
import os
import shlex
import sys
import time
from pathlib import Path

from core.localstack import stack
from core.localstack.errors import StackError


def main(arguments: list[str]) -> int:
    """Do one command and return the exit code; failures are one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m core.localstack", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "status", "reset", "env"))
    parser.add_argument("--data", type=Path, required=True, help="folder that holds everything")
    parser.add_argument(
        "--throwaway",
        action="store_true",
        help="trade safety after a power cut for speed; for tests and development",
    )
    options = parser.parse_args(arguments)
    try:
        return _run(options.command, options.data, throwaway=options.throwaway)
    except StackError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print(
            f"The disk of {options.data} is full. / {options.data} 所在磁盘已满。", file=sys.stderr
        )
    return 1


def _run(command: str, data: Path, *, throwaway: bool) -> int:
    began = time.monotonic()

    def progress(text: str) -> None:
        print(f"[{time.monotonic() - began:5.1f}s] {text}", flush=True)

    if command == "start":
        stack.start(data, os.environ, progress=progress, throwaway=throwaway)
    elif command == "stop":
        stack.stop(data, progress=progress)
    elif command == "reset":
        stack.reset(data, progress=progress)
    elif command == "env":
        for name, value in stack.environment(stack.opened(data, os.environ)).items():
            print(f"export {name}={shlex.quote(value)}")
    else:
        pids = stack.status(data)
        for name, pid in pids.items():
            print(f"{name:10} {'stopped' if pid is None else f'running, pid {pid}'}")
        return 0 if all(pids.values()) else 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
