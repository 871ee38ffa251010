"""The lock that failed sign-ins put on an account, looked at and lifted.

allauth keeps it in the store, as a rate limit of `login_failed` per username (and one per account
for codes of the second factor); docs/adr/0011-lockout.md says how many failures it takes.
"""

from collections.abc import Iterator
from datetime import datetime

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

_APP = "allauth.account"
_ACTION = "login_failed"


def key_of(username: str) -> str:
    """What failures are counted by, whatever host name they came to."""
    return username.strip().lower()


def is_locked(username: str, account_id: int, *, at: datetime) -> bool:
    """No further attempt would be let through at that instant."""
    instant = at.timestamp()
    return any(
        not ratelimit.apply_rate(list(cache.get(name, [])), instant, rate, dry_run=True)[0]
        for rate, name in _counters(username, account_id)
    )


def lift(username: str, account_id: int) -> None:
    """The failures so far are forgotten, those of the account and none of any address."""
    cache.delete_many([name for _rate, name in _counters(username, account_id)])


def _counters(username: str, account_id: int) -> Iterator[tuple[ratelimit.Rate, str]]:
    for rate in ratelimit.get_rates(app=_APP, action=_ACTION):
        if rate.per != "key":
            continue
        for key in (key_of(username), f"mfa-auth-user-{account_id}"):
            yield (
                rate,
                ratelimit.get_cache_key(
                    HttpRequest(), app=_APP, action=_ACTION, rate=rate, key=key
                ),
            )
