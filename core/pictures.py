"""Pictures: how large they are, and smaller ones to be shown in their place."""

import base64
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Final

from core import errors, files

THUMBNAIL: Final = {"width": 1120, "height": 1120, "pixels": 480 * 360}
"""What a conversation shows, on screens of double density; of long pictures a part."""
VIEW: Final = {"width": 2048, "height": 16_383, "pixels": 16_000_000}
"""What fills a screen, or is read by scrolling down; WebP goes no further than 16,383."""
MIME: Final = "image/webp"
AT_ONCE: Final = 2
"""So many pictures one process has decoded at a time: each may take hundreds of megabytes."""
_TIMEOUT: Final = 40
_READER: Final = "core.picture_reader"
_turns: Final = threading.BoundedSemaphore(AT_ONCE)


class PictureTooLarge(errors.Invalid):
    """The picture has more pixels than are decoded."""

    code = "FILE_PICTURE_TOO_LARGE"
    message = "图片的像素过大，请缩小后上传"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's size as it is seen, and two of it in WebP without anything but the picture."""

    width: int
    height: int
    thumbnail: bytes
    view: bytes


def read(content: bytes, picture: str) -> Picture:
    """PictureTooLarge, FileDamaged; waits its turn. Only call with what `files.take` has taken."""
    asked = json.dumps({"picture": picture, "copies": {"thumbnail": THUMBNAIL, "view": VIEW}})
    try:
        with _turns:
            run = _run(asked, content)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        # Out of memory or of time: built to be so, or broken beyond telling.
        raise files.FileDamaged(reason="图片已损坏，无法显示") from error
    answer = json.loads(run.stdout)
    if answer.get("fault") == "size":
        raise PictureTooLarge
    if "fault" in answer:
        raise files.FileDamaged(reason="图片已损坏，无法显示")
    return Picture(
        width=answer["width"],
        height=answer["height"],
        thumbnail=base64.b64decode(answer["copies"]["thumbnail"]),
        view=base64.b64decode(answer["copies"]["view"]),
    )


def _run(asked: str, content: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603  # our own module, arguments of our own making
        [sys.executable, "-m", _READER, asked],
        input=content,
        capture_output=True,
        timeout=_TIMEOUT,
        check=True,
    )
