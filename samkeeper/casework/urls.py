"""Addresses of the casework pages."""

from __future__ import annotations

from django.urls import path

from samkeeper.casework import starting, views

app_name = "casework"

urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("report/", views.choose_card, name="report"),
    path("report/<str:sam_no>/", views.report, name="report-card"),
    path("start/", starting.kinds, name="start"),
    path("start/<slug:kind>/", starting.start, name="start-kind"),
    path("cases/<str:no>/", views.case, name="case"),
    path("cases/<str:no>/papers/", views.papers, name="papers"),
    path("cases/<str:no>/print/<slug:form>/", views.print_paper, name="print"),
    path("cases/<str:no>/note/", views.note, name="note"),
    path("cases/<str:no>/sign/", views.sign, name="sign"),
    path("cases/<str:no>/new-card/", views.new_card, name="new-card"),
    path("cases/<str:no>/steps/<int:place>/", views.step, name="step"),
    path("cases/<str:no>/done/", views.done, name="done"),
]
