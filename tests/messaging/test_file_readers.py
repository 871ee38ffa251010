"""A file is had by whoever may see its message, as it was, and by nobody else."""

import uuid

from core import storage
from core.models import AuditEntry
from messaging.models import File
from tests.core import samples
from tests.messaging import files
from tests.messaging.conftest import Phone


def test_strangers_have_no_file_and_cannot_hand_one_over(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file = files.sent_file(wang, room, name="图.png", content=samples.picture())
    for link in (file["download"], file["thumbnail"], file["view"]):
        assert files.get(zhang, link).status_code == 404
    answer = files.upload(zhang, room)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert zhang.get(f"/conversations/{room}/files", kind="file").status_code == 404
    own = zhang.direct(li)
    zhang.send(own, "一")
    forged = file["download"].replace(f"/{room}/", f"/{own}/")
    assert files.get(zhang, forged).json()["code"] == "FILE_NOT_FOUND"


def test_what_was_sent_before_one_came_or_was_recalled_cannot_be_had(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    before = files.sent_file(wang, room)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    after = files.sent_file(wang, room)
    assert files.get(zhang, before["download"]).json()["code"] == "FILE_NOT_FOUND"
    assert files.get(zhang, after["download"]).status_code == 200
    listed = zhang.get(f"/conversations/{room}/files", kind="file").json()["items"]
    assert [item["seq"] for item in listed] == [after["seq"]]
    wang.call("post", f"/conversations/{room}/messages/{after['seq']}/recall", {})
    for phone in (wang, li, zhang):
        assert files.get(phone, after["download"]).json()["code"] == "FILE_NOT_FOUND"
    assert zhang.get(f"/conversations/{room}/files", kind="file").json()["items"] == []


def test_whoever_is_out_has_no_file_any_more(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    file = files.sent_file(wang, room)
    assert files.get(zhang, file["download"]).status_code == 200
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    assert files.get(zhang, file["download"]).status_code == 404


def test_forwarding_gives_the_file_to_new_readers_without_copying_it(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room, there = wang.direct(li), li.direct(zhang)
    file = files.sent_file(wang, room)
    forward = {"client_message_id": str(uuid.uuid4()), "seqs": [1], "to": [there]}
    assert li.call("post", f"/conversations/{room}/forward-singly", forward).status_code == 200
    carried = zhang.page(there)["entries"][0]["file"]
    assert carried["file_id"] == file["file_id"]
    assert files.get(zhang, carried["download"]).content == files.PDF
    assert files.get(zhang, file["download"]).status_code == 404
    assert files.get(lin, carried["download"]).status_code == 404
    together = {**forward, "client_message_id": str(uuid.uuid4())}
    assert li.call("post", f"/conversations/{room}/forward-together", together).status_code == 200
    record = zhang.get(f"/conversations/{there}/messages/2/record").json()
    assert files.get(zhang, record["items"][0]["file"]["download"]).content == files.PDF
    assert File.objects.count() == 1


def test_a_swapped_object_is_not_handed_out(wang: Phone, li: Phone) -> None:
    file = files.sent_file(wang, wang.direct(li))
    storage.put(key=File.objects.get().key, content=b"%PDF-evil", content_type="application/pdf")
    answer = files.get(li, file["download"])
    assert (answer.status_code, answer.json()["code"]) == (409, "OBJECT_ALTERED")


def test_taking_a_file_away_is_audited(wang: Phone, li: Phone) -> None:
    file = files.sent_file(wang, wang.direct(li))
    files.get(li, file["download"])
    entry = AuditEntry.objects.get(action="messaging.file.downloaded")
    assert entry.object_id == str(file["file_id"])
    assert entry.detail == {"name": "防汛预案.pdf"}


def test_looking_at_a_picture_that_moves_is_taking_it_away(wang: Phone, li: Phone) -> None:
    file = files.sent_file(wang, wang.direct(li), name="演示.gif", content=samples.motion())
    files.get(li, file["motion"])
    entry = AuditEntry.objects.get(action="messaging.file.downloaded")
    assert entry.object_id == str(file["file_id"])
