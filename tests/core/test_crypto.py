"""Digests, field encryption and blind indexes."""

import pytest
from cryptography.exceptions import InvalidTag

from core import crypto


@pytest.mark.parametrize(
    ("content", "digest"),
    [
        # The two examples of GB/T 32905-2016, annex A.
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_known_answers(content: bytes, digest: str) -> None:
    assert crypto.sm3(content).hex() == digest


def test_a_field_comes_back_and_its_ciphertext_differs_each_time() -> None:
    first, second = crypto.encrypt_text("13800138000"), crypto.encrypt_text("13800138000")
    assert first != second
    assert crypto.decrypt_text(first) == crypto.decrypt_text(second) == "13800138000"


def test_an_altered_ciphertext_is_refused() -> None:
    sealed = bytearray(crypto.encrypt_text("13800138000"))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        crypto.decrypt_text(bytes(sealed))


def test_equal_texts_have_equal_blind_indexes_that_do_not_show_them() -> None:
    index = crypto.blind_index("13800138000")
    assert index == crypto.blind_index("13800138000")
    assert index != crypto.blind_index("13800138001")
    assert len(index) == 32
    assert b"138" not in index
