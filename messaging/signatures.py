"""What a block of messages may contain, in a kilobyte: a Bloom filter over pairs of characters.

A signature never denies what is in the block; it sometimes admits what is not. So it decides only
which messages are looked at, never which are found (docs/adr/0026-message-search.md).
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

BITS_FOR_EACH: Final = 8
SMALLEST: Final = 128
LARGEST: Final = 4096
_FUNCTIONS: Final = 3
_ASCII_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """The text with Latin letters lowered, exactly as lower(… COLLATE "C") does it in SQL."""
    return text.translate(_ASCII_LOWER)


def grams(text: str) -> set[str]:
    """Each character of the folded text and each neighbouring pair, blanks left out."""
    folded = fold(text)
    pairs = {folded[i : i + 2] for i in range(len(folded) - 1)}
    return {gram for gram in pairs | set(folded) if not any(one.isspace() for one in gram)}


def probe(term: str) -> list[str]:
    """The grams that every text with the term in it has, blanks left out as in `grams`."""
    return list(dict.fromkeys(gram for word in fold(term).split() for gram in _pairs(word)))


def _pairs(word: str) -> list[str]:
    """Its neighbouring pairs; its single character where it is one."""
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]


def of_sender(person_id: int) -> str:
    """The token of what somebody said; no gram is as long."""
    return f"sender:{person_id}"


def of_kind(kind: str) -> str:
    """The token of a kind of messages."""
    return f"kind:{kind}"


@lru_cache(maxsize=65_536)
def places(token: str) -> tuple[int, ...]:
    """The bits of a token, to be taken modulo a signature's length, which is a power of two."""
    digest = blake2b(token.encode("utf-8", "surrogatepass"), digest_size=4 * _FUNCTIONS).digest()
    return tuple(int.from_bytes(digest[at : at + 4], "big") for at in range(0, len(digest), 4))


def sign(tokens: Collection[str]) -> bytes:
    """The signature of all these tokens, as long as their number asks for."""
    size = SMALLEST
    while size < LARGEST and size * 8 < BITS_FOR_EACH * len(tokens):
        size *= 2
    bits = bytearray(size)
    for token in tokens:
        for place in places(token):
            at = place % (size * 8)
            bits[at >> 3] |= 1 << (at & 7)
    return bytes(bits)


def admits(column: str, tokens: Iterable[str]) -> str:
    """An SQL condition: the signature does not deny any of the tokens."""
    bits = dict.fromkeys(place for token in tokens for place in places(token))
    tests = [
        f"get_bit({column}, mod({place}, octet_length({column}) * 8::bigint)) = 1" for place in bits
    ]
    return " AND ".join(tests) if tests else "TRUE"
