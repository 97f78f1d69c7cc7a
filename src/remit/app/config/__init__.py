"""The configuration: one TOML file and the environment, read once when a process starts."""
