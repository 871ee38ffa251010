"""The HTTP routes of official documents."""

from ninja import Router

router = Router()
