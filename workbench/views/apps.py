"""The screen of apps."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from core import http


@http.page
def index(request: HttpRequest) -> HttpResponse:
    """An empty screen in the frame."""
    return render(request, "workbench/base.html", {"screen": "apps"})


urlpatterns = [path("", index, name="apps")]
