"""Papers: official forms as the regulations print them, signed scans kept by hash, tokens that anyone can verify."""
