"""The site's application, which gives up after a second whoever does not read."""

from config.asgi import application
from messaging.gateway import outlets

__all__ = ["application"]

outlets.STUCK_SECONDS = 1.0  # type: ignore[misc]  # final for the product, not for this process
