"""Tags of the workbench's templates: icons, avatars, times and numbers as people read them."""

import zlib
from datetime import datetime, timedelta

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

_AVATAR_HUES = 6
_BADGE_LIMIT = 99


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of icons.svg, hidden from screen readers: the words beside it say the same."""
    sprite = static("workbench/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        sprite,
        name,
    )


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """A tile with the last two characters of a Chinese name, in a hue that stays the same."""
    hue = zlib.crc32(name.encode()) % _AVATAR_HUES
    return format_html(
        '<span class="avatar {} a{}" aria-hidden="true">{}</span>', size, hue, name[-2:]
    )


@register.filter
def badge_number(number: int) -> str:
    """The text of a badge: empty for none, 99+ above."""
    if number <= 0:
        return ""
    return str(number) if number <= _BADGE_LIMIT else f"{_BADGE_LIMIT}+"


@register.filter
def moment(value: datetime | None) -> str:
    """A time as a list shows it: 09:05 today, 昨天 09:05, 3月5日 this year, 2025年3月5日 before."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    today = timezone.localdate()
    days = (today - local.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days == 1:
        return f"昨天 {local:%H:%M}"
    if local.year == today.year:
        return f"{local.month}月{local.day}日"
    return f"{local.year}年{local.month}月{local.day}日"


@register.filter
def full_time(value: datetime | None) -> str:
    """A time in full: 2026年3月5日 09:05."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


@register.filter
def last_day(value: datetime) -> datetime:
    """The last moment of a term that ends at (not including) the instant: its day is served."""
    return value - timedelta(microseconds=1)


_WEEKDAYS = "一二三四五六日"
_NOON, _EVENING = 12, 18


@register.filter
def greeting(value: datetime) -> str:
    """The greeting that suits the hour."""
    hour = timezone.localtime(value).hour
    if hour < _NOON:
        return "上午好"
    return "下午好" if hour < _EVENING else "晚上好"


@register.filter
def long_day(value: datetime) -> str:
    """The day with its weekday: 11月23日 星期一."""
    local = timezone.localtime(value)
    return f"{local.month}月{local.day}日 星期{_WEEKDAYS[local.weekday()]}"
