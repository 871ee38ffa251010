"""Signing in through allauth: the adapters and pages of ours that it is told to use."""
