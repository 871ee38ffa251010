"""Decodes a picture in a process of its own, whose memory and time are limited.

Run by core.pictures; stands on the standard library and Pillow alone, so that it starts soon.
"""

import base64
import io
import json
import resource
import sys
from typing import Any, Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MEMORY: Final = 1_500 * 1024 * 1024
SECONDS: Final = 20
SIDE_AT_MOST: Final = 30_000
PIXELS_AT_MOST: Final = 64_000_000
QUALITY: Final = 80
LYING: Final = frozenset({5, 6, 7, 8})
"""Orientations of a camera that was held upright."""


def main() -> None:
    """The size and the smaller pictures go to standard output as JSON, or a `fault`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    asked = json.loads(sys.argv[1])
    try:
        answer = read(sys.stdin.buffer.read(), **asked)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError):
        answer = {"fault": "damaged"}
    json.dump(answer, sys.stdout)


def read(content: bytes, *, picture: str, sides: list[int]) -> dict[str, Any]:
    """The picture's size as it is seen, and for each side a picture that fits into its square.

    The size is judged by the head of the file; nothing was decoded then. Of what a camera writes
    beside the picture, such as the place, nothing is in the smaller ones.
    """
    Image.MAX_IMAGE_PIXELS = None  # judged here, in words of our own
    with Image.open(io.BytesIO(content), formats=[picture]) as image:
        width, height = image.size
        if max(width, height) > SIDE_AT_MOST or width * height > PIXELS_AT_MOST:
            return {"fault": "size"}
        if image.getexif().get(ExifTags.Base.Orientation, 1) in LYING:
            width, height = height, width
        largest = max(sides)
        image.draft("RGB", (largest, largest))
        whole = ImageOps.exif_transpose(_fitting(_coloured(image), largest))
    smaller = {str(side): _encoded(_fitting(whole.copy(), side)) for side in sides}
    return {"width": width, "height": height, "smaller": smaller}


def _coloured(image: Image.Image) -> Image.Image:
    """In full colours, which alone can be made smaller without steps."""
    if image.mode in {"RGB", "RGBA"}:
        return image
    has_alpha = image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info
    coloured = image.convert("RGBA" if has_alpha else "RGB")
    coloured.info["exif"] = image.info.get("exif", b"")
    return coloured


def _fitting(image: Image.Image, side: int) -> Image.Image:
    image.thumbnail((side, side))
    return image


def _encoded(image: Image.Image) -> str:
    image.info.clear()
    kept = io.BytesIO()
    image.save(kept, "WEBP", quality=QUALITY)
    return base64.b64encode(kept.getvalue()).decode()


if __name__ == "__main__":
    main()
