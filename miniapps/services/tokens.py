"""Tokens of an app's OAuth client die at once, in the transaction of their cause."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from oauth2_provider.models import (
    clear_expired,
    get_access_token_model,
    get_grant_model,
    get_id_token_model,
    get_refresh_token_model,
)

from core import audit
from core.actor import Actor
from core.db import service
from miniapps.models import RedeemedCode

REMEMBERED: Final = timedelta(days=30)


@service
def revoke_all(*, actor: Actor, oauth_client_id: int) -> None:
    """No token and no open code of the client is good for anything any more."""
    get_grant_model().objects.filter(application_id=oauth_client_id).delete()
    get_refresh_token_model().objects.filter(application_id=oauth_client_id).delete()
    get_access_token_model().objects.filter(application_id=oauth_client_id).delete()
    get_id_token_model().objects.filter(application_id=oauth_client_id).delete()


@service
def note_redeemed(
    *,
    actor: Actor,
    oauth_client_id: int,
    code_digest: str,
    access_checksum: str,
    token_family: UUID | None,
    now: datetime,
) -> None:
    """The code is known as spent, together with the tokens it bought."""
    RedeemedCode.objects.create(
        client_id=oauth_client_id,
        code_digest=code_digest,
        access_checksum=access_checksum,
        token_family=token_family,
        redeemed_at=now,
    )


@service
def burn_code(*, actor: Actor, code: str, code_digest: str, now: datetime) -> None:
    """A code that was refused is worth nothing, and what it bought before is dead.

    RFC 6749, 4.1.2 and RFC 9700, 4.5: a code seen twice, late, from another client or for
    another address has leaked.
    """
    get_grant_model().objects.filter(code=code).delete()
    spent = RedeemedCode.objects.filter(code_digest=code_digest).first()
    if spent is None:
        return
    get_refresh_token_model().revoke_family(spent.token_family)
    get_access_token_model().objects.filter(token_checksum=spent.access_checksum).delete()
    audit.record(
        actor=actor,
        action="miniapps.code.used_again",
        object_kind="miniapps.oauth_client",
        object_id=spent.client_id,
        now=now,
    )


@service
def forget_ended(*, actor: Actor, now: datetime) -> None:
    """Tokens and codes that can be used no more are gone; spent codes after thirty days.

    The toolkit's own sweep reads the clock itself and keeps what replay detection needs.
    """
    clear_expired()
    RedeemedCode.objects.filter(redeemed_at__lt=now - REMEMBERED).delete()
