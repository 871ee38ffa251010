"""The chat of the Channels tutorial, with its Redis layer, behind Django's sessions."""

import os
from urllib.parse import urlsplit

_DATABASE = urlsplit(os.environ["TUTORIAL_DATABASE_URL"])

SECRET_KEY = "a bench has no secrets, but Django wants a long one: 0123456789abcdef"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
ASGI_APPLICATION = "bench.peers.tutorial.asgi.application"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _DATABASE.path.lstrip("/"),
        "USER": _DATABASE.username,
        "PASSWORD": _DATABASE.password,
        "HOST": _DATABASE.hostname,
        "PORT": _DATABASE.port,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # redis-py's own time limit equals the layer's blocking read and kills sockets, and its own
        # hundred connections are too few: without these two lines the tutorial does not last.
        "CONFIG": {
            "hosts": [
                {
                    "address": os.environ["TUTORIAL_REDIS_URL"],
                    "socket_timeout": None,
                    "max_connections": 100_000,
                }
            ]
        },
    },
}
