"""Everything about approvals over HTTP, under /api/v1/approvals/."""

from ninja import Router

from approvals.api import cases, decisions, sharing, tasks, templates

router = Router(tags=["approvals"])
router.add_router("", templates.router)
router.add_router("", cases.router)
router.add_router("", tasks.router)
router.add_router("", decisions.router)
router.add_router("", sharing.router)
