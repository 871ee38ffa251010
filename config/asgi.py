"""The ASGI application: HTTP to Django, sockets to the messaging gateway."""

import gc
import os

import django
from channels.routing import ProtocolTypeRouter
from channels.security.websocket import OriginValidator

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django.setup(set_prefix=False)

from django.conf import settings  # Django must be set up before these
from config import bodies, handler
from core import http
from messaging import gateway, threads
from messaging.gateway import draining, polling

application = ProtocolTypeRouter(
    {
        "http": polling.Polling(handler.Handler()),
        # AllowedHostsOriginValidator would ignore the port.
        "websocket": OriginValidator(gateway.application, [settings.SITE_ORIGIN]),
    }
)

draining.on_shutdown(lambda: threads.run(http.tell_refusals))
bodies.cap(settings.MAX_BODY_BYTES, uploads=settings.UPLOAD_LIMITS)

# What is loaded by now stays: collecting it again and again only costs latency.
gc.collect()
gc.freeze()
