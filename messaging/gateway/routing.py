"""Which socket address leads where. The origin was checked before (config/asgi)."""

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from messaging.gateway import connection

application = URLRouter(
    [
        path("ws/v1", connection.serve),  # type: ignore[arg-type]  # an ASGI application, no view
        re_path(r"", WebsocketDenier.as_asgi()),
    ]
)
