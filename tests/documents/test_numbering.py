"""Numbers: gapless however many ask at once and whatever fails."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core import actor as actors
from documents import papers
from documents.models import Document, DocumentNumber, IssuingUnit, NumberCounter
from documents.services import numbering
from tests.documents.office import Office, content

ASKING = 50
WORKERS = 10


def test_numbers_of_an_organ_follow_each_other(office: Office) -> None:
    year = papers.beijing_day(timezone.now()).year
    texts = []
    for _time in range(3):
        document_id = office.signed()
        texts.append(content(office.send("曾国强", f"{document_id}/issue"))["number"])
    assert texts == [f"西民发〔{year}〕{serial}号" for serial in (1, 2, 3)]


def test_a_year_begins_with_beijings_midnight(office: Office) -> None:
    unit = IssuingUnit.objects.get()
    taken = [
        numbering.take_next(
            actor=actors.system("tests"),
            issuing_unit_id=unit.pk,
            series="西民发",
            document_id=office.drafted(),
            now=moment,
        ).text
        for moment in (
            datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC),
            datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC),
        )
    ]
    assert taken == ["西民发〔2026〕1号", "西民发〔2027〕1号"]


def test_a_number_is_taken_once(office: Office) -> None:
    document_id = office.issued()
    again = office.send("曾国强", f"{document_id}/issue")
    assert (again.status_code, content(again)["code"]) == (409, "WRONG_DOCUMENT_STATE")
    assert DocumentNumber.objects.count() == 1


@pytest.mark.parametrize("state", ["drafted", "submitted"])
def test_what_is_not_signed_gets_no_number(office: Office, state: str) -> None:
    made = getattr(office, state)()
    document_id = made[0] if isinstance(made, tuple) else made
    answer = office.send("曾国强", f"{document_id}/issue")
    assert (answer.status_code, content(answer)["code"]) == (409, "WRONG_DOCUMENT_STATE")
    assert not DocumentNumber.objects.exists()


def test_only_the_drafter_or_an_own_clerk_numbers(office: Office) -> None:
    document_id = office.signed()
    refused = office.send("王伟民", f"{document_id}/issue")
    assert (refused.status_code, content(refused)["code"]) == (403, "DOCUMENT_FORBIDDEN")
    hidden = office.send("孙收文", f"{document_id}/issue")
    assert (hidden.status_code, content(hidden)["code"]) == (404, "DOCUMENT_NOT_FOUND")
    assert not DocumentNumber.objects.exists()
    assert office.send("张晓梅", f"{document_id}/issue").status_code == 200


def test_a_registered_number_is_neither_changed_nor_deleted(office: Office) -> None:
    office.issued()
    number = DocumentNumber.objects.get()
    with pytest.raises(DatabaseError, match="stay in the register"), transaction.atomic():
        number.delete()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        DocumentNumber.objects.update(serial=7)


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_fifty_numbers_at_once_have_no_gap_though_every_tenth_fails(
    committed_office: Office,
) -> None:
    unit = IssuingUnit.objects.get()
    waiting = [committed_office.drafted(title=f"第{n}件") for n in range(ASKING)]
    failed: list[int] = []
    lock = threading.Lock()
    start = threading.Barrier(WORKERS)

    def work() -> None:
        start.wait()
        while True:
            with lock:
                if not waiting:
                    break
                document_id = waiting.pop()
            if not _take(unit.pk, document_id, fails=document_id % 10 == 0):
                failed.append(document_id)
                _take(unit.pk, document_id, fails=False)
        connection.close()

    _run(work)
    serials = sorted(DocumentNumber.objects.values_list("serial", flat=True))
    assert serials == list(range(1, ASKING + 1))
    assert len(failed) == ASKING // 10
    assert NumberCounter.objects.get().last == ASKING
    assert Document.objects.filter(number__isnull=False).count() == ASKING


class ProcessDied(Exception):
    """Stands for a crash between taking a number and committing it."""


def _take(unit_id: int, document_id: int, *, fails: bool) -> bool:
    """Whether the number was kept."""
    try:
        with transaction.atomic():
            numbering.take_next(
                actor=actors.system("tests"), issuing_unit_id=unit_id, series="西民发",
                document_id=document_id, now=timezone.now(),
            )  # fmt: skip
            _die_if(fails)
    except ProcessDied:
        return False
    return True


def _die_if(fails: bool) -> None:
    if fails:
        raise ProcessDied


def _run(work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
