"""Problems and reasons in the language of who asks: nothing that the code tells of is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from starlette.requests import Request

from api.languages import language, reasons, told
from worker.core.words import doubted_words, joined, repaired_by_writing, several

ROOT = Path(__file__).parents[1]
RAISED = {
    "UnreadableError", "BombError", "ProblemError", "StoreError", "NotStoredError", "DatabaseAwayError", "QueueError",
    "Refusal", "Failure", "missing", "refuse", "fail", "NoDecisionsError",
}  # fmt: skip
"""Whoever is called so is given a text that people read."""
TELLING = {
    "_wrong",
    "_write",
    "_why",
    "unwanted",
    "too_large",
    "wrong_with",
    "_hopeless",
    "_deadly",
    "_unsettled",
    "_counted",
    "_standing_in",
    "_refusal",
    "_no_amount",
    "_no_structure",
    "_nothing_about",
}
"""Functions that return one."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def texts(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """What an expression may say, with {} for what varies."""
    match node:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*texts(one, constants), *texts(other, constants))
        case ast.BoolOp(values=values) | ast.Tuple(elts=values):
            yield from (text for value in values for text in texts(value, constants))
        case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)) if name in constants:
            found = constants[name]
            for value in found.values if isinstance(found, ast.Dict) else [found]:
                yield from texts(value, {})


def said() -> Iterator[tuple[str, str]]:
    """Every text that the code gives to those who tell it, and where."""
    for path in sorted(path for package in ("api", "models", "worker") for path in (ROOT / package).rglob("*.py")):
        if path.parts[-2] == "commands":
            continue  # they speak to who has the server, in English
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            n.targets[0].id: n.value
            for n in tree.body
            if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            found: list[ast.expr] = []
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in RAISED:
                found = list(node.args)
            elif isinstance(node, ast.FunctionDef) and node.name in TELLING:
                found = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
            for argument in found:
                yield from (
                    (text, f"{path.name}: {text}") for text in texts(argument, constants) if is_told(text, node)
                )


def is_told(text: str, node: ast.AST) -> bool:
    """Whether a text is one for people: a sentence, or what a problem is about."""
    named = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ProblemError", "missing")
    return " " in text or (named and text.isalpha())


def test_every_reason_the_code_gives_is_there_in_both_languages() -> None:
    known = {re.sub(r"{\w+}", "{}", text) for text in reasons()}
    assert len(known) == len(reasons()), "a reason stands there once, whatever its words that vary are called"
    spoken = list(said())
    assert len(spoken) > 80
    assert [where for text, where in spoken if text not in known and told(text, "zh") == text] == []


def test_both_languages_of_a_reason_speak_of_the_same_things() -> None:
    for english, chinese in reasons().items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese)), english
        assert CHINESE.search(chinese), english
        assert not CHINESE.search(english)
        assert len(re.sub(r"{\w+}", "", english)) > 5 or "{" not in english, f"{english}: matches anything"
        assert len(re.sub(r"{\w+}", "", chinese)) > 1 or "{" not in chinese, f"{chinese}: matches anything"


def test_a_reason_holds_what_it_was_given() -> None:
    assert told("the file is larger than 2,048 MiB: split it", "zh") == "文件超过 2,048 MiB：请拆分后再添加"
    office = "this is an Office file (Word, Excel or WPS): save it as PDF and add that"
    assert told(office, "zh") == "这是 Office 文件（Word、Excel 或 WPS）：请另存为 PDF 后再添加"
    assert told(office, "en") == office
    assert told("缺少公开03 支出决算表", "en") == "公开03 支出决算表 is missing"
    swollen = (
        "it took more than 10 MiB of memory and was stopped: print the file to a new PDF and try again, or raise X"
    )
    died = f"reading this page ended its worker 3 times: {swollen}"
    first, last = "识读此页使识读进程结束了 3 次：", "请打印为新的 PDF 后再试，或调高 X"
    assert told(died, "zh") == f"{first}占用内存超过 10 MiB，已停止：{last}"


def test_reasons_in_a_row_are_told_one_by_one() -> None:
    broken = "the picture is damaged or cut short: get it again from its source"
    both = f"page 2: {broken}; page 5: not read, because too many pages of this file failed"
    assert told(both, "zh") == "第 2 页：图片已损坏或不完整：请重新获取；第 5 页：未识读：此文件失败的页太多"
    assert (
        told("未能确定年度；缺少公开02 收入决算表", "en") == "the year could not be found; 公开02 收入决算表 is missing"
    )


@pytest.mark.parametrize("spoken", ["zh", "en"])
def test_what_nobody_knows_is_told_as_it_is(spoken: str) -> None:
    for text in ("", "an older reason: with {braces}; and 50 %", "原因不明", "a | b"):
        assert told(text, spoken) == text
    assert told("no such {thing}", spoken) == "no such {thing}"


def test_reasons_of_cells_are_split() -> None:
    one = several([doubted_words("版面存疑"), ("行合计不符", "does not add up")], ["5"])
    assert told(one, "zh") == "版面存疑；行合计不符，或应为5；请核对原件"
    assert told(one, "en").endswith("does not add up, perhaps 5; look at the page")
    assert not CHINESE.search(told(one, "en"))
    _, other = repaired_by_writing("1 | 2", Decimal(12), "分隔符", [])
    assert told(other, "zh").startswith("按数字书写规则")
    assert told(other, "zh").endswith("只能读作12")
    assert told(other, "en") == "the only number that “1 | 2” can spell"
    two = joined("原读在“甲”：移动后A成立 | was read under “甲”: A failed and hold now", one)
    assert told(two, "zh").count("；") == 3
    assert told(two, "en").startswith("was read under “甲”: A failed and hold now; the row")
    assert joined("", one) == joined(one, "") == one


def request(path: str, accept: str = "", cookie: str = "") -> Request:
    headers = [(b"accept-language", accept.encode()), (b"cookie", cookie.encode())]
    return Request({"type": "http", "path": path, "headers": headers})


def test_pages_are_chinese_and_scripts_english_unless_they_ask() -> None:
    assert language(request("/")) == "zh"
    assert language(request("/api/batches")) == "en"
    assert language(request("/", "en-GB,en;q=0.9,zh;q=0.8")) == "en"
    assert language(request("/api/batches", "en;q=0.3, zh-CN;q=0.8, *")) == "zh"
    assert language(request("/api/batches", "fr, zh;q=0, en;q=0.1")) == "en"
    assert language(request("/api/batches", "de")) == "en"
    assert language(request("/", "zh", "jiaokan_language=en")) == "en"


def test_what_ends_a_reading_process_is_told_in_chinese_too() -> None:
    died = "the reading process ended by itself (SIGKILL, a line): print the file to a new PDF and try again"
    assert told(died, "zh") == "识读进程自行结束（SIGKILL, a line）：请打印为新的 PDF 后再试"
    late = "it took longer than 5 s and was stopped: print the file to a new PDF and try again, or raise JIAOKAN_X"
    assert told(late, "zh") == "用时超过 5 秒，已停止：请打印为新的 PDF 后再试，或调高 JIAOKAN_X"
