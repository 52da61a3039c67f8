"""Every address of the site. Cases own the root: what is to be done is where everyone begins."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from samkeeper.site.views import account, record, rulebooks, search

handler400 = "samkeeper.site.views.trouble.unreadable"
handler403 = "samkeeper.site.views.trouble.forbidden"
handler404 = "samkeeper.site.views.trouble.unknown"
handler500 = "samkeeper.site.views.trouble.broken"

urlpatterns = [
    path("sign-in/", account.SignInView.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("mine/", account.mine, name="mine"),
    path("mine/password/", account.PasswordView.as_view(), name="password"),
    path("large-text/", account.large_text, name="large-text"),
    path("search/", search.search, name="search"),
    path("scan/", search.scan, name="scan"),
    path("rules/", rulebooks.books, name="rules"),
    path("rules/<slug:name>/", rulebooks.book, name="rulebook"),
    path("ledger/", record.entries, name="record"),
    path("ledger/<int:seq>/", record.entry, name="entry"),
    path("", include("samkeeper.papers.urls")),
    path("", include("samkeeper.registry.urls")),
    path("", include("samkeeper.casework.urls")),
]
