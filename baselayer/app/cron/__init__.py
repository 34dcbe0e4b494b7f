"""Cron: scripts of the settings that run by the clock, each nominal time once, with a token."""
