"""Objects in the real S3 service of the local stack."""

import hashlib
import time
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from core import crypto, storage

CONTENT = "关于做好防汛工作的通知".encode() * 1000


@pytest.fixture
def stored() -> storage.StoredObject:
    key = storage.content_key("tests", CONTENT)
    return storage.put(key=key, content=CONTENT, content_type="text/plain")


def test_what_is_put_comes_back_with_both_digests(stored: storage.StoredObject) -> None:
    assert stored.size == len(CONTENT)
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert stored.sm3 == crypto.sm3(CONTENT).hex()
    assert storage.get(stored.key, sha256=stored.sha256) == CONTENT


def test_a_swapped_object_is_refused(stored: storage.StoredObject) -> None:
    storage.put(key=stored.key, content=b"swapped", content_type="text/plain")
    with pytest.raises(storage.ObjectAltered):
        storage.get(stored.key, sha256=stored.sha256)


def test_pieces_are_the_object_and_the_last_is_kept_back_if_it_was_swapped() -> None:
    key, content = "tests/pieces", bytes(range(256)) * 4096
    storage.put(key=key, content=content, content_type="text/plain")
    digest = storage.digest(key)
    assert digest == hashlib.sha256(content).hexdigest()
    pieces = list(storage.pieces(key, size=len(content), sha256=digest))
    assert (b"".join(pieces), len(pieces)) == (content, 2)
    coming = storage.pieces(key, size=len(content), sha256=digest)
    assert next(coming) == pieces[0]
    storage.put(key=key, content=content[::-1], content_type="text/plain")
    with pytest.raises(storage.ObjectAltered):
        next(coming)


def test_an_object_that_was_cut_short_does_not_pass_for_whole() -> None:
    key, content = "tests/pieces", bytes(range(256)) * 4096
    digest = hashlib.sha256(content).hexdigest()
    storage.put(key=key, content=content[:-1], content_type="text/plain")
    coming = storage.pieces(key, size=len(content), sha256=digest)
    next(coming)
    with pytest.raises(storage.ObjectAltered):
        next(coming)


def test_a_key_without_an_object_is_missing() -> None:
    with pytest.raises(storage.ObjectMissing):
        storage.get("tests/none")


def test_a_deleted_object_is_missing(stored: storage.StoredObject) -> None:
    storage.delete(stored.key)
    with pytest.raises(storage.ObjectMissing):
        storage.get(stored.key)


def test_a_presigned_link_downloads_under_its_name(stored: storage.StoredObject) -> None:
    link = storage.presigned_get(stored.key, filename="通知 1.pdf")
    with urlopen(link) as answer:  # noqa: S310  # the local stack
        assert answer.read() == CONTENT
        assert quote("通知 1.pdf") in answer.headers["Content-Disposition"]


def test_a_presigned_link_is_for_one_key_one_verb_and_a_while(
    stored: storage.StoredObject,
) -> None:
    link = storage.presigned_get(stored.key, filename="a.pdf", seconds=1)
    other = link.replace(stored.key, "tests/other")
    deleting = Request(link, method="DELETE")  # noqa: S310
    for forged in (other, deleting):
        with pytest.raises(HTTPError) as refused:
            urlopen(forged)  # noqa: S310
        assert refused.value.code == 403
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            urlopen(link).close()  # noqa: S310
        except HTTPError as expired:
            assert expired.code == 403
            return
    pytest.fail("the link outlived its time")
