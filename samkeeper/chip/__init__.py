"""Chips: commands and answers of ISO 7816-4 as typed values, links to real and software cards, the cards themselves.

Plain: knows nothing of Django. The software PSAM and the software user card keep to what the trade's commands are
known to do, well enough to train on and to test against; they hold no certificate.
"""
