"""The `zsris` command, one file per verb."""
