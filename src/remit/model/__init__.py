"""The vocabulary every other layer speaks: frozen types, ids, errors, the one table of event columns."""
