"""Why a provider refused a call: classified from its own words, explained in plain ones."""
