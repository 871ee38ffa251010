"""Official documents: drafting, sign-off, numbers, issuing, circulation."""
