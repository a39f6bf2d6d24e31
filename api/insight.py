"""Figures about reviewing, and the policy of a batch that says when two people look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from api.deps import Call, Calls, Person, Reads, Who, Writes, allowed
from api.errors import ProblemError, missing
from api.insight_schemas import (
    BinOut,
    DayOut,
    InsightOut,
    PaceOut,
    PolicyAsked,
    PolicyOut,
    QualityOut,
    ReasonOut,
    ReviewerOut,
    ShareOut,
    ThroughOut,
)
from api.schemas import After, IdPath
from models.archive import Role
from models.db import Session, after_commit
from models.decisions import Decision, Policy
from models.rows import Batch
from models.statistics import Pace, reliability
from models.store import again, audit, batches, insight, people
from models.store.insight import Entry, Scope
from worker.core.quality import Pair, Samples, Seen, agreement, judged, pairs, samples

router = APIRouter(prefix="/api", tags=["insight"])
REVIEWERS = (Role.REVIEWER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What second looks came to."""

    samples: Samples
    pairs: Sequence[Pair]


def policy_of(session: Session, who: Person, batch_id: int) -> PolicyOut:
    """The policy of a batch. Raises ProblemError 404."""
    return PolicyOut.model_validate(_policy(_batch(session, who, batch_id)))


def set_policy(session: Session, call: Call, batch_id: int, asked: PolicyAsked) -> PolicyOut:
    """Change the policy of a batch; its documents are settled again, a few at a time. Raises ProblemError 404."""
    batch = _batch(session, call.who, batch_id)
    before = _policy(batch)
    after = asked.on(before)
    if after != before:
        batches.set_policy(session, batch_id, after)
        count = again.settle_batch(session, batch_id)
        told = {"before": before.kept(), "after": after.kept(), "documents": count}
        audit.note(session, call.acts, "policy changed", f"batch {batch_id}", told)
        after_commit(session, call.kit.waker.soon)
    return PolicyOut.model_validate(after)


def quality_of(session: Session, who: Person, batch_id: int) -> QualityOut:
    """What the sampled cells of a batch tell. Raises ProblemError 404."""
    policy = policy_of(session, who, batch_id)
    found = _looks(insight.looked_at_twice(session, Scope(batch_id)))
    return _quality(found.samples, policy)


def insight_into(session: Session, who: Person, batch: int | None, reviewer: int | None) -> InsightOut:
    """All figures. Raises ProblemError: 404, and 403 where a reviewer asks for another one's."""
    if reviewer is not None and who.role is not Role.ADMIN and reviewer != who.id:
        raise ProblemError(403, "not allowed", "a reviewer's figures are told to admins and to themself")
    scope = Scope(batch, reviewer)
    of_batch = _batch(session, who, batch) if batch is not None else None
    person = people.user_by_id(session, reviewer) if reviewer is not None else None
    if reviewer is not None and person is None:
        raise missing("person")
    entries = insight.answered(session, scope)
    looks = _looks(entries, reviewer)
    paces = insight.paces(session, scope)
    drawn, asked = judged(_seen(entries), reviewer)
    total = Pace()
    for pace in paces.values():
        total = total.plus(pace)
    return InsightOut(
        batch=batch,
        batch_name=of_batch.name if of_batch else "",
        reviewer=reviewer,
        reviewer_name=person.name if person else "",
        through=_through(session, scope) if reviewer is None else None,
        backlog=[DayOut.model_validate(day) for day in insight.backlog(session, scope)] if reviewer is None else [],
        reasons=_reasons(session, scope),
        quality=_quality(looks.samples, PolicyOut.model_validate(_policy(of_batch)) if of_batch else None),
        agreement=ShareOut.of(agreement(looks.pairs, reviewer)),
        pace=PaceOut.of(total),
        reviewers=_reviewers(session, who, paces, looks.pairs),
        reliable_questions=[BinOut.of(one) for one in reliability(asked)],
        reliable_samples=[BinOut.of(one) for one in reliability(drawn)],
    )


@router.get("/batches/{batch_id}/policy", summary="When two people look")
@allowed(*REVIEWERS)
def show_policy(session: Reads, who: Who, batch_id: IdPath) -> PolicyOut:
    """A file that stands in several batches is looked at as the strictest of their policies asks for."""
    return policy_of(session, who, batch_id)


@router.patch("/batches/{batch_id}/policy", summary="Change when two people look")
@allowed(*REVIEWERS)
def patch_policy(session: Writes, call: Calls, batch_id: IdPath, asked: PolicyAsked) -> PolicyOut:
    """What is left out stays. The documents of the batch are settled again, a few at a time."""
    return set_policy(session, call, batch_id, asked)


@router.get("/batches/{batch_id}/quality", summary="How many unseen errors a batch holds")
@allowed(*REVIEWERS)
def show_quality(session: Reads, who: Who, batch_id: IdPath) -> QualityOut:
    """Estimated from the cells that were drawn from those nobody doubts, and entered by people."""
    return quality_of(session, who, batch_id)


@router.get("/insight", summary="Figures about reviewing")
@allowed(*REVIEWERS)
def show_insight(session: Reads, who: Who, batch: After = None, reviewer: After = None) -> InsightOut:
    """Of everything or one batch, of all people or one. People by name are told to admins, and to themselves."""
    return insight_into(session, who, batch, reviewer)


def _batch(session: Session, who: Person, batch_id: int) -> Batch:
    batch = batches.batch_for(session, batch_id, who.user)
    if batch is None:
        raise missing("batch")
    return batch


def _policy(batch: Batch) -> Policy:
    return Policy.of(batch.policy)


def _seen(entries: Iterable[Entry]) -> list[Seen]:
    return [
        Seen(
            one.sha256,
            Decision(
                one.number, one.kind, one.key, one.after, person=one.person, before=one.before, undoes=one.undoes,
                straight=one.straight,
            ),
            one.asks,
            one.confidence,
        )
        for one in entries
    ]  # fmt: skip


def _looks(entries: Iterable[Entry], reviewer: int | None = None) -> _Looks:
    seen = _seen(entries)
    return _Looks(samples(seen, reviewer), pairs(seen))


def _quality(found: Samples, policy: PolicyOut | None) -> QualityOut:
    return QualityOut(
        policy=policy, entered=found.entered, waiting=found.waiting, errors=ShareOut.of(found.rate)
    )  # fmt: skip


def _through(session: Session, scope: Scope) -> ThroughOut:
    found = insight.through(session, scope)
    straight = found.cells - found.cells_asked
    return ThroughOut(
        documents=found.documents, documents_straight=found.documents_straight, cells=found.cells,
        cells_straight=straight, cells_repaired=found.cells_repaired,
        share=straight / found.cells if found.cells else None,
    )  # fmt: skip


def _reasons(session: Session, scope: Scope) -> list[ReasonOut]:
    """The most frequent first."""
    if scope.user_id is None:
        found = insight.reasons(session, scope)
    else:
        found = {asks: (count, 0) for asks, count in insight.reasons_answered(session, scope).items()}
    ranked = sorted(found.items(), key=lambda one: (-one[1][0], one[0]))
    return [ReasonOut(asks=asks or "unsure", asked=count, open=left) for asks, (count, left) in ranked]


def _reviewers(session: Session, who: Person, paces: dict[int, Pace], found: Sequence[Pair]) -> list[ReviewerOut]:
    """Those whose figures this person may see, by name."""
    shown = [number for number in paces if who.role is Role.ADMIN or number == who.id]
    names = insight.names(session, shown)
    told = [
        ReviewerOut(
            id=number, name=names.get(number, ""), pace=PaceOut.of(paces[number]),
            agreement=ShareOut.of(agreement(found, number)),
        )
        for number in shown
    ]  # fmt: skip
    return sorted(told, key=lambda one: (one.name, one.id))
