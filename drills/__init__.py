"""Faults while people talk; what was promised is looked up afterwards."""
