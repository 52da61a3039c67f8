"""Signing in, and what is a person's own: who they are here, the password, the size of the text."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from samkeeper.site.forms import NewPassword, SignIn
from samkeeper.site.frame import LARGE_TEXT

A_YEAR = 365 * 24 * 3600


class SignInView(LoginView):
    form_class = SignIn
    template_name = "site/sign_in.html"
    redirect_authenticated_user = True


class PasswordView(PasswordChangeView):
    form_class = NewPassword
    template_name = "site/password.html"
    success_url = reverse_lazy("mine")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "密码已修改，其他设备上的登录已失效。")
        return super().form_valid(form)


def mine(request: HttpRequest) -> HttpResponse:
    """我的: who I am here, and what I can set for myself."""
    return render(request, "site/mine.html")


@login_not_required
@require_POST
def large_text(request: HttpRequest) -> HttpResponse:
    """Switch large text on or off; the browser keeps it, so that it is there before anyone signs in."""
    onward = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(onward, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(onward if safe else reverse("mine"))
    if request.COOKIES.get(LARGE_TEXT) == "1":
        response.delete_cookie(LARGE_TEXT)
    else:
        response.set_cookie(LARGE_TEXT, "1", max_age=A_YEAR, samesite="Lax")
    return response
