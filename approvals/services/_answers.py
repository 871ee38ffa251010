"""Repeated requests: the same key gets the same answer, and another body is refused."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.db import connection

from approvals import errors
from approvals.models import CommandKey
from core import crypto

_CLAIM = """
INSERT INTO approvals_commandkey (person_id, key, digest, used_at) VALUES (%s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT approvals_key_once DO NOTHING RETURNING id
"""


def claim(
    *, person_id: int, key: str, request: Mapping[str, Any], now: datetime
) -> Mapping[str, Any] | None:
    """The key is taken for this request, or the answer of its first use is returned.

    Waits for a request with the same key that is still under way; KeyReused when it asked for
    something else.
    """
    digest = digest_of(request)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [person_id, key, digest, now])
        if cursor.fetchone() is not None:
            return None
    used = CommandKey.objects.get(person=person_id, key=key)
    if used.digest != digest:
        raise errors.KeyReused
    return cast(Mapping[str, Any], used.answer)


def keep(*, person_id: int, key: str, answer: Mapping[str, Any]) -> None:
    """The answer is stored with the key that was claimed."""
    CommandKey.objects.filter(person=person_id, key=key).update(answer=dict(answer))


def digest_of(value: Mapping[str, Any]) -> str:
    """The SM3 digest of the value's canonical JSON, in hex."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return crypto.sm3(text.encode("utf-8", "surrogatepass")).hex()
