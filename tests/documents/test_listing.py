"""The boxes: pages, counts and what they cost."""

from tests.conftest import Budget
from tests.documents.office import Office, content


def test_boxes_come_in_pages_without_a_row_lost_or_doubled(office: Office) -> None:
    wanted = [f"第{number}号草稿" for number in range(7)]
    for title in wanted:
        office.drafted(title=title)
    seen: list[str] = []
    cursor = ""
    while True:
        page = content(office.get("曾国强", f"?box=drafts&limit=3&cursor={cursor}"))
        seen += [row["title"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert seen == wanted[::-1]
    assert content(office.get("曾国强", "counts")) == {"awaiting": 0, "drafts": 7}
    assert content(office.get("曾国强", "?box=drafts&limit=101"))["code"] == "SCHEMA_VIOLATED"
    assert content(office.get("曾国强", "?box=drafts&cursor=abc"))["code"] == "BAD_CURSOR"


def test_sql_budgets(office: Office, budget: Budget) -> None:
    document_id = office.dispatched()
    office.dispatched(title="第二件")
    client = office.province.client("孙收文")
    drafter = office.province.client("曾国强")
    client.get("/api/v1/documents/counts")
    with budget("documents.box.awaiting"):
        client.get("/api/v1/documents/?box=awaiting")
    with budget("documents.box.outgoing"):
        drafter.get("/api/v1/documents/?box=outgoing")
    with budget("documents.counts"):
        client.get("/api/v1/documents/counts")
    client.get(f"/api/v1/documents/{document_id}")
    with budget("documents.document"):
        client.get(f"/api/v1/documents/{document_id}")
    with budget("documents.dispatches"):
        drafter.get(f"/api/v1/documents/{document_id}/dispatches")
    with budget("documents.readers"):
        drafter.get(f"/api/v1/documents/{document_id}/readers")
    with budget("documents.acknowledge"):
        client.post(f"/api/v1/documents/{document_id}/acknowledgement")
