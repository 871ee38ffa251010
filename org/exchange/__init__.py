"""Files of people and units: which are taken, how they are read, planned and written.

Nothing here touches the database: services and queries hand in what is known and write what is
planned.
"""
