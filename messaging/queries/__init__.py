"""What people see of their conversations and notices."""
