"""机构改革 in a real browser: two townships become one, with the consent of a second person."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import SignIn

GONE, STAYS, NAMED = "北山街道", "灵隐街道", "湖山街道"


def _pick(dialog: Locator, field: str, name: str) -> None:
    picker = dialog.locator(f'[data-name="{field}"]')
    picker.get_by_role("searchbox").fill(name)
    picker.locator(f'[data-pick-name="{name}"]').first.click()


def _open_step(page: Page, kind: str) -> Locator:
    page.locator(".add-kinds").get_by_role("button", name=kind, exact=True).click()
    dialog = page.get_by_role("dialog")
    # Visible a moment before it is wired; it takes the focus once it is.
    page.wait_for_function("() => document.activeElement.closest('[role=dialog]') !== null")
    return dialog


def _confirm(page: Page, verb: str) -> None:
    asked = page.locator(".dialog-back.confirm")
    asked.get_by_role("button", name=verb, exact=True).click()


def _draft(page: Page) -> None:
    page.goto("/administration/reorganisations/")
    page.get_by_role("button", name="起草方案").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("方案名称").fill("两街道合并")
    dialog.get_by_label("改革依据").fill("杭政函〔2026〕12号")
    dialog.get_by_role("button", name="建立方案").click()
    expect(page.locator("#plan h1")).to_contain_text("两街道合并")


def _write_steps(page: Page) -> None:
    dialog = _open_step(page, "合并")
    _pick(dialog, "units", GONE)
    _pick(dialog, "into", STAYS)
    dialog.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".step")).to_have_count(1)
    expect(page.locator(".step")).to_contain_text(f"将“{GONE}”并入“{STAYS}”")
    dialog = _open_step(page, "更名")
    _pick(dialog, "unit", STAYS)
    dialog.get_by_label("新名称").fill(NAMED)
    dialog.get_by_role("button", name="添加", exact=True).click()
    expect(page.locator(".step")).to_have_count(2)


def test_two_townships_are_merged_by_two_administrators(sign_in: SignIn) -> None:
    drafter = sign_in("县管理员")
    _draft(drafter)
    _write_steps(drafter)
    before, after = drafter.locator(".tree-side").first, drafter.locator(".tree-side").last
    expect(before.locator(".is-gone", has_text=GONE).first).to_contain_text("合并")
    expect(after.locator(".compare-line", has_text=NAMED).first).to_contain_text(f"由{GONE}并入")
    drafter.get_by_role("button", name="提交审批").click()
    _confirm(drafter, "提交审批")
    expect(drafter.locator("#plan h1")).to_contain_text("待审批")
    expect(drafter.get_by_role("button", name="批准", exact=True)).to_have_count(0)

    second = sign_in("县复核员", narrow=True)
    second.goto(drafter.url)
    second.get_by_role("button", name="批准", exact=True).click()
    _confirm(second, "批准")
    expect(second.locator("#plan h1")).to_contain_text("已生效", timeout=30_000)
    expect(second.locator(".step").first).to_contain_text(f"将“{GONE}”并入“{STAYS}”")

    drafter.goto(f"/directory/?q={NAMED}")
    expect(drafter.locator("#found")).to_contain_text(NAMED)
    drafter.goto(f"/directory/?q={GONE}")
    expect(drafter.locator("#found").get_by_text(re.compile(f"^{GONE}$"))).to_have_count(0)


def test_the_old_code_leads_to_the_township_that_goes_on(sign_in: SignIn) -> None:
    page = sign_in("县管理员")
    answer = page.request.get("/api/v1/org/units/search", params={"text": NAMED})
    (found,) = (unit for unit in answer.json() if unit["name"] == NAMED)
    old = page.request.get("/api/v1/org/codes/330106002")
    assert old.ok, old.text()
    names = [unit["name"] for unit in old.json()]
    assert names == [NAMED]
    assert found["kind"] == "region"
