"""A client's copy of its user's notifications, kept by the rules of the contract and no others.

Holding N: the change N+1 is applied; one above it, or a `hello` or `heartbeat` above N, means that
something was missed; one at or below N was seen. The unread count is the server's figure.
"""

import time

from storm.world import COUNTS, DISORDER

UNKNOWN_AFTER_BULK = ("readAt", "updatedAt", "seq")


class Copy:
    def __init__(self, name, misses):
        self.name, self.misses = name, misses
        self.seq = None  # N
        self.unread = None
        self.rows = {}
        self.at = {}  # the number each row is at, where a row read by REST may be ahead of N
        self.heard = 0  # the highest number heard of
        self.learnt = set()  # every notification that was ever told of
        self.counts = {}  # the unread count stated at each number
        self.reloads = 0
        self.behind_since = None
        self.longest_gap = 0.0

    @property
    def behind(self):
        return self.heard > self.seq

    def hear(self, seq):
        self.heard = max(self.heard, seq)
        if not self.behind:
            if self.behind_since is not None:
                self.longest_gap = max(self.longest_gap, time.monotonic() - self.behind_since)
            self.behind_since = None
        elif self.behind_since is None:
            self.behind_since = time.monotonic()

    def greet(self, frame):
        """A `hello`."""
        if self.seq is not None and frame["seq"] < self.seq:
            self._disorder(f"hello at {frame['seq']} to one who holds {self.seq}")
        self._state(frame)
        if self.seq is not None:
            self.hear(frame["seq"])

    def load(self, rows, seq, unread):
        """All anew by REST. The rows were read after the position: some may be ahead of it."""
        self.reloads += self.seq is not None
        self.rows, self.seq, self.unread = dict(rows), seq, unread
        self.at = {pk: row["seq"] for pk, row in rows.items()}
        self.learnt |= set(rows)
        self.hear(seq)

    def change(self, frame):
        """A frame with a number."""
        seq = frame["seq"]
        self._state(frame)
        if seq == self.seq + 1:
            self._apply(frame)
            self.seq, self.unread = seq, frame["unreadCount"]
        self.hear(seq)

    def page(self, frame):
        """A `sync`, asked for or not."""
        since, seq = frame["since"], frame["seq"]
        if not frame["hasMore"]:
            self._state(frame)
        if since <= self.seq < seq:
            self._check_page(frame)
            for row in frame["changed"]:
                self._put(row)
            for pk in frame["removed"]:
                self._drop(pk, seq)
            self.seq, self.unread = seq, frame["unreadCount"]
        self.hear(seq + frame["hasMore"])

    # The rows

    def _apply(self, frame):
        kind, seq = frame["type"], frame["seq"]
        if kind == "notification:deleted":
            self._drop(frame["id"], seq)
        elif kind == "notifications:bulk-updated":
            for pk, row in self.rows.items():
                if not row["isRead"] and self.at[pk] < seq:
                    self._read(pk, seq)
        else:
            row = frame["notification"]
            if row["seq"] != seq:
                self._disorder(f"frame {seq} carries a row at {row['seq']}")
            if (
                kind == "notification:created"
                and row["id"] in self.rows
                and self.at[row["id"]] < seq
            ):
                self._disorder(f"{row['id']} was created again at {seq}")
            self._put(row)

    def _put(self, row):
        pk = row["id"]
        self.learnt.add(pk)
        if row["seq"] >= self.at.get(pk, 0):
            self.rows[pk], self.at[pk] = dict(row), row["seq"]

    def _drop(self, pk, seq):
        self.learnt.add(pk)
        self.at.pop(pk, None)
        self.rows.pop(pk, None)

    def _read(self, pk, seq):
        """Read in bulk: what the frame does not tell of the row is not known any more."""
        known = {k: v for k, v in self.rows[pk].items() if k not in UNKNOWN_AFTER_BULK}
        self.rows[pk], self.at[pk] = known | {"isRead": True}, seq

    # What must hold of every frame

    def _check_page(self, frame):
        numbers = [row["seq"] for row in frame["changed"]]
        inside = all(frame["since"] < number <= frame["seq"] for number in numbers)
        if not inside or numbers != sorted(numbers):
            self._disorder(f"a page from {frame['since']} to {frame['seq']} has {numbers[:20]}")

    def _state(self, frame):
        """One number, one count, whoever states it."""
        stated = self.counts.setdefault(frame["seq"], frame["unreadCount"])
        if stated != frame["unreadCount"]:
            text = f"{self.name} at {frame['seq']}: {stated} and {frame['unreadCount']} unread"
            self.misses.add(COUNTS, text)

    def _disorder(self, text):
        self.misses.add(DISORDER, f"{self.name}: {text}")
