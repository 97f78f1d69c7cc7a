"""Drills: a whole story played on the demonstration estate, through the flows that real events go through."""
