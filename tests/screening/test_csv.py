"""CSV as bureaus send it: two encodings, two forms of time, quotes, and bad lines in the middle of good ones."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.screening import csv_file, intake
from tests.screening import made

HEAD = "txn_id,sam_no,institution_no,device_no,business,card_no,amount_fen,txn_time,terminal_seq,备注\n"
GOOD = "1,445200000000,H1,,0,E1,100,2024-03-01T09:00:00+08:00,,"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made.write_history([made.period(made.SAMS[0], made.at(0), event_id=7)], tmp_path / "history.parquet")
    return tmp_path


def screen(folder: Path, data: bytes) -> dict[str, Any]:
    (folder / "batch.csv").write_bytes(data)
    return made.run(folder, folder / "batch.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_encodings_and_both_line_ends_are_read(folder: Path, encoding: str, end: str) -> None:
    rows = [GOOD + "随行列", '2,445200000000,医院三,,0,E1,100,20240301090000,,"引号""和，逗号,"']
    manifest = screen(folder, (HEAD + "\n".join(rows)).replace("\n", end).encode(encoding))
    assert manifest["quarantined"] == 0
    assert [row["verdict"] for row in made.read(folder, "verdicts")] == ["accepted", "foreign"]
    (refused,) = made.read(folder, "refused")
    assert refused["institution_no"] == "医院三"
    assert refused["备注"] == '引号"和，逗号,'
    assert refused["txn_time"] == datetime(2024, 3, 1, 1, tzinfo=UTC)
    assert refused["clause"] == "第十三条"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20240301090000", "2024-03-01T01:00:00"),
        ("2024-03-01 09:00:00", "2024-03-01T01:00:00"),
        ("2024-03-01T09:00:00.5", "2024-03-01T01:00:00.500000"),
        ("2024-03-01T09:00:00.123456789+08:00", "2024-03-01T01:00:00.123456"),
        ("2024-03-01T01:00:00Z", "2024-03-01T01:00:00"),
        ("2024-02-29T20:30:00-0430", "2024-03-01T01:00:00"),
        ("20240301T090000+08", "2024-03-01T01:00:00"),
        ("2024-03-01T09:00", "2024-03-01T01:00:00"),
        ("1988-07-01 09:00:00", "1988-07-01T00:00:00"),  # summer time
    ],
)
def test_times_are_read_as_iso_8601_or_fourteen_digits(folder: Path, text: str, moment: str) -> None:
    screen(folder, (HEAD + GOOD.replace("2024-03-01T09:00:00+08:00", text).replace("H1", "H9")).encode())
    (refused,) = made.read(folder, "refused")
    assert refused["txn_time"] == datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (GOOD.replace("445200000000", "44520000000g"), "sam_no 不是"),
        (GOOD.replace("445200000000", ""), "缺少终端机编号"),
        (GOOD.replace("H1", ""), "缺少单位编号"),
        (GOOD.replace("2024-03-01T09:00:00+08:00", "2024-02-30T09:00:00"), "交易时间 txn_time 无法识别"),
        (GOOD.replace("2024-03-01T09:00:00+08:00", "2024-03-01"), "交易时间 txn_time 无法识别"),
        (GOOD.replace("2024-03-01T09:00:00+08:00", ""), "缺少交易时间"),
        (GOOD.replace(",100,", ",1.5,"), "金额 amount_fen 不是整数"),
        (GOOD.replace(",100,", ",9223372036854775808,"), "金额 amount_fen 不是整数"),
        (GOOD.replace(",100,", ",-1,"), "小于零"),
        (GOOD.replace(",0,E1", ",32,E1"), "不是0至31"),
        (GOOD.replace(",0,E1", ",,E1"), "缺少业务类别"),
        (GOOD[:-1] + "4294967296,", "terminal_seq 不是"),
        ("only,four,fields,here", "字段数与表头不符"),
        (GOOD + "x,one too many", "字段数与表头不符"),
        (GOOD + '"open', "字段数与表头不符，或引号不成对"),
    ],
)
def test_a_bad_line_goes_to_quarantine_and_stops_nothing_else(folder: Path, line: str, reason: str) -> None:
    manifest = screen(folder, (HEAD + GOOD + "\n\n" + line + "\n" + GOOD + "\n").encode())
    assert (manifest["rows"], manifest["quarantined"]) == (3, 1)
    assert [row["verdict"] for row in made.read(folder, "verdicts")] == ["accepted"] * 2
    (kept,) = made.read(folder, "quarantine")
    assert reason in kept["reason"]
    assert (kept["row"], Path(kept["file"]).name) == (2, "batch.csv")
    assert json.loads(kept["record"])


def test_a_record_is_kept_as_it_came(folder: Path) -> None:
    screen(folder, (HEAD + GOOD.replace("100", "一百") + "备").encode("gb18030"))
    (kept,) = made.read(folder, "quarantine")
    record = json.loads(kept["record"])
    assert record["amount_fen"] == "一百"
    assert record["备注"] == "备"
    assert record["device_no"] is None


def test_bytes_of_neither_encoding_cost_one_row(folder: Path) -> None:
    manifest = screen(folder, "\ufeff".encode() + (HEAD + GOOD).encode() + b"\xff\xfe\n" + GOOD.encode())
    assert (manifest["rows"], manifest["quarantined"]) == (2, 1)
    assert "字符编码" in made.read(folder, "quarantine")[0]["reason"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "没有表头"),
        (b"sam_no,institution_no\n", "缺少列 txn_time、amount_fen、business"),
        ((HEAD.strip() + ",sam_no\n").encode(), "列名重复"),
    ],
)
def test_a_file_that_is_not_of_transactions_is_refused_whole(folder: Path, data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        screen(folder, data)
    assert not (folder / "out").exists()


fields = st.text(st.characters(codec="gb18030", exclude_characters="\r\0"), max_size=6)


@settings(max_examples=60, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    remarks=st.lists(fields, min_size=1, max_size=12),
    stretch=st.integers(120, 400),
    encoding=st.sampled_from(["utf-8", "gb18030"]),
)
def test_any_text_comes_through_wherever_the_file_is_cut(
    tmp_path_factory: pytest.TempPathFactory, remarks: list[str], stretch: int, encoding: str
) -> None:
    """Python's own CSV writer quotes as it must; stretches end in the middle of lines, quotes and characters."""
    folder = tmp_path_factory.mktemp("csv")
    made.write_history([], folder / "history.parquet")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*HEAD.strip().split(",")])
    for number, remark in enumerate(remarks):
        writer.writerow([number, made.SAMS[0], "H1", "", 0, "E1", 1, "20240301090000", "", remark])
    (folder / "batch.csv").write_bytes(b"\xef\xbb\xbf" * (encoding == "utf-8") + buffer.getvalue().encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "STRETCH", stretch)
        patch.setattr(intake, "UNIT_ROWS", 2)
        manifest = made.run(folder, folder / "batch.csv")
    assert manifest["quarantined"] == 0
    assert [row["备注"] for row in made.read(folder, "refused")] == [remark or None for remark in remarks]
