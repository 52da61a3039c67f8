"""A bureau's lists: taken whole and recorded, or refused with every bad row named and not one row taken."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import openpyxl
import pytest

from samkeeper.demo.load import DATA
from samkeeper.errors import BadInput
from samkeeper.ledger.models import Entry
from samkeeper.parties.models import Authority, Custodian, Desk, Institution
from samkeeper.registry.models import Card
from samkeeper.sheets import Sheet, template
from samkeeper.stock.imports import INTAKES, rehearsed, take
from tests.stock.lists import AUTHORITY, CARD, DESK, LISTS, NOON, UNIT, Row, another_card, everything, write

pytestmark = pytest.mark.django_db

MODELS = {"authorities": Authority, "desks": Desk, "institutions": Institution, "cards": Card}
ORDER = list(LISTS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def taken(folder: Path, *rows: Row, name: str = "清单.csv") -> Sheet:
    return take(write(folder, rows, name), at=NOON)


def stand_before(folder: Path, code: str) -> None:
    """Everything that a list of this kind builds on."""
    for earlier in ORDER[: ORDER.index(code)]:
        taken(folder, LISTS[earlier]).require()


def refused(folder: Path, *rows: Row, name: str = "清单.csv") -> list[str]:
    """What is wrong with the list, after seeing that nothing of it was taken."""
    before = everything()
    sheet = taken(folder, *rows, name=name)
    assert everything() == before
    with pytest.raises(BadInput, match="没有导入任何一行"):
        sheet.require()
    return [str(problem) for problem in sheet.problems]


def test_the_sample_lists_are_taken() -> None:
    """Those of the demo, in the order of their names."""
    files = sorted(DATA.glob("*.csv"))
    for file in files:
        take(file, at=NOON).require()
    lines = [len(file.read_text("utf-8-sig").splitlines()) - 1 for file in files]
    assert [model.objects.count() for model in MODELS.values()] == lines
    assert Custodian.objects.count() == Institution.objects.count()
    assert set(Card.objects.values_list("state", flat=True)) == {"in_stock", "issued", "in_service"}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_a_list_says_is_what_is_registered(folder: Path, form: str) -> None:
    for code in ORDER:
        taken(folder, LISTS[code], name=f"{code}.{form}").require()
    authority, desk, unit = Authority.objects.get(), Desk.objects.get(), Institution.objects.get()
    assert (authority.name, authority.tier, authority.system, authority.area_code, authority.parent) == (
        "示例市人力资源和社会保障局",
        "city",
        "social",
        "110000",
        None,
    )
    assert (desk.authority, desk.phone, desk.address) == (authority, "010-65551234", "示例大道2号")
    assert (unit.desk, unit.kind, unit.windows, unit.credit_code) == (
        desk,
        "designated_medical",
        4,
        "121101012459151024",
    )
    custodian = unit.custodians.get()
    assert (custodian.name, custodian.phone, custodian.since, custodian.until) == ("王敏", "13000000000", NOON, None)
    assert Card.objects.get().institution == unit


def test_every_taken_list_is_on_the_record_with_its_hash(folder: Path) -> None:
    for code in ORDER:
        taken(folder, LISTS[code]).require()
        entry = Entry.objects.latest("seq")
        digest = hashlib.sha256((folder / "清单.csv").read_bytes()).hexdigest()
        assert (entry.kind, entry.subject, entry.body) == ("import:done", code, {"rows": 1, "sha256": digest})


def test_empty_cells_stay_empty(folder: Path) -> None:
    stand_before(folder, "desks")
    taken(folder, {**DESK, "地址": "", "联系电话": ""}).require()
    optional = ("统一社会信用代码", "单位地址", "联系电话", "PSAM卡管理员", "管理员电话")
    taken(folder, {**UNIT, **dict.fromkeys(optional, "")}).require()
    unit = Institution.objects.get()
    assert (unit.credit_code, unit.address, unit.phone, unit.custodians.count()) == ("", "", "", 0)


# list -> what is changed in a right row -> the column that is named, and what stands in the message
BAD = [
    ("authorities", {"机构名称": ""}, "机构名称", "未填；请补填"),
    ("authorities", {"机构名称": "局" * 101}, "机构名称", "超过 100 个字；请缩短"),
    ("authorities", {"层级": "县"}, "层级", "应为部、省、市之一；请从中选一项"),
    ("authorities", {"体系": "公安"}, "体系", "之一；请从中选一项"),
    ("authorities", {"行政区划代码": "11010"}, "行政区划代码", "6 位数字的行政区划代码"),
    ("authorities", {"行政区划代码": "990000"}, "行政区划代码", "不是行政区划代码（GB/T 2260）；请核对"),
    ("authorities", {"上级机构": "没有的局"}, "上级机构", "上级机构没有登记；请先登记上级机构，或把它写在前面的行"),
    ("authorities", {"上级机构": "示例市人力资源和社会保障局"}, "上级机构", "上级机构没有登记"),
    ("desks", {"网点名称": ""}, "网点名称", "未填；请补填"),
    ("desks", {"管理机构": "没有的局"}, "管理机构", "管理机构没有登记；请先导入“管理机构”表"),
    ("desks", {"联系电话": "12345"}, "联系电话", "不是电话号码；请写成"),
    ("institutions", {"单位编码": "1"}, "单位编码", "4 到 20 位数字或字母；请核对后改正"),
    ("institutions", {"机构类别": "理发店"}, "机构类别", "之一；请从中选一项"),
    ("institutions", {"统一社会信用代码": "121101012459151025"}, "统一社会信用代码", "校验码应为 4；请核对后改正"),
    ("institutions", {"所属网点": "没有的网点"}, "所属网点", "服务网点没有登记；请先导入“服务网点”表，或核对网点名称"),
    ("institutions", {"业务窗口数": "四"}, "业务窗口数", "应为整数；请核对后改正"),
    ("institutions", {"业务窗口数": "10000"}, "业务窗口数", "应在 0 到 9999 之间；请核对后改正"),
    ("institutions", {"PSAM卡管理员": ""}, "PSAM卡管理员", "写了电话，没有写姓名；请补填姓名，或删去电话"),
    ("institutions", {"管理员电话": "130"}, "管理员电话", "不是电话号码；请写成"),
    ("cards", {"终端机编号": "11010000001"}, "终端机编号", "应为 12 位数字或字母 A 到 F，现有 11 位"),
    ("cards", {"终端机编号": "11010000000G"}, "终端机编号", "应为 12 位数字或字母 A 到 F"),
    ("cards", {"卡面序列号": "FF010120230100000001"}, "卡面序列号", "以 FF 开头表示卡尚未发行；请用发行后的序列号"),
    ("cards", {"卡种": "银行卡"}, "卡种", "之一；请从中选一项"),
    ("cards", {"单位编码": "01019999"}, "单位编码", "使用单位没有登记；请先导入“使用单位”表，或核对单位编码"),
    ("cards", {"状态": "丢失"}, "状态", "应为在用、未装、在库之一；请从中选一项"),
    ("cards", {"终端设备号": "", "安装应用位置": ""}, "安装应用位置", "没有写明位置；请填写安装应用位置或终端设备号"),
    ("cards", {"状态": "在库"}, "管理机构", "在库的卡没有写明已登记的管理机构；请填写管理机构名称"),
    (
        "cards",
        {"状态": "在库", "管理机构": AUTHORITY["机构名称"]},
        "单位编码",
        "在库的卡还没有这一项；请清空，或改正状态",
    ),
    ("cards", {"状态": "未装"}, "终端设备号", "未装的卡还没有这一项；请清空，或改正状态"),
    ("cards", {"状态": "未装", "终端设备号": ""}, "安装应用位置", "未装的卡还没有这一项；请清空，或改正状态"),
    ("cards", {"终端设备号": "T" * 41}, "终端设备号", "超过 40 个字；请缩短"),
    ("cards", {"发放日期": "2024-13-01"}, "发放日期", "没有这一天；请核对年月日"),
    ("cards", {"发放日期": "2026-03-03"}, "发放日期", "发放日期在今天之后；请核对后改正"),
    ("cards", {"质保期至": "明年"}, "质保期至", "应为日期；请写成"),
]


@pytest.mark.parametrize(("code", "change", "column", "words"), BAD)
def test_a_bad_cell_is_named_with_line_column_and_remedy(
    folder: Path, code: str, change: dict[str, str], column: str, words: str
) -> None:
    stand_before(folder, code)
    (problem,) = refused(folder, {**LISTS[code], **change})
    assert problem.startswith(f"清单.csv 第 2 行「{column}」：")
    assert words in problem


GOOD = {
    "authorities": {**AUTHORITY, "机构名称": "另一个局"},
    "desks": {**DESK, "网点名称": "另一个网点"},
    "institutions": {**UNIT, "单位编码": "01010002"},
    "cards": another_card(2),
}


@pytest.mark.parametrize("code", ORDER)
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_one_bad_row_among_good_ones_keeps_all_out(folder: Path, code: str, form: str) -> None:
    """Also the good row above it, which was written before the bad one was reached."""
    stand_before(folder, code)
    taken(folder, LISTS[code]).require()
    key = next(iter(LISTS[code]))
    (problem,) = refused(folder, GOOD[code], LISTS[code], name=f"清单.{form}")
    assert problem.startswith(f"清单.{form} 第 3 行「{key}」：“{LISTS[code][key]}”")
    assert "已登记" in problem


@pytest.mark.parametrize("code", ORDER)
def test_a_row_that_stands_twice_in_a_list_is_named(folder: Path, code: str) -> None:
    stand_before(folder, code)
    problems = refused(folder, LISTS[code], GOOD[code], LISTS[code])
    assert any("第 4 行" in problem and "与第 2 行重复；请删去重复的行或改正" in problem for problem in problems)


@pytest.mark.parametrize("code", ORDER[1:])
def test_a_list_before_the_one_it_builds_on_says_which_comes_first(folder: Path, code: str) -> None:
    (problem,) = refused(folder, LISTS[code])
    assert "请先导入" in problem


def test_a_serial_of_another_card_is_named_in_its_own_column(folder: Path) -> None:
    stand_before(folder, "cards")
    taken(folder, CARD).require()
    twin = {**CARD, "终端机编号": "110100000002"}
    (problem,) = refused(folder, twin)
    assert problem.startswith("清单.csv 第 2 行「卡面序列号」：“11010120230100000001”")
    assert problem.endswith("已登记在卡 110100000001 上；请核对卡面。")


def test_problems_are_told_in_the_order_of_lines(folder: Path) -> None:
    """What a cell says by itself and what the register says to it, mixed."""
    stand_before(folder, "cards")
    stranger = {"单位编码": "01019999"}
    spoilt = (another_card(1, **stranger), another_card(2, 状态="丢失"), another_card(3), another_card(4, **stranger))
    problems = refused(folder, *spoilt)
    assert [problem.split("行")[0] for problem in problems] == ["清单.csv 第 2 ", "清单.csv 第 3 ", "清单.csv 第 5 "]


def test_a_parent_may_stand_in_an_earlier_row(folder: Path) -> None:
    child = {**AUTHORITY, "机构名称": "区局", "上级机构": AUTHORITY["机构名称"]}
    assert "上级机构没有登记" in refused(folder, child, AUTHORITY)[0]
    taken(folder, AUTHORITY, child).require()
    assert Authority.objects.get(name="区局").parent == Authority.objects.get(name=AUTHORITY["机构名称"])


def test_a_rehearsal_writes_nothing(folder: Path) -> None:
    """Of all four lists, each of which builds on the one before."""
    before = everything()
    with rehearsed():
        for code in ORDER:
            taken(folder, LISTS[code]).require()
    assert everything() == before


def test_a_rehearsal_finds_what_the_import_would_find(folder: Path) -> None:
    stand_before(folder, "cards")
    before = everything()
    with rehearsed():
        taken(folder, CARD).require()
        (problem,) = taken(folder, CARD).problems
    assert "终端机编号 110100000001 已登记；请核对卡面。" in problem.message
    assert everything() == before


def test_a_list_without_rows_is_refused_and_not_recorded(folder: Path) -> None:
    (folder / "空.csv").write_text(",".join(AUTHORITY), encoding="utf-8")
    before = everything()
    with pytest.raises(BadInput, match="没有数据行；请在表头下逐行填写后再导入"):
        take(folder / "空.csv", at=NOON).require()
    assert everything() == before


@pytest.mark.parametrize("code", ORDER)
def test_an_unfilled_template_takes_nothing(folder: Path, code: str) -> None:
    layout = next(intake.layout for intake in INTAKES if intake.code == code)
    template(layout, folder / "模板.xlsx")
    with pytest.raises(BadInput, match="没有数据行"):
        take(folder / "模板.xlsx", at=NOON).require()
    assert not Entry.objects.exists()


def test_a_table_of_another_kind_is_named(folder: Path) -> None:
    with pytest.raises(BadInput, match="认不出表头；可导入的表有「管理机构」、「服务网点」、「使用单位」、「PSAM卡」"):
        taken(folder, {"姓名": "王敏", "工资": "1"})


def test_a_missing_column_is_named(folder: Path) -> None:
    with pytest.raises(BadInput, match="第 1 行：最接近「PSAM卡」，但缺少列「状态」"):
        taken(folder, {name: cell for name, cell in CARD.items() if name != "状态"})


def test_an_unknown_column_rides_along_and_is_told(folder: Path) -> None:
    sheet = taken(folder, {**AUTHORITY, "备注": "无"})
    sheet.require()
    assert sheet.ignored == ("备注",)


def test_the_error_workbook_is_the_users_own_with_the_reason_beside_each_row(folder: Path) -> None:
    stand_before(folder, "cards")
    given = another_card(1), another_card(2, 单位编码="01019999")
    sheet = taken(folder, *given, name="清单.xlsx")
    sheet.report(folder / "错误.xlsx")
    rows = list(openpyxl.load_workbook(folder / "错误.xlsx")["清单"].values)
    assert rows[0] == (*CARD, "错误")
    assert [row[:-1] for row in rows[1:]] == [tuple(row.values()) for row in given]
    assert rows[1][-1] is None
    assert rows[2][-1] == "「单位编码」：“01019999”使用单位没有登记；请先导入“使用单位”表，或核对单位编码"


def test_the_error_workbook_can_be_mended_and_taken(folder: Path) -> None:
    """What comes back, once right, goes in as it is: the column 「错误」 is passed over."""
    stand_before(folder, "cards")
    taken(folder, another_card(1), another_card(2, 单位编码="01019999")).report(folder / "错误.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "错误.csv").read_text("utf-8-sig"))))
    assert [bool(row["错误"]) for row in rows] == [False, True]
    rows[1]["单位编码"] = UNIT["单位编码"]
    taken(folder, *rows).require()
    assert Card.objects.count() == 2
