"""A conversation that is called after its unit follows the unit's name."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from messaging import handlers
from org import events as org_events
from org.services import units
from tests.factories import Province
from tests.messaging.conftest import Phone, phone_of

RunJobs = Callable[[], int]
BUREAU = "西湖区民政局"
AFTERWARDS = "西湖区民政和社会工作局"


@pytest.fixture
def rename(province: Province, run_jobs: RunJobs) -> Callable[[], None]:
    """The bureau bears another name, and everybody has heard so."""

    def act() -> None:
        units.rename(
            actor=province.actor("何管理"),
            unit_id=province.unit(BUREAU),
            name=AFTERWARDS,
            now=timezone.now(),
        )
        run_jobs()

    return act


def test_it_bears_the_units_new_name_and_says_so(
    wang: Phone, province: Province, rename: Callable[[], None]
) -> None:
    room = _found(wang, province, title="")
    rename()
    assert _title(wang, room) == f"{AFTERWARDS}工作群"
    last = wang.page(room)["entries"][-1]
    assert last["event"] == {
        "verb": "renamed",
        "by_id": None,
        "by_name": "",
        "people": [],
        "title": f"{AFTERWARDS}工作群",
    }


def test_news_of_two_renamings_in_the_wrong_order_end_with_the_name_of_now(
    wang: Phone, province: Province
) -> None:
    room = _found(wang, province, title="")
    unit_id, clerk = province.unit(BUREAU), province.actor("何管理")
    for name in ("西湖区社会局", AFTERWARDS):
        units.rename(actor=clerk, unit_id=unit_id, name=name, now=timezone.now())
    for old, new in (("西湖区社会局", AFTERWARDS), (BUREAU, "西湖区社会局")):
        event = org_events.UnitRenamed(unit_id=unit_id, old_name=old, new_name=new)
        handlers.on_unit_renamed(event, timezone.now())
    assert _title(wang, room) == f"{AFTERWARDS}工作群"


def test_a_title_of_its_own_stays(
    wang: Phone, province: Province, rename: Callable[[], None]
) -> None:
    room = _found(wang, province, title="局务群")
    before = len(wang.page(room)["entries"])
    rename()
    assert _title(wang, room) == "局务群"
    assert len(wang.page(room)["entries"]) == before


def test_other_units_conversations_keep_their_titles(
    province: Province, rename: Callable[[], None]
) -> None:
    zhang = phone_of(province, "何管理")
    answer = zhang.call(
        "post", f"/units/{province.unit('西湖区')}/conversations", {"scope": "inner"}
    )
    room = answer.json()["conversation_id"]
    before = _title(zhang, room)
    rename()
    assert _title(zhang, room) == before


def _found(phone: Phone, province: Province, *, title: str) -> int:
    content = {"scope": "inner", "title": title}
    answer = phone.call("post", f"/units/{province.unit(BUREAU)}/conversations", content)
    assert answer.status_code == 200, answer.content
    return int(answer.json()["conversation_id"])


def _title(phone: Phone, room: int) -> str:
    return str(phone.get(f"/conversations/{room}").json()["card"]["title"])
