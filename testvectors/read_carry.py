# SPDX-License-Identifier: Apache-2.0
"""A second reader of carry.json, written from docs/spec/carry.md. Like read.py
it shares no code with Tocsin.

    python3 read_carry.py
"""

import hashlib
import json
import re
import sys

from read import Card, Refused, delivery, load, must, only, receipt, sha256, signed, strict, unbase64, unseal

MAGIC = b"tocsin-carry/v1\n"
ORDER = {"head": 0, "pair": 1, "question": 2, "standing": 3, "answer": 4, "delivery": 4, "end": 5, "padding": 6}
REPEATS = {ORDER["standing"], ORDER["answer"]}
HEAD = ["v", "file", "from", "to", "number", "made"]


class Reader:
    """Reads the inside of a file, record by record; records are those it took."""

    def __init__(self, inside, sender, recipient):
        self.raw, self.at, self.sender, self.recipient = inside, 0, sender, recipient
        self.records, self.place, self.whole = [], -1, False

    def take(self, size):
        must(self.at + size <= len(self.raw), "cut")
        self.at += size
        return self.raw[self.at - size:self.at]

    def line(self):
        end = self.raw.find(b"\n", self.at, self.at + 121)
        must(end >= 0 or len(self.raw) - self.at <= 120, "format")
        must(end >= 0, "cut")
        return self.take(end + 1 - self.at)[:-1]

    def read(self):
        must(self.take(len(MAGIC)) == MAGIC, "format")
        while not self.whole:
            self.record()

    def record(self):
        before = self.at
        words = self.line().decode("utf-8", "replace").split(" ")
        must(len(words) == 3 and re.fullmatch("0|[1-9][0-9]{0,9}", words[1]) and int(words[1]) <= (8 << 20) + 201, "format")
        body = self.take(int(words[1]) + 1)
        must(body[-1:] == b"\n" and hashlib.sha256(body[:-1]).hexdigest() == words[2], "format")
        kind, body = words[0], body[:-1]
        must(kind in ORDER, "format")
        must(self.records or kind == "head", "format")
        must(ORDER[kind] > self.place or ORDER[kind] == self.place in REPEATS, "format")
        self.place = ORDER[kind]
        if kind == "padding":
            must(self.records[-1][0] == "end" and not body.strip(b" ") and self.at == len(self.raw), "format")
            self.whole = True
            return
        sender, found, content = body.partition(b"\n")
        must(found and len(sender) <= 4096, "format")
        if kind == "head":
            self.head = only(strict(content), HEAD, ["one_way", "first"])
            must(self.head["v"] == 1 and re.fullmatch("[0-9a-f]{32}", self.head["file"]) and self.head["number"] >= 1, "format")
            must(self.head["to"] == self.recipient.id, "address")
            must(self.head["from"] == self.sender.id, "signature")
        if kind == "end":
            said = only(strict(content), ["records", "sum"])
            must(said["records"] == len(self.records) and said["sum"] == sha256(self.raw[:before]), "format")
        self.verify(kind, sender.decode(), content)
        self.records.append((kind, sender.decode(), content))

    def verify(self, kind, sender, content):
        node, _, signature = sender.partition(" ")
        must(len(node) == 64, "signature")
        word = b"tocsin-carry/v1\n" + kind.encode() + b"\n"
        if kind in ("pair", "question", "delivery"):
            word = b"tocsin-delivery/v1\n"
        if kind == "standing":
            word = b"tocsin-standing/v1\n"
        covered = word + self.recipient.id.encode() + b"\n" + hashlib.sha256(content).digest()
        must(signed(self.sender.sign, unbase64(signature, "signature"), covered), "signature")


def main():
    keys, vectors = load("keys.json"), load("carry.json")
    cards = {name: Card(vector["card"]) for name, vector in load("cards.json")["cards"].items()}
    file = vectors["file"]
    inside = unseal(unbase64(file["sealed"]), keys[file["to"]]["seal_identity"])
    must(len(inside) % 65536 == 0, "the inside is not padded")
    reader = Reader(inside, cards[file["from"]], cards[file["to"]])
    reader.read()
    must([{"kind": k, "sender": s, "content": c.decode()} for k, s, c in reader.records] == file["records"], "other records")
    must(reader.head == json.loads(file["head"]), "another head")
    for kind, sender, content in reader.records:
        if kind == "delivery":
            delivery(sender, content, cards[file["from"]], cards[file["to"]])
        if kind == "answer":
            for result in strict(content)["results"]:
                receipt(result["receipt"], cards["bravo"])
    wrong = 0
    for vector in vectors["insides"]:
        reader, reason = Reader(vector["inside"].encode(), cards[vector["from"]], cards[vector["to"]]), ""
        try:
            reader.read()
        except Refused as refusal:
            reason = str(refusal)
        if (reason, len(reader.records)) != (vector["reason"], vector["records"]):
            print(f"{vector['what']}: want {vector['reason']} after {vector['records']}, got {reason} after {len(reader.records)}")
            wrong += 1
    print(f"a file of {len(file['records'])} records read, {len(vectors['insides'])} others read as far as they go, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
