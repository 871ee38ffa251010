"""The demonstration: places, accounts and first work, all made through the services."""
