"""Tags of the pages about accounts: words for codes, and what a password must be."""

from collections.abc import Mapping

from django import template
from django.conf import settings
from django.contrib.auth import password_validation

register = template.Library()


@register.filter
def of(words: Mapping[str, str], code: str) -> str:
    """The code in words; the code itself where it has none."""
    return words.get(code, code)


@register.simple_tag
def password_rules() -> str:
    """What the installation asks of a password, for the line below the field."""
    rules = password_validation.password_validators_help_texts()
    if settings.PASSWORD_HISTORY:
        rules.append(f"不与最近 {settings.PASSWORD_HISTORY} 次的密码相同")
    return "；".join(rules)


@register.simple_tag
def upstream_name() -> str:
    """What the organisation calls its own sign-in service; empty where it has none."""
    return str(settings.UPSTREAM_OIDC_NAME) if settings.UPSTREAM_OIDC_ISSUER else ""
