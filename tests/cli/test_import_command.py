"""`samkeeper import` and `samkeeper template`, as a bureau's clerk runs them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from samkeeper.demo.load import DATA
from tests.cli.command import Office
from tests.cli.conftest import Called
from tests.stock.lists import AUTHORITY, CARD, DESK, LISTS, UNIT, another_card, write

FILES = sorted(DATA.glob("*.csv"))


def dump(office: Office) -> list[str]:
    """The whole database as text."""
    with closing(sqlite3.connect(office.database)) as database:
        return list(database.iterdump())


def count(office: Office, table: str) -> int:
    with closing(sqlite3.connect(office.database)) as database:
        (found,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


@pytest.fixture
def lists(tmp_path: Path) -> list[Path]:
    """The four small lists, in order."""
    return [write(tmp_path, [row], f"{code}.csv") for code, row in LISTS.items()]


def test_the_sample_lists_are_imported_in_order(full: Office) -> None:
    lines = [len(file.read_text("utf-8-sig").splitlines()) - 1 for file in FILES]
    tables = ("parties_authority", "parties_desk", "parties_institution", "registry_card")
    assert [count(full, table) for table in tables] == lines
    moves, lists = count(full, "registry_cardevent"), len(FILES)
    assert count(full, "ledger_entry") == moves + lists == count(full, "registry_cardperiod") + lists


def test_each_list_is_answered_with_a_line(empty: Office, lists: list[Path]) -> None:
    assert empty.run("import", *lists) == (
        0,
        "authorities.csv：管理机构 1 行，已导入\n"
        "desks.csv：服务网点 1 行，已导入\n"
        "institutions.csv：使用单位 1 行，已导入\n"
        "cards.csv：PSAM卡 1 行，已导入\n",
        [],
    )


def test_a_dry_run_checks_lists_that_build_on_each_other_and_writes_nothing(empty: Office, lists: list[Path]) -> None:
    before = dump(empty)
    status, out, error = empty.run("import", "--dry-run", *lists)
    assert (status, out.count("检查通过"), error) == (0, 4, [])
    assert dump(empty) == before


def test_bad_rows_are_named_one_a_line_and_nothing_is_taken(empty: Office, lists: list[Path], tmp_path: Path) -> None:
    """The report is the clerk's own workbook with the reasons beside the rows."""
    assert empty.run("import", *lists[:3]).status == 0
    before = dump(empty)
    rows = [CARD, another_card(2, 状态="丢失"), another_card(3, 单位编码="01019999")]
    status, out, error = empty.run("import", write(tmp_path, rows, "坏.xlsx"), "--report", tmp_path / "错误.xlsx")
    assert (status, out) == (2, "")
    assert error[:3] == [
        "坏.xlsx 第 3 行「状态」：“丢失”应为在用、未装、在库之一；请从中选一项",
        "坏.xlsx 第 4 行「单位编码」：“01019999”使用单位没有登记；请先导入“使用单位”表，或核对单位编码",
        f"已把带「错误」列的原表写到 {tmp_path / '错误.xlsx'}",
    ]
    assert len(error) == 4
    assert "共 3 行，2 行有错（2 处），没有导入任何一行" in error[3]
    reasons = [row[-1] for row in openpyxl.load_workbook(tmp_path / "错误.xlsx").active.values]
    assert reasons[:3] == ["错误", None, "「状态」：“丢失”应为在用、未装、在库之一；请从中选一项"]
    assert dump(empty) == before


def test_lists_before_a_bad_one_stay_taken_those_after_it_are_not_reached(
    empty: Office, lists: list[Path], tmp_path: Path
) -> None:
    bad = write(tmp_path, [{**DESK, "管理机构": "没有的局"}], "坏.csv")
    status, out, _ = empty.run("import", lists[0], bad, lists[1])
    assert (status, out) == (2, "authorities.csv：管理机构 1 行，已导入\n")
    assert (count(empty, "parties_authority"), count(empty, "parties_desk")) == (1, 0)


def test_a_database_that_is_not_there_is_one_line_that_says_what_to_do(tmp_path: Path, lists: list[Path]) -> None:
    status, out, error = Office(tmp_path).run("import", lists[0])
    assert (status, out, len(error)) == (2, "", 1)
    assert "请先运行 samkeeper manage migrate" in error[0]


@pytest.mark.django_db
def test_a_report_that_cannot_be_written_is_a_line(called: Called, tmp_path: Path) -> None:
    bad = write(tmp_path, [{**AUTHORITY, "层级": "县"}])
    status, out, error = called("import", bad, "--report", tmp_path / "none" / "错误.csv")
    assert (status, out, len(error)) == (2, "", 2)
    assert error[1].startswith("写入 ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的；请下载模板填写后再导入"),
        ("姓名,工资\n王敏,1\n".encode(), "认不出表头"),
        ("终端机编号\n1\n".encode(), "但缺少列"),
        (",".join(UNIT).encode(), "没有数据行"),
        (b"PK\x03\x04cut", "工作簿已损坏"),
        (b"\xd0\xcf\x11\xe0old", "是旧的 .xls 格式；请另存为 .xlsx 后再导入"),
        (b"\xff\n", "有无法识别的文字编码；请另存为“CSV UTF-8”或 .xlsx 后再导入"),
    ],
)
def test_a_file_that_is_no_list_is_one_line(called: Called, tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "清单").write_bytes(content)
    status, out, error = called("import", tmp_path / "清单")
    assert (status, out, len(error)) == (2, "", 1)
    assert words in error[0]


@pytest.mark.django_db
def test_wrong_use_is_one_line(called: Called, tmp_path: Path) -> None:
    for words in ([], [tmp_path / "none.csv"], [tmp_path], ["--frobnicate"]):
        status, out, error = called("import", *words)
        assert (status, out, len(error)) == (2, "", 1)


@pytest.mark.django_db
@pytest.mark.parametrize("table", LISTS)
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_template_comes_back_as_what_it_is(called: Called, tmp_path: Path, table: str, form: str) -> None:
    """Known by its header; unfilled, it has no rows."""
    file = tmp_path / f"模板.{form}"
    assert called("template", table, file) == (0, f"{file}\n", [])
    status, _, error = called("import", file)
    assert (status, ["没有数据行" in line for line in error]) == (2, [True])


def test_a_template_needs_no_database_but_a_folder(called: Called, tmp_path: Path) -> None:
    """Nothing here has leave to touch a database."""
    assert called("template", "cards", tmp_path / "卡.xlsx").status == 0
    for words in (["cards", tmp_path / "none" / "卡.xlsx"], ["fees", tmp_path / "费.xlsx"]):
        status, out, error = called("template", *words)
        assert (status, out, len(error)) == (2, "", 1)


@pytest.mark.parametrize("words", [["import"], ["template"], ["account"], ["export"], ["export", "history"]])
def test_help_shows_an_example(called: Called, words: list[str]) -> None:
    status, out, _ = called(*words, "--help")
    assert (status, f"例：samkeeper {' '.join(words)}" in out) == (0, True)
