from __future__ import annotations

from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.ctc import BLANK, Frame, decode

CHARACTERS = ("", *"0123456789.,-")
DOT, COMMA = CHARACTERS.index("."), CHARACTERS.index(",")


def frame(**likely: float) -> Frame:
    """A frame from probabilities by name: d5=0.9 is the digit 5; dot, comma, minus and blank are themselves."""
    names = {"blank": BLANK, "dot": DOT, "comma": COMMA, "minus": CHARACTERS.index("-")}
    pairs = [(names[name] if name in names else CHARACTERS.index(name[1:]), p) for name, p in likely.items()]
    return sorted(pairs, key=lambda pair: -pair[1])


SURE_BLANK = frame(blank=1.0)


def text(frames: list[Frame]) -> str:
    return "".join(emission.char for emission in decode(frames, CHARACTERS))


def test_a_run_of_one_class_is_one_character_and_a_blank_parts_two() -> None:
    frames = [frame(d5=0.9), frame(d5=0.99), SURE_BLANK, frame(d5=0.8), frame(d1=1.0)]
    assert text(frames) == "551"
    assert [round(e.probability, 2) for e in decode(frames, CHARACTERS)] == [0.99, 0.8, 1.0]


def test_a_separator_keeps_its_rival() -> None:
    (emission,) = decode([frame(dot=0.745, comma=0.255)], CHARACTERS)
    assert (emission.char, emission.probability) == (".", 0.745)
    assert emission.alternatives == ((",", 0.255),)


def test_nothing_is_an_alternative_as_far_as_every_frame_allows_it() -> None:
    (emission,) = decode([frame(d1=0.9, blank=0.1), frame(d1=0.6, blank=0.4)], CHARACTERS)
    assert emission.alternatives == (("", 0.1),)


def test_a_character_that_a_blank_narrowly_beat_is_kept_without_being_read() -> None:
    frames = [frame(d4=1.0), frame(blank=0.6, dot=0.3, comma=0.1), frame(d2=1.0)]
    four, near, two = decode(frames, CHARACTERS)
    assert (four.char, near.char, two.char) == ("4", "", "2")
    assert near.probability == pytest.approx(0.6)
    assert near.alternatives == ((".", 0.3), (",", 0.1))
    assert (near.start, near.end) == (1, 2)


def test_the_slope_of_a_neighbour_is_no_near_miss_but_a_second_peak_is() -> None:
    slope = [frame(d4=1.0), frame(blank=0.7, d4=0.3), SURE_BLANK, frame(d2=1.0)]
    assert [e.char for e in decode(slope, CHARACTERS)] == ["4", "2"]
    peak = [frame(d4=1.0), SURE_BLANK, frame(blank=0.7, d4=0.3), SURE_BLANK, frame(d2=1.0)]
    assert [(e.char, e.alternatives[:1]) for e in decode(peak, CHARACTERS)] == [
        ("4", ()),
        ("", (("4", 0.3),)),
        ("2", ()),
    ]


def test_a_blank_showing_through_a_run_hints_at_a_double() -> None:
    frames = [frame(d0=0.99), frame(d0=0.7, blank=0.3), frame(d0=0.99)]
    assert [(e.char, e.alternatives) for e in decode(frames, CHARACTERS)] == [("0", ()), ("", (("0", 0.3),))]


def test_no_frames_and_empty_frames_say_nothing() -> None:
    assert decode([], CHARACTERS) == ()
    assert decode([[], []], CHARACTERS) == ()


@st.composite
def distributions(draw: st.DrawFn) -> Frame:
    labels = draw(st.lists(st.integers(0, len(CHARACTERS) - 1), min_size=1, max_size=5, unique=True))
    weights = draw(st.lists(st.floats(0.01, 1.0), min_size=len(labels), max_size=len(labels)))
    return sorted(((label, w / sum(weights)) for label, w in zip(labels, weights, strict=True)), key=lambda p: -p[1])


@given(st.lists(distributions(), max_size=40))
def test_the_text_is_the_best_path_and_every_number_is_sane(frames: list[Frame]) -> None:
    best = [label for label, _ in groupby(max(frame, key=lambda pair: pair[1])[0] for frame in frames)]
    emissions = decode(frames, CHARACTERS)
    assert "".join(e.char for e in emissions) == "".join(CHARACTERS[label] for label in best if label != BLANK)
    for emission in emissions:
        others = [char for char, _ in emission.alternatives]
        assert emission.char not in others
        assert len(set(others)) == len(others)
        assert emission.char or others
        assert 0.0 <= emission.probability <= 1.0
        assert [p for _, p in emission.alternatives] == sorted((p for _, p in emission.alternatives), reverse=True)
        assert 0 <= emission.start < emission.end


@given(st.lists(distributions(), max_size=40))
def test_characters_stand_side_by_side(frames: list[Frame]) -> None:
    printed = [e for e in decode(frames, CHARACTERS) if e.char]
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(printed))
