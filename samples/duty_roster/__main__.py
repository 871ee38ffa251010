"""Starts the app: `python -m samples.duty_roster --port 9100 --platform URL --credentials FILE`."""

import argparse
import json
import logging
import socketserver
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx

from . import cookies, oidc, platform_api, roster, server

log = logging.getLogger("duty_roster")


class ThreadingServer(socketserver.ThreadingMixIn, WSGIServer):
    """A thread per request, none of which keeps the process alive."""

    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    """Logs through logging, without the query: it may hold a code."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """One line per request."""
        log.info("%s %s", self.command, self.path.partition("?")[0])


def main() -> None:
    """Serves until the process is ended."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    given = json.loads(options.credentials.read_text(encoding="utf-8"))
    store = options.data or options.credentials.with_name("duty-roster.sqlite3")
    app = build(
        platform_url=options.platform.rstrip("/"),
        base_url=given.get("base_url") or f"http://127.0.0.1:{options.port}",
        client_id=given["client_id"],
        client_secret=given["client_secret"],
        store=store,
    )
    with make_server("127.0.0.1", options.port, app, ThreadingServer, QuietHandler) as running:
        log.info("值班排班 http://127.0.0.1:%s", options.port)
        running.serve_forever()


def build(
    *, platform_url: str, base_url: str, client_id: str, client_secret: str, store: Path
) -> server.DutyRoster:
    """The app with its parts put together."""
    http = httpx.Client(timeout=10, follow_redirects=False, trust_env=False)
    provider = oidc.Provider(
        http,
        issuer=platform_url,
        client_id=client_id,
        client_secret=client_secret,
        callback=f"{base_url.rstrip('/')}/callback",
    )
    return server.DutyRoster(
        base_url=base_url,
        provider=provider,
        platform=platform_api.Platform(http, provider, client_id, client_secret),
        store=roster.Roster(store),
        signer=cookies.Signer(client_secret),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="samples.duty_roster", description="值班排班")
    parser.add_argument("--port", type=int, required=True, help="where to listen on 127.0.0.1")
    parser.add_argument("--platform", required=True, help="the platform's address, its issuer")
    parser.add_argument(
        "--credentials", type=Path, required=True, help="JSON: client_id, client_secret, base_url"
    )
    parser.add_argument("--data", type=Path, help="SQLite file; beside the credentials by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
