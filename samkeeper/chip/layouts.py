"""Command families as data: where makers and trades differ, `layout/*.toml` says how, and this file reads it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from samkeeper.chip.apdu import Command
from samkeeper.errors import BadInput


@dataclass(frozen=True, slots=True)
class Field:
    """A stretch of a command's data: a constant, a named value of `size` bytes, or (size None) all that is left."""

    name: str
    size: int | None
    constant: bytes | None


@dataclass(frozen=True, slots=True)
class Form:
    """How one command is written: its head, which of P1 and P2 are named values, the fields of its data."""

    cla: int
    ins: int
    p1: str | int
    p2: str | int
    fields: tuple[Field, ...]
    le: int | None

    def write(self, values: Mapping[str, int | bytes]) -> Command:
        """The command for named values: bytes of the field's size, numbers for P1 and P2."""
        data = b"".join(_written(field, values) for field in self.fields)
        return Command(self.cla, self.ins, _number(self.p1, values), _number(self.p2, values), data, self.le)

    def read(self, data: bytes) -> dict[str, bytes]:
        """The named values in a command's data; ValueError where it does not have this form."""
        values, at = {}, 0
        for field in self.fields:
            size = len(data) - at if field.size is None else field.size
            part, at = data[at : at + size], at + size
            if len(part) != size or field.constant not in (None, part):
                raise ValueError(f"{field.name or 'constant'} does not fit")
            if field.name:
                values[field.name] = part
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes too many")
        return values


@dataclass(frozen=True, slots=True)
class Family:
    """One TOML file: a title, plain facts, and the forms of its commands."""

    name: str
    title: str
    facts: Mapping[str, str | int | bool]
    forms: Mapping[str, Form]

    def command(self, form: str, **values: int | bytes) -> Command:
        return self.forms[form].write(values)

    def aid(self, name: str) -> bytes:
        return bytes.fromhex(str(self.facts[name]))


@cache
def family(name: str) -> Family:
    """The family of that name; BadInput naming those there are."""
    if name not in names():
        raise BadInput(f"不认识的指令族“{name}”", remedy="可用的指令族：" + "、".join(names()))
    table = tomllib.loads(resources.files("samkeeper.chip").joinpath("layout", f"{name}.toml").read_text("utf-8"))
    forms = {key: _form(value) for key, value in table["command"].items()}
    return Family(name, table["title"], table.get("facts", {}), forms)


@cache
def names() -> tuple[str, ...]:
    files = resources.files("samkeeper.chip").joinpath("layout").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def _form(table: dict[str, object]) -> Form:
    head = [part if not _is_hex(part) else int(part, 16) for part in str(table["head"]).split()]
    cla, ins, p1, p2 = head
    le = table.get("le")
    return Form(
        int(cla), int(ins), p1, p2, tuple(_fields(str(table.get("data", "")))), le if isinstance(le, int) else None
    )


def _fields(text: str) -> Iterator[Field]:
    """From "fid:2 10 name:*": named values with sizes, constants in hex."""
    for part in text.split():
        name, colon, size = part.partition(":")
        if colon:
            yield Field(name, None if size == "*" else int(size), None)
        else:
            yield Field("", len(part) // 2, bytes.fromhex(part))


def _written(field: Field, values: Mapping[str, int | bytes]) -> bytes:
    if field.constant is not None:
        return field.constant
    value = values[field.name]
    if isinstance(value, int):
        value = value.to_bytes(field.size or 1, "big")
    if field.size not in (None, len(value)):
        raise ValueError(f"{field.name} has {field.size} bytes, not {len(value)}")
    return value


def _number(part: str | int, values: Mapping[str, int | bytes]) -> int:
    if isinstance(part, int):
        return part
    value = values[part]
    return value if isinstance(value, int) else int.from_bytes(value, "big")


def _is_hex(part: str) -> bool:
    return len(part) == 2 and part.upper() == part and all(digit in "0123456789ABCDEF" for digit in part)
