"""Around every request: a number for the logs, and headers that keep browsers from running what is not ours."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import traces
from models.logs import about, context

_NUMBER = re.compile(rb"[A-Za-z0-9._-]{1,64}")
POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
        "font-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
_SHOWN = 100
"""Paths can hold names of files: no more of them stands in logs."""
_log = logging.getLogger(__name__)
_HTTPS = "max-age=31536000"


class Shield:
    """The middleware; a stream passes through untouched."""

    def __init__(self, app: ASGIApp, secure: bool) -> None:
        self._app, self._secure = app, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        number = given.decode() if _NUMBER.fullmatch(given) else uuid.uuid4().hex
        scope["request_id"] = number
        begun = time.monotonic()

        async def shielded(message: Message) -> None:
            if message["type"] == "http.response.start":
                took = round(time.monotonic() - begun, 3)
                said = {"method": scope["method"], "path": scope["path"][:_SHOWN], "status": message["status"]}
                _log.info("answered", extra={**said, "seconds": took})
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                headers["x-request-id"] = number
                if self._secure:
                    headers["strict-transport-security"] = _HTTPS
            await send(message)

        with about(request=number):
            traces.note(context())
            await self._app(scope, receive, shielded)
