"""The register: every card, every event of its life, and what was known of it when."""
