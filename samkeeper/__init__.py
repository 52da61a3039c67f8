"""samkeeper (卡护): the life of social-security PSAM/SAM cards, by the book and on the record."""

__version__ = "0.1.0"
