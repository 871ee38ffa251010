"""Puts each line of its input into the room, as another process of the same site would."""

import asyncio
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.tutorial.settings")
django.setup()

from channels.layers import get_channel_layer  # noqa: E402


async def main() -> None:
    layer = get_channel_layer()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await layer.group_send("chat_room", {"type": "chat.message", "message": line.rstrip("\n")})


asyncio.run(main())
