"""The pages that belong to no one room: signing in, finding, the rules, the record, and trouble."""
