"""`samkeeper keys`: the self-test, making vaults, showing what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from samkeeper.keys.protocol import KeyInfo
    from samkeeper.keys.secret import Secret


@click.group(name="keys")
def command() -> None:
    """密钥：自检，建立密钥库，查看库中密钥（只显示校验值）。

    例：samkeeper keys create 开发.vault --key tac:3DES
    """


@command.command()
@click.argument("vectors", required=False, type=click.Path(path_type=Path))
def selftest(vectors: Path | None) -> None:
    """用已知答案的向量检验本机的密码运算。

    不给 VECTORS.json 时用程序自带的向量。每个向量一行：pass 或 FAIL，后跟编号；有一个不符即以 1 结束。

    例：samkeeper keys selftest
    """
    from samkeeper.keys import selftest as known_answers

    cases = known_answers.read(vectors) if vectors else known_answers.built_in()
    failed = 0
    for case in cases:
        held = case.holds()
        failed += not held
        click.echo(f"{'pass' if held else 'FAIL'} {case.id}")
    if failed:
        click.echo(f"{len(cases)}个向量中有{failed}个不符，本机的密码运算不可信。", err=True)
        click.get_current_context().exit(1)


@command.command()
@click.argument("vault")
@click.option("--key", "keys", multiple=True, metavar="标签:算法[:用途]", help="另外生成的密钥，可多次给出。")
@click.option("--no-sign", is_flag=True, help="不生成签名密钥 sign。")
def create(vault: str, keys: tuple[str, ...], no_sign: bool) -> None:
    """建立密钥库 VAULT（文件，或 pkcs11: 地址），并生成签名密钥 sign。

    签名密钥用 SM2；机器没有 SM2 时用 ECDSA-P256。口令取自环境变量 SAMKEEPER_VAULT_SECRET_FILE
    指明的文件，没有时当场询问。算法：3DES、SM4、AES、SM2、ECDSA-P256；用途：derive、wrap、sign。

    例：samkeeper keys create 开发.vault --key tac:3DES --key transport:SM4:wrap
    """
    from samkeeper.keys.making import make_vault

    with make_vault(vault, keys, sign=not no_sign) as made:
        show(made.list())


@command.command(name="list")
@click.argument("vault")
def list_keys(vault: str) -> None:
    """列出密钥库 VAULT 中的密钥：标签、版本、算法、用途、校验值。密钥本身从不显示。

    例：samkeeper keys list 开发.vault
    """
    from samkeeper.keys.vault import open_vault

    with open_vault(vault) as opened:
        show(opened.list())


@command.command(name="import")
@click.argument("vault")
@click.argument("key", metavar="标签:算法[:用途]")
@click.option("--components", default=2, show_default=True, type=click.IntRange(2, 9), help="分量个数。")
@click.option(
    "--component-file", "files", multiple=True, type=click.Path(path_type=Path), help="分量文件，可多次给出。"
)
@click.option("--check-value", metavar="HEX", help="合成后的密钥应有的校验值。")
def import_key(vault: str, key: str, components: int, files: tuple[Path, ...], check_value: str | None) -> None:
    """把密钥分量合成（异或）为一把密钥，存入密钥库 VAULT。

    各持有人依次在终端输入自己的分量，输入时不显示；也可以用 --component-file 给出各自的分量文件。

    例：samkeeper keys import 开发.vault tac:3DES --components 3 --check-value 08D7B4
    """
    from samkeeper.keys import making
    from samkeeper.keys.vault import open_vault

    wanted, expected = making.Wanted.parse(key), making.parse_check_value(check_value)
    with open_vault(vault) as opened:
        parts = [making.read_component(file) for file in files] or [ask(number + 1) for number in range(components)]
        made = opened.import_components(
            wanted.label, wanted.algorithm, parts, expected=expected, purpose=wanted.purpose
        )
    show([made])


def ask(number: int) -> Secret:
    from samkeeper.keys.making import parse_component

    return parse_component(click.prompt(f"第{number}分量", hide_input=True, err=True))


def show(keys: Sequence[KeyInfo]) -> None:
    """One key a line: label, version, algorithm, purpose, check value."""
    for key in keys:
        click.echo("\t".join([key.label, str(key.version), key.algorithm, key.purpose, key.check_value]))
