# SPDX-License-Identifier: Apache-2.0
"""A second reader of channel.json, written from docs/spec/channel.md section 3.
Like read.py it shares no code with Tocsin: it is a recipient that keeps the place
of each message, and says what it would answer.

    python3 read_channel.py
"""

import hashlib
import json
import sys
from datetime import datetime, timedelta

from read import load

GRACE = timedelta(minutes=10)
QUARANTINES = {"suspended", "frozen", "expelled"}


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def hash_of(header):
    return hashlib.sha256(b"tocsin-header/v1\n" + header.encode()).hexdigest()


class Recipient:
    """One side of a channel, from its beginning."""

    def __init__(self, state):
        self.state = state
        self.newest, self.tip, self.epoch = 0, "0" * 64, 0
        self.here, self.gaps, self.places = set(), {}, {}

    def hear(self, header, missing, at):
        """The answer, and why it is a refusal."""
        name, h = hash_of(header), json.loads(header)
        if name in self.here:
            return "repeat", None
        why = self.refuses(name, h, {m["seq"]: m["hash"] for m in missing}, at)
        if why:
            return "refused", why
        if h["seq"] > self.newest:
            for seq in range(self.newest + 1, h["seq"]):
                self.gaps[seq] = next(m["hash"] for m in missing if m["seq"] == seq)
            self.newest, self.tip = h["seq"], name
        else:
            del self.gaps[h["seq"]]
        self.here.add(name)
        self.places[h["seq"]] = name
        self.epoch = max(self.epoch, h["epoch"])
        return "quarantined" if self.state in QUARANTINES else "kept", None

    def taken(self, header, answer):
        """What is shown to the sender of a refused message: the one that has its place."""
        seq = json.loads(header)["seq"]
        return self.places.get(seq) if answer == "refused" and seq <= self.newest else None

    def refuses(self, name, h, missing, at):
        if self.state == "pending" and h["kind"] not in ["terms", "keys"]:
            return "pending"
        if "expires" in h and at > when(h["expires"]) + GRACE:
            return "expired"
        if h["seq"] <= self.newest:
            return None if self.gaps.get(h["seq"]) == name else "taken"
        if h["epoch"] < self.epoch:
            return "epoch"
        if h["seq"] == self.newest + 1:
            return None if h["prev"] == self.tip else "prev"
        if any(seq not in missing for seq in range(self.newest + 1, h["seq"])):
            return "order"
        return None if missing[h["seq"] - 1] == h["prev"] else "prev"


def main():
    steps, wrong = 0, []
    for vector in load("channel.json"):
        recipient = Recipient(vector["state"])
        for step in vector["steps"]:
            answer, why = recipient.hear(step["header"], step.get("missing", []), when(step["at"]))
            got = (answer, why, recipient.taken(step["header"], answer), recipient.newest, recipient.epoch, sorted(recipient.gaps))
            want = (step["answer"], step.get("why"), step.get("taken"), step["newest"], step["their_epoch"], step["gaps"])
            if got != want:
                wrong.append(f"{vector['what']}: want {want}, got {got}")
            steps += 1
    for line in wrong:
        print(line)
    print(f"{steps} messages of channels answered" if not wrong else f"{len(wrong)} of {steps} messages not answered as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
