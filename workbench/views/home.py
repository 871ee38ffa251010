"""工作台: what waits for the person, and her mini-apps."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from core import http


@http.page
def index(request: HttpRequest) -> HttpResponse:
    """The first page after signing in."""
    return render(request, "workbench/base.html", {"screen": "home"})


@http.page
def counters(request: HttpRequest) -> JsonResponse:
    """The four numbers that every page keeps alive."""
    return JsonResponse({})


urlpatterns = [
    path("", index, name="home"),
    path("counters/", counters, name="counters"),
]
