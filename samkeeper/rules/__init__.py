"""The regulations as data: books of articles, steps and needs; warrants; what screening refuses."""

from samkeeper.rules.screened import Refusals, refusals

__all__ = ["Refusals", "refusals"]
