"""Bytes from the store on their way out: never shown by a browser as a page, and gone on with after a break."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from api.errors import ProblemError
from models.blobs import Blobs

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def download(request: Request, blobs: Blobs, sha256: str, name: str) -> Response:
    """A blob as an attachment; raises NotStoredError before the answer begins."""
    size = blobs.size(sha256)
    tag = f'"{sha256}"'
    headers = {
        "content-disposition": f"attachment; filename=\"download\"; filename*=UTF-8''{quote(name, safe='')}",
        "content-security-policy": "sandbox; default-src 'none'",
        "etag": tag,
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    first, last = _range(request, size)
    status = 200
    if (first, last) != (0, size - 1):
        status, headers["content-range"] = 206, f"bytes {first}-{last}/{size}"
    headers["content-length"] = str(last - first + 1)
    pieces = _begun(blobs.stream(sha256, first, last + 1))
    return StreamingResponse(pieces, status, headers, "application/octet-stream")


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, the first of them fetched now: what cannot be read is told before the answer begins."""
    head = next(pieces, b"")
    return chain([head], pieces)


def _range(request: Request, size: int) -> tuple[int, int]:
    """The first and the last byte that are asked for; other kinds of ranges are answered with all of it."""
    found = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if found is None or not size:
        return 0, size - 1
    first = int(found[1])
    last = min(int(found[2]) if found[2] else size - 1, size - 1)
    if first > last:
        detail = f"there are {size} bytes"
        raise ProblemError(416, "beyond its end", detail, {"Content-Range": f"bytes */{size}"})
    return first, last
