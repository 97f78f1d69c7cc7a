"""The questions people ask, each a function over the Protocols of ``ports``; answers are plain JSON-able values.

An answer travels as it is over the control socket, into the console and out of the CLI. A count says of what; a list
that is cut says so; an empty answer says what was looked at and what would settle it.
"""
