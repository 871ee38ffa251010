"""Sockets: the one part of the product that is asynchronous."""

from messaging.gateway.routing import application

__all__ = ["application"]
