"""The record: every act an entry, every entry a leaf of an RFC 9162 tree over SM3, every root signed.

Plain files (`entry`, `tree`, `checkpoint`, `proof`, `verify`) need no Django and no database: an outsider checks an
export with them. The rest writes the record inside the office's own transactions.
"""
