"""Stock: cards that come in, lie on a shelf, travel and are counted; the opening inventory of those in the field."""
