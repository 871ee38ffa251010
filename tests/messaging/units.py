"""Conversations of units, as their members see them."""

from tests.messaging.conftest import Phone

BUREAU = "西湖区民政局"
HEALTH = "西湖区卫生健康局"


def found(phone: Phone, unit_id: int, scope: str = "inner", **policy: str) -> int:
    """The conversation that the person opens for the unit, with that policy."""
    answer = phone.call("post", f"/units/{unit_id}/conversations", {"scope": scope})
    assert answer.status_code == 200, answer.content
    room = int(answer.json()["conversation_id"])
    if policy:
        phone.call("patch", f"/conversations/{room}/policy", policy)
    return room


def names(phone: Phone, room: int) -> list[str]:
    """Its members, as one of them sees them."""
    items = phone.get(f"/conversations/{room}/members", limit=100).json()["items"]
    return sorted(str(one["name"]) for one in items)


def audience(phone: Phone, room: int, seq: int) -> list[str]:
    """Everybody in the two lists of a message's readers."""
    listed: list[str] = []
    for state in ("read", "unread"):
        cursor: str | None = ""
        while cursor is not None:
            query = {"state": state, "limit": 100, "cursor": cursor}
            page = phone.get(f"/conversations/{room}/messages/{seq}/receipts", **query).json()
            listed += [str(one["name"]) for one in page["items"]]
            cursor = page["next_cursor"]
    return sorted(listed)


def seqs(phone: Phone, room: int) -> list[int]:
    """The entries that the person sees."""
    return [entry["seq"] for entry in phone.page(room)["entries"]]
