"""The forms of the workbench, one module per subject."""
