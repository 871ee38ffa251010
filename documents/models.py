"""The tables of official documents."""
