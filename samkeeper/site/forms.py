"""The site's own forms."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.forms import BaseForm


def _ask_plainly(form: BaseForm) -> None:
    """What an empty field is told, instead of Django's words for programmers."""
    for field in form.fields.values():
        field.error_messages["required"] = "请填写"


class SignIn(AuthenticationForm):
    error_messages = {  # noqa: RUF012 (Django declares it so)
        "invalid_login": "用户名或密码不对。请检查大小写；忘记密码请找本单位的系统管理人重置。",
        "inactive": "该账号已停用。请联系所属机构的系统管理人。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_plainly(self)


class NewPassword(PasswordChangeForm):
    error_messages = {  # noqa: RUF012 (Django declares it so)
        "password_mismatch": "两次输入的新密码不一样，请重新输入。",
        "password_incorrect": "原密码不对，请重新输入。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_plainly(self)
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].help_text = "至少8个字符；不能是常见密码，也不能和姓名、用户名相近。"
        self.fields["new_password2"].label = "再输入一次新密码"
        self.fields["new_password2"].help_text = ""
