"""The pages of a disclosure around its tables: cover, contents, part three, and now and then a performance table."""

from __future__ import annotations

from corpus import lists
from corpus.draw import Painter, draw_sheet, draw_text
from corpus.sheets import Box, Sheet, sheet
from corpus.truth import Truth
from corpus.variant import Variant

_PARTS = ("第一部分 部门概况", "第二部分 {}年度部门决算表", "第三部分 {}年度部门决算情况说明", "第四部分 名词解释")
_GLOSSARY = (
    "一、财政拨款收入：本年度从本级财政部门取得的预算资金。",
    "二、基本支出：为保障机构正常运转、完成日常工作任务发生的人员经费和公用经费。",
    "三、项目支出：为完成特定行政任务或事业发展目标，在基本支出之外发生的支出。",
    "四、“三公”经费：因公出国（境）费、公务用车购置及运行维护费和公务接待费。",
)
_PERFORMANCE = (
    ("年度资金总额", "{}", "{}", "10", "100.00%", "10"),
    ("其中：财政拨款", "{}", "{}", "-", "100.00%", "-"),
    ("数量指标：培训次数", "≥4次", "4次", "20", "完成", "20"),
    ("质量指标：验收合格率", "≥95%", "98%", "20", "完成", "20"),
    ("时效指标：完成及时率", "100%", "100%", "20", "完成", "19"),
    ("效益指标：覆盖率", "≥90%", "93%", "20", "完成", "20"),
    ("满意度指标：群众满意度", "≥90%", "95%", "10", "完成", "10"),
    ("总分", "", "", "100", "", "99"),
)


def characters(document: Truth, variant: Variant) -> set[str]:
    """Every character a document may print."""
    text = [document.entity, *_PARTS, *_GLOSSARY, *(c for row in _PERFORMANCE for c in row)]
    text += [variant.entity_label, variant.unit_label, variant.mark, variant.amount_header]
    for table in document.tables:
        text += [table.title, table.unit, table.note, *(c.name for c in table.columns), *(r.name for r in table.rows)]
    for title, paragraphs in document.sections:
        text += [title, *paragraphs]
    text.append("0123456789项目栏次行编码代科经济分类款功能按收入支出预算决年度目录部门概况说明附件第—　")
    text.append("绩效自评表得分值指标完成情况名称公务用车购置及运行维护费小计因公出国境接待费人员公用")
    return {char for part in text for char in part}


def draw_document(painter: Painter, document: Truth) -> None:
    """Draw a whole disclosure, page numbers included."""
    year = document.year
    _cover(painter, document)
    contents = [(_PARTS[0], 12.0), (_PARTS[1].format(year), 12.0)]
    contents += [(f"{lists.ordinal(n)}、{t.title}", 11.0) for n, t in enumerate(document.tables, 1)]
    contents += [(_PARTS[2].format(year), 12.0), *((title, 11.0) for title, _ in document.sections), (_PARTS[3], 12.0)]
    draw_text(painter, [("目  录", 16.0), *contents], indent=False)
    for table in document.tables:
        draw_sheet(painter, sheet(table, document, painter.variant))
    body = [(_PARTS[2].format(year), 15.0)]
    for title, paragraphs in document.sections:
        body += [(title, 12.0), *((p, 12.0) for p in paragraphs)]
    draw_text(painter, body)
    if painter.variant.performance:
        draw_sheet(painter, _performance(painter, document))
    draw_text(painter, [(_PARTS[3], 15.0), *((g, 12.0) for g in _GLOSSARY)])


def _cover(painter: Painter, document: Truth) -> None:
    painter.new_page()
    middle, y = painter.width / 2, painter.height * 0.32
    painter.write(middle, y, f"{document.year}年度", 22, "c")
    size = 26.0
    title = document.entity + "部门决算"
    for line in painter.wrap(title, size, painter.width - 140):
        y += 44
        painter.write(middle, y, line, size, "c")


def _performance(painter: Painter, document: Truth) -> Sheet:
    """A self-evaluation table, as many departments append; its figures are no part of the nine forms."""
    made = Sheet(
        code="T1",
        title="项目支出绩效自评表",
        mark="",
        left=f"（{document.year}年度）",
        right="",
        note="",
        landscape=False,
        kinds=("name", *["amount"] * 5),
        head=1,
    )
    money = f"{painter.rng.randint(100, 90000) / 100:.2f}万元"
    for column, text in enumerate(("指标名称", "全年预算数", "全年执行数", "分值", "完成情况", "得分")):
        made.put(Box(0, column, text))
    for line, row in enumerate(_PERFORMANCE, 1):
        for column, text in enumerate(row):
            made.put(Box(line, column, text.format(money), align="c" if column else "l"))
    made.lines = [None] * (len(_PERFORMANCE) + 1)
    return made
