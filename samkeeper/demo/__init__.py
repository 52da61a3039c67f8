"""The demo: sample lists, read by the code that reads a bureau's own, and people to sign in as; all made up."""
