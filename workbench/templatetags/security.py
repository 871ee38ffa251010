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
    rules = [
        "至少 12 个字符" if "MinimumLength" in type(rule).__name__ else str(rule.get_help_text())
        for rule in password_validation.get_default_password_validators()
    ]
    if settings.PASSWORD_HISTORY:
        rules.append(f"不是最近 {settings.PASSWORD_HISTORY} 次用过的密码")
    return "；".join(rules)


@register.simple_tag
def upstream_name() -> str:
    """What the organisation calls its own sign-in service; empty where it has none."""
    return str(settings.UPSTREAM_OIDC_NAME) if settings.UPSTREAM_OIDC_ISSUER else ""
