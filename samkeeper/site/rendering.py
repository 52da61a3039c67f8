"""How forms look: Django's own fields in this site's templates, so that `{{ form }}` is all a page writes."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class OfficeForms(TemplatesSetting):
    """The error summary first, then every field with its help and its errors."""

    form_template_name = "site/form.html"
    field_template_name = "site/field.html"
