"""Reads of org: units, people, appointments, authority, accounts, the tree's soundness."""
