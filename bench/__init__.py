"""Measurements, side by side with what they are measured against. Not tests: nothing here passes or fails."""
