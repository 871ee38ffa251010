"""Every address of the installation."""

from allauth.account import views as account
from django.urls import include, path
from django.views.generic import RedirectView

from config import api
from core import health
from org.sign_in import upstream

# Of allauth only what is meant: nobody signs up, and no password is reset by mail. What
# allauth shows of second factors stands on the page 账号与安全.
sign_in_patterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("upstream/", upstream.start, name="upstream-start"),
    path("upstream/callback/", upstream.callback, name="upstream-callback"),
    path("2fa/", RedirectView.as_view(pattern_name="security"), name="mfa_index"),
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="security"), name="mfa_list_webauthn"),
    path("2fa/", include("org.sign_in.factor_changes")),
    path("2fa/", include("allauth.mfa.urls")),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/errors/<str:code>", api.describe_error, name="error"),
    path("api/v1/", api.api.urls),
    path("accounts/", include(sign_in_patterns)),
    path("scim/v2/", include("org.scim.urls")),
    path("", include("miniapps.urls")),
    path("", include("workbench.urls")),
]

handler400 = "workbench.views.errors.bad_request"
handler403 = "workbench.views.errors.forbidden"
handler404 = "workbench.views.errors.not_found"
handler500 = "workbench.views.errors.server_error"
