"""Every address of the installation."""

from django.urls import include, path

from config import api
from core import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/errors/<str:code>", api.describe_error, name="error"),
    path("api/v1/", api.api.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("miniapps.urls")),
    path("", include("workbench.urls")),
]

handler400 = "workbench.views.errors.bad_request"
handler403 = "workbench.views.errors.forbidden"
handler404 = "workbench.views.errors.not_found"
handler500 = "workbench.views.errors.server_error"
