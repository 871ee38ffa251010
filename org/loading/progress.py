"""Shows on standard error how far a long command is."""

import resource
import sys
import time


class ProgressBar:
    """A bar on a terminal's standard error; one line a stage elsewhere."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._is_terminal = sys.stderr.isatty()

    def show(self, stage: str, done: int, total: int) -> None:
        """How far the stage is."""
        share = done / total if total else 1.0
        filled = round(share * 30)
        bar = "█" * filled + "·" * (30 - filled)
        line = f"{stage:>18} [{bar}] {done:>7}/{total} {self.seconds:5.1f} s"
        if self._is_terminal:
            end = "\n" if done >= total else "\r"
            print(line, end=end, file=sys.stderr, flush=True)  # noqa: T201  # it is the bar
        elif done >= total:
            print(line, file=sys.stderr, flush=True)  # noqa: T201  # it is the bar

    def close(self) -> None:
        """Nothing is left to be shown."""
        sys.stderr.flush()

    @property
    def seconds(self) -> float:
        """Since the bar was made."""
        return time.monotonic() - self._began

    @property
    def megabytes(self) -> int:
        """The most memory that this process has held at once."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
