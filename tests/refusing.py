"""An S3 server behind a doorkeeper, who passes every request on, or for a while refuses as real stores do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP = {"connection", "transfer-encoding", "content-length", "server", "date"}


class Refusal(StrEnum):
    """How a store refuses: nobody may write, or the bucket is gone."""

    NONE = ""
    DENIED = "AccessDenied"
    GONE = "NoSuchBucket"


class Doorkeeper(ThreadingHTTPServer):
    """Stands before the server at `address`; `refusal` says what it does."""

    daemon_threads = True

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.behind = urlsplit(address).netloc
        self.refusal = Refusal.NONE
        self.refused = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Doorkeeper

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        writes = self.command in ("PUT", "POST", "DELETE")
        if self.server.refusal is Refusal.GONE or (self.server.refusal is Refusal.DENIED and writes):
            self.server.refused += 1
            said = f"<Error><Code>{self.server.refusal}</Code><Message>not now</Message></Error>".encode()
            self._send(404 if self.server.refusal is Refusal.GONE else 403, {"Content-Type": "application/xml"}, said)
            return
        behind = http.client.HTTPConnection(self.server.behind, timeout=30)
        try:
            behind.request(self.command, self.path, body, dict(self.headers.items()))
            found = behind.getresponse()
            self._send(found.status, dict(found.getheaders()), found.read())
        finally:
            behind.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815  # the names http.server calls

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        length = str(len(body))
        for name, value in headers.items():
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def doorkeeper(address: str) -> Iterator[Doorkeeper]:
    """One before this server, until the end."""
    found = Doorkeeper(address)
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()
        thread.join(10)
