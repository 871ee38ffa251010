"""A page whose parts did not all come: it says so, and loads itself anew once the site answers."""

import re
from dataclasses import dataclass

from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import SignIn

SCRIPTS = re.compile(r"/static/.+\.js$")
RELOADS = "() => sessionStorage.getItem('tongwen:reloads')"
WATCH = "/static/workbench/loading.js"


@dataclass
class Cut:
    """A network that drops every request for a script, for as long as it `lasts`."""

    spares_watch: bool = True
    lasts: bool = True
    dropped: int = 0

    def take(self, route: Route) -> None:
        asked = route.request
        is_watch = asked.url.endswith(WATCH) and asked.resource_type == "script"
        if not self.lasts or (is_watch and self.spares_watch):
            route.continue_()
            return
        self.dropped += 1
        route.abort("connectionfailed")


def cut(page: Page, *, spares_watch: bool = True) -> Cut:
    done = Cut(spares_watch=spares_watch)
    page.route(SCRIPTS, done.take)
    return done


def expect_whole(page: Page) -> None:
    """Everything of the page has come."""
    page.wait_for_function(
        """() => document.readyState === "complete"
            && document.documentElement.className === "is-watched" """
    )
    expect(page.locator("#unloaded")).to_be_hidden()


def test_a_page_whose_modules_did_not_come_loads_itself_anew(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    network = cut(page)
    for address in ("/messages/", "/directory/", "/"):
        network.lasts = True
        page.goto(address)
        expect(page.get_by_text("网络恢复后将自动重新载入")).to_be_visible()
        network.lasts = False
        expect_whole(page)
    page.goto("/messages/")
    network.lasts = True
    page.reload()
    expect(page.locator("#unloaded")).to_be_visible()
    expect(page.locator(".messages .list .row")).to_have_count(0)
    network.lasts = False
    expect(page.locator(".messages .list .row").first).to_be_visible()


def test_one_module_that_is_missing_is_noticed(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    dropped: list[str] = []

    def drop_once(route: Route) -> None:
        if dropped:
            route.continue_()
            return
        dropped.append(route.request.url)
        route.abort("connectionreset")

    page.route("**/messages/links.js", drop_once)
    page.goto("/messages/")
    expect(page.locator(".messages .list .row").first).to_be_visible()
    expect_whole(page)
    assert len(dropped) == 1
    assert page.evaluate(RELOADS) == "1"


def test_what_is_not_the_pages_own_is_no_loss(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")

    def put_in(route: Route) -> None:
        answer = route.fetch()
        parts = "<script src='/plug-in.js'></script><link rel='stylesheet' href='/plug-in.css'>"
        page_text = answer.text().replace("<title>", f"{parts}<title>", 1)
        route.fulfill(response=answer, body=page_text)

    page.add_init_script(
        "window.missed = 0; addEventListener('error', () => { window.missed += 1; }, true);"
    )
    page.route(re.compile(r"/plug-in\."), lambda route: route.abort("blockedbyclient"))
    page.route("**/workbench/late.js", lambda route: route.abort("connectionfailed"))
    page.route("**/messages/", put_in)
    page.goto("/messages/")
    expect(page.locator(".messages .list .row").first).to_be_visible()
    page.wait_for_function("() => window.missed === 2")
    expect_whole(page)
    page.evaluate(
        """() => new Promise((resolve) => {
            const late = document.createElement("script");
            late.src = "/static/workbench/late.js";
            late.onerror = resolve;
            document.head.append(late);
        })"""
    )
    expect_whole(page)
    assert page.evaluate(RELOADS) is None


def test_reloads_in_a_row_are_counted_until_the_page_has_stood(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    page.add_init_script(
        """
        const later = window.setTimeout;
        window.setTimeout = (act, wait, ...given) => {
          if (wait !== 60000) return later(act, wait, ...given);
          window.standsNow = act;
          return 0;
        };
        """
    )
    network = cut(page)
    page.goto("/directory/")
    expect(page.get_by_text("网络恢复后将自动重新载入")).to_be_visible()
    network.lasts = False
    expect_whole(page)
    page.wait_for_function("() => Boolean(window.standsNow)")
    assert int(page.evaluate(RELOADS)) >= 1
    page.evaluate("() => window.standsNow()")
    assert page.evaluate(RELOADS) is None


def test_icons_that_did_not_come_are_asked_for_again(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    drops = {"all": True}

    def take(route: Route) -> None:
        if drops["all"]:
            route.abort("connectionfailed")
        else:
            route.continue_()

    width = "document.querySelector('.rail use').getBBox().width"
    page.route("**/icons.svg", take)
    page.goto("/messages/")
    expect(page.locator(".messages .list .row").first).to_be_visible()
    assert page.evaluate(width) == 0
    drops["all"] = False
    page.wait_for_function(f"() => {width} > 0")


def test_what_was_typed_meanwhile_is_not_lost_to_the_reload(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    network = cut(page)
    page.goto("/messages/")
    page.get_by_role("searchbox", name="搜索同事、单位").fill("水利")
    expect(page.get_by_text("请在网络恢复后重新载入")).to_be_visible()
    expect(page.get_by_text("网络恢复后将自动重新载入")).to_be_hidden()
    network.lasts = False
    page.get_by_role("link", name="立即重新载入").click()
    expect(page.locator(".messages .list .row").first).to_be_visible()
    expect_whole(page)


def test_a_page_without_any_script_says_how_to_go_on(sign_in: SignIn) -> None:
    page = sign_in("拟稿人")
    network = cut(page, spares_watch=False)
    page.goto("/messages/")
    expect(page.get_by_text("请在网络恢复后重新载入")).to_be_visible()
    network.lasts = False
    page.get_by_role("link", name="立即重新载入").click()
    expect(page.locator(".messages .list .row").first).to_be_visible()
    expect_whole(page)
    assert network.dropped > 0
