"""Handing files over and fetching them, as people's clients do."""

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

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
