"""The code side's common ground: commits, pull requests and runs, whoever recorded them."""
