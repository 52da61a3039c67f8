"""Addresses of the register: cards, and the units that hold them."""

from __future__ import annotations

from django.urls import path

from samkeeper.registry import units, views

app_name = "registry"
urlpatterns = [
    path("cards/", views.cards, name="cards"),
    path("cards/columns/", views.choose_columns, name="columns"),
    path("cards/export.csv", views.export, {"form": "csv"}, name="csv"),
    path("cards/export.xlsx", views.export, {"form": "xlsx"}, name="xlsx"),
    path("cards/<str:sam_no>/", views.card, name="card"),
    path("institutions/", units.institutions, name="institutions"),
    path("institutions/<str:unit_no>/", units.institution, name="institution"),
]
