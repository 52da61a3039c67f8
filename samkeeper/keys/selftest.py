"""Known-answer tests: each vector is read, checked for sense and compared before any vault is opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from samkeeper.errors import BadInput, Fault
from samkeeper.keys import sm2
from samkeeper.keys.vectors import OPERATIONS, BadVector, Fields


@dataclass(frozen=True, slots=True)
class Case:
    """One vector, ready to run."""

    id: str
    holds: Callable[[], bool]


def require() -> None:
    """Fault unless every built-in vector holds; costs a fifth of a second, once a process."""
    failed = _failures()
    if failed:
        raise Fault(f"密码运算自检未通过（{'、'.join(failed)}），不打开任何密钥库。请更换密码库或机器。")


@cache
def _failures() -> tuple[str, ...]:
    return tuple(case.id for case in built_in() if not case.holds())


def built_in() -> list[Case]:
    """The vectors that come with the program. SM2's are left out where the machine has no SM2 to test."""
    text = resources.files("samkeeper.keys").joinpath("vectors.json").read_text("utf-8")
    vectors: list[dict[str, object]] = json.loads(text)["vectors"]
    return [_case(vector) for vector in vectors if vector["op"] != "sm2-verify" or sm2.available()]


def read(path: Path) -> list[Case]:
    """The vectors of a file; BadInput naming the first that makes no sense."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BadInput(f"读不出来（{error.strerror}）", where=str(path), remedy="请核对文件名") from None
    except (ValueError, RecursionError):
        raise BadInput("不是 UTF-8 编码的 JSON 文件", where=str(path), remedy="请检查文件内容") from None
    vectors = document.get("vectors") if isinstance(document, dict) else None
    if not isinstance(vectors, list) or not vectors:
        raise BadInput("没有测试向量", where=str(path), remedy="文件应为一个对象，其 vectors 是非空的数组")
    return list(_cases(vectors, str(path)))


def _cases(vectors: list[object], where: str) -> Iterator[Case]:
    seen = set()
    for number, vector in enumerate(vectors, 1):
        place = f"{where} 第{number}个向量"
        if not isinstance(vector, dict) or not _is_name(vector.get("id")):
            raise BadInput("缺少 id", where=place, remedy="id 是不含空白的文字")
        name = vector["id"]
        if name in seen:
            raise BadInput(f"id“{name}”重复", where=place, remedy="每个向量用一个 id")
        seen.add(name)
        try:
            yield _case(vector)
        except BadVector as error:
            raise BadInput(str(error), where=f"{where} 向量“{name}”", remedy="请按格式改正后重试") from None


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isprintable() and len(name.split()) == 1


def _case(vector: Mapping[str, object]) -> Case:
    fields = Fields(vector)
    return Case(str(vector["id"]), OPERATIONS[fields.choice("op", OPERATIONS)](fields))
