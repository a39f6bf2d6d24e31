"""The description of an export for machines: a Frictionless Data Package (specs.frictionlessdata.io, version 1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from models.export.columns import DOCUMENTS, PARTS, Field, Sheet

NAME = "jiaokan-export"
FILE = "datapackage.json"
_CHUNK = 1 << 20

Descriptor = dict[str, object]


def sheet_resource(folder: Path, sheet: Sheet, encoding: str) -> Descriptor:
    """One of the five files of fixed columns; every row of the others belongs to a row of documents.csv."""
    schema = _schema(sheet.fields)
    if sheet.key:
        schema["primaryKey"] = list(sheet.key)
    if sheet in PARTS:
        reference = {"resource": DOCUMENTS.name, "fields": ["document"]}
        schema["foreignKeys"] = [{"fields": ["document"], "reference": reference}]
    return _tabular(folder, sheet.name, f"{sheet.name}.csv", schema, encoding)


def table_resource(folder: Path, name: str, path: str, fields: Sequence[Field], encoding: str) -> Descriptor:
    """A table as printed."""
    return _tabular(folder, name, path, _schema(fields), encoding)


def file_resource(folder: Path, name: str, path: str, media: str) -> Descriptor:
    """A file that is no table."""
    return {"name": name, "type": "file", "path": path, "mediatype": media, **_content(folder / path)}


def write(folder: Path, resources: Sequence[Descriptor]) -> None:
    """Write the description, without any date, so that the same input gives the same bytes."""
    package = {
        "name": NAME,
        "title": "Tables of departmental final accounts, as extracted by Jiaokan",
        "profile": "data-package",
        "resources": list(resources),
    }
    (folder / FILE).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def listed(folder: Path) -> set[str] | None:
    """The paths of all files of an export, relative to its folder; None if the folder holds no export of ours."""
    try:
        package = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if package["name"] != NAME:
            return None
        return {FILE, *(str(resource["path"]) for resource in package["resources"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _schema(fields: Sequence[Field]) -> Descriptor:
    return {"fields": [_field(field) for field in fields], "missingValues": [""]}


def _field(field: Field) -> Descriptor:
    described: Descriptor = {"name": field.name, "type": field.type}
    if field.enum:
        described["constraints"] = {"enum": list(field.enum)}
    if field.type == "boolean":
        described |= {"trueValues": ["true"], "falseValues": ["false"]}
    return described


def _tabular(folder: Path, name: str, path: str, schema: Descriptor, encoding: str) -> Descriptor:
    shape = {"type": "table", "format": "csv", "mediatype": "text/csv", "encoding": encoding}
    return {"name": name, "path": path, **shape, **_content(folder / path), "schema": schema}


def _content(path: Path) -> Descriptor:
    digest = hashlib.sha256()
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return {"hash": f"sha256:{digest.hexdigest()}", "bytes": size}
