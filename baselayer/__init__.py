"""baselayer: share access to a team's data without sharing its passwords."""

__version__ = "0.1.0"
