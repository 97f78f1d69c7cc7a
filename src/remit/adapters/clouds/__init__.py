"""Clouds asked through their own interfaces."""
