"""HTTP routes: `router` for people (session), `app_router` for apps (bearer token)."""

from ninja import Router

from miniapps.api import app_auth, cards, members, notices, publishing, registry, review

router = Router()
router.add_router("", registry.router)
router.add_router("", review.router)
router.add_router("", publishing.router)

app_router = Router(auth=app_auth.AppAuth())
app_router.add_router("", members.router)
app_router.add_router("", notices.router)
app_router.add_router("", cards.router)
