"""The office of a document: mentions that agree, places that the gazetteer knows in that year, and what is asked."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.document import Document, Line, Origin
from models.reference import divisions
from worker.core.glyphs import confused
from worker.core.office import Office, find_office, suggested
from worker.core.places import doubtful_place, known_places

YEAR = "2021"


def office(*texts: str) -> Office:
    return find_office(Document(1, Origin.SCAN, (), tuple(Line(text, 1) for text in texts)), YEAR)


@pytest.mark.parametrize(
    ("name", "year", "known"),
    [
        ("广元市昭化区医疗保障局", "2021", ["广元市", "昭化区"]),
        ("宁夏西吉县医疗保障局本级", "2024", ["西吉县"]),
        ("中共永兴县委宣传部", "2021", ["永兴县"]),
        ("彭水苗族土家族自治县财政局", "2020", ["彭水苗族土家族自治县"]),
        ("郫县财政局", "2012", ["郫县"]),
        ("郫县财政局", "2023", []),
    ],
)
def test_places_by_year(name: str, year: str, known: list[str]) -> None:
    assert [place.name for place in known_places(name, year)] == known


@pytest.mark.parametrize(
    ("name", "rivals"),
    [
        ("宁夏回族自治县医疗保障局", ["宁夏回族自治区"]),
        ("彭水苗族土家族自治区财政局", ["彭水苗族土家族自治县"]),
        ("广元市昭化县医疗保障局", ["昭化区"]),
        ("内蒙古自治县财政局", ["内蒙古自治区"]),
        ("海东巿民政局", ["海东市"]),
    ],
)
def test_a_place_that_is_nowhere_has_a_rival(name: str, rivals: list[str]) -> None:
    doubt = doubtful_place(name, YEAR)
    assert doubt is not None
    assert [rival.name for rival in doubt.rivals] == rivals


@pytest.mark.parametrize("name", ["阜新县财政局", "广元市高新区管委会", "自治县医疗保障局", "市财政局", "郫县财政局"])
def test_zones_and_short_forms_are_no_doubt(name: str) -> None:
    assert doubtful_place(name, YEAR) is None


def test_a_region_misread_as_a_county_is_repaired_with_its_proof() -> None:
    found = office(
        *["公开部门：自治区医疗保障局"] * 8,
        "公开部门：自治县医疗保障局",
        "设立宁夏回族自治区医疗保障局，为政府机构。",
        "纳入宁夏回族自治区医疗保障局2022年部门预算编制。",
    )
    assert found.name == "宁夏回族自治区医疗保障局"
    (repair,) = found.repairs
    assert (repair.field, repair.raw, repair.kind) == ("entity", "自治县医疗保障局", "gazetteer")
    assert "640000" in repair.proof
    assert not found.questions


def test_a_place_that_is_nowhere_is_repaired_only_to_what_the_document_prints() -> None:
    heads = ["永兴区医疗保障局", "2021年度部门决算", *["部门：永兴区医疗保障局"] * 8]
    told = office(*heads, "永兴县位于湖南省。")
    assert told.name == "永兴县医疗保障局"
    assert [repair.raw for repair in told.repairs] == ["永兴区医疗保障局"]
    asked = office(*heads)
    assert (asked.name, asked.repairs) == ("永兴区医疗保障局", ())
    assert "永兴县医疗保障局" in asked.questions[0]


def test_two_places_that_are_there_are_asked_about() -> None:
    found = office("2021年度部门决算", *["部门：临夏市财政局"] * 3, *["部门：临夏县财政局"] * 3)
    assert not found.repairs
    assert "临夏市" in found.questions[0]
    assert "临夏县" in found.questions[0]


def test_the_office_above_is_no_misreading() -> None:
    heads = ["部门：永兴县医疗保障局"] * 4
    found = office(*heads, "主管部门：市医疗保障局", "郴州市医疗保障局2021年度考核")
    assert (found.name, found.repairs, found.questions) == ("永兴县医疗保障局", (), ())


def test_a_list_of_confirmed_names_asks_and_changes_nothing() -> None:
    found = office("2021年度部门决算", *["部门：青河县统汁局"] * 4)
    asked = suggested(found, {"青河县统计局", "青河县财政局"})
    assert asked.name == found.name
    assert asked.repairs == found.repairs
    assert asked.questions == (*found.questions, f"单位名称应为青河县统计局？读作“{found.name}”，但名录中没有这个单位")
    assert suggested(found, {found.name, "青河县统计局"}) == found
    assert suggested(found, {"永兴县医疗保障局"}) == found
    assert suggested(Office(""), {"青河县统计局"}) == Office("")


counties = st.sampled_from(
    sorted(n for n, ds in divisions().items() if len(ds) == 1 and not ds[0].to_year and len(n) > 2)
)
bureaus = st.sampled_from(["财政局", "医疗保障局", "农业农村局", "统计局"])


@given(counties, bureaus)
def test_offices_of_real_places_stay_as_printed(place: str, bureau: str) -> None:
    name = place + bureau
    found = office(name, f"{YEAR}年度部门决算", *[f"部门：{name}"] * 5)
    assert not found.repairs
    assert not found.questions


plain = counties.filter(lambda name: "自治" not in name and name[-1] in "县区市省")


@given(plain, bureaus, st.sampled_from("县区市"), st.integers(min_value=1, max_value=8))
def test_a_misread_kind_is_repaired_or_asked_about(place: str, bureau: str, kind: str, times: int) -> None:
    right, wrong = place + bureau, place[:-1] + kind + bureau
    misread = place[:-1] + kind
    assume(not any(misread.endswith(name) for name in divisions() if name != misread))  # 两江新县 may be a 新县
    heads = [f"部门：{wrong}"] * times + [f"部门：{right}"] * (8 - times)
    found = office(f"{YEAR}年度部门决算", *heads)
    outvoted = wrong != right and 2 * (8 - times) <= times
    assert found.name in (right, wrong)
    assert found.name == right or found.questions or (outvoted and known_places(wrong, YEAR))
    assert all(repair.repaired in (right, wrong) for repair in found.repairs)


def test_glyphs_that_look_alike() -> None:
    assert confused("本年未结转", "本年末结转") == "未/末"
    assert confused("统汁局", "统计局") == "汁/计"
    assert not confused("统计局", "统计局")
    assert not confused("合计", "总计")


@pytest.mark.parametrize(
    "office",
    [
        "城市管理局",
        "城市管理综合行政执法局",
        "城乡建设局",
        "市场监督管理局",
        "自治区税务局",
        "城区街道办事处",
        "县志办公室",
    ],
)
def test_an_office_that_begins_like_a_place_is_none(office: str) -> None:
    listed = [place for held in divisions().values() for place in held if place.held_in(YEAR)]
    doubted = [place.name for place in listed if doubtful_place(f"{place.name}{office}", YEAR) is not None]
    assert not doubted, doubted[:20]


def test_a_born_digital_page_prints_what_its_file_says() -> None:
    lines = tuple(Line(text, 1) for text in ["单位：广元市昭化县医疗保障局"] * 3 + ["广元市昭化区概况"])
    found = find_office(Document(1, Origin.BORN_DIGITAL, (), lines), YEAR)
    assert found == Office("广元市昭化县医疗保障局")
