"""后督: judging every transaction by what was true of its card at its moment (BJ 13, HK 15).

Plain: no Django, no database. `run.screen` is the way in; `docs/screening.md` tells how the parts fit together.
"""
