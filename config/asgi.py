"""The ASGI application: HTTP to Django, sockets to the messaging gateway."""

import gc
import os

from channels.routing import ProtocolTypeRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

http = get_asgi_application()

from django.conf import settings  # Django must be set up before these
from config import bodies
from messaging import gateway
from messaging.gateway import polling

application = ProtocolTypeRouter(
    {
        "http": polling.Polling(http),
        # AllowedHostsOriginValidator would ignore the port.
        "websocket": OriginValidator(gateway.application, [settings.SITE_ORIGIN]),
    }
)

bodies.cap(settings.MAX_BODY_BYTES, uploads=settings.UPLOAD_LIMITS)

# What is loaded by now stays: collecting it again and again only costs latency.
gc.collect()
gc.freeze()
