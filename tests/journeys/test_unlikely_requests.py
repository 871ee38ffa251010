"""The whole API under requests that nobody writes by hand: no crash, and no answer undocumented.

`make test` sends a few thousand of one seed; `make fuzz` (FUZZ=1) three seeds of every kind.
Named so as to run last: what is sent changes the site.
"""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import SignIn, Site

IS_WHOLE = os.environ.get("FUZZ") == "1"
SEEDS = (1, 2, 3) if IS_WHOLE else (1,)
HOW_MUCH = (
    ("--phases", "examples,coverage,fuzzing", "-n", "15")
    if IS_WHOLE
    else ("--phases", "fuzzing", "-n", "3")
)
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance"
)
# They would end the very session that asks, or the rights it asks with, and all that comes after
# would be sent away at the door.
LEFT_OUT = (
    "/api/v1/org/grants/{grant_id}/revoke",
    "/api/v1/org/sessions/{session_id}/end",
    "/api/v1/org/accounts/{account_id}/end-sessions",
)
TIMEOUT = 900


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_meets_a_crash_or_an_answer_that_is_not_documented(
    seed: int, sign_in: SignIn, site: Site, tmp_path: Path
) -> None:
    assert urlsplit(site.url).hostname == "127.0.0.1"
    page = sign_in("县管理员")
    held = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    cookies = "; ".join(f"{name}={value}" for name, value in held.items())
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run",
            f"{site.url}/api/v1/openapi.json",
            "-H", f"Cookie: {cookies}", "-H", f"X-CSRFToken: {held['tongwen_csrf']}",
            "--checks", CHECKS, "--seed", str(seed), *HOW_MUCH,
            *(option for path in LEFT_OUT for option in ("--exclude-path", path)),
            "--continue-on-failure", "--generation-database", "none", "--warnings", "off",
            "--suppress-health-check", "all", "--no-color",
        ],
        cwd=tmp_path, env={**os.environ, "NO_PROXY": "*"}, capture_output=True, text=True,
        timeout=TIMEOUT, check=False,
    )  # fmt: skip
    print(done.stdout[-4_000:])
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4_000:]
    # It was an administrator who asked all along.
    page.goto("/administration/exchange/")
    expect(page.get_by_role("heading", name="导入导出")).to_be_visible()
