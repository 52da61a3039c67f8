"""`samkeeper hotlist`: lists of invalid holders' cards, their overlays, questions, signatures."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from samkeeper.hotlist.codec import Sign

FILE = click.Path(path_type=Path)
SHANGHAI = ZoneInfo("Asia/Shanghai")
sign_option = click.option("--sign", "vault", metavar="VAULT", help="用该密钥库的签名密钥 sign 签名。")


@click.group(name="hotlist")
def command() -> None:
    """失效名单：制作、查询、增量、验签。

    卡号文件是文本（每行一个，UTF-8）或有 card_no 列的 Parquet；卡号是不超过32个字符的任意字符串。

    例：samkeeper hotlist query 名单.skh --card 110000000001
    """


@command.command()
@click.option("--issued", required=True, type=FILE, help="已发卡号文件。")
@click.option("--invalid", required=True, type=FILE, help="失效卡号文件，须都在已发卡号之中。")
@click.option("--out", required=True, type=FILE, help="写出的名单。")
@click.option("--number", default=1, show_default=True, type=click.IntRange(0, 2**64 - 1), help="名单号。")
@sign_option
def build(issued: Path, invalid: Path, out: Path, number: int, vault: str | None) -> None:
    """制作名单：对每个已发卡号都给出准确回答。

    例：samkeeper hotlist build --issued 已发.txt --invalid 失效.txt --out 名单.skh --number 7
    """
    from samkeeper.hotlist import codec, register, target

    now = datetime.now(UTC)
    with signing(vault) as sign, progress(issued, invalid) as tell:
        issued_numbers = register.read_register(issued, tell)
        marks = register.mark(issued_numbers, invalid, tell)
        head = codec.Head(number, now, issued_numbers.count, marks.count)
        data = codec.encode(issued_numbers, marks, head, sign)
    target.save(out, data)
    click.echo(f"名单号 {number}：已发 {head.issued}，失效 {head.invalid}，{len(data)} 字节", err=True)


@command.command()
@click.argument("held", metavar="LIST", type=FILE)
@click.option("--card", "cards", multiple=True, metavar="NO", help="一个卡号，可多次给出。")
@click.option("--file", "file", type=FILE, help="卡号文件。")
def query(held: Path, cards: tuple[str, ...], file: Path | None) -> None:
    """查询卡号：每个一行，卡号、制表符、valid（有效）、invalid（失效）或 unknown（名单不含）。

    例：samkeeper hotlist query 名单.skh --card 110000000001 --file 待查.txt
    """
    from samkeeper.hotlist import answers, files, lookup

    if not cards and file is None:
        raise click.UsageError("请用 --card 或 --file 给出卡号。")
    opened = lookup.HotList.open(held)
    for _ in files.read(file) if file else ():
        pass  # a file that cannot be read to its end gets no answer at all
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # answers go out as the numbers came in
    if cards:
        sys.stdout.writelines(answers.lines(opened, [answers.listed(cards)]))
    if file is not None:
        sys.stdout.writelines(answers.lines(opened, files.read(file)))


@command.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option("--issued", required=True, type=FILE, help="NEW 的已发卡号文件。")
@click.option("--old-invalid", required=True, type=FILE, help="OLD 的失效卡号文件。")
@click.option("--invalid", required=True, type=FILE, help="NEW 的失效卡号文件。")
@click.option("--out", required=True, type=FILE, help="写出的增量。")
@sign_option
def delta(
    *, old: Path, new: Path, issued: Path, old_invalid: Path, invalid: Path, out: Path, vault: str | None
) -> None:
    """制作从名单 OLD 到名单 NEW 的增量。

    例：samkeeper hotlist delta 旧.skh 新.skh --issued 已发.txt --old-invalid 旧失效.txt --invalid 失效.txt --out 增.skh
    """
    from samkeeper.hotlist import overlay, target

    with signing(vault) as sign, progress(issued, issued, invalid) as tell:
        data = overlay.make(overlay.Source(old, new, issued, old_invalid, invalid), sign, tell)
    target.save(out, data)
    click.echo(f"增量 {len(data)} 字节", err=True)


@command.command()
@click.argument("old", type=FILE)
@click.argument("delta_file", metavar="D", type=FILE)
@click.option("--out", required=True, type=FILE, help="写出的名单。")
def apply(old: Path, delta_file: Path, out: Path) -> None:
    """把增量 D 加在名单 OLD 上，写出新名单。增量不属于该名单、或比它旧时拒绝。

    例：samkeeper hotlist apply 旧.skh 增量.skh --out 新.skh
    """
    from samkeeper.hotlist import overlay, target

    target.save(out, overlay.lay(old, delta_file))


@command.command()
@click.argument("held", metavar="LIST", type=FILE)
@click.option("--public-key", required=True, type=FILE, help="PEM 公钥。")
def verify(held: Path, public_key: Path) -> None:
    """检验名单（或增量）各部分的签名，显示名单号、日期、已发数和失效数。

    例：samkeeper hotlist verify 名单.skh --public-key 公钥.pem
    """
    from samkeeper.hotlist import codec, overlay, signature, target
    from samkeeper.keys.signing import PublicKey

    parts = overlay.read_parts(held)
    signature.check(parts, PublicKey.from_pem(target.load(public_key)))
    newest = parts[-1]
    moment = codec.moment_of(newest.moment).astimezone(SHANGHAI)
    click.echo("签名\t相符")
    click.echo(f"名单号\t{newest.number}")
    click.echo(f"日期\t{moment.isoformat(timespec='seconds')}")
    click.echo(f"已发\t{newest.issued}")
    click.echo(f"失效\t{newest.invalid}")
    click.echo(f"增量\t{sum(part.kind == 1 for part in parts)}")


@command.command()
@click.argument("held", metavar="LIST", type=FILE)
@click.option("--clients", required=True, type=FILE, help="客户名单（TOML：name、token_sm3、per_minute、heads）。")
@click.option("--receipts", "vault", metavar="VAULT", help="用该密钥库的签名密钥 sign 出具回执。")
@click.option("--address", default="127.0.0.1", show_default=True, help="监听地址。")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(1, 65535), help="端口。")
def serve(held: Path, clients: Path, vault: str | None, address: str, port: int) -> None:
    """在内存中保存名单 LIST，在线回答查询；名单文件更新后自动换用，较旧的不用。

    例：samkeeper hotlist serve 名单.skh --clients 客户.toml --receipts 开发.vault
    """
    from samkeeper.hotlist import server

    server.serve(held, clients, vault, address, port)


@command.command()
@click.argument("file", metavar="RECEIPT", type=FILE)
@click.option("--public-key", required=True, type=FILE, help="PEM 公钥。")
def receipt(file: Path, public_key: Path) -> None:
    """离线检验查询回执 RECEIPT，显示其中的卡号、状态、名单号和时间。

    例：samkeeper hotlist receipt 回执.json --public-key 公钥.pem
    """
    from samkeeper.hotlist import receipts, target
    from samkeeper.keys.signing import PublicKey

    told = receipts.check(target.load(file), PublicKey.from_pem(target.load(public_key)))
    click.echo(f"名单号\t{told['list']}")
    click.echo(f"名单摘要\t{told['list_digest']}")
    click.echo(f"查询时间\t{told['moment']}")
    for number, state in told["answers"]:
        click.echo(f"{number}\t{state}")


@contextlib.contextmanager
def signing(vault: str | None) -> Iterator[Sign | None]:
    """The vault's signature, or None where none is asked for."""
    if vault is None:
        yield None
        return
    from samkeeper.hotlist.signature import signer
    from samkeeper.keys.vault import open_vault

    with open_vault(vault) as opened:
        yield signer(opened)


@contextlib.contextmanager
def progress(*paths: Path) -> Iterator[Callable[[int], None]]:
    """A bar over the bytes of the files, on stderr, where a terminal watches."""
    size = sum(path.stat().st_size for path in paths if path.exists())
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    with click.progressbar(length=max(1, size), label="读取", file=sys.stderr) as bar:
        yield bar.update
