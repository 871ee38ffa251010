"""The addresses of SCIM, below /scim/v2/."""

from django.urls import path

from org.scim import views

urlpatterns = [
    path("", views.serve, name="scim"),
    path("<path:path>", views.serve, name="scim-endpoint"),
]
