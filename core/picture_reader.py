"""Decodes a picture in a process of its own, whose memory and time are limited.

Run by core.pictures; stands on the standard library and Pillow alone, so that it starts soon.
"""

import base64
import io
import json
import math
import resource
import sys
from collections.abc import Mapping
from typing import Any, Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

MEMORY: Final = 1_500 * 1024 * 1024
SECONDS: Final = 20
SIDE_AT_MOST: Final = 30_000
PIXELS_AT_MOST: Final = 64_000_000
QUALITY: Final = 80
Bounds = Mapping[str, int]
"""How large a smaller picture is at most: `width`, `height`, `pixels`."""

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


def read(content: bytes, *, picture: str, copies: Mapping[str, Bounds]) -> dict[str, Any]:
    """The picture's size as it is seen, and by name a copy of it within each bounds.

    The size is judged by the head of the file; nothing was decoded then. Of what a camera writes
    beside the picture, such as the place, nothing is in the copies.
    """
    Image.MAX_IMAGE_PIXELS = None  # judged here, in words of our own
    with Image.open(io.BytesIO(content), formats=[picture]) as image:
        if max(image.size) > SIDE_AT_MOST or image.width * image.height > PIXELS_AT_MOST:
            return {"fault": "size"}
        lies = image.getexif().get(ExifTags.Base.Orientation, 1) in LYING
        width, height = image.size[::-1] if lies else image.size
        sizes = {name: fitting(width, height, bounds) for name, bounds in copies.items()}
        largest = max(sizes.values(), key=math.prod)
        kept = largest[::-1] if lies else largest
        image.draft("RGB", kept)
        whole = ImageOps.exif_transpose(_smaller(_coloured(image), kept))
    made = {name: _encoded(_smaller(whole, size)) for name, size in sizes.items()}
    return {"width": width, "height": height, "copies": made}


def fitting(width: int, height: int, bounds: Bounds) -> tuple[int, int]:
    """The largest size within the bounds that has the picture's shape and is not above its own."""
    scale = min(
        1.0,
        bounds["width"] / width,
        bounds["height"] / height,
        math.sqrt(bounds["pixels"] / (width * height)),
    )
    return max(1, int(width * scale)), max(1, int(height * scale))


def _coloured(image: Image.Image) -> Image.Image:
    """In full colours, which alone can be made smaller without steps."""
    if image.mode in {"RGB", "RGBA"}:
        return image
    has_alpha = image.mode in {"LA", "PA", "La", "RGBa"} or "transparency" in image.info
    coloured = image.convert("RGBA" if has_alpha else "RGB")
    coloured.info["exif"] = image.info.get("exif", b"")
    return coloured


def _smaller(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image if image.size == size else image.resize(size, reducing_gap=2.0)


def _encoded(image: Image.Image) -> str:
    image.info.clear()
    kept = io.BytesIO()
    image.save(kept, "WEBP", quality=QUALITY)
    return base64.b64encode(kept.getvalue()).decode()


if __name__ == "__main__":
    main()
