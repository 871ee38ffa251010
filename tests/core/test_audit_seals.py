"""Seals: what nobody can alter betrays whoever rewrites the log and its digests alike."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from minio.error import S3Error

from core import audit, storage
from core.actor import Actor, ActorKind
from core.management.commands import verify_audit
from core.models import AuditCheck, AuditEntry, AuditHead, AuditSeal

NOW = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.PERSON, name="王小明", account_id=7, person_id=70)


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, db: None) -> None:
    settings.AUDIT_SEALS_FOLDER = f"tests/{uuid.uuid4()}"
    settings.AUDIT_SEALS_KEPT_DAYS = 1


def _act(number: int) -> None:
    audit.record(
        actor=CLERK, action="test.thing.changed", object_kind="thing", object_id=number, now=NOW
    )


def _seal(*, hour: int = 0) -> None:
    # A lock ends in the future of the store's own clock.
    audit.seal(datetime.now(UTC) + timedelta(hours=hour))  # noqa: TID251 the store's clock


def _rewrite(statement: str) -> None:
    """Changes rows, then every digest after them: what a superuser with our source can do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement)
        digest = audit.GENESIS
        for entry in AuditEntry.objects.filter(chain=7).order_by("seq"):
            entry.previous_digest = digest
            entry.digest = digest = audit.digest_of(entry)
            entry.save()
        last = AuditEntry.objects.filter(chain=7).order_by("-seq").first()
        AuditHead.objects.filter(chain=7).update(seq=last.seq if last else 0, digest=digest)
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_append_only")


def test_sealed_log_is_sound_and_says_when_it_was_sealed() -> None:
    _act(1)
    _seal()
    _act(2)
    found = audit.verify()
    assert found.sound
    assert found.entries == 2
    assert found.sealed_at == AuditSeal.objects.get().at


def test_nothing_is_sealed_twice() -> None:
    _act(1)
    _seal()
    _seal(hour=1)
    assert AuditSeal.objects.count() == 1
    _act(2)
    _seal(hour=2)
    numbers = [(row.number, json.loads(row.content)["heads"]["7"][0]) for row in _seals()]
    assert numbers == [(1, 1), (2, 2)]


def test_a_chain_that_was_rewritten_whole_is_betrayed_by_its_seal() -> None:
    for number in (1, 2, 3):
        _act(number)
    _seal()
    _rewrite("UPDATE core_auditentry SET actor_name = '张三' WHERE seq = 2")
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.seq) == (7, 3)
    assert "differs from what was sealed" in fault.reason


def test_an_end_that_was_cut_off_with_its_head_is_betrayed_by_the_seal() -> None:
    for number in (1, 2, 3):
        _act(number)
    _seal()
    _rewrite("DELETE FROM core_auditentry WHERE seq = 3")
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.seq, fault.reason) == (7, 3, "the rows from here on were cut off")


def test_a_log_that_was_emptied_with_its_seals_is_betrayed_by_the_store() -> None:
    _act(1)
    _seal()
    AuditSeal.objects.all().delete()
    _rewrite("DELETE FROM core_auditentry")
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.seq) == (None, 1)
    assert "missing from the database" in fault.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda said: said["heads"].update({"7": [1, "00" * 32]}), "not made by this installation"),
        (lambda said: said.update(number=2), "missing or does not follow"),
    ],
    ids=["heads", "number"],
)
def test_a_forged_seal_is_named(change: Callable[[dict[str, Any]], None], reason: str) -> None:
    _act(1)
    _seal()
    row = AuditSeal.objects.get()
    said = json.loads(row.content)
    change(said)
    AuditSeal.objects.update(content=json.dumps(said, sort_keys=True, separators=(",", ":")))
    reasons = [fault.reason for fault in audit.verify().faults if fault.chain is None]
    assert any("differs from the object store" in said for said in reasons)
    assert any(reason in said for said in reasons)


def test_a_later_version_of_a_seal_changes_nothing() -> None:
    _act(1)
    _seal()
    key = f"{settings.AUDIT_SEALS_FOLDER}/{1:012d}.json"
    soon = datetime.now(UTC) + timedelta(minutes=5)  # noqa: TID251 the store's clock
    storage.put_locked(key=key, content=b"{}", until=soon)
    assert audit.verify().sound


def test_the_store_refuses_to_delete_a_seal() -> None:
    _act(1)
    _seal()
    row = AuditSeal.objects.get()
    with pytest.raises(S3Error, match="Access Denied"):
        storage._client().remove_object(
            settings.S3_SEALS_BUCKET,
            f"{settings.AUDIT_SEALS_FOLDER}/{1:012d}.json",
            version_id=row.version_id,
        )
    assert audit.verify().sound


def test_the_command_names_a_seal_that_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    _act(1)
    _seal()
    AuditSeal.objects.all().delete()
    with pytest.raises(SystemExit):
        call_command(verify_audit.Command())
    assert "seal 1: a seal in the object store is missing" in capsys.readouterr().err


def test_a_worker_proves_the_log_and_says_what_it_found(run_jobs: Callable[[], int]) -> None:
    _act(1)
    asked = audit.ask_for_check(actor=CLERK, now=NOW)
    assert audit.ask_for_check(actor=CLERK, now=NOW) == asked
    running = audit.latest_check()
    assert running is not None
    assert (running.ended_at, running.is_sound) == (None, False)
    run_jobs()
    ended = audit.latest_check()
    assert ended is not None
    assert ended.is_sound
    # The asking itself is the second entry.
    assert (ended.done, ended.total, ended.percent) == (2, 2, 100)
    assert AuditCheck.objects.count() == 1


def test_a_check_names_its_faults(run_jobs: Callable[[], int]) -> None:
    for number in (1, 2):
        _act(number)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE core_auditentry SET actor_name = '张三' WHERE seq = 1")
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_append_only")
    audit.ask_for_check(actor=CLERK, now=NOW)
    run_jobs()
    ended = audit.latest_check()
    assert ended is not None
    assert [(f.chain, f.seq, f.reason) for f in ended.faults] == [(7, 1, "the row was altered")]
    assert not ended.is_sound


def _seals() -> list[AuditSeal]:
    return list(AuditSeal.objects.order_by("number"))
