"""The forms of the final accounts (部门决算), as data: one TOML file a form; a new form is a new file.

What the files may say is described in docs/forms.md and by the classes below.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec


class Shape(StrEnum):
    """How a form's rows are named: by line items (01, 04), by 科目代码 (02, 03, 05, 06, 08, 09), or not at all (07)."""

    ITEMS = "items"
    ACCOUNTS = "accounts"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A canonical data column.

    `number` is its 栏次, `block` the side-by-side part it belongs to, `path` its header from the top row to the lowest
    (a document may print the levels in another order, or leave the upper ones out), `headers` other wordings of the
    lowest level. An `optional` column is one that only some years or provinces print.
    """

    number: str
    name: str
    path: tuple[str, ...]
    headers: tuple[str, ...] = ()
    block: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A line item of a form without its ordinal (一、): the group it is summed in, and the 类 code it stands for."""

    name: str
    block: int = 0
    group: str = ""
    code: str = ""
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Figures that must agree; the grammar of `formula` is in docs/forms.md, `worker.core.constraints` expands it."""

    kind: str
    formula: str


@dataclass(frozen=True, slots=True)
class Form:
    """One form: how to know it, and what stands in it."""

    code: str
    title: str
    shape: Shape
    columns: tuple[FormColumn, ...]
    variants: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ("",)
    items: tuple[Item, ...] = ()
    identities: tuple[Identity, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        """Every wording of the title, the canonical one first."""
        return (self.title, *self.variants)


@cache
def all_forms() -> tuple[Form, ...]:
    """The forms in the order of their codes. Raises msgspec.ValidationError where a file says what no form can say."""
    files = [f for f in resources.files(__name__).iterdir() if f.name.endswith(".toml")]
    forms = [msgspec.toml.decode(f.read_bytes(), type=Form) for f in files]
    return tuple(sorted(forms, key=lambda form: form.code))


def form_by_code(code: str) -> Form:
    """The form of a code such as 公开02. Raises KeyError where there is none."""
    return {form.code: form for form in all_forms()}[code]
