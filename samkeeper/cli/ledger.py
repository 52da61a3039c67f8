"""`samkeeper ledger`: the record for outsiders: export, verify, prove, and signing it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from samkeeper.ledger.checkpoint import Signed
    from samkeeper.ledger.files import Progress
    from samkeeper.ledger.proof import Consistency, Inclusion

FILE = click.Path(path_type=Path)


@click.group(name="ledger")
def command() -> None:
    """存证账本：导出、离线验证、出具证明、签名。

    例：samkeeper ledger verify 账本导出 --public-key 公钥.pem
    """


@command.command()
@click.argument("target", metavar="DIR|PROOF", type=FILE)
@click.option("--public-key", "key", required=True, type=FILE, help="签名公钥（PEM）；其指纹印在盖章的月报上。")
def verify(target: Path, key: Path) -> None:
    """离线验证一份导出（DIR）或一份证明（PROOF），不需要数据库。

    全部相符以 0 结束；有不符以 1 结束，并指出第一条不符的条目；文件缺失或损坏以 2 结束。

    例：samkeeper ledger verify 账本导出 --public-key 公钥.pem
    """
    from samkeeper.ledger.verify import read_keys, verify_export, verify_proof

    keys = read_keys(key)
    if target.is_dir():
        with shown("验证") as progress:
            report = verify_export(target, keys, progress)
        for fork in report.forks:
            click.echo(f"分叉：第 {fork.kept} 条之后由备份恢复，第 {fork.kept + 1} 条起为纪元 {fork.epoch}")
        click.echo(f"相符：{describe(report.newest)}，共 {report.checkpoints} 个检查点")
    else:
        click.echo(f"相符：{verify_proof(target, keys)}")
    for fingerprint in keys:
        click.echo(f"公钥指纹：{fingerprint}")


@command.command()
@click.option("--out", required=True, metavar="DIR", type=FILE, help="要写的文件夹，必须尚不存在。")
@click.option("--size", type=click.IntRange(min=1), help="只导出到这一检查点；缺省为最新，必要时先签一个。")
def export(out: Path, size: int | None) -> None:
    """导出账本：条目、树、签名检查点、公钥。同一长度的导出逐字节相同。

    例：samkeeper ledger export --out 账本导出
    """
    signed = sealed(size)
    from samkeeper.ledger.export import export as write

    with shown("导出") as progress:
        write(out, signed.checkpoint.size, progress)
    click.echo(f"{out}：{describe(signed)}")


@command.command()
@click.argument("entry", metavar="[ENTRY]", type=click.IntRange(min=1), required=False)
@click.option("--since", type=click.IntRange(min=1), help="改为证明：账本原样保留了这一检查点的全部条目。")
@click.option("--size", type=click.IntRange(min=1), help="以这一检查点为准；缺省为最新，必要时先签一个。")
@click.option("--out", required=True, metavar="PROOF", type=FILE, help="要写的证明文件。")
def prove(entry: int | None, since: int | None, size: int | None, out: Path) -> None:
    """出具证明：第 ENTRY 条在签名的账本之内；或（--since）账本没有改动过早先签名的部分。

    例：samkeeper ledger prove 1024 --out 证明.json
    """
    if (entry is None) == (since is None):
        raise click.UsageError("请给出条目编号 ENTRY，或者 --since，二者取一。")
    signed = sealed(size)
    from samkeeper.ledger import queries
    from samkeeper.ledger.files import write_file

    proof: Inclusion | Consistency
    if entry is not None:
        proof = queries.prove_inclusion(entry, signed)
    if since is not None:
        proof = queries.prove_consistency(queries.checkpoint_at(since), signed)
    write_file(out, proof.to_bytes())
    click.echo(f"{out}：{proof.claim()}")


@command.command()
@click.option("--published", type=FILE, help="另处保存的检查点（导出中 checkpoints.jsonl 的一行），先与它比对。")
def checkpoint(published: Path | None) -> None:
    """签名：为账本现在的长度和根签一个检查点。账本没有增长时给出已有的那个。

    签名前先与已公布的检查点比对；数据库落后于它（由备份恢复）时，先记一条分叉，纪元加一。

    例：samkeeper ledger checkpoint
    """
    if published:
        compare(published)
    click.echo(sealed(None).line().decode())


def sealed(size: int | None) -> Signed:
    """The checkpoint of the first `size` entries, or of the whole ledger, signed now if need be."""
    from samkeeper.cli.office import open_office

    open_office()
    from django.conf import settings

    from samkeeper.keys.vault import open_vault
    from samkeeper.ledger import queries, sealing

    if size:
        return queries.checkpoint_at(size)
    now = datetime.now(UTC)
    sealing.check_published(at=now)
    stands = queries.status()
    if stands.sealed and stands.sealed.checkpoint.size == stands.size:
        sealing.publish(stands.sealed)  # whoever made it may have been stopped just before
        return stands.sealed
    with open_vault(settings.VAULT) as vault:
        return sealing.seal(vault, at=now)


def compare(file: Path) -> None:
    """Admit a fork where the ledger does not hold the checkpoint in `file`, which a key of our own must have signed."""
    from samkeeper.cli.office import open_office

    open_office()
    from django.conf import settings

    from samkeeper.keys.vault import open_vault
    from samkeeper.ledger import sealing
    from samkeeper.ledger.verify import read_checkpoint

    with open_vault(settings.VAULT) as vault:
        keys = [vault.public_key(key.reference) for key in vault.list() if key.algorithm.signs]
    known = read_checkpoint(file, {key.fingerprint: key for key in keys})
    if fork := sealing.admit_fork(known, at=datetime.now(UTC)):
        click.echo(f"账本不含这一检查点：已记分叉（第 {fork.seq} 条），现为纪元 {fork.epoch}。", err=True)


@contextmanager
def shown(label: str) -> Iterator[Progress]:
    """A progress bar on stderr where a terminal watches."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, whole: int) -> None:
            bar.length = whole
            bar.update(done - bar.pos)

        yield progress


def describe(signed: Signed) -> str:
    """One checkpoint in words."""
    point = signed.checkpoint
    return f"{point.size} 条，根 {point.root.hex()}，纪元 {point.epoch}，{point.time:%Y-%m-%d %H:%M:%S} UTC"
