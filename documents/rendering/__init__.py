"""Typesetting by GB/T 9704-2012: data in, pages out; knows no table and no network."""
