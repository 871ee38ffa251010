"""SCIM 2.0 at /scim/v2/: other systems provision people and units (docs/integration/scim.md)."""
