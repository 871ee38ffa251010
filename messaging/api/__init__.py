"""The HTTP twin of everything the sockets do, under /api/v1/messaging/."""

from ninja import Router

from messaging.api import (
    conversations,
    ding_requests,
    dings,
    drafts,
    duty,
    favourites,
    files,
    histories,
    members,
    messages,
    notice_sources,
    notices,
    presence,
    receipts,
    search,
    settings,
    sockets,
    sync,
    unit_conversations,
)

router = Router(tags=["messaging"])
router.add_router("", conversations.router)
router.add_router("", members.router)
router.add_router("", settings.router)
router.add_router("", unit_conversations.router)
router.add_router("", messages.router)
router.add_router("", files.router)
router.add_router("", favourites.router)
router.add_router("", drafts.router)
router.add_router("", histories.router)
router.add_router("", presence.router)
router.add_router("", receipts.router)
router.add_router("", search.router)
router.add_router("", notices.router)
router.add_router("", notice_sources.router)
router.add_router("", dings.router)
router.add_router("", ding_requests.router)
router.add_router("", duty.router)
router.add_router("", sockets.router)
router.add_router("", sync.router)
