"""Mini-apps: departments plug in their own tools, by standards only."""
