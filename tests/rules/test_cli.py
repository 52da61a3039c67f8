"""`samkeeper rules`: one clear line for a good file or a bad one, the text of an article, a comparison with a copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from samkeeper.cli.rules import command
from samkeeper.errors import BadInput
from samkeeper.rules.book import library
from samkeeper.rules.coverage import page
from samkeeper.rules.texts import whole_text

ROOT = Path(__file__).parents[2]


def run(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_check_says_in_one_line_what_a_good_file_can_do(tmp_path: Path) -> None:
    file = tmp_path / "jieyang.toml"
    file.write_bytes(library()["jieyang"].raw)
    lines = run("check", file).stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("jieyang.toml：可用。《关于加强揭阳市社会保障PSAM卡规范管理的通知》")
    assert "丢失" in lines[0]


def test_check_refuses_a_bad_file_naming_the_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(
        library()["beijing"]
        .raw.replace("立即启用备用".encode(), "马上启用备用".encode())
        .replace(b'case_by_reading = "theft"', b'case_by_reading = "thief"')
    )
    with pytest.raises(BadInput, match=r"bad\.toml 第八条：case_by_reading 不认识“thief”"):
        run("check", file)


def test_show_prints_text_steps_needs_and_reading() -> None:
    shown = run("show", "beijing", "第八条").stdout
    assert "第八条 PSAM卡丢失后的办理流程：" in shown
    assert "步骤1 使用单位：立即启用备用PSAM卡。〔装机/启用〕〔仅单位有备用卡时适用〕" in shown
    assert "要件：请提交签字、盖章、填写完整的《北京市社会保障PSAM卡注销表》（表2）一式2份。" in shown
    assert "解读（请市人力资源和社会保障局解释）：报失至受理之间卡先挂失" in shown


def test_show_lists_every_article_of_a_book() -> None:
    shown = run("show", "health").stdout
    assert all(article.no in shown for article in library()["health"].articles)


def test_show_of_an_unknown_book_names_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"没有名为“peking”的规则；可用：.*beijing"):
        run("show", "peking")


def test_compare_answers_yes_for_a_faithful_copy_and_no_for_another(tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text(whole_text(library()["beijing"]), encoding="utf-8")
    assert "逐句一致" in run("compare", "beijing", copy).stdout
    copy.write_text(copy.read_text("utf-8").replace("一式2份递交", "一式3份递交"), encoding="utf-8")
    result = run("compare", "beijing", copy)
    assert result.exit_code == 1
    assert "仅原文有：（二）" in result.stdout
    assert "仅规则文件有：（二）" in result.stdout


def test_compare_refuses_a_copy_in_another_encoding(tmp_path: Path) -> None:
    copy = tmp_path / "copy.txt"
    copy.write_text("第一条", encoding="gb18030")
    with pytest.raises(BadInput, match="不是UTF-8文字"):
        run("compare", "beijing", copy)


def test_differ_says_which_answers_change_and_under_which_clause(tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_bytes(library()["beijing"].raw)
    assert "办法相同" in run("differ", "beijing", file).stdout
    old = '{ no = "（二）", who = "institution", needs = [\n    { form = "cancellation", copies = 2,'
    assert old in file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace(old, old.replace("2", "3")), encoding="utf-8")
    result = run("differ", "beijing", file)
    assert result.exit_code == 1
    assert result.stdout.startswith("丢失 注销：原〔北京市社会保障PSAM卡管理试行办法实施细则 第八条（二）〕请提交")
    assert "一式3份" in result.stdout
    assert "损坏" not in result.stdout


def test_coverage_page_is_up_to_date() -> None:
    """Written anew by `samkeeper rules coverage`."""
    assert (ROOT / "docs/coverage.md").read_text("utf-8") == page(library(), ROOT / "tests")


def test_every_article_with_steps_is_cited_by_a_test() -> None:
    rows = [line for line in page(library(), ROOT / "tests").splitlines() if line.startswith("| ")]
    uncited = [row for row in rows if "办理流程" in row and row.endswith("|  |")]
    assert uncited == []
