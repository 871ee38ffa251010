"""The one router of this app: ninja joins methods of an address only within a router."""

from ninja import Router

router = Router(tags=["documents"])
