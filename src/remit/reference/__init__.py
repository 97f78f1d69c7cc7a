"""Facts about clouds as frozen tables, compiled from data files."""
