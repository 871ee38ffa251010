"""How messages are stored, and that an upgrade holds up nobody who reads or sends."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db

PARTITIONS = 16


def test_every_index_of_the_messages_is_valid_in_every_partition() -> None:
    indexes = {name: (valid, parts) for name, valid, parts in _rows(
        "SELECT c.relname, i.indisvalid, count(h.inhrelid) FROM pg_index i"
        "  JOIN pg_class c ON c.oid = i.indexrelid"
        "  LEFT JOIN pg_inherits h ON h.inhparent = i.indexrelid"
        " WHERE i.indrelid = 'messaging_message'::regclass GROUP BY 1, 2"
    )}  # fmt: skip
    assert indexes == dict.fromkeys(
        (
            "messaging_message_pkey",
            "message_files",
            "message_once",
            "message_said_at",
            "message_to_all",
        ),
        (True, PARTITIONS),
    )


def test_no_rule_of_the_messages_was_left_unchecked() -> None:
    unchecked = (
        "SELECT conname FROM pg_constraint WHERE NOT convalidated"
        "   AND conrelid::regclass::text LIKE 'messaging_message%'"
    )
    assert _rows(unchecked) == []


def test_a_rule_for_stored_messages_is_checked_apart_from_its_making() -> None:
    assert 'recalled_at" IS NOT NULL)) NOT VALID;' in _statements("0012")
    checking = _statements("0013")
    assert "VALIDATE CONSTRAINT" in checking
    assert "ADD CONSTRAINT" not in checking


def test_stored_messages_are_indexed_while_others_are_sent() -> None:
    made = [line for line in _statements("0014").splitlines() if line.startswith("CREATE INDEX")]
    assert made[0] == "CREATE INDEX message_said_at ON ONLY messaging_message (created_at);"
    assert len(made) == 1 + PARTITIONS
    assert all(line.startswith("CREATE INDEX CONCURRENTLY") for line in made[1:])


def _statements(number: str) -> str:
    out = StringIO()
    call_command("sqlmigrate", "messaging", number, stdout=out)
    return out.getvalue()


def _rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[tuple[object, ...]] = cursor.fetchall()
        return found
