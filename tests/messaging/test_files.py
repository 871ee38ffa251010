"""Files of messages: sent, shown as pictures, answered and listed."""

import io
import json
import uuid
from unittest.mock import ANY
from urllib.parse import quote

from PIL import Image

from messaging.models import Message
from tests.conftest import Budget
from tests.core import samples
from tests.messaging import files
from tests.messaging.conftest import API, Phone


def test_a_file_comes_to_the_other_as_it_was(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    files.sent_file(wang, room)
    entry = li.page(room)["entries"][0]
    at = f"{API}/conversations/{room}/messages/1/files/{entry['file']['file_id']}"
    assert entry["kind"] == "file"
    assert entry["file"] == {
        "file_id": ANY, "name": "防汛预案.pdf", "size": len(files.PDF), "mime": "application/pdf",
        "width": None, "height": None, "download": at, "thumbnail": None, "view": None,
        "motion": None,
    }  # fmt: skip
    answer = files.get(li, at)
    assert (answer.status_code, answer.content) == (200, files.PDF)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('防汛预案.pdf')}"
    assert answer["Cache-Control"] == "no-store"
    assert files.get(li, f"{at}/thumbnail").status_code == 404
    assert li.card(room)["last_entry"]["file"]["name"] == "防汛预案.pdf"


def test_a_picture_is_shown_small_without_its_place(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    file = files.sent_file(wang, room, name="水库.jpg", content=samples.photograph((1200, 600)))
    assert (file["mime"], file["width"], file["height"]) == ("image/jpeg", 600, 1200)
    for link, size in ((file["thumbnail"], (293, 587)), (file["view"], (600, 1200))):
        answer = files.get(li, link)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
        assert answer["Cache-Control"] == "private, max-age=3600"
        assert answer["X-Content-Type-Options"] == "nosniff"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == size
            assert dict(image.getexif()) == {}
        assert b"NEAR-THE-RESERVOIR" not in answer.content
    assert b"NEAR-THE-RESERVOIR" in files.get(li, file["download"]).content


def test_a_small_picture_that_moves_is_shown_as_it_is_and_opens_nowhere(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file = files.sent_file(wang, room, name="演示.gif", content=samples.motion())
    answer = files.get(li, file["motion"])
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/gif")
    assert answer.content == samples.motion()
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["Cache-Control"] == "private, max-age=3600"
    with Image.open(io.BytesIO(files.get(li, file["thumbnail"]).content)) as image:
        assert (image.format, getattr(image, "n_frames", 0)) == ("WEBP", 1)
    assert files.get(zhang, file["motion"]).status_code == 404
    wang.call("post", f"/conversations/{room}/messages/1/recall", {})
    assert files.get(li, file["motion"]).status_code == 404


def test_what_is_large_or_no_gif_is_not_shown_as_it_is(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    for name, content in (
        ("图.png", samples.picture()),
        ("很大.gif", samples.motion() + bytes(5 * 1024 * 1024)),
        ("很宽.gif", samples.motion((2100, 2000))),
    ):
        file = files.sent_file(wang, room, name=name, content=content)
        assert file["motion"] is None
        assert files.get(li, f"{file['download']}/motion").status_code == 404
        assert files.get(li, file["view"]).status_code == 200


def test_only_the_uploader_sends_a_file_and_as_often_as_wanted(
    wang: Phone, li: Phone, zhang: Phone
) -> None:
    room = wang.direct(li)
    file_id = files.upload(wang, room).json()["file_id"]
    answer = files.send(li, room, file_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "FILE_NOT_FOUND")
    assert Message.objects.count() == 0
    assert files.send(wang, room, file_id).status_code == 200
    assert files.send(wang, wang.direct(zhang), file_id).status_code == 200
    assert files.send(li, li.direct(zhang), file_id).status_code == 404


def test_a_picture_is_sent_as_one_or_as_a_file_and_a_file_only_as_a_file(
    wang: Phone, li: Phone
) -> None:
    room = wang.direct(li)
    picture = files.upload(wang, room, "图.png", samples.picture()).json()["file_id"]
    assert files.send(wang, room, picture, "file").status_code == 200
    answer = files.send(wang, room, files.upload(wang, room).json()["file_id"], "image")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_KIND_INVALID")
    answer = files.send(wang, room, picture, "text", body="说明")
    assert (answer.status_code, answer.json()["code"]) == (422, "MESSAGE_KIND_INVALID")


def test_a_file_is_sent_once_however_often_its_message_is_repeated(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    file_id = files.upload(wang, room).json()["file_id"]
    client_id = str(uuid.uuid4())
    first = files.send(wang, room, file_id, client_message_id=client_id).json()
    again = files.send(wang, room, file_id, client_message_id=client_id).json()
    assert (again["seq"], again["repeated"]) == (first["seq"], True)
    other = files.upload(wang, room).json()["file_id"]
    answer = files.send(wang, room, other, client_message_id=client_id)
    assert answer.json()["code"] == "CLIENT_MESSAGE_CONFLICT"


def test_an_answer_names_the_file_it_answers(wang: Phone, li: Phone) -> None:
    room = wang.direct(li)
    files.sent_file(wang, room)
    content = {"client_message_id": str(uuid.uuid4()), "body": "已阅", "reply_to": 1}
    assert li.call("post", f"/conversations/{room}/messages", content).status_code == 200
    quote_of = wang.page(room)["entries"][1]["reply_to"]
    assert quote_of["excerpt"] == "[文件] 防汛预案.pdf"


def test_the_files_of_a_conversation_come_newest_first_and_in_pages(
    wang: Phone, li: Phone, budget: Budget
) -> None:
    room = wang.direct(li)
    pictures = [
        files.sent_file(wang, room, name=f"{n}.png", content=samples.picture())["seq"]
        for n in range(3)
    ]
    files.sent_file(li, room, name="名单.csv", content=b"a,b")
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
        file_id = files.upload(wang, room).json()["file_id"]
    with budget("messaging.files.send"):
        files.send(wang, room, file_id)
    link = li.page(room)["entries"][0]["file"]["download"]
    with budget("messaging.files.download"):
        assert files.get(li, link).status_code == 200
