"""Makes up, repeatably, what no public file holds: organs, departments, groups and people."""
