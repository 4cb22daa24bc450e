# SPDX-License-Identifier: Apache-2.0
"""A second reader of standing.json, written from docs/spec/recovery.md and
channel.md section 3. Like read.py it shares no code with Tocsin: it is an alpha
that was restored and asked bravo, a bravo that is asked, and a sender that is told
that another message has a place.

    python3 read_standing.py
"""

import base64
import hashlib
import json
import re
import sys

from read import Card, Message, Refused, checkpoint, load, must, only, receipt, sha256, signed, strict, unbase64, unseal

QUESTION = ["v", "from", "to", "nonce", "ours", "theirs", "keys"]
ANSWER = ["v", "from", "to", "ask", "seq", "hash"]
HEX = "[0-9a-f]{64}"


def signature_of(header, node, reason):
    named, _, text = header.partition(" ")
    must(named == node.id, reason)
    return unbase64(text, reason)


def question(body, header, alpha, bravo):
    """What bravo is asked, if it may be."""
    covered = b"tocsin-delivery/v1\n" + bravo.id.encode() + b"\n" + hashlib.sha256(body).digest()
    must(signed(alpha.sign, signature_of(header, alpha, "sender"), covered), "sender")
    must(len(body) <= 4096, "format")
    asked = only(strict(body), QUESTION)
    must(asked["v"] == 1 and all(re.fullmatch(HEX, asked[name]) for name in ["from", "to", "nonce"]), "format")
    must(asked["from"] == alpha.id and asked["to"] == bravo.id, "address")
    return asked


def receipted(text, message, card):
    statement, header = receipt(text, card), message.header
    for theirs, ours in [("header", message.hash), ("by", header["to"]), ("to", header["from"]), ("channel", header["channel"]), ("seq", header["seq"]), ("epoch", header["epoch"])]:
        must(statement[theirs] == ours, "mismatch")


class Asking:
    """Alpha, with what it has of both chains, and what comes back."""

    def __init__(self, has, body, alpha, bravo, identity):
        self.alpha, self.bravo, self.identity, self.ask = alpha, bravo, identity, sha256(body)
        self.tips = {alpha.id: (has["ours"], has["ours_hash"]), bravo.id: (has["theirs"], has["theirs_hash"])}
        self.own, self.back = {self.tips[alpha.id]}, []

    def page(self, body, header):
        said = only(strict(body), ANSWER, ["held", "ours_missing", "theirs_missing", "keys", "checkpoints", "more"])
        must(said["v"] == 1 and len(said.get("held", [])) <= 64 and len(said.get("checkpoints", [])) <= 8, "format")
        covered = b"tocsin-standing/v1\n" + self.alpha.id.encode() + b"\n" + hashlib.sha256(body).digest()
        must(signed(self.bravo.sign, signature_of(header, self.bravo, "signature"), covered), "signature")
        must([said["from"], said["to"]] == [self.bravo.id, self.alpha.id], "address")
        must(said["ask"] == self.ask, "question")
        named = {self.alpha.id: self.named(said.get("ours_missing", [])), self.bravo.id: self.named(said.get("theirs_missing", []))}
        for held in said.get("held", []):
            self.held(only(held, ["envelope", "receipt"], ["step"]), named)
        for text in said.get("checkpoints", []):
            checkpoint(text, self.alpha)
        if not said.get("more") and said["seq"] > 0:
            must((said["seq"], said["hash"]) in self.own, "hidden")

    def named(self, missing):
        return {place["seq"]: place["hash"] for place in missing}

    def held(self, held, named):
        message = Message(unseal(unbase64(held["envelope"]), self.identity))
        ours = message.header["from"] == self.alpha.id
        sender, recipient = (self.alpha, self.bravo) if ours else (self.bravo, self.alpha)
        message.verify(sender, recipient)
        receipted(held["receipt"], message, recipient)
        if message.hash in self.back:
            return
        seq, tip = self.tips[sender.id]
        while seq + 1 < message.header["seq"]:
            must(seq + 1 in named[sender.id], "prev")
            seq, tip = seq + 1, named[sender.id][seq + 1]
        must((message.header["seq"], message.header["prev"]) == (seq + 1, tip), "prev")
        self.tips[sender.id] = (message.header["seq"], message.hash)
        self.back.append(message.hash)
        if ours:
            self.own.add(self.tips[sender.id])


def taken(refused, shown, alpha, bravo):
    """Whether what bravo shows proves that alpha's key signed another message for the place."""
    only(shown, ["header", "signature", "receipt"])
    message = Message(json.dumps({"header": shown["header"], "signature": shown["signature"], "salt": "", "payload": ""}))
    mine = json.loads(refused)
    must(message.header["seq"] == mine["seq"] and message.hash != sha256(b"tocsin-header/v1\n", refused.encode()), "place")
    must([message.header[name] for name in ["from", "to", "channel"]] == [mine[name] for name in ["from", "to", "channel"]], "address")
    must(signed(alpha.sign, message.signature, b"tocsin-envelope/v1\n" + base64.b64decode(shown["header"])), "signature")
    receipted(shown["receipt"], message, bravo)


def main():
    cards = {name: Card(vector["card"]) for name, vector in load("cards.json")["cards"].items()}
    identity = load("keys.json")["alpha"]["seal_identity"]
    alpha, bravo, vectors = cards["alpha"], cards["bravo"], load("standing.json")
    body = vectors["question"]["body"].encode()
    asked = question(body, vectors["question"]["sender"], alpha, bravo)
    must((asked["ours"], asked["theirs"]) == (vectors["has"]["ours"], vectors["has"]["theirs"]), "another question")

    def answer(vector):
        asking = Asking(vectors["has"], body, alpha, bravo, identity)
        for page in vector["pages"]:
            asking.page(page["body"].encode(), page["sender"])
        must(asking.back == vector.get("held", []), "other messages")

    wrong, count = 0, 0
    for name, check in [
        ("answers", answer),
        ("bad_questions", lambda v: question(v["body"].encode(), v["sender"], alpha, bravo)),
        ("taken", lambda v: taken(v["header"], v["taken"], alpha, bravo)),
    ]:
        for vector in vectors[name]:
            reason, count = "", count + 1
            try:
                check(vector)
            except Refused as refusal:
                reason = str(refusal)
            if reason != vector.get("reason", ""):
                print(f"{name}: {vector['what']}: want {vector.get('reason')}, got {reason}")
                wrong += 1
    print(f"a question and {count} others of standings and places read, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
