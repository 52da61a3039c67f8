"""Keys: diversification, MACs and check values as plain functions; vaults in which keys live; the self-test.

A key is made, imported, diversified, wrapped and used inside a `vault.KeyVault`; only wrapped keys, check
values, cryptograms, signatures or a yes or no come out. Plain: knows nothing of Django.
"""
