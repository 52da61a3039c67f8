"""The command line: thin files that import rooms only when a command runs."""
