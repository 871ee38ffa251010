"""Every page of the workbench, one module per screen."""

from django.urls import include, path

urlpatterns = [
    path("", include("workbench.views.home")),
    path("messages/", include("workbench.views.messages")),
    path("documents/", include("workbench.views.documents")),
    path("approvals/", include("workbench.views.approvals")),
    path("directory/", include("workbench.views.directory")),
    path("apps/", include("workbench.views.apps")),
    path("picker/", include("workbench.views.picker")),
    path("sharing/", include("workbench.views.sharing")),
    path("security/", include("workbench.views.security")),
    path("administration/", include("workbench.views.administration")),
]
