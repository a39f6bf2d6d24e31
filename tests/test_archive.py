"""How far a batch or page is, from facts alone."""

from __future__ import annotations

import pytest

from models.archive import PageState, State, batch_state, page_state


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({}, State.QUEUED),
        ({State.QUEUED: 3, State.DONE: 0}, State.QUEUED),
        ({State.QUEUED: 3, State.DONE: 1}, State.READING),
        ({State.SETTLING: 1, State.DONE: 1}, State.SETTLING),
        ({State.SETTLING: 1, State.READING: 1}, State.READING),
        ({State.DONE: 2, State.FAILED: 1}, State.DONE),
        ({State.DONE: 2, State.NEEDS_REVIEW: 1, State.FAILED: 1}, State.NEEDS_REVIEW),
        ({State.FAILED: 1, State.CANCELLED: 1}, State.FAILED),
        ({State.CANCELLED: 1}, State.CANCELLED),
    ],
)
def test_a_batch_is_as_far_as_its_documents(counts: dict[State, int], state: State) -> None:
    assert batch_state(counts, cancelled=False) is state
    assert batch_state(counts, cancelled=True) is State.CANCELLED


def test_a_page_is_as_far_as_its_facts() -> None:
    assert page_state(started=False, finished=False, problem="") is PageState.QUEUED
    assert page_state(started=True, finished=False, problem="") is PageState.READING
    assert page_state(started=True, finished=True, problem="") is PageState.READ
    assert page_state(started=False, finished=True, problem="no") is PageState.SET_ASIDE
