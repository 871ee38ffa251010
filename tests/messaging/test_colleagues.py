"""Telling like-named people apart."""

from tests.messaging.conftest import Phone


def test_members_and_readers_are_shown_with_their_organs(
    wang: Phone, zhang: Phone, lin: Phone
) -> None:
    room = wang.group(zhang, lin)
    wang.send(room, "请阅")
    members = wang.get(f"/conversations/{room}").json()["members"]
    readers = wang.get(f"/conversations/{room}/messages/2/receipts").json()["items"]
    for row in (*members[1:], *readers):
        assert (row["name"], row["organ_name"], row["unit_name"]) in {
            ("张晓梅", "西湖区民政局", "办公室"),
            ("林上城", "上城区民政局", "上城区民政局"),
        }
    assert (len(members), len(readers)) == (3, 2)
