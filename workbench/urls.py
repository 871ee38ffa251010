"""Every page of the workbench, one module per screen."""

from django.urls import include, path

from workbench.views import (
    administration,
    approvals,
    apps,
    directory,
    documents,
    home,
    messages,
)

urlpatterns = [
    path("", include(home.urlpatterns)),
    path("messages/", include(messages.urlpatterns)),
    path("documents/", include(documents.urlpatterns)),
    path("approvals/", include(approvals.urlpatterns)),
    path("directory/", include(directory.urlpatterns)),
    path("apps/", include(apps.urlpatterns)),
    path("administration/", include(administration.urlpatterns)),
]
