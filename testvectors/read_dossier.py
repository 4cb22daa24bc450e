# SPDX-License-Identifier: Apache-2.0
"""A second reader of dossier.json, written from docs/spec/dossier.md. Like
read.py it shares no code with Tocsin.

    python3 read_dossier.py
"""

import hashlib
import json
import re
import sys
from datetime import datetime

from read import Card, Message, Refused, canonical, channel, checkpoint, cosignature, leaf, leaf_hash, load, must, node_hash, only, receipt, root_from, signed, step, strict, unbase64
from read_steps import WORDS, matches, said_by

MEMBERS = ["format", "case", "channel", "by", "to", "person", "made", "text", "nodes", "terms", "messages", "states", "gaps", "elsewhere", "checkpoint"]
OF_NO_CASE = ["terms", "state", "keys", "voice", "pledge", "pledge_ended", "inquiry", "inquiry_answer"]
OF_A_MESSAGE = ["salt", "payload", "digest", "erased", "receipt", "step", "leaf", "receipt_leaf", "step_leaf"]


def grown(proof, size, newer, root):
    """The root that a proof of consistency leads to from an older root. RFC 9162 2.1.4.2."""
    rest = list(proof)
    if size & (size - 1) == 0:
        rest.insert(0, root)
    must(rest, "proof")
    at, last = size - 1, newer - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = rest[0]
    for other in rest[1:]:
        must(last > 0, "proof")
        if at & 1 or at == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, other)
        at, last = at >> 1, last >> 1
    must(last == 0 and old == root, "proof")
    return new


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def good_line(text, line, key):
    try:
        return cosignature(text, line, key) > 0
    except Refused:
        return False


class Part:
    """One message of a dossier, checked."""

    def __init__(self, dossier, vector, in_case, beside=False):
        only(vector, ["header", "signature", "state", "at"], OF_A_MESSAGE)
        inside = {name: vector.get(name, "") for name in ["header", "signature", "salt", "payload"]}
        self.message = Message(json.dumps(inside))
        self.vector, self.in_case = vector, in_case
        header = self.message.header
        self.seq, self.kind, self.hash = header["seq"], header["kind"], self.message.hash
        self.ours = header["from"] == dossier.by.id
        self.sender, self.recipient = (dossier.by, dossier.to) if self.ours else (dossier.to, dossier.by)
        must([header["from"], header["to"]] == [self.sender.id, self.recipient.id] and header["channel"] == dossier.channel, "address")
        must(in_case or self.kind == "terms", "format")
        must(not in_case or beside or self.kind not in OF_NO_CASE, "case")
        if self.message.erased:
            must(signed(self.sender.sign, self.message.signature, b"tocsin-envelope/v1\n" + self.message.raw), "signature")
            must(not dossier.text or vector.get("erased"), "text")
        else:
            self.message.verify(self.sender, self.recipient)
            must(dossier.text and not vector.get("erased"), "text")
            self.said(dossier.case)
        self.sizes = []  # of the logs that its receipts show
        self.receipted()
        self.stepped()
        self.proved(dossier)

    def said(self, case):
        payload = json.loads(self.message.payload)
        if not self.in_case:
            return
        named = payload["id"] if self.kind == "warning" else payload["warning"]["id"] if self.kind == "update" else payload.get("case")
        must(named == case, "case")

    def receipted(self):
        self.receipt, self.place, self.received = self.vector.get("receipt"), None, None
        if self.receipt is None:
            return
        statement, header = receipt(self.receipt, self.recipient), self.message.header
        for theirs, ours in [("header", self.hash), ("by", header["to"]), ("to", header["from"]), ("channel", header["channel"]), ("seq", self.seq), ("epoch", header["epoch"])]:
            must(statement[theirs] == ours, "mismatch")
        self.place, self.received = statement["index"], statement["received"]
        self.sizes.append((self.recipient.id, statement["size"]))

    def stepped(self):
        self.step, self.steps_place = self.vector.get("step"), None
        if self.step is None:
            return
        statement, header = step(self.step, self.sender), self.message.header
        if not self.message.erased:
            must(said_by(self.kind, json.loads(self.message.payload)) is not None, "mismatch")
            matches(statement, self.message)
        must(statement["said"] in WORDS.get((self.kind, statement["kind"]), []), "mismatch")
        self.sizes.append((self.sender.id, statement["size"]))
        self.steps_place = statement["index"]
        must(statement["header"] == self.hash and statement["by"] == header["from"] and statement["at"] == header["sent"], "mismatch")

    def proved(self, dossier):
        leaves = [("leaf", "sent" if self.ours else "received", self.hash)]
        if self.ours and self.receipt:
            leaves.append(("receipt_leaf", "receipt", hashlib.sha256(self.receipt.encode()).hexdigest()))
        if not self.ours and self.step:
            leaves.append(("step_leaf", "receipt", hashlib.sha256(self.step.encode()).hexdigest()))
        for member, kind, name in leaves:
            place = self.vector.get(member)
            if place is None:
                continue
            only(place, ["index", "proof"])
            must(0 <= place["index"] < dossier.size, "proof")
            start = leaf_hash(leaf(kind, name))
            must(root_from([unbase64(part) for part in place["proof"]], dossier.size, place["index"], start) == dossier.root, "proof")


class Beside(Part):
    """A message that is in no chain: its header, and its text if the writer has it."""

    def __init__(self, dossier, vector):
        with_text = dict(vector)
        if "payload" not in vector and dossier.text:
            with_text["erased"] = True  # nobody says so: the text was never here, or is another case's
        super().__init__(dossier, with_text, True, beside=True)


class Dossier:
    def __init__(self, raw, cards):
        must(raw.endswith(b"\n"), "format")
        outer = only(strict(raw[:-1]), ["dossier", "signature"])
        inner = only(outer["dossier"], MEMBERS, ["seen", "unlisted", "cosigned", "beside", "purpose"])
        must(inner.get("purpose") in [None, "court", "oversight", "records", "dispute"], "format")
        must(canonical(outer).encode() + b"\n" == raw and inner["format"] == "tocsin-dossier/v1", "format")
        for one, other in [(inner["by"], inner["nodes"][0]), (inner["to"], inner["nodes"][1])]:
            must(one in cards and Card(canonical(other["card"])).id == one, "format")
        self.by, self.to = cards[inner["by"]], cards[inner["to"]]
        self.case, self.channel, self.text = inner["case"], inner["channel"], inner["text"]
        must(self.channel == channel(self.by, self.to), "format")
        must(signed(self.by.sign, unbase64(outer["signature"]), b"tocsin-dossier/v1\n" + canonical(inner).encode()), "signature")
        self.size, self.root = checkpoint(inner["checkpoint"], self.by)
        must(self.size > 0, "proof")
        self.cosignatures = [self.cosigned(only(earlier, ["checkpoint", "proof"])) for earlier in inner.get("cosigned", [])]
        self.made = inner["made"]
        self.sizes = [(self.by.id, self.size)]
        if "seen" in inner:
            self.sizes.append((self.to.id, checkpoint(inner["seen"], self.to)[0]))
        self.parts = [Part(self, vector, False) for vector in inner["terms"]] + [Part(self, vector, True) for vector in inner["messages"]]
        self.beside = []
        for vector in inner.get("beside", []):
            part = Beside(self, vector)
            must(part.hash not in [other.hash for other in self.parts + self.beside], "places")
            self.beside.append(part)
        self.sizes += [size for part in self.parts + self.beside for size in part.sizes]
        must(not (inner.get("unlisted") and inner["elsewhere"]), "format")
        self.elsewhere = {}
        for run in inner["elsewhere"]:
            only(run, ["ours", "seq", "hashes"])
            for i, name in enumerate(run["hashes"]):
                must(re.fullmatch("[0-9a-f]{64}", name), "format")
                self.elsewhere[run["ours"], run["seq"] + i] = name
        self.gaps = {(gap["ours"], gap["seq"]): gap.get("hash") for gap in inner["gaps"]}
        unlisted = inner.get("unlisted", False)
        must(not unlisted or self.others() > 200000, "places")
        for ours in [True, False]:
            self.chain(ours, unlisted)

    def cosigned(self, earlier):
        """An earlier checkpoint of the writer's log leads to the dossier's; how often the other node cosigned it."""
        size, root = checkpoint(earlier["checkpoint"], self.by)
        if (size, root) != (self.size, self.root):
            must(0 < size < self.size and grown([unbase64(part) for part in earlier["proof"]], size, self.size, root) == self.root, "proof")
        body, _, lines = earlier["checkpoint"].partition("\n\n")
        return sum(good_line(body + "\n", line, key) for line in lines.splitlines(keepends=True) for key in self.to.cosigners)

    def twice(self):
        """The places for which one key signed several messages, with what of them the recipient receipted."""
        found = {}
        for part in self.parts + self.beside:
            found.setdefault((part.sender.id, part.seq), []).append(part)
        return [
            {"from": sender, "seq": seq, "hashes": sorted(part.hash for part in parts), "receipted": sorted(part.hash for part in parts if part.receipt)}
            for (sender, seq), parts in sorted(found.items())
            if len(parts) > 1
        ]

    def others(self):
        """How many places of both directions are no message of the case."""
        found = 0
        for ours in [True, False]:
            of_case = [part.seq for part in self.parts if part.ours == ours and part.in_case]
            found += max(of_case) - min(of_case) + 1 - len(of_case) if of_case else 0
        return found

    def largest(self, node):
        return max((size for name, size in self.sizes if name == node), default=0)

    def too_early(self, one, part):
        """Whether this dossier was written before a message that the other shows, by its own time and by the logs."""
        sent = part.message.header["sent"]
        if not moment(self.made) < moment(sent if self.by.id == part.sender.id else part.received or sent):
            return False
        places = [(part.recipient.id, part.place)]
        if self.by.id == part.sender.id:
            places.append((part.sender.id, part.steps_place))
        if one.by.id in (part.recipient.id, self.by.id) and "leaf" in part.vector:
            places.append((one.by.id, part.vector["leaf"]["index"]))
        return all(place is None or place >= self.largest(node) for node, place in places)

    def chain(self, ours, unlisted):
        """Every place between the first and the last message of the case is accounted for, and each header names the one before it."""
        places = {seq: name for (mine, seq), name in self.elsewhere.items() if mine == ours}
        of_case = []
        for part in self.parts:
            if part.ours != ours:
                continue
            must(part.seq not in places, "places")
            places[part.seq] = part.hash
            of_case += [part.seq] if part.in_case else []
        for (mine, seq), name in self.gaps.items():
            if mine == ours and seq not in places:
                places[seq] = name
        if not of_case:
            return
        must(unlisted or all(seq in places for seq in range(min(of_case), max(of_case) + 1)), "places")
        for part in self.parts:
            before = places.get(part.seq - 1) if part.ours == ours else None
            must(before is None or before == part.message.header["prev"], "places")


def alone(one, other):
    """What only one of the two shows although the other's node had it, by a receipt or because it said it."""
    shown = {part.hash for part in other.parts}
    return [part.hash for part in one.parts if part.in_case and part.hash not in shown and (part.receipt or other.by.id == part.sender.id) and not other.too_early(one, part)]


def main():
    cards = {card.id: card for card in (Card(vector["card"]) for vector in load("cards.json")["cards"].values())}
    vectors = load("dossier.json")
    files = {vector["name"]: vector["dossier"].encode() for vector in vectors["good"]}
    good = {name: Dossier(raw, cards) for name, raw in files.items()}
    for vector in vectors["good"]:
        must(good[vector["name"]].twice() == vector.get("twice", []), "several messages at one place")
    must(good["alpha"].cosignatures == [2] and good["bravo"].cosignatures == [], "the cosignatures of bravo's")
    for pair in vectors["pairs"]:
        one, other = good[pair["one"]], good[pair["other"]]
        both = {part.hash: part for part in other.parts if part.in_case}
        common = [part for part in one.parts if part.hash in both]
        must(len(common) == pair["both"] and all(part.receipt == both[part.hash].receipt for part in common), "the two do not agree")
        must(alone(one, other) + alone(other, one) == pair["alone"], "one hides something else")
    wrong = 0
    for vector in vectors["bad"]:
        raw, reason = files[vector["of"]], "accepted"
        for edit in vector["edits"]:
            raw = raw[: edit["at"]] + edit["put"].encode() + raw[edit["at"] + edit["cut"] :]
        try:
            Dossier(raw, cards)
        except Refused as refusal:
            reason = str(refusal)
        if reason != vector["reason"]:
            print(f"{vector['what']}: want {vector['reason']}, got {reason}")
            wrong += 1
    print(f"{len(good)} dossiers read, {len(vectors['pairs'])} pairs compared, {len(vectors['bad'])} bad ones refused, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
