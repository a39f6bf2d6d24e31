"""A client of the service for scripts, typed: what goes in and out are the values of `api.schemas`.

Needs httpx and pydantic only. Whatever breaks on the way is tried again; what the service refuses raises ServiceError.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, TypeAdapter

from api.insight_schemas import ImportOut
from api.schemas import BatchOut, DocumentOut, ExportOut, FileOutcome, Me, RefusalOut, UploadOut
from models.archive import ExportFormat

_Value = TypeVar("_Value", bound=BaseModel)
LARGE = 32 << 20
"""A larger file is sent in pieces of this size."""
_CHUNK = 1 << 20
_ATTEMPTS = 6
_LATER = (502, 503, 504)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class ServiceError(RuntimeError):
    """The service refused, or cannot be reached; the message says why and what to do."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Client:
    """The service at an address, as the owner of a token; to be closed, or used with `with`."""

    def __init__(self, server: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(
            base_url=server.rstrip("/"), headers=headers, timeout=_TIMEOUT, transport=transport, trust_env=False
        )
        self._pause = 0.5

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.close()

    def me(self) -> Me:
        """Whose token this is."""
        return self._get(Me, "/api/me")

    def open_batch(self, name: str, key: str | None = None) -> BatchOut:
        """A batch; with a key, the same one each time."""
        return self._post(BatchOut, "/api/batches", {"name": name, "key": key})

    def batch(self, batch_id: int) -> BatchOut:
        """How far a batch is."""
        return self._get(BatchOut, f"/api/batches/{batch_id}")

    def documents(self, batch_id: int) -> Iterator[DocumentOut]:
        """All documents of a batch."""
        after = 0
        lines = TypeAdapter(list[DocumentOut])
        while True:
            address = f"/api/documents?batch={batch_id}&limit=500&after={after}"
            found = lines.validate_json(self._ask("GET", address).content)
            yield from found
            if not found:
                return
            after = found[-1].id

    def refusals(self, batch_id: int) -> list[RefusalOut]:
        """The files of a batch that are not read."""
        answer = self._ask("GET", f"/api/batches/{batch_id}/refusals")
        return TypeAdapter(list[RefusalOut]).validate_json(answer.content)

    def add(self, batch_id: int, name: str, path: Path) -> FileOutcome:
        """Send a file; what came of it. A large one goes in pieces, and on where an earlier attempt broke off."""
        if path.stat().st_size > LARGE:
            return self._in_pieces(batch_id, name, path)
        address = f"/api/batches/{batch_id}/files/{quote(name)}"
        answer = self._ask("PUT", address, content=lambda: _pieces(path))
        return FileOutcome.model_validate_json(answer.content)

    def wait(self, batch_id: int, told: Callable[[BatchOut], object] = lambda _batch: None) -> BatchOut:
        """Watch a batch until nothing is left for a machine to do; `told` is called at each change."""
        while True:
            with suppress(httpx.TransportError):
                address = f"/api/batches/{batch_id}/events"
                with self._http.stream("GET", address) as events:
                    for line in events.iter_lines():
                        if line.startswith("data: {") and len(line) > len("data: {}"):
                            told(BatchOut.model_validate_json(line.removeprefix("data: ")))
            batch = self.batch(batch_id)
            if batch.finished:
                return batch
            time.sleep(self._pause)

    def export(self, name: str, format: ExportFormat = ExportFormat.CSV, **scope: Any) -> ExportOut:
        """Have a version made, and wait for it; `scope` is batch=…, documents=[…] or nothing, and with_flagged=…"""
        export = self._post(ExportOut, "/api/exports", {"name": name, "format": format.value, **scope})
        while export.finished_at is None:
            if export.failure:
                raise ServiceError(409, export.failure)
            time.sleep(self._pause)
            export = self._get(ExportOut, f"/api/exports/{export.id}")
        return export

    def download(self, export: ExportOut, to: Path) -> None:
        """Write a version to a file, going on after a break; raises ServiceError if its hash is wrong in the end."""
        to.unlink(missing_ok=True)
        for attempt in range(_ATTEMPTS):
            with suppress(httpx.TransportError):
                have = to.stat().st_size if to.exists() else 0
                if have >= (export.size or 0):
                    break
                self._fetch(f"/api/exports/{export.id}/file", to, have)
            time.sleep(self._pause * attempt)
        with to.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != export.sha256:
            raise ServiceError(0, "the version arrived damaged: download it again")

    def decisions(self, to: Path, *, batch: int | None = None, document: int | None = None) -> None:
        """Write what was decided about a batch or a document to a file, as CSV."""
        answer = self._ask("GET", f"{_decided_of(batch, document)}/decisions.csv")
        to.write_bytes(answer.content)

    def import_decisions(self, data: bytes, *, batch: int | None = None, document: int | None = None) -> ImportOut:
        """Bring such a CSV in; what came of each line. Doing it again does no harm."""
        address = f"{_decided_of(batch, document)}/decisions.csv"
        answer = self._ask("POST", address, content=lambda: iter([data]))
        return ImportOut.model_validate_json(answer.content)

    def _fetch(self, address: str, to: Path, have: int) -> None:
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._http.stream("GET", address, headers=headers) as answer:
            if answer.is_error:
                answer.read()
                raise _refused(answer)
            with to.open("ab" if answer.status_code == httpx.codes.PARTIAL_CONTENT else "wb") as file:
                for piece in answer.iter_bytes(_CHUNK):
                    file.write(piece)

    def _in_pieces(self, batch_id: int, name: str, path: Path) -> FileOutcome:
        upload = self._post(UploadOut, f"/api/batches/{batch_id}/uploads", {"name": name, "size": path.stat().st_size})
        while upload.state == "receiving":
            upload = self._piece(upload, path)
        if upload.result is not None:
            return upload.result
        return FileOutcome(name=name, outcome="refused" if upload.state == "failed" else "accepted")

    def _piece(self, upload: UploadOut, path: Path) -> UploadOut:
        address = f"/api/uploads/{upload.id}"
        headers = {"Upload-Offset": str(upload.offset)}
        length = min(LARGE, upload.piece, upload.size - upload.offset)
        try:
            answer = self._once("PATCH", address, _pieces(path, upload.offset, length), headers)
        except (httpx.TransportError, ServiceError) as error:
            if isinstance(error, ServiceError) and error.status not in (409, *_LATER):
                raise
            time.sleep(self._pause)
            return self._get(UploadOut, address)  # the answer may be lost though the piece arrived
        return UploadOut.model_validate_json(answer.content)

    def _get(self, kind: type[_Value], address: str) -> _Value:
        return kind.model_validate_json(self._ask("GET", address).content)

    def _post(self, kind: type[_Value], address: str, values: dict[str, Any]) -> _Value:
        body = {name: value for name, value in values.items() if value is not None}
        return kind.model_validate_json(self._ask("POST", address, body).content)

    def _ask(
        self, method: str, address: str, json: Any = None, content: Callable[[], Iterator[bytes]] | None = None
    ) -> httpx.Response:
        """A request, tried again while the service is away: all of them may be made twice."""
        for attempt in range(_ATTEMPTS):
            try:
                if content is not None:
                    return self._once(method, address, content(), {})
                return _checked(self._http.request(method, address, json=json))
            except httpx.TransportError as error:
                if attempt == _ATTEMPTS - 1:
                    raise ServiceError(0, f"the service cannot be reached: {error}") from error
            except ServiceError as error:
                if error.status not in _LATER or attempt == _ATTEMPTS - 1:
                    raise
            time.sleep(self._pause * 2**attempt)
        raise AssertionError("unreachable")

    def _once(self, method: str, address: str, content: Iterator[bytes], headers: dict[str, str]) -> httpx.Response:
        return _checked(self._http.request(method, address, content=content, headers=headers))


def _decided_of(batch: int | None, document: int | None) -> str:
    return f"/api/documents/{document}" if document is not None else f"/api/batches/{batch}"


def _pieces(path: Path, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        yield from _read(file, length)


def _read(file: BinaryIO, length: int | None) -> Iterator[bytes]:
    left = length
    while left is None or left > 0:
        piece = file.read(_CHUNK if left is None else min(_CHUNK, left))
        if not piece:
            return
        left = None if left is None else left - len(piece)
        yield piece


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise _refused(answer)
    return answer


def _refused(answer: httpx.Response) -> ServiceError:
    detail = answer.reason_phrase
    with suppress(ValueError):
        detail = str(answer.json().get("detail", detail))
    return ServiceError(answer.status_code, f"{answer.status_code}: {detail}")
