"""Stories: whole paths of real work, told step by step under a rulebook, in words and as data."""
