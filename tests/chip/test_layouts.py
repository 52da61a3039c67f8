"""Command families read from data write what the trade's examples show, and read it back."""

from __future__ import annotations

import pytest

from samkeeper.chip.layouts import family, names


def test_the_families_are_all_there() -> None:
    assert names() == ("fm1208", "health", "pboc", "social", "yinengda")


@pytest.mark.parametrize(("name", "head"), [("social", "BFDE4812"), ("health", "80DE4812"), ("pboc", "801A4812")])
def test_each_trade_delivers_a_key_by_its_own_command(name: str, head: str) -> None:
    command = family(name).command("deliver", usage=0x48, version=0x12, factors=bytes(24))
    assert command.to_bytes().hex().upper() == head + "18" + "00" * 24


def test_a_purchase_order_has_the_published_offsets() -> None:
    values = dict(random=b"\1" * 4, sequence=b"\2" * 2, amount=1000, kind=6, moment=b"\3" * 7, version=1, algorithm=0)
    command = family("social").command("init_purchase", factors=b"\4" * 16, **values)
    assert len(command.data) == 0x24
    assert command.data[10] == 0x06
    assert command.data[18:20] == b"\x01\x00"
    assert command.data[20:] == b"\4" * 16


def test_a_key_record_of_the_first_maker_has_26_bytes() -> None:
    form = family("yinengda").forms["write_key"]
    command = form.write(
        {"usage": 0x27, "length": 0x18, "version": 1, "algorithm": 0, "maximum": 3, "left": 3, "key": bytes(16)}
    )
    assert command.to_bytes().hex().upper() == "80D000001A" + "27180100010010030300" + "00" * 16
    assert form.read(command.data)["usage"] == b"\x27"


@pytest.mark.parametrize(("form", "size"), [("create_root", 0x2A), ("create_folder", 0x2A), ("create_file", 0x08)])
def test_a_created_folder_or_file_has_the_makers_length(form: str, size: int) -> None:
    zero = dict(fid=1, create=0, directory=0, list=0, keys=0, lock=0, name_size=0, kind=0, read=0, size=0, write=0)
    command = family("yinengda").command(form, name=bytes(16), control=bytes(10), **zero)
    assert len(command.data) == size


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(9), b"\x00\x01\x31\x00\x00\x10\x77\x80"])
def test_data_of_another_form_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"does not fit|too many"):
        family("yinengda").forms["create_file"].read(data)


def test_a_value_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="has 4 bytes, not 3"):
        family("social").command("credit_purchase", mac2=bytes(3))
