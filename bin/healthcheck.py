"""Exit code 0 when the web process of this container answers /healthz."""

# ruff: noqa: INP001, S310 - a script, and the address is this container's own

import os
import sys
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

PORT = os.environ.get("PORT", "8000")
# The process answers to its public name only.
HOST = urlsplit(os.environ["SITE_ORIGIN"]).netloc

if __name__ == "__main__":
    request = Request(f"http://127.0.0.1:{PORT}/healthz", headers={"Host": HOST})
    with urlopen(request, timeout=4) as answer:
        sys.exit(answer.status != 200)
