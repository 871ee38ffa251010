"""The screen of administration."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from core import http


@http.page
def index(request: HttpRequest) -> HttpResponse:
    """An empty screen in the frame."""
    return render(request, "workbench/base.html", {"screen": "administration"})


urlpatterns = [path("", index, name="administration")]
