from __future__ import annotations

import copy
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from samkeeper.errors import BadInput
from samkeeper.keys import selftest

VECTORS: list[dict[str, Any]] = json.loads(resources.files("samkeeper.keys").joinpath("vectors.json").read_text())[
    "vectors"
]


def written(tmp_path: Path, *vectors: dict[str, Any]) -> Path:
    file = tmp_path / "vectors.json"
    file.write_text(json.dumps({"vectors": vectors}), "utf-8")
    return file


@pytest.mark.parametrize("case", selftest.built_in(), ids=lambda case: case.id)
def test_built_in_vector_holds(case: selftest.Case) -> None:
    assert case.holds()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["id"])
def test_a_wrong_answer_is_noticed(vector: dict[str, Any], tmp_path: Path) -> None:
    wrong = copy.deepcopy(vector)
    field = "expected_kcv" if "expected_kcv" in wrong else "expected"
    answer = wrong[field]
    wrong[field] = {"valid": "invalid", "invalid": "valid"}.get(answer, ("0" if answer[0] != "0" else "1") + answer[1:])
    wrong["iterations"] = min(wrong.get("iterations", 1), 10)
    (case,) = selftest.read(written(tmp_path, wrong))
    assert not case.holds()


BLOCK = next(vector for vector in VECTORS if vector["id"] == "sm4-gbt32907-1")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"op": "encrypt"}, "op“encrypt”不认识"),
        ({"op": None}, "缺少 op"),
        ({"algorithm": "rc4"}, "algorithm“rc4”不认识"),
        ({"key": "0123"}, "key 应为16字节"),
        ({"key": "xyz"}, "key 不是十六进制"),
        ({"data": "00"}, "data 应为16字节的整数倍"),
        ({"expected": ""}, "什么也比不出"),
        ({"expected": None}, "缺少 expected"),
        ({"iterations": 0}, "iterations 应为1至"),
        ({"iterations": "7"}, "iterations 应为1至"),
        ({"id": ""}, "缺少 id"),
        ({"id": "a b"}, "缺少 id"),
    ],
)
def test_a_vector_without_sense_is_named(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=told):
        selftest.read(written(tmp_path, BLOCK | change))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"[]", b"{}", b'{"vectors": []}', b'{"vectors": 1}', b"[" * 100_000]
)
def test_a_file_that_holds_no_vectors_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "vectors.json"
    file.write_bytes(content)
    with pytest.raises(BadInput):
        selftest.read(file)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="重复"):
        selftest.read(written(tmp_path, BLOCK, BLOCK))
