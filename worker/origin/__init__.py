"""May a page's text layer be believed? Font by font, by comparing a sample of it with what the glyphs say."""

from worker.origin.verdict import Judgement, judge, merge

__all__ = ["Judgement", "judge", "merge"]
