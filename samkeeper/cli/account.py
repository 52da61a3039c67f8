"""`samkeeper account`: someone who may sign in."""

from __future__ import annotations

import secrets

import click

ROLES = ("custodian", "officer", "checker", "approver", "keeper", "issuer", "supervisor", "auditor")
BODY = "单位编码（保管人）、网点名称（经办人、复核人、管理人员、保管人员）或机构名称（发卡管理员、监督人员、审计员）。"


@click.command()
@click.argument("username")
@click.option("--name", required=True, help="姓名。")
@click.option("--role", required=True, type=click.Choice(ROLES), help="角色。")
@click.option("--body", required=True, help=BODY)
def command(username: str, name: str, role: str, body: str) -> None:
    """建立一个登录账号，打印一次性口令；首次登录后请在“我的”里修改。

    例：samkeeper account wangmin --name 王敏 --role custodian --body 01010001
    """
    from samkeeper.cli.office import open_office

    open_office()
    from samkeeper.parties.accounts import sign_up

    password = secrets.token_urlsafe(9)
    sign_up(username, name=name, role=role, body=body, password=password)
    click.echo(f"{username}  口令 {password}")
