"""From where a person acts: all present posts open documents, past ones none."""

import pytest
from django.utils import timezone

from documents.models import Dispatch, Document
from documents.queries import circulation
from tests.documents.office import Office, content

HEALTH, SHANGCHENG = "西湖区卫生健康局", "上城区民政局"


def _titles(office: Office, who: str, box: str) -> list[str]:
    return [row["title"] for row in content(office.get(who, f"?box={box}"))["items"]]


def test_a_clerk_in_a_second_post_sees_what_is_counted_and_acknowledges_it(
    office: Office,
) -> None:
    office.appoint("单小芳", f"{HEALTH}/办公室")
    document_id = office.dispatched()
    person_id = office.province.person("单小芳")
    assert circulation.awaiting_count(person_id, at=timezone.now()) == 1
    assert content(office.get("单小芳", "counts"))["awaiting"] == 1
    assert _titles(office, "单小芳", "awaiting") == [office.draft()["title"]]
    assert content(office.get("单小芳", str(document_id)))["rights"]["acknowledge"] is True
    rows = content(office.get("单小芳", f"{document_id}/dispatches"))
    assert [row["unit_name"] for row in rows] == [HEALTH]
    assert office.send("单小芳", f"{document_id}/acknowledgement").status_code == 200
    sent = Dispatch.objects.get(document=document_id, unit=office.province.unit(HEALTH))
    assert sent.acknowledged_by_id == person_id
    assert circulation.awaiting_count(person_id, at=timezone.now()) == 0


def test_who_opens_it_in_a_second_post_reads_for_that_organ(office: Office) -> None:
    office.appoint("许收发", f"{HEALTH}/办公室")
    document_id = office.dispatched()
    office.get("许收发", str(document_id))
    rows = content(office.get("曾国强", f"{document_id}/readers"))
    assert [(row["name"], row["organ_name"]) for row in rows] == [("许收发", HEALTH)]


def test_a_clerk_of_two_organs_acknowledges_for_both_at_once(office: Office) -> None:
    office.appoint("孙收文", "西湖区人民政府办公室/办公室")
    document_id = office.issued()
    organs = [office.province.unit(name) for name in (HEALTH, "西湖区人民政府办公室")]
    office.send("曾国强", f"{document_id}/dispatches", {"unit_ids": organs})
    first = content(office.send("孙收文", f"{document_id}/acknowledgement"))
    waiting = Dispatch.objects.filter(document=document_id, acknowledged_at__isnull=True)
    assert not waiting.exists()
    assert content(office.send("孙收文", f"{document_id}/acknowledgement")) == first


def test_a_clerk_of_one_organ_and_staff_of_another_acknowledges_for_the_one(
    office: Office,
) -> None:
    office.appoint("周防疫", "西湖区人民政府办公室/办公室")
    document_id = office.issued()
    organs = [office.province.unit(name) for name in (HEALTH, "西湖区人民政府办公室")]
    office.send("曾国强", f"{document_id}/dispatches", {"unit_ids": organs})
    assert office.send("周防疫", f"{document_id}/acknowledgement").status_code == 200
    acknowledged = Dispatch.objects.filter(acknowledged_at__isnull=False)
    assert [one.unit_id for one in acknowledged] == [organs[1]]


def test_a_former_drafter_no_longer_numbers_nor_dispatches(office: Office) -> None:
    document_id = office.signed()
    office.transfer("曾国强", f"{HEALTH}/一科")
    seen = content(office.get("曾国强", str(document_id)))
    assert not any(seen["rights"].values())
    answer = office.send("曾国强", f"{document_id}/issue")
    assert (answer.status_code, content(answer)["code"]) == (403, "DOCUMENT_FORBIDDEN")
    assert Document.objects.get(pk=document_id).state == "signed"
    assert office.send("张晓梅", f"{document_id}/issue").status_code == 200


def test_a_former_drafter_neither_changes_nor_submits_a_draft(office: Office) -> None:
    document_id = office.drafted()
    office.transfer("曾国强", f"{HEALTH}/一科")
    changed = {**office.draft(title="另一个标题"), "revision": 1}
    for answer in (
        office.send("曾国强", str(document_id), changed, method="put"),
        office.send("曾国强", f"{document_id}/submission", office.route()),
    ):
        assert (answer.status_code, content(answer)["code"]) == (403, "DOCUMENT_FORBIDDEN")
    stored = Document.objects.get(pk=document_id)
    assert (stored.state, stored.revision) == ("draft", 1)


def test_what_one_acknowledged_is_listed_while_one_may_see_it(office: Office) -> None:
    document_id = office.dispatched()
    office.send("孙收文", f"{document_id}/acknowledgement")
    assert _titles(office, "孙收文", "done") == [office.draft()["title"]]
    office.transfer("孙收文", "西湖区人民政府办公室/一科")
    assert office.get("孙收文", str(document_id)).status_code == 404
    assert _titles(office, "孙收文", "done") == []


@pytest.mark.parametrize(
    ("who", "is_told"),
    [("曾国强", True), ("张晓梅", True), ("李建国", True), ("孙收文", False), ("赵卫东", False)],
)
def test_receiving_organs_are_not_told_who_was_asked(
    office: Office, who: str, is_told: bool
) -> None:
    document_id = office.dispatched()
    seen = content(office.get(who, str(document_id)))
    assert bool(seen["participants"]) is is_told
    assert (seen["case_id"] is not None) is is_told
