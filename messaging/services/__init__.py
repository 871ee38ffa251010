"""What people do in conversations; each function is one transaction."""
