"""Reads large files and writes many rows: what fills an installation, not what serves it."""
