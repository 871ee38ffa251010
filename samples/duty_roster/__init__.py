"""值班排班, a sample mini-app: a process of its own on the platform's public HTTP interface."""
