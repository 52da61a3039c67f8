"""What people fill in while working a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from samkeeper.casework.actions import Shown
from samkeeper.registry.models import Card
from samkeeper.rules.needs import FormNeed


class LossReport(forms.Form):
    """When and how a loss was noticed, and which spare goes into service."""

    happened_at = forms.DateTimeField(
        label="什么时候丢失或最后一次看到",
        help_text="精确到分即可；不确定时填最后一次看到卡的时间。",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "请填写时间", "invalid": "看不懂这个时间；请写成 2026-11-21 14:03"},
    )
    statement = forms.CharField(
        label="丢失情况",
        help_text="在哪里、怎样发现的、找过哪些地方。不要写密码或证件号码。",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "请简单说明丢失情况", "max_length": "请控制在 1000 字以内"},
    )
    spare = forms.ModelChoiceField(
        label="启用哪张备用卡",
        queryset=Card.objects.none(),
        to_field_name="sam_no",
        required=False,
        empty_label="现在不启用",
        error_messages={"invalid_choice": "这张卡不是本单位未装的卡；请另选一张"},
    )

    def __init__(self, *args: Any, spares: QuerySet[Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["spare"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared above)
        field.queryset = spares

    def clean_happened_at(self) -> datetime:
        moment: datetime = self.cleaned_data["happened_at"]
        if moment > timezone.now():
            raise forms.ValidationError("这个时间还没有到；请核对日期和时间")
        return moment


class PaperForm(forms.Form):
    """What an officer sees on one paper; it asks only for what the article asks."""

    copies = forms.IntegerField(
        label="收到份数",
        help_text="没有收到填 0。",
        min_value=0,
        max_value=99,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "required": "请填写收到的份数，没有收到填 0",
            "min_value": "份数不能为负",
            "max_value": "份数太多，请核对",
            "invalid": "份数应为整数",
        },
    )
    signed = forms.BooleanField(label="已签字", required=False)
    sealed = forms.BooleanField(label="已盖章", required=False)
    official_seal = forms.BooleanField(label="加盖公章", required=False)
    complete = forms.BooleanField(label="填写完整", required=False)

    def __init__(self, *, need: FormNeed, data: QueryDict | None) -> None:
        super().__init__(data, prefix=need.form.value)
        self.need = need
        for name in ("signed", "sealed", "official_seal", "complete"):
            if not getattr(need, name):
                del self.fields[name]

    def shown(self) -> Shown | None:
        """The paper, or None where none was handed over. Call when valid."""
        data = self.cleaned_data
        if not data["copies"]:
            return None
        return Shown(form=self.need.form, **data)
