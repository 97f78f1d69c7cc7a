"""Build systems' own shapes, each read into one ``Build``."""
