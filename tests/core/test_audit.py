"""The audit chain: one entry per act, and no change to it goes unnoticed."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connection, transaction

from core import actor as actors
from core import audit, errors
from core.actor import Actor, ActorKind
from core.management.commands import verify_audit
from core.models import AuditEntry, AuditHead

NOW = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
CLERK = Actor(kind=ActorKind.PERSON, name="王小明", account_id=7, person_id=70)


def _act(number: int, *, actor: Actor = CLERK) -> None:
    audit.record(
        actor=actor,
        action="test.thing.changed",
        object_kind="thing",
        object_id=number,
        now=NOW,
        detail={"名称": "旧<新", "n": number},
    )


@pytest.fixture
def three_acts(db: None) -> list[AuditEntry]:
    for number in (1, 2, 3):
        _act(number)
    return list(AuditEntry.objects.order_by("seq"))


def _tamper(statement: str) -> None:
    """Changes rows as a database superuser without scruples would."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditentry DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_append_only")


def test_untouched_entries_are_sound(three_acts: list[AuditEntry]) -> None:
    assert [entry.seq for entry in three_acts] == [1, 2, 3]
    assert {entry.chain for entry in three_acts} == {7}
    found = audit.verify()
    assert found.sound
    assert found.entries == 3


def test_acts_of_several_accounts_are_in_several_chains(db: None) -> None:
    _act(1)
    _act(2, actor=actors.system("load"))
    assert sorted(AuditEntry.objects.values_list("chain", "seq")) == [(0, 1), (7, 1)]
    assert audit.verify().sound


@pytest.mark.parametrize(
    ("statement", "seq", "reason"),
    [
        (
            "UPDATE core_auditentry SET detail = jsonb_set(detail, '{n}', '9') WHERE seq = 2",
            2,
            "altered",
        ),
        ("UPDATE core_auditentry SET actor_name = '张三' WHERE seq = 1", 1, "altered"),
        ("DELETE FROM core_auditentry WHERE seq = 2", 2, "missing"),
        ("DELETE FROM core_auditentry WHERE seq = 3", 3, "cut off"),
        (
            (
                "UPDATE core_auditentry SET seq = CASE seq WHEN 1 THEN 102 ELSE 101 END"
                " WHERE seq < 3;"
                "UPDATE core_auditentry SET seq = seq - 100 WHERE seq > 100"
            ),
            1,
            "does not follow",
        ),
    ],
)
def test_tampering_is_named_by_its_first_bad_row(
    three_acts: list[AuditEntry], statement: str, seq: int, reason: str
) -> None:
    _tamper(statement)
    (fault,) = audit.verify().faults
    assert (fault.chain, fault.seq) == (7, seq)
    assert reason in fault.reason


def test_a_chain_without_its_head_is_a_fault(three_acts: list[AuditEntry]) -> None:
    AuditHead.objects.filter(chain=7).delete()
    (fault,) = audit.verify().faults
    assert fault.reason == "the chain's head is missing"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditentry SET actor_name = ''",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry",
    ],
)
def test_the_database_refuses_to_change_an_entry(
    three_acts: list[AuditEntry], statement: str
) -> None:
    with (
        pytest.raises((InternalError, ProgrammingError), match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        # Off in the test database only: see django_db_setup in tests/conftest.py.
        cursor.execute("ALTER TABLE core_auditentry ENABLE TRIGGER audit_entry_no_truncate")
        cursor.execute(statement)
    assert AuditEntry.objects.count() == 3


def test_an_act_that_rolls_back_leaves_no_entry(db: None) -> None:
    with pytest.raises(errors.Conflict), transaction.atomic():
        _act(1)
        raise errors.Conflict
    assert AuditEntry.objects.count() == 0
    assert audit.verify().sound


def test_the_command_tells_soundness_from_a_fault(
    three_acts: list[AuditEntry], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(verify_audit.Command())
    assert "3 entries in 16 chains: sound" in capsys.readouterr().out
    _tamper("UPDATE core_auditentry SET action = 'x' WHERE seq = 3")
    with pytest.raises(SystemExit) as ended:
        call_command(verify_audit.Command())
    assert ended.value.code == 1
    assert "chain 7, entry 3: the row was altered" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_a_bug() -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        _act(1)
