"""Mechanism without business nouns: the floor that every app stands on."""
