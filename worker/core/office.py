"""The office a document is of, with proof: what its mentions agree on, and what the gazetteer knows of the place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from models.document import Document, Origin, Repair
from models.reference import Division
from worker.core.entity import PROSE_WEIGHT, Mentions, entity_of, mentioned
from worker.core.glyphs import confused
from worker.core.memo import Memo
from worker.core.places import Doubtful, doubtful_place, is_nowhere, known_places

CLEAR = 2
_KINDS = ("自治区", "自治县", "自治州", "省", "县", "区", "市", "旗")
_KIND = re.compile("|".join(_KINDS))


@dataclass(frozen=True, slots=True)
class Office:
    """An office's full name, the readings of it that were repaired, and what is left to ask, the best answer first."""

    name: str
    repairs: tuple[Repair, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a document says of its office: own mentions (heads and cover), those of sentences, and its lines."""

    heads: Counter[str]
    prose: Counter[str]
    lines: tuple[str, ...]
    year: str

    def times(self, text: str) -> int:
        return sum(line.count(text) for line in self.lines)

    def heard_of(self, place: Division, name: str) -> int:
        """How often a place is printed; a prefecture's city only as the office's own, for counties name it too."""
        is_city = place.name.endswith("市") and place.code.endswith("00")
        return self.heads[name] if is_city else self.times(place.name)


def find_office(document: Document, year: str, memo: Memo | None = None) -> Office:
    """The office of a document. A name that no place of that year bears is repaired where the document itself prints
    the right one elsewhere, and asked about where it does not; a born-digital page prints what its file says."""
    memo = memo or Memo()
    return memo.of(_office, "", mentioned(document, memo), document.origin, year)


def _office(mentions: Mentions, origin: Origin, year: str) -> Office:
    found = entity_of(mentions)
    if not found or origin is Origin.BORN_DIGITAL:
        return Office(found)
    heard = _listen(mentions, year)
    doubt = doubtful_place(found, year)
    if doubt:
        return _doubted(found, doubt, heard)
    if is_nowhere(found, year):
        return _nowhere(found, heard)
    name = _best_spelling(found, heard)
    repairs = tuple(_misread(name, heard))
    return Office(name, repairs, _rivals(name, heard))


def suggested(office: Office, listed: Collection[str]) -> Office:
    """The office, with a question where it is not listed and differs in look-alikes only from one that is.

    A list proves nothing about what a document prints: the name stays as it is.
    """
    if not office.name or office.name in listed:
        return office
    near = sorted(name for name in listed if confused(office.name, name))
    if not near:
        return office
    asked = f"单位名称应为{'、'.join(near)}？读作“{office.name}”，但名录中没有这个单位"
    return replace(office, questions=(*office.questions, asked))


def _listen(mentions: Mentions, year: str) -> _Heard:
    heads: Counter[str] = Counter()
    prose: Counter[str] = Counter()
    for name, weight in mentions.named:
        (heads if weight > PROSE_WEIGHT else prose)[name] += 1
    return _Heard(heads, prose, tuple(mentions.lines), year)


def _doubted(found: str, doubt: Doubtful, heard: _Heard) -> Office:
    """A place that no list knows: the one rival that the document prints elsewhere, or a question."""
    told = [(rival, heard.heard_of(rival, found.replace(doubt.printed, rival.name))) for rival in doubt.rivals]
    told = [(rival, times) for rival, times in told if times]
    if len({rival.name for rival, _ in told}) != 1:
        wanted = "、".join(found.replace(doubt.printed, name) for name in dict.fromkeys(r.name for r in doubt.rivals))
        asked = f"单位名称应为{wanted}？读作“{found}”，但{heard.year or '当'}年区划中没有{doubt.printed}"
        return Office(found, (), (asked,))
    rival, times = told[0]
    name = found.replace(doubt.printed, rival.name)
    first = Repair("", "entity", found, name, "gazetteer", _listed(rival, times), unique=True)
    others = (r for r in _misread(name, heard) if r.raw != found)
    return Office(name, (first, *others))


def _nowhere(found: str, heard: _Heard) -> Office:
    """A place that no list knows nor anything like it: another head that names a known one, if there is one."""
    known = {n: known_places(n, heard.year) for n in heard.heads if _of_another_kind(found, n)}
    told = [(name, places[-1]) for name, places in sorted(known.items()) if places]
    if len(told) != 1:
        return Office(found, (), _rivals(found, heard))
    name, place = told[0]
    if CLEAR * heard.heads[name] >= heard.heads[found]:
        proof = _listed(place, heard.heads[name])
        return Office(name, (Repair("", "entity", found, name, "gazetteer", proof, unique=True),))
    asked = f"单位名称应为{name}（{heard.heads[name]}处）？另有{found}（{heard.heads[found]}处）"
    return Office(found, (), (asked,))


def _listed(place: Division, times: int) -> str:
    return f"区划名录：{place.code} {place.name}；本文件另有{times}处写作{place.name}"


def _best_spelling(found: str, heard: _Heard) -> str:
    """Of the spellings that differ from a name by look-alikes only, the one that is printed most often.

    Where two are printed as often, the one whose parts the document uses elsewhere: 统计 of 统计局, and not 统汁.
    """
    alike = [found, *sorted(n for n in heard.heads if confused(n, found))]
    return max(alike, key=lambda n: (heard.heads[n] + heard.prose[n], _used(n, alike, heard), n == found))


def _used(name: str, alike: list[str], heard: _Heard) -> int:
    """How often the document uses the pairs of characters in which a spelling differs from the others."""
    own = {"".join(pair) for pair in pairwise(name)}
    shared = set.intersection(*({"".join(pair) for pair in pairwise(n)} for n in alike))
    return sum(heard.times(pair) for pair in own - shared)


def _misread(name: str, heard: _Heard) -> Iterator[Repair]:
    """The mentions that are the office's name, in full or cut at its front, but for a misreading that is proven."""
    places = known_places(name, heard.year)
    for mention in sorted({*heard.heads, *heard.prose}):
        meant = name[-len(mention) :]
        agreeing = heard.heads[meant] + heard.prose[meant]
        pairs = confused(mention, meant)
        if pairs and mention in heard.heads and agreeing >= CLEAR * heard.heads[mention]:
            proof = f"形近字{pairs}；本文件{agreeing}处写作{meant}"
            yield Repair("", "entity", mention, name, "glyph", proof, unique=True)
        elif places and _of_another_kind(mention, name) and _is_misread_place(mention, heard):
            proof = _listed(places[-1], heard.times(places[-1].name))
            yield Repair("", "entity", mention, name, "gazetteer", proof, unique=True)


def _is_misread_place(mention: str, heard: _Heard) -> bool:
    """Whether a mention names a place that is not there, or, in a head, only 自治区 or 自治县 without saying which."""
    return doubtful_place(mention, heard.year) is not None or (mention in heard.heads and mention.startswith("自治"))


def _of_another_kind(mention: str, name: str) -> bool:
    """Whether a mention is the name, or the end of it, with another kind of division in one place.

    A bare 市 or 县 before the office is no misreading of the place: it may be the office above.
    """
    for found in _KIND.finditer(mention):
        before, after = mention[: found.start()], mention[found.end() :]
        if not name.endswith(mention) and (before or found[0].startswith("自治")):
            others = [k for k in _KINDS if k != found[0] and k.startswith("自治") >= (not before)]
            if any(name.endswith(before + other + after) for other in others):
                return True
    return False


def _rivals(name: str, heard: _Heard) -> tuple[str, ...]:
    """A question where other spellings, of places that are there too, are printed nearly as often in the heads."""
    mine = sum(times for other, times in heard.heads.items() if name.endswith(other))
    near = [
        other
        for other, times in sorted(heard.heads.items())
        if CLEAR * times > mine
        and (confused(other, name) or (_of_another_kind(other, name) and not _is_misread_place(other, heard)))
    ]
    if not near:
        return ()
    told = "、".join(f"{other}（{heard.heads[other]}处）" for other in near)
    return (f"单位名称应为{name}（{mine}处）？另有{told}",)
