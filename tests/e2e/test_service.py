"""The processes of a deployment together: batches in, documents done, whatever their files do."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.archive import State
from tests.recorded import recorded
from tests.topology import Topology, end


@pytest.fixture
def topology(tmp_path: Path, database_url: str, redis_server_url: str) -> Iterator[Topology]:
    with Topology(tmp_path, database_url, redis_server_url, str(tmp_path / "store")) as found:
        yield found


def test_a_batch_from_queued_to_exported(topology: Topology) -> None:
    worker = topology.worker()
    files = {f"{number}.pdf": recorded(number, pages=5) for number in range(4)}
    files["deadly.pdf"] = recorded(90, 3, "page 2 dies")
    files["blotted.pdf"] = recorded(91, 3, "page 2 unreadable")
    files["locked.pdf"] = recorded(92, 3, "unopenable")
    files["worthless.pdf"] = recorded(93, 1, "page 1 unreadable")
    batch = topology.batch("2023", files)
    topology.wait(60)
    found = {document.name: document for document in topology.documents(batch)}
    assert {found[f"{number}.pdf"].state for number in range(4)} <= {State.DONE, State.NEEDS_REVIEW}
    assert {found[name].state for name in ("deadly.pdf", "blotted.pdf")} == {State.NEEDS_REVIEW}
    assert found["locked.pdf"].failure == "this one cannot be opened: leave it"
    assert "blotted" in found["worthless.pdf"].failure
    assert topology.export(batch) == topology.export(batch)
    assert end(worker, signal.SIGTERM) == 0
