"""The checks, one family to a module; every module offers ``CHECKS``."""
