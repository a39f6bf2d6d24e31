"""The charts of the page of figures about reviewing, in the language of who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from api.charts import Bar, Chart, Point, bars, over_time, percent, reliability
from api.insight_schemas import BinOut, InsightOut

NAMES = ("backlog", "reasons", "pace", "reliability")
Words = Callable[..., str]


def charts(found: InsightOut, t: Words) -> dict[str, Chart]:
    """The charts there is something to draw for, by name."""
    drawn = (_backlog(found, t), _reasons(found, t), _pace(found, t), _reliability(found, t))
    return {chart.name: chart for chart in drawn if chart.marks}


def _backlog(found: InsightOut, t: Words) -> Chart:
    height, marks = over_time([(day.day, day.open) for day in found.backlog], t("chart.backlog.y"))
    last = found.backlog[-1].open if found.backlog else 0
    most = max((day.open for day in found.backlog), default=0)
    about = t("chart.backlog.about", last=f"{last:,}", most=f"{most:,}")
    return Chart("backlog", t("insight.backlog"), about, height, marks)


def _reasons(found: InsightOut, t: Words) -> Chart:
    of_one = found.reviewer is not None
    lines = [
        Bar(
            t(f"asks.{one.asks}"),
            (one.asked,) if of_one else (one.asked - one.open, one.open),
            f"{one.asked:,}" if of_one or not one.open else f"{one.asked:,} ({one.open:,})",
        )
        for one in found.reasons
    ]  # fmt: skip
    legend = () if of_one else (t("chart.answered"), t("chart.open"))
    height, marks = bars(lines, legend) if lines else (0.0, ())
    told = ", ".join(f"{line.name} {line.shown}" for line in lines)
    return Chart("reasons", t("insight.reasons"), t("chart.reasons.about", told=told), height, marks)


def _pace(found: InsightOut, t: Words) -> Chart:
    timed = [(one.name, one.pace.minutes_per_hundred) for one in found.reviewers]
    lines = [Bar(name, (minutes,), f"{minutes:.1f}") for name, minutes in timed if minutes is not None]
    height, marks = bars(lines) if lines else (0.0, ())
    told = ", ".join(f"{line.name} {line.shown}" for line in lines)
    return Chart("pace", t("insight.pace"), t("chart.pace.about", told=told), height, marks)


def _reliability(found: InsightOut, t: Words) -> Chart:
    questions, drawn = list(_points(found.reliable_questions, t)), list(_points(found.reliable_samples, t))
    labels = (t("chart.reliability.x"), t("chart.reliability.y"))
    legend = (t("chart.questions"), t("chart.samples"), t("chart.ideal"))
    height, marks = reliability(questions, drawn, labels, legend) if questions or drawn else (0.0, ())
    about = t(
        "chart.reliability.about", questions=_count(found.reliable_questions), samples=_count(found.reliable_samples)
    )
    return Chart("reliability", t("insight.reliability"), about, height, marks)


def _points(bins: Sequence[BinOut], t: Words) -> Iterator[Point]:
    for one in bins:
        share = one.right.share or 0.0
        told = t(
            "chart.point", confidence=percent(one.confidence), right=percent(share), hits=one.right.hits,
            trials=one.right.trials,
        )  # fmt: skip
        yield Point(one.confidence, share, one.right.low, one.right.high, told)


def _count(bins: Sequence[BinOut]) -> str:
    return f"{sum(one.right.trials for one in bins):,}"
