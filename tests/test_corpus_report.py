"""The report with a product that copies the truth, or spoils it: figures must say which."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import pytest

from corpus import command, make, report

# Stands in for `jiaokan extract`: exports the truth beside its inputs, every third money cell wrong if asked.
_PRODUCT = """
import csv, sys
from pathlib import Path
spoil = sys.argv[1] == "spoil"
out = Path(sys.argv[sys.argv.index("--out") + 1])
truth = Path(sys.argv[2]).parent / "truth"
out.mkdir(parents=True)
rows = list(csv.DictReader(open(truth / "cells.csv", encoding="utf-8")))
money = 0
for row in rows:
    row |= {"status": "read", "reason": "", "confidence": "1", "raw": row["value"]}
    if row["value"] and float(row["value"]):
        money += 1
        if spoil and money % 3 == 0:
            row["value"] = row["value"] + "1"
with open(out / "cells.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
documents = list(csv.DictReader(open(truth / "documents.csv", encoding="utf-8")))
with open(out / "documents.csv", "w", encoding="utf-8", newline="") as file:
    writer = csv.DictWriter(file, [*documents[0], "status"])
    writer.writeheader()
    writer.writerows(d | {"status": "clean"} for d in documents)
"""


def product(monkeypatch: pytest.MonkeyPatch, folder: Path, mood: str) -> None:
    script = folder / "product.py"
    script.write_text(_PRODUCT, encoding="utf-8")
    monkeypatch.setattr(report, "extract_command", lambda: [sys.executable, str(script), mood])


def test_a_perfect_product_reaches_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    product(monkeypatch, tmp_path, "copy")
    (found,) = report.report(report.Plan(["born-digital"], 2, 7, 1), tmp_path / "out")
    assert found.reached
    assert (found.score.exact_share, found.score.silent, found.score.zeros_lost) == (1.0, 0, 0)
    assert (found.score.entity_right, found.score.year_right, found.score.failed) == (2, 2, 0)
    saved = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert saved[0]["exact"] == 1.0
    assert "| born-digital | 2 |" in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert (tmp_path / "out" / "report.svg").stat().st_size > 1000


def test_a_spoiling_product_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    product(monkeypatch, tmp_path, "spoil")
    (found,) = report.report(report.Plan(["born-digital"], 1, 7, 1), tmp_path / "out")
    assert not found.reached
    assert found.score.silent == found.score.money // 3
    with (tmp_path / "out" / "born-digital" / "faults.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == found.score.silent
    folder = tmp_path / "out" / "born-digital"
    args = argparse.Namespace(corpus_command="score", truth=folder / "truth", export=folder / "export")
    assert command.run(args) == 1
    assert capsys.readouterr().out.count("SILENT wrong:") == found.score.silent


def test_a_product_that_does_not_start_is_said_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "extract_command", lambda: [sys.executable, "-c", "raise SystemExit(2)"])
    make.make("born-digital", 1, 7, tmp_path)
    with pytest.raises(RuntimeError, match="ended with status 2"):
        report.measure("born-digital", tmp_path, 1)


def test_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    args = parser.parse_args(["make", "--level", "born-digital", "--count", "1", "--out", str(tmp_path), "--jobs", "1"])
    assert command.run(args) == 0
    assert capsys.readouterr().out.strip().endswith("born-digital-1-000.pdf")
    assert command.run(parser.parse_args(["make", "--level", "level9", "--out", str(tmp_path)])) == 2
    assert "level9" in capsys.readouterr().err
    assert command._SCORED.split() == list(make.LEVELS) == list(report.TARGETS)
