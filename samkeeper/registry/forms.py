"""What a person asks of the register."""

from __future__ import annotations

from datetime import datetime

from django import forms


class AsOf(forms.Form):
    """How a card stood at a moment, and as far as was known when the record had so many entries."""

    at = forms.DateTimeField(
        label="当时的情况",
        required=False,
        help_text="某一时刻卡的状态和位置",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        error_messages={"invalid": "时间不完整；请填写年月日时分秒"},
    )
    known_at = forms.IntegerField(
        label="当时的记录",
        required=False,
        min_value=1,
        help_text="只看存证序号不大于此数的记录",
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={"invalid": "请填写存证序号（整数）", "min_value": "存证序号从1开始"},
    )

    @property
    def on(self) -> bool:
        """Whether another moment or another state of knowledge than now's is asked for."""
        return self.asked() != (None, None)

    def asked(self) -> tuple[datetime | None, int | None]:
        """(moment, ledger position); None where it was left empty or cannot be read."""
        if not self.is_valid():
            return None, None
        return self.cleaned_data["at"], self.cleaned_data["known_at"]
