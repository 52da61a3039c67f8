"""Tables of the record: entries, the head that grows with them, signed checkpoints, and salts that can be erased."""

from __future__ import annotations

from django.db import models

from samkeeper.ledger import entry
from samkeeper.ledger.tree import Frontier


class Entry(models.Model):
    """One entry, inserted only. `nodes`: the tree's nodes that this entry completes, its own leaf first."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    epoch = models.PositiveIntegerField()
    body = models.JSONField()
    nodes = models.BinaryField()

    class Meta:
        ordering = ("seq",)
        indexes = (models.Index(fields=["subject"], name="ledger_entry_subject"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"

    def value(self) -> entry.Entry:
        """The entry as the world outside the database knows it."""
        moment = entry.stamp(self.recorded_at)
        return entry.Entry(self.body, self.epoch, self.kind, moment, self.seq, self.subject)

    def line(self) -> bytes:
        """The canonical bytes that the tree holds."""
        return self.value().line()


class Head(models.Model):
    """The one row that every writer locks last: size, newest moment and the tree's right edge."""

    ONLY = 1

    origin = models.CharField(max_length=32)
    size = models.PositiveBigIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField(null=True)
    peaks = models.BinaryField(default=bytes)

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"

    def frontier(self) -> Frontier:
        return Frontier.from_bytes(self.size, bytes(self.peaks))


class Checkpoint(models.Model):
    """A signed root, inserted only; `line` is what an export shows (see `checkpoint.Signed`)."""

    size = models.PositiveBigIntegerField(unique=True)
    line = models.TextField()
    public_key = models.TextField()

    class Meta:
        ordering = ("size",)

    def __str__(self) -> str:
        return str(self.size)


class Salt(models.Model):
    """What makes a commitment unguessable; erased together with the personal data it covers."""

    commitment = models.CharField(max_length=64, primary_key=True)
    salt = models.BinaryField()

    def __str__(self) -> str:
        return self.commitment
