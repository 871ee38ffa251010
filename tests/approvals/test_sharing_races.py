"""A case moves on while its card is being renewed: the card shows how it stands in the end."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from approvals.models import Case
from approvals.services import sharing
from core import actor as actors
from messaging.models import Message
from messaging.services.cards import Places
from tests import factories, waiting
from tests.approvals.conftest import OTHER, STAFF, Office

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


@pytest.fixture
def office(transactional_db: None) -> Office:
    """The office, committed, so that every connection sees it."""
    province = factories.small_province()
    call_command("seed_templates", verbosity=0)
    return Office(province)


def test_of_two_that_renew_a_card_the_later_shows_what_is_newer(office: Office) -> None:
    case_id = office.start().case_id
    sharing.share(
        actor=office.province.actor(OTHER),
        case_id=case_id,
        places=Places(person_ids=[office.id(STAFF)]),
        now=timezone.now(),
    )
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        _renew(case_id)
        meanwhile = pool.submit(_renew_apart, case_id)
        waiting.for_a_lock(meanwhile)
        Case.objects.filter(pk=case_id).update(title="改后的申请")
    meanwhile.result()
    assert Message.objects.get(kind="card").card["title"] == "改后的申请"  # type: ignore[index]  # checked by the constraint


def _renew(case_id: int) -> None:
    sharing.renew(actor=actors.system("approvals.handlers"), case_id=case_id, now=timezone.now())


def _renew_apart(case_id: int) -> None:
    try:
        _renew(case_id)
    finally:
        connection.close()
