"""Reading one table of a rulebook strictly: every key known, every word from its closed list, every type right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from samkeeper.errors import BadInput

WordT = TypeVar("WordT", bound=StrEnum)


class Table:
    """A TOML table with its place in the file. Keys are taken one by one; `done()` objects to what nobody took."""

    def __init__(self, data: Mapping[str, Any], where: str) -> None:
        self.data = data
        self.where = where
        self.asked: list[str] = []

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default, str, "文字")
        if not value.strip() and default is None:
            raise self.bad(key, "不能为空", "请填写")
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; one string alone stands for a list of one."""
        value = self._raw(key, [])
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise self.bad(key, "须为文字或文字的列表", '例如 ["loss", "theft"]')
        return tuple(values)

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self._take(key, default, bool, "true 或 false"))

    def number(self, key: str, default: int) -> int:
        value = self._take(key, default, int, "整数")
        if isinstance(value, bool) or value < 0:
            raise self.bad(key, "须为不小于0的整数", "请改为数字")
        return int(value)

    def bits(self, key: str) -> tuple[int, ...]:
        """A list of different bit numbers, 0–31."""
        value = self._raw(key, [])
        fits = isinstance(value, list) and all(type(bit) is int and 0 <= bit <= 31 for bit in value)
        if not fits or len(set(value)) != len(value):
            raise self.bad(key, "须为0至31的不同整数的列表", "例如 [0, 1]")
        return tuple(value)

    def day(self, key: str) -> date | None:
        value = self._raw(key, None)
        if value is not None and type(value) is not date:
            raise self.bad(key, "须为日期", "例如 2024-02-23，不加引号")
        return value

    def word(self, key: str, words: type[WordT], default: WordT | None = None) -> WordT:
        if key not in self.data and default is not None:
            self.asked.append(key)
            return default
        return self.as_word(key, self.text(key), words)

    def words(self, key: str, words: type[WordT]) -> tuple[WordT, ...]:
        return tuple(self.as_word(key, value, words) for value in self.texts(key))

    def maybe(self, key: str, words: type[WordT]) -> WordT | None:
        """A word where the key is there, else None."""
        self.asked.append(key)
        return self.word(key, words) if key in self.data else None

    def tables(self, key: str, label: str) -> tuple[Table, ...]:
        value = self._raw(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.bad(key, "须为表的列表", f"写成 [[{key}]] 或 [{{ … }}]")
        return tuple(Table(each, f"{self.where} {label}{number}") for number, each in enumerate(value, 1))

    def table(self, key: str) -> Table | None:
        value = self._raw(key, None)
        if value is not None and not isinstance(value, dict):
            raise self.bad(key, "须为表", f"写成 [{key}]")
        return None if value is None else Table(value, f"{self.where} {key}")

    def done(self) -> None:
        """Object to the first key that nobody asked for, naming those that could be."""
        for key in self.data:
            if key not in self.asked:
                raise self.bad(key, "没有这个键", f"可用的键：{'、'.join(sorted(set(self.asked)))}")

    def bad(self, key: str, message: str, remedy: str) -> BadInput:
        return BadInput(f"{key} {message}" if key else message, where=self.where, remedy=remedy)

    def _raw(self, key: str, default: object) -> Any:
        self.asked.append(key)
        return self.data.get(key, default)

    def _take(self, key: str, default: object, kind: type, name: str) -> Any:
        value = self._raw(key, default)
        if value is None:
            raise self.bad(key, "缺少", f"请补上（{name}）")
        if not isinstance(value, kind):
            raise self.bad(key, f"须为{name}", "请改正")
        return value

    def as_word(self, key: str, value: str, words: type[WordT]) -> WordT:
        try:
            return words(value)
        except ValueError:
            raise self.bad(key, f"不认识“{value}”", f"可用的词：{known(words)}") from None


def known(words: Iterable[str]) -> str:
    return "、".join(words)
