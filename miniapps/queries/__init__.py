"""What is asked about mini-apps."""
