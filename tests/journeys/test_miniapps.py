"""An app from its registration to a work notice, by hand, in the browsers of five people."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from tests import ports
from tests.journeys.conftest import ROOT, SignIn, Site

COUNTY = "西湖区"
DEVELOPER, REVIEWER = "应用开发者", "应用审核员"
ON_DUTY, COLLEAGUE, STRANGER = "拟稿人", "核稿人", "邻县人员"

StartApp = Callable[[str, str], None]


@pytest.fixture
def port() -> int:
    return ports.free()


@pytest.fixture
def start_app(site: Site, port: int, tmp_path: Path) -> Iterator[StartApp]:
    """`start_app(client_id, client_secret)` runs the duty roster as that app, in a process."""
    started: list[subprocess.Popen[bytes]] = []

    def start(client_id: str, client_secret: str) -> None:
        credentials = tmp_path / "credentials.json"
        base_url = f"http://127.0.0.1:{port}"
        held = {"client_id": client_id, "client_secret": client_secret, "base_url": base_url}
        credentials.write_text(json.dumps(held))
        command = [sys.executable, "-m", "samples.duty_roster", "--port", str(port),
                   "--platform", site.url, "--credentials", str(credentials)]  # fmt: skip
        environment = {"PATH": os.environ["PATH"]}
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        _wait_for(f"{base_url}/healthz", started[0])

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(address, timeout=60):  # noqa: S310  # our own sample
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the sample app did not start")


def _manifest(page: Page, site: Site, name: str, port: int) -> str:
    """The sample's manifest with an id, an owner and addresses of its own."""
    organ = site.accounts[DEVELOPER].unit.split(" ")[0]
    found = page.request.get("/api/v1/org/units/search", params={"text": organ}).json()
    text = (ROOT / "samples" / "duty_roster" / "manifest.json").read_text(encoding="utf-8")
    document = json.loads(text.replace("https://duty.example.gov.cn", f"http://127.0.0.1:{port}"))
    document |= {"app_id": f"cn.gov.journey.a{uuid.uuid4().hex[:8]}", "name": name}
    document["x_gov"]["owner_unit"] = next(unit["code"] for unit in found if unit["name"] == organ)
    return json.dumps(document, ensure_ascii=False, indent=2)


def _registered(page: Page, site: Site, name: str, port: int) -> tuple[str, str]:
    """The client's id and secret, shown once."""
    page.goto("/apps/")
    page.get_by_role("link", name="登记应用").click()
    manifest = _manifest(page, site, name, port)
    page.get_by_label("清单内容").fill(manifest.replace('"min_code": 1', '"min_code": 0'))
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("/platform_version/min_code")
    page.get_by_label("清单内容").fill(manifest)
    page.get_by_role("button", name="登记", exact=True).click()
    client_id = page.locator("[data-client-id]").inner_text()
    secret = page.locator("[data-client-secret]").inner_text()
    page.get_by_role("link", name="我已保存，继续").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    assert secret not in page.content()
    return client_id, secret


def _approved_and_published(page: Page, name: str, county: str) -> None:
    page.goto("/apps/?tab=queue")
    page.get_by_role("link", name=name).click()
    page.get_by_label("审核意见").fill("用途清楚，同意")
    page.get_by_role("button", name="通过").click()
    picker = page.locator('[data-picker][data-name="unit"]')
    picker.get_by_role("searchbox").fill(county)
    picker.locator(f'[data-pick-name="{county}"]').first.click()
    expect(page.locator("#reach")).to_contain_text("新增可见")
    expect(page.locator("#reach .counter-number").first).not_to_have_text("0")
    page.get_by_role("button", name="上架", exact=True).click()
    expect(page.locator(".pane-head .tag")).to_have_text("已上架")


def test_an_app_is_registered_reviewed_published_opened_and_heard_from(
    site: Site, sign_in: SignIn, start_app: StartApp, port: int
) -> None:
    name = f"值班{uuid.uuid4().hex[:5]}"
    developer, reviewer = sign_in(DEVELOPER), sign_in(REVIEWER)
    client_id, secret = _registered(developer, site, name, port)
    developer.get_by_role("button", name="提交审核").click()
    expect(developer.locator(".pane-head .tag")).to_have_text("待审核")
    _approved_and_published(reviewer, name, COUNTY)
    address = reviewer.url
    start_app(client_id, secret)

    on_duty = sign_in(ON_DUTY)
    on_duty.get_by_role("link", name=name).click()
    expect(on_duty).to_have_title("值班排班")
    expect(on_duty.locator(".who")).to_contain_text(site.accounts[ON_DUTY].name)
    on_duty.locator(".day.is-today").get_by_role("button", name="我来值班").click()
    expect(on_duty.locator(".today .name")).to_have_text(site.accounts[ON_DUTY].name)

    colleague = sign_in(COLLEAGUE, narrow=True)
    colleague.get_by_role("link", name=name).click()
    colleague.get_by_role("button", name="提醒值班人员").click()
    expect(colleague.get_by_role("status")).to_have_text(f"已提醒{site.accounts[ON_DUTY].name}")

    on_duty.goto("/messages/?view=notices")
    expect(on_duty.get_by_text("由您值班").first).to_be_visible()
    expect(on_duty.get_by_text(name).first).to_be_visible()

    stranger = sign_in(STRANGER)
    expect(stranger.get_by_role("link", name=name)).to_have_count(0)
    app_path = address.split(site.url)[1].split("?")[0]
    assert stranger.goto(f"{app_path}open").status == 404  # type: ignore[union-attr]  # it answers


def test_a_suspended_app_is_gone_from_the_workbench(site: Site, sign_in: SignIn) -> None:
    viewer, reviewer = sign_in(ON_DUTY), sign_in(REVIEWER)
    expect(viewer.get_by_role("link", name="值班排班")).to_be_visible()
    reviewer.goto("/apps/?tab=all")
    reviewer.get_by_role("link", name="值班排班").last.click()
    reviewer.locator("summary", has_text="停用").click()
    reviewer.get_by_label("停用原因").fill("例行检查")
    reviewer.get_by_role("button", name="确认停用").click()
    expect(reviewer.locator(".pane-head .tag")).to_have_text("已停用")
    viewer.reload()
    expect(viewer.get_by_role("link", name="值班排班")).to_have_count(0)
    reviewer.get_by_role("button", name="恢复使用").click()
    expect(reviewer.locator(".pane-head .tag")).to_have_text("已上架")
    viewer.reload()
    expect(viewer.get_by_role("link", name="值班排班")).to_be_visible()
