"""What is done with mini-apps: each function is one use case in one transaction."""
