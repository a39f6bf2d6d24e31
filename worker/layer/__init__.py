"""The text layer of a PDF page, its ruling lines and its pictures, as plain values."""

from worker.layer.facts import extract
from worker.layer.runs import Character, group

__all__ = ["Character", "extract", "group"]
