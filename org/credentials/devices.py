"""What a browser says about itself, in words that its owner knows it by."""

import re
from dataclasses import dataclass
from typing import Final

_SYSTEMS: Final = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "安卓手机"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Kylin", "麒麟系统"),
    ("UOS", "统信系统"),
    ("Windows", "Windows 电脑"),
    ("Mac OS", "Mac 电脑"),
    ("Linux", "Linux 电脑"),
)
# The first that fits: every browser's words also name those it descends from.
_BROWSERS: Final = (
    (r"Edg(?:e|A|iOS)?/(\d+)", "Edge"),
    (r"QIHU|360[SE]E|360Browser", "360 浏览器"),
    (r"Qaxbrowser", "奇安信浏览器"),
    (r"MicroMessenger/(\d+)", "微信"),
    (r"Firefox/(\d+)", "Firefox"),
    (r"(?:Chrome|Chromium|CriOS)/(\d+)", "Chrome"),
    (r"Version/(\d+).*Safari/", "Safari"),
)
_PHONES: Final = ("Mobile", "Android", "iPhone", "HarmonyOS")


@dataclass(frozen=True, slots=True)
class Device:
    """A browser, by its words."""

    name: str
    """Windows 电脑 · Chrome 126."""
    is_phone: bool


def named(words: str) -> Device:
    """The device that these words (User-Agent) belong to; 未知设备 where they say nothing."""
    system = next((name for mark, name in _SYSTEMS if mark in words), "")
    parts = [part for part in (system, _browser(words)) if part]
    return Device(
        name=" · ".join(parts) or "未知设备", is_phone=any(mark in words for mark in _PHONES)
    )


def _browser(words: str) -> str:
    for pattern, name in _BROWSERS:
        found = re.search(pattern, words)
        if found:
            version = found.group(1) if found.groups() else None
            return f"{name} {version}" if version else name
    return ""
