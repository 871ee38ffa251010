"""A wrong environment stops the start with the variable's name."""

import os
import subprocess
import sys

import pytest

from tests.contracts import source


def _start_with(**changes: str | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **{k: v for k, v in changes.items() if v is not None}}
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=source.ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_whole_environment_starts() -> None:
    assert _start_with().returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_URL", None, "is not set"),
        ("DATABASE_URL", "mysql://x/y", "should match pattern"),
        ("SECRET_KEY", "short", "at least 50"),
        ("FIELD_KEY", "bm90IDMyIGJ5dGVz", "does not hold 32 bytes"),
        ("FIELD_KEY", "not base64!", "is not base64"),
        ("OIDC_SIGNING_KEY_FILE", "/nowhere/key.pem", "names no readable file"),
        ("SITE_ORIGIN", "https://a.example/path", "should match pattern"),
        ("S3_ENDPOINT", "127.0.0.1:9000", "should match pattern"),
    ],
)
def test_a_bad_variable_stops_the_start_and_is_named(
    name: str, value: str | None, reason: str
) -> None:
    ended = _start_with(**{name: value})
    assert ended.returncode == 78
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith(f"tongwen: the environment variable {name} ")
    assert reason in line
    assert value is None or value not in line
