"""Files of messages: handed over, carried, had by whoever may see the message."""

import io
import json
import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest.mock import ANY
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from core import actor, storage
from core.models import AuditEntry
from messaging import handlers, intake, policies
from messaging.models import File, Message
from messaging.services import files as services
from tests.conftest import Budget
from tests.core import samples
from tests.messaging.conftest import API, Phone

PDF = samples.PDF


def upload(
    phone: Phone,
    room: int,
    name: str = "防汛预案.pdf",
    content: bytes = PDF,
    upload_id: uuid.UUID | None = None,
) -> Any:
    """The answer to handing a file over."""
    sent = {
        "file": SimpleUploadedFile(name, content, "application/octet-stream"),
        "upload_id": str(upload_id or uuid.uuid4()),
    }
    return phone.client.post(f"{API}/conversations/{room}/files", sent)


def send(phone: Phone, room: int, file_id: int, kind: str = "file", **besides: object) -> Any:
    """The answer to sending a file that was handed over."""
    content = {"client_message_id": str(uuid.uuid4()), "body": "", "kind": kind, **besides}
    return phone.call("post", f"/conversations/{room}/messages", {**content, "file_id": file_id})


def sent_file(phone: Phone, room: int, **what: Any) -> dict[str, Any]:
    """The file of a new message, with its links and `seq`."""
    taken = upload(phone, room, **what)
    assert taken.status_code == 201, taken.content
    kind = "image" if taken.json()["width"] else "file"
    answer = send(phone, room, taken.json()["file_id"], kind)
    assert answer.status_code == 200, answer.content
    seq = answer.json()["seq"]
    entry = next(one for one in phone.page(room)["entries"] if one["seq"] == seq)
    return {**entry["file"], "seq": seq}


def get(phone: Phone, link: str) -> Any:
    """The answer at a link of a file."""
    return phone.client.get(link)


def test_a_file_comes_to_the_other_as_it_was(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    sent_file(wang, room)
    entry = li.page(room)["entries"][0]
    at = f"{API}/conversations/{room}/messages/1/files/{entry['file']['file_id']}"
    assert entry["kind"] == "file"
    assert entry["file"] == {
        "file_id": ANY, "name": "防汛预案.pdf", "size": len(PDF), "mime": "application/pdf",
        "width": None, "height": None, "download": at, "thumbnail": None, "view": None,
        "motion": None,
    }  # fmt: skip
    answer = get(li, at)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('防汛预案.pdf')}"
    assert answer["Cache-Control"] == "no-store"
    assert get(li, f"{at}/thumbnail").status_code == 404
    assert li.card(room)["last_entry"]["file"]["name"] == "防汛预案.pdf"


def test_a_picture_is_shown_small_without_its_place(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    file = sent_file(wang, room, name="水库.jpg", content=samples.photograph((1200, 600)))
    assert (file["mime"], file["width"], file["height"]) == ("image/jpeg", 600, 1200)
    for link, size in ((file["thumbnail"], (293, 587)), (file["view"], (600, 1200))):
        answer = get(li, link)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
        assert answer["Cache-Control"] == "private, max-age=3600"
        assert answer["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == size
            assert dict(image.getexif()) == {}
        assert b"NEAR-THE-RESERVOIR" not in answer.content
    assert b"NEAR-THE-RESERVOIR" in get(li, file["download"]).content


def test_a_small_picture_that_moves_is_shown_as_it_is_and_opens_nowhere(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file = sent_file(wang, room, name="演示.gif", content=samples.motion())
    answer = get(li, file["motion"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert answer.content == samples.motion()
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Cache-Control"] == "private, max-age=3600"
    with Image.open(io.BytesIO(get(li, file["thumbnail"]).content)) as image:
        assert (image.format, getattr(image, "n_frames", 0)) == ("WEBP", 1)
    assert get(zhang, file["motion"]).status_code == 404
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert get(li, file["motion"]).status_code == 404


def test_what_is_large_or_no_gif_is_not_shown_as_it_is(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for name, content in (
        ("图.png", samples.picture()),
        ("很大.gif", samples.motion() + bytes(5 * 1024 * 1024)),
        ("很宽.gif", samples.motion((2100, 2000))),
    ):
        file = sent_file(wang, room, name=name, content=content)
        assert file["motion"] is None
        assert get(li, f"{file['download']}/motion").status_code == 404
        assert get(li, file["view"]).status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("通知.pdf", b"<html><script>alert(1)</script>", 415, "FILE_KIND_REFUSED"),
        ("报告.docx", b"MZ\x90\0" + b"\0" * 100, 415, "FILE_KIND_REFUSED"),
        ("图.svg", b"<svg><script>alert(1)</script></svg>", 415, "FILE_KIND_REFUSED"),
        ("报告.docx", samples.document(macros=True), 415, "FILE_KIND_REFUSED"),
        ("资料.zip", samples.archive({"a.txt": b"\0" * 30_000_000}), 413, "FILE_ARCHIVE_TOO_LARGE"),
        ("资料.zip", samples.archive({"../a.txt": b"x"}), 422, "FILE_ARCHIVE_UNSAFE"),
        ("资料.zip", samples.link_archive(), 422, "FILE_ARCHIVE_UNSAFE"),
        ("图.png", samples.declared_png(50_000, 50_000), 422, "FILE_PICTURE_TOO_LARGE"),
        ("图.png", samples.declared_png(500, 500), 422, "FILE_DAMAGED"),
        ("空.txt", b"", 422, "FILE_DAMAGED"),
    ],
)
def test_what_harms_is_refused_and_nothing_is_kept(
    wang: Phone, li: Phone, name: str, content: bytes, status: int, code: str
) -> None:
    answer = upload(wang, wang.direct(li), name, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert File.objects.count() == 0


def test_a_hundred_thousand_entries_are_refused(wang: Phone, li: Phone) -> None:
    answer = upload(wang, wang.direct(li), "资料.zip", samples.crowded_archive(100_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "FILE_ARCHIVE_TOO_LARGE")
    assert File.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("cod\u202efdp.txt", "codfdp.txt"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil 1.txt"),
        ("a" * 300 + ".txt", "a" * 116 + ".txt"),
        ("<img src=x>.txt", "img src=x.txt"),
    ],
)
def test_names_come_clean(wang: Phone, li: Phone, given: str, shown: str) -> None:
    # As other clients may write it: percent-encoded, so that every character arrives.
    part = "--b\r\nContent-Disposition: form-data; name="
    name = f"filename*=UTF-8''{quote(given, safe='')}"
    body = (
        f'{part}"upload_id"\r\n\r\n{uuid.uuid4()}\r\n'
        f'{part}"file"; {name}\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n'
    )
    answer = wang.client.post(
        f"{API}/conversations/{wang.direct(li)}/files", body.encode(),
        content_type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["name"]) == (201, shown)


def test_the_same_upload_is_one_file_and_another_under_its_id_a_conflict(
    wang: Phone, li: Phone
) -> None:
    room, upload_id = wang.direct(li), uuid.uuid4()
    first = upload(wang, room, upload_id=upload_id).json()
    assert upload(wang, room, upload_id=upload_id).json() == first
    answer = upload(wang, room, content=PDF + b"\n%%EOF", upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "FILE_UPLOAD_CONFLICT")
    assert File.objects.count() == 1
    assert AuditEntry.objects.filter(action="messaging.file.uploaded").count() == 1
    assert upload(li, room, upload_id=upload_id).json()["file_id"] != first["file_id"]


def test_only_the_uploader_sends_a_file_and_as_often_as_wanted(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file_id = upload(wang, room).json()["file_id"]
    answer = send(li, room, file_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "FILE_NOT_FOUND")
    assert Message.objects.count() == 0
    assert send(wang, room, file_id).status_code == 200
    assert send(wang, wang.direct(zhang), file_id).status_code == 200
    assert send(li, li.direct(zhang), file_id).status_code == 404


def test_a_picture_is_sent_as_one_or_as_a_file_and_a_file_only_as_a_file(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    picture = upload(wang, room, "图.png", samples.picture()).json()["file_id"]
    assert send(wang, room, picture, "file").status_code == 200
    answer = send(wang, room, upload(wang, room).json()["file_id"], "image")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_KIND_INVALID")
    answer = send(wang, room, picture, "text", body="说明")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_KIND_INVALID")


def test_a_file_is_sent_once_however_often_its_message_is_repeated(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    file_id = upload(wang, room).json()["file_id"]
    client_id = str(uuid.uuid4())
    first = send(wang, room, file_id, client_message_id=client_id).json()
    again = send(wang, room, file_id, client_message_id=client_id).json()
    assert (again["seq"], again["repeated"]) == (first["seq"], True)
    other = upload(wang, room).json()["file_id"]
    answer = send(wang, room, other, client_message_id=client_id)
    assert answer.json()["code"] == "CLIENT_MESSAGE_CONFLICT"


def test_strangers_have_no_file_and_cannot_hand_one_over(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file = sent_file(wang, room, name="图.png", content=samples.picture())
    for link in (file["download"], file["thumbnail"], file["view"]):
        assert get(zhang, link).status_code == 404
    answer = upload(zhang, room)
    assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert zhang.get(f"/conversations/{room}/files", kind="file").status_code == 404
    own = zhang.direct(li)
    zhang.send(own, "一")
    forged = file["download"].replace(f"/{room}/", f"/{own}/")
    assert get(zhang, forged).json()["code"] == "FILE_NOT_FOUND"


def test_what_was_sent_before_one_came_or_was_recalled_cannot_be_had(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.group(li)
    before = sent_file(wang, room)
    wang.call("post", f"/conversations/{room}/members", {"person_ids": [zhang.person_id]})
    after = sent_file(wang, room)
    assert get(zhang, before["download"]).json()["code"] == "FILE_NOT_FOUND"
    assert get(zhang, after["download"]).status_code == 200
    listed = zhang.get(f"/conversations/{room}/files", kind="file").json()["items"]
    assert [item["seq"] for item in listed] == [after["seq"]]
    wang.call("post", f"/conversations/{room}/messages/{after['seq']}/recall", {})
    for phone in (wang, li, zhang):
        assert get(phone, after["download"]).json()["code"] == "FILE_NOT_FOUND"
    assert zhang.get(f"/conversations/{room}/files", kind="file").json()["items"] == []


def test_whoever_is_out_has_no_file_any_more(wang: Phone, li: Phone, zhang: Phone) -> None:
    room = wang.group(li, zhang)
    file = sent_file(wang, room)
    assert get(zhang, file["download"]).status_code == 200
    wang.call("delete", f"/conversations/{room}/members/{zhang.person_id}")
    assert get(zhang, file["download"]).status_code == 404


def test_forwarding_gives_the_file_to_new_readers_without_copying_it(
    wang: Phone, li: Phone, zhang: Phone, lin: Phone
) -> None:
    room, there = wang.direct(li), li.direct(zhang)
    file = sent_file(wang, room)
    forward = {"client_message_id": str(uuid.uuid4()), "seqs": [1], "to": [there]}
    assert li.call("post", f"/conversations/{room}/forward-singly", forward).status_code == 200
    carried = zhang.page(there)["entries"][0]["file"]
    assert carried["file_id"] == file["file_id"]
    assert get(zhang, carried["download"]).content == PDF
    assert get(zhang, file["download"]).status_code == 404
    assert get(lin, carried["download"]).status_code == 404
    together = {**forward, "client_message_id": str(uuid.uuid4())}
    assert li.call("post", f"/conversations/{room}/forward-together", together).status_code == 200
    record = zhang.get(f"/conversations/{there}/messages/2/record").json()
    assert get(zhang, record["items"][0]["file"]["download"]).content == PDF
    assert File.objects.count() == 1


def test_an_answer_names_the_file_it_answers(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    sent_file(wang, room)
    content = {"client_message_id": str(uuid.uuid4()), "body": "已阅", "reply_to": 1}
    assert li.call("post", f"/conversations/{room}/messages", content).status_code == 200
    quote_of = wang.page(room)["entries"][1]["reply_to"]
    assert quote_of["excerpt"] == "[文件] 防汛预案.pdf"


def test_where_one_may_not_speak_nothing_is_handed_over(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    wang.call("patch", f"/conversations/{room}/policy", {"mute_all": True})
    answer = upload(li, room)
    assert (answer.status_code, answer.json()["code"]) == (403, "CONVERSATION_MUTED")
    assert File.objects.count() == 0


def test_whoever_hands_over_many_at_once_waits_and_nobody_else_does(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    with ExitStack() as running:
        for _ in range(intake.AT_ONCE):
            running.enter_context(intake.turn(wang.person_id))
        assert upload(wang, room).status_code == 503
        assert File.objects.count() == 0
        assert upload(li, room).status_code == 201
    assert upload(wang, room).status_code == 201


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_file_is_looked_through(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    mine = connections["default"]
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as scanner:

        def scan() -> bool:
            """Finds the file clean; whether the uploading thread had a connection meanwhile."""
            wire, _ = listening.accept()
            with wire, wire.makefile("rb") as incoming:
                incoming.read(len(b"zINSTREAM\0"))
                while size := int.from_bytes(incoming.read(4)):
                    incoming.read(size)
                has_one = mine.connection is not None
                wire.sendall(b"stream: OK\0")
            return has_one

        scanned = scanner.submit(scan)
        with override_settings(CLAMD_ADDRESS=f"127.0.0.1:{listening.getsockname()[1]}"):
            assert upload(wang, room).status_code == 201
        assert scanned.result() is False


def test_a_day_has_its_quota(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    upload(wang, room)
    now = timezone.now()
    File.objects.update(size=policies.FILE_BYTES_PER_DAY - len(PDF))
    assert upload(wang, room).status_code == 201
    answer = upload(wang, room)
    assert (answer.status_code, answer.json()["code"]) == (429, "FILE_QUOTA_SPENT")
    assert upload(li, room).status_code == 201
    File.objects.update(uploaded_at=now - timedelta(days=1, seconds=1))
    assert upload(wang, room).status_code == 201
    File.objects.bulk_create(
        File(
            uploader_id=wang.person_id, upload_id=uuid.uuid4(), conversation_id=room, name="a.txt",
            size=1, mime="text/plain", key=f"k{number}", uploaded_at=now,
        )
        for number in range(policies.FILES_PER_DAY)
    )  # fmt: skip
    assert upload(wang, room).status_code == 429


@pytest.mark.parametrize(
    "body",
    [
        b'--xx\r\nContent-Disposition: form-data; name="file"; filename="' + b"a" * 2000
        + b'.pdf"\r\n\r\n%PDF-\r\n--xx--\r\n',
        b"".join(
            b'--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' for _ in range(600)
        ) + b"--xx--\r\n",
        b"--xx\r\nContent-Transfer-Encoding: base64\r\n\r\n\xff\r\n--xx--\r\n",
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_taken_apart_is_refused_in_our_words(
    wang: Phone, li: Phone, body: bytes
) -> None:
    path = f"{API}/conversations/{wang.direct(li)}/files"
    answer = wang.client.post(path, body, content_type="multipart/form-data; boundary=xx")
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"MALFORMED_FORM", "SCHEMA_VIOLATED"}
    assert File.objects.count() == 0


def test_a_swapped_object_is_not_handed_out(wang: Phone, li: Phone) -> None:
    file = sent_file(wang, wang.direct(li))
    storage.put(key=File.objects.get().key, content=b"%PDF-evil", content_type="application/pdf")
    answer = get(li, file["download"])
    assert (answer.status_code, answer.json()["code"]) == (409, "OBJECT_ALTERED")


def test_what_nobody_sent_is_gone_after_a_week(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    kept = sent_file(wang, room)
    upload(wang, room, "图.png", samples.picture())
    key = File.objects.get(sent_at__isnull=True).key
    now = timezone.now()
    handlers.forget_left_over_files(now + timedelta(days=6))
    assert storage.get(key) == samples.picture()
    handlers.forget_left_over_files(now + timedelta(days=8))
    for gone in (key, f"{key}-thumbnail", f"{key}-view"):
        with pytest.raises(storage.ObjectMissing):
            storage.get(gone)
    assert File.objects.get().pk == kept["file_id"]
    assert get(li, kept["download"]).content == PDF


def test_a_file_that_is_being_forgotten_is_not_sent_and_gone_the_next_time(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    file_id = upload(wang, room).json()["file_id"]
    now = timezone.now()
    assert services.withdraw(actor=actor.system("tests"), file_id=file_id, now=now)
    assert send(wang, room, file_id).status_code == 404
    handlers.forget_left_over_files(now + timedelta(days=8))
    assert not File.objects.exists()


def test_taking_a_file_away_is_audited(wang: Phone, li: Phone) -> None:
    file = sent_file(wang, wang.direct(li))
    get(li, file["download"])
    entry = AuditEntry.objects.get(action="messaging.file.downloaded")
    assert entry.object_id == str(file["file_id"])
    assert entry.detail == {"name": "防汛预案.pdf"}


def test_looking_at_a_picture_that_moves_is_taking_it_away(wang: Phone, li: Phone) -> None:
    file = sent_file(wang, wang.direct(li), name="演示.gif", content=samples.motion())
    get(li, file["motion"])
    entry = AuditEntry.objects.get(action="messaging.file.downloaded")
    assert entry.object_id == str(file["file_id"])


def test_the_files_of_a_conversation_come_newest_first_and_in_pages(
    wang: Phone, li: Phone, budget: Budget
) -> None:
    room = wang.direct(li)
    pictures = [
        sent_file(wang, room, name=f"{n}.png", content=samples.picture())["seq"] for n in range(3)
    ]
    sent_file(li, room, name="名单.csv", content=b"a,b")
    first = li.get(f"/conversations/{room}/files", kind="image", limit=2).json()
    rest = li.get(
        f"/conversations/{room}/files", kind="image", limit=2, cursor=first["next_cursor"]
    ).json()
    assert [item["seq"] for item in first["items"] + rest["items"]] == pictures[::-1]
    assert rest["next_cursor"] is None
    with budget("messaging.files.list"):
        [file] = li.get(f"/conversations/{room}/files", kind="file").json()["items"]
    assert (file["sender_name"], file["file"]["name"]) == ("李建国", "名单.csv")
    assert "名单.csv" in json.dumps(li.card(room)["last_entry"], ensure_ascii=False)


def test_files_cost_few_queries(wang: Phone, li: Phone, budget: Budget) -> None:
    room = wang.direct(li)
    with budget("messaging.files.upload"):
        file_id = upload(wang, room).json()["file_id"]
    with budget("messaging.files.send"):
        send(wang, room, file_id)
    link = li.page(room)["entries"][0]["file"]["download"]
    with budget("messaging.files.download"):
        assert get(li, link).status_code == 200
