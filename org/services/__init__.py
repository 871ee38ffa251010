"""Writes of org: units, people, appointments, authority, accounts."""
