"""Handing files over: what is taken, from whom and how much of it, and how long it waits."""

import socket
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from core import actor, storage
from core.models import AuditEntry
from messaging import handlers, intake, policies
from messaging.models import File
from messaging.services import files as services
from tests.core import samples
from tests.messaging import files
from tests.messaging.conftest import API, Phone


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
    answer = files.upload(wang, wang.direct(li), name, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert File.objects.count() == 0


def test_a_hundred_thousand_entries_are_refused(wang: Phone, li: Phone) -> None:
    answer = files.upload(wang, wang.direct(li), "资料.zip", samples.crowded_archive(100_000))
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
    first = files.upload(wang, room, upload_id=upload_id).json()
    assert files.upload(wang, room, upload_id=upload_id).json() == first
    answer = files.upload(wang, room, content=files.PDF + b"\n%%EOF", upload_id=upload_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "FILE_UPLOAD_CONFLICT")
    assert File.objects.count() == 1
    assert AuditEntry.objects.filter(action="messaging.file.uploaded").count() == 1
    assert files.upload(li, room, upload_id=upload_id).json()["file_id"] != first["file_id"]


def test_where_one_may_not_speak_nothing_is_handed_over(wang: Phone, li: Phone) -> None:
    room = wang.group(li)
    wang.call("patch", f"/conversations/{room}/policy", {"mute_all": True})
    answer = files.upload(li, room)
    assert (answer.status_code, answer.json()["code"]) == (403, "CONVERSATION_MUTED")
    assert File.objects.count() == 0


def test_whoever_hands_over_many_at_once_waits_and_nobody_else_does(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    with ExitStack() as running:
        for _ in range(intake.AT_ONCE):
            running.enter_context(intake.turn(wang.person_id))
        assert files.upload(wang, room).status_code == 503
        assert File.objects.count() == 0
        assert files.upload(li, room).status_code == 201
    assert files.upload(wang, room).status_code == 201


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
            assert files.upload(wang, room).status_code == 201
        assert scanned.result() is False


def test_a_day_has_its_quota(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    files.upload(wang, room)
    now = timezone.now()
    File.objects.update(size=policies.FILE_BYTES_PER_DAY - len(files.PDF))
    assert files.upload(wang, room).status_code == 201
    answer = files.upload(wang, room)
    assert (answer.status_code, answer.json()["code"]) == (429, "FILE_QUOTA_SPENT")
    assert files.upload(li, room).status_code == 201
    File.objects.update(uploaded_at=now - timedelta(days=1, seconds=1))
    assert files.upload(wang, room).status_code == 201
    File.objects.bulk_create(
        File(
            uploader_id=wang.person_id, upload_id=uuid.uuid4(), conversation_id=room, name="a.txt",
            size=1, mime="text/plain", key=f"k{number}", uploaded_at=now,
        )
        for number in range(policies.FILES_PER_DAY)
    )  # fmt: skip
    assert files.upload(wang, room).status_code == 429


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


def test_what_nobody_sent_is_gone_after_a_week(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    kept = files.sent_file(wang, room)
    files.upload(wang, room, "图.png", samples.picture())
    key = File.objects.get(sent_at__isnull=True).key
    now = timezone.now()
    handlers.forget_left_over_files(now + timedelta(days=6))
    assert storage.get(key) == samples.picture()
    handlers.forget_left_over_files(now + timedelta(days=8))
    for gone in (key, f"{key}-thumbnail", f"{key}-view"):
        with pytest.raises(storage.ObjectMissing):
            storage.get(gone)
    assert File.objects.get().pk == kept["file_id"]
    assert files.get(li, kept["download"]).content == files.PDF


def test_a_file_that_is_being_forgotten_is_not_sent_and_gone_the_next_time(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    file_id = files.upload(wang, room).json()["file_id"]
    now = timezone.now()
    assert services.withdraw(actor=actor.system("tests"), file_id=file_id, now=now)
    assert files.send(wang, room, file_id).status_code == 404
    handlers.forget_left_over_files(now + timedelta(days=8))
    assert not File.objects.exists()
