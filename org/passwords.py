"""Passwords that are given once and read aloud or copied by hand."""

import secrets

# No letter or digit that is mistaken for another one.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def fresh() -> str:
    """Tw42-xxxx-xxxx-xxxx: some 65 bits of chance that pass the rules of the installation."""
    groups = ["".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3)]
    return f"Tw{secrets.randbelow(90) + 10}-" + "-".join(groups)
