"""Everything about official documents over HTTP, under /api/v1/documents/."""

from documents.api import circulation, drafting, files, listing, sharing, sign_off
from documents.api.routes import router

__all__ = ["circulation", "drafting", "files", "listing", "router", "sharing", "sign_off"]
