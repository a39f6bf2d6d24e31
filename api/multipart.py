"""The files of a form, one after the other, as they come over the wire: nothing waits in memory or on disk."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import ProblemError

_MOST_FIELDS, _LONGEST_FIELD = 10, 1000


class FormFiles:
    """Walks through a form: `async for name in files` with `files.body()` inside."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise ProblemError(415, "not a form", "send the files as multipart/form-data, or one file with PUT")
        self._stream = request.stream()
        self._events: deque[tuple[str, bytes]] = deque()
        self._headers: dict[str, bytes] = {}
        self._field, self._value, self._inside = b"", b"", False
        self._named = ""
        self.fields: dict[str, str] = {}
        """The fields of the form that are no files, as far as they have come."""
        callbacks = {
            "on_header_field": self._on_field, "on_header_value": self._on_value, "on_header_end": self._on_header,
            "on_headers_finished": self._on_part, "on_part_data": self._on_data, "on_part_end": self._on_end,
        }  # fmt: skip
        self._parser = MultipartParser(options[b"boundary"], callbacks)  # type: ignore[arg-type]  # its types want exact callbacks

    async def __aiter__(self) -> AsyncIterator[str]:
        """The name of each file, as its sender calls it."""
        while (event := await self._next()) is not None:
            if event[0] == "file":
                yield event[1].decode("utf-8", errors="replace")

    async def before_files(self) -> dict[str, str]:
        """The fields that stand before the first file."""
        if (event := await self._next()) is not None:
            self._events.appendleft(event)
        return self.fields

    async def body(self) -> AsyncIterator[bytes]:
        """The bytes of the file that was named last."""
        while (event := await self._next()) is not None and event[0] == "data":
            yield event[1]

    async def _next(self) -> tuple[str, bytes] | None:
        while not self._events:
            chunk = await anext(self._stream, b"")
            if not chunk:
                return None
            try:
                self._parser.write(chunk)
            except MultipartParseError as error:
                raise ProblemError(400, "not a form", f"the form is damaged: {error}") from error
        return self._events.popleft()

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value
        self._field = self._value = b""

    def _on_part(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        name = options.get(b"filename")
        self._headers.clear()
        self._inside = name is not None
        self._named = options.get(b"name", b"").decode("utf-8", errors="replace")
        if name is not None:
            self._events.append(("file", name))
        elif len(self.fields) < _MOST_FIELDS:
            self.fields[self._named] = ""

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._inside:
            self._events.append(("data", data[start:end]))
        elif len(self.fields.get(self._named, "x" * _LONGEST_FIELD)) + end - start <= _LONGEST_FIELD:
            self.fields[self._named] += data[start:end].decode("latin-1")

    def _on_end(self) -> None:
        if self._inside:
            self._events.append(("end", b""))
