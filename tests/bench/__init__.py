"""The benches say what they found."""
