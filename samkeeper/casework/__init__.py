"""Cases: every procedure of every rulebook, worked by hand step by step."""
