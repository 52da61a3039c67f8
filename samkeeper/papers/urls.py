"""The one address of papers that needs no sign-in."""

from __future__ import annotations

from django.urls import path

from samkeeper.papers import views

app_name = "papers"
urlpatterns = [path("verify/<str:token>/", views.verify, name="verify")]
