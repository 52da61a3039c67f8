from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samkeeper.errors import BadInput
from samkeeper.hotlist import files
from samkeeper.hotlist.register import mark, read_register


def numbers(path):
    return [(chunk.number(i), int(chunk.lines[i])) for chunk in files.read(path) for i in range(chunk.starts.size)]


@pytest.mark.parametrize("text", [b"1\n2\n3\n", b"1\r\n2\r\n3\r\n", b"\xef\xbb\xbf1\n2\n3", b" 1\n2 \t\n\t3\r"])
def test_text_in_every_dress_holds_the_same_numbers(tmp_path, text):
    path = tmp_path / "numbers.txt"
    path.write_bytes(text)
    assert numbers(path) == [("1", 1), ("2", 2), ("3", 3)]


def test_blank_lines_count_as_lines(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"\n \nA 1\r\n\r\n,B\n\n")
    assert numbers(path) == [("A 1", 3), (",B", 5)]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
def test_chunks_split_no_number(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(files, "CHUNK", chunk)
    path = tmp_path / "numbers.txt"
    path.write_text("\ufeff京A12\n\n7\r\n卡" + "9" * 31, encoding="utf-8", newline="")
    assert numbers(path) == [("京A12", 1), ("7", 3), ("卡" + "9" * 31, 4)]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_parquet_holds_the_same_numbers(tmp_path, kind):
    path = tmp_path / "numbers.parquet"
    column = pa.array(["007", None, " 8", "", "京9"]).cast(kind)
    pq.write_table(pa.table({"other": range(5), "card_no": column}), path)
    assert numbers(path) == [("007", 1), ("8", 3), ("京9", 5)]


def test_parquet_integers_are_written_out(tmp_path):
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"card_no": [12, 345678901234567890]}), path)
    assert numbers(path) == [("12", 1), ("345678901234567890", 2)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"1\n" + "卡".encode() * 33 + b"\n", "第2行：卡号超过32个字符"),
        ("1\n2\n卡".encode("gb18030"), "第3行：不是 UTF-8 文本"),
        (b"PAR1 and no more", "不是完好的 Parquet 文件"),
    ],
)
def test_file_that_cannot_be_read_says_where(tmp_path, content, reason):
    path = tmp_path / "numbers"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=reason):
        numbers(path)


def test_missing_column_and_missing_file_are_named(tmp_path):
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"number": ["1"]}), path)
    with pytest.raises(BadInput, match="没有 card_no 列"):
        numbers(path)
    with pytest.raises(BadInput, match="无法读取"):
        numbers(tmp_path / "none.txt")


def test_empty_issued_file_is_refused(workshop):
    with pytest.raises(BadInput, match="没有卡号"):
        read_register(workshop.file("issued.txt", ["", " "]))


@pytest.mark.parametrize("stranger", ["00000200", "0000001", "A", "-99-z", "卡"])
def test_first_stranger_is_named_with_its_line(workshop, stranger):
    issued = [f"{value:08d}" for value in range(100)] + [f"s{value}x" for value in range(5000)]
    register = read_register(workshop.file("issued.txt", issued))
    invalid = workshop.file("invalid.txt", [*issued[5:50], "", "s7x", stranger, "later"])
    with pytest.raises(BadInput, match=rf"invalid\.txt 第48行：卡号 {stranger} 不在已发卡号之中"):
        mark(register, invalid)
