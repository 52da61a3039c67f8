"""Who takes part: two hierarchies of authorities, their desks, the using units, custodians, accounts and roles."""
