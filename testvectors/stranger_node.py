# SPDX-License-Identifier: Apache-2.0
"""A stranger's node: its log, its channels, what it takes and what it sends.
Written from docs/spec alone. It keeps everything in memory, which a node
must not do: what is tried here is what passes between two nodes.
"""

import hashlib
import json
import os
import re
import threading
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timezone

from read import Card, Message, Refused, apart, canonical, channel, checkpoint, cosignature, delivery, head_of, leads, leaf, leaf_hash
from read import links, must, node_hash, only, receipt, request, safety_number, sent_by, sha256, step, strict, tree, unbase64, unseal
from read_channel import Recipient
from read_steps import matches, said_by
from stranger_keys import Keys, b64, seal

NO_HASH = "0" * 64


class Answer(Exception):
    """An answer that is not 200: a status, and what goes with it."""

    def __init__(self, status, body=None, kind="application/problem+json", headers=()):
        self.status, self.kind, self.headers = status, kind, dict(headers)
        self.body = body if body is not None else canonical({"type": "about:blank", "title": "not accepted", "status": status})


def moment(at=None):
    at = at or datetime.now(timezone.utc)
    fraction = f".{at.microsecond // 1000:03d}".rstrip("0").rstrip(".")
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def post(url, body, headers):
    """Status, body and headers of the answer to a post."""
    asked = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read(), answer.headers


class Log:
    """A Merkle tree of leaves that are only ever added."""

    def __init__(self, keys):
        self.keys, self.leaves, self.signed = keys, [], ""

    def add(self, kind, name):
        self.leaves.append(leaf_hash(leaf(kind, name)))
        return len(self.leaves) - 1

    def root(self, size):
        return tree(self.leaves[:size])

    def checkpoint(self):
        """The signed checkpoint of what is there."""
        text = f"{self.keys.origin}\n{len(self.leaves)}\n{b64(self.root(len(self.leaves)))}\n"
        if not self.signed.startswith(text):
            self.signed = self.keys.note(text)
        return self.signed

    def path(self, index, first, end):
        """RFC 9162 §2.1.3.1."""
        if end - first == 1:
            return []
        middle = first + (1 << (end - first - 1).bit_length() - 1)
        if index < middle:
            return self.path(index, first, middle) + [tree(self.leaves[middle:end])]
        return self.path(index, middle, end) + [tree(self.leaves[first:middle])]

    def growth(self, older, newer):
        """RFC 9162 §2.1.4.1."""
        return self.subproof(older, 0, newer, True) if 0 < older < newer else []

    def subproof(self, size, first, end, whole):
        if size == end - first:
            return [] if whole else [tree(self.leaves[first:end])]
        middle = 1 << (end - first - 1).bit_length() - 1
        if size <= middle:
            return self.subproof(size, first, first + middle, whole) + [tree(self.leaves[first + middle:end])]
        return self.subproof(size - middle, first + middle, end, False) + [tree(self.leaves[first:first + middle])]

    def link(self, older, newer):
        return {"from": older, "to": newer, "root": b64(self.root(older)), "hashes": [b64(part) for part in self.growth(older, newer)]}

    def chain(self, sizes):
        """What links each of the sizes to the next larger."""
        order = sorted(set(sizes))
        return [self.link(older, newer) for older, newer in zip(order, order[1:])]

    def statement(self, index, said):
        """A receipt: what is said of a leaf, signed, with the proof that it is there."""
        size = len(self.leaves)
        said = dict(said, v=1, by=self.keys.card.id, index=index, size=size, root=self.root(size).hex())
        raw = canonical(said)
        signature = b64(self.keys.sign(b"tocsin-receipt/v1\n" + raw.encode()))
        extra = b64(('{"signature":"' + signature + '","statement":' + raw + "}").encode())
        hashes = "".join(b64(part) + "\n" for part in self.path(index, 0, size))
        return f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {index}\n{hashes}\n{self.checkpoint()}"


class Partner:
    """What a node knows of another, and the two directions of their channel."""

    def __init__(self, keys, card):
        self.card, self.channel = card, channel(keys.card, card)
        self.digits, self.confirmed = safety_number(keys.card, card), False
        self.ours, self.theirs, self.opened = None, None, False
        self.epoch, self.seq, self.prev = 1, 0, NO_HASH
        self.place = Recipient("pending")
        self.sent, self.received = {}, {}
        self.followed, self.unlinked, self.forks = None, [], []

    def seen(self):
        """The checkpoints of its log that the next exchange shall link."""
        return [self.followed] * bool(self.followed) + self.unlinked[:7]

    def settle(self):
        """The channel opens when the digits were confirmed and both terms are equal."""
        if not self.opened and self.confirmed and self.ours is not None and self.ours == self.theirs:
            self.opened, self.place.state = True, "active"


class Node:
    def __init__(self, name, country, address):
        self.keys = Keys(name, country, address)
        self.card, self.log = self.keys.card, Log(self.keys)
        self.partners, self.invited, self.cosigned, self.lies = {}, {}, {}, False
        self.lock = threading.RLock()
        self.log.add("act", sha256(os.urandom(16), b'{"act":"begin"}'))
        self.log.checkpoint()

    # Meeting another.

    def invite(self, terms, expires):
        secret = b64(os.urandom(24))
        self.invited[hashlib.sha256(secret.encode()).hexdigest()] = [expires, None]
        inside = canonical({"card": json.loads(self.keys.text), "secret": secret, "expires": moment(expires), "terms": terms})
        return "tocsin-invite-1:" + b64(inside.encode()).rstrip("=").replace("+", "-").replace("/", "_")

    def accept(self, text):
        prefix, _, encoded = "".join(text.split()).partition(":")
        must(prefix == "tocsin-invite-1", "format")
        raw = unbase64(encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4))
        inside = only(strict(raw), ["card", "secret", "expires", "terms"], ["keys"])
        partner = Partner(self.keys, Card(canonical(inside["card"])))
        partner.proposed = inside["terms"]
        self.partners[partner.card.name] = partner
        body = canonical({"card": json.loads(self.keys.text), "secret": inside["secret"]}).encode()
        headers = {"Content-Type": "application/json", "Tocsin-Sender": self.keys.sender(partner.card, body)}
        status, answer, _ = post(partner.card.address + "/peer/v1/pair", body, headers)
        must((status, answer.strip()) == (200, b"{}"), f"{status} {answer.decode()}")
        return partner

    def pair(self, header, body):
        """Another answers an invitation of ours."""
        try:
            asked = only(strict(body), ["card", "secret"], ["keys"])
            card = Card(canonical(asked["card"]))
            sent_by(header, body, card, self.card)
            invitation = self.invited.get(hashlib.sha256(asked["secret"].encode()).hexdigest())
            must(invitation and invitation[0] > datetime.now(timezone.utc) and invitation[1] in [None, card.name], "secret")
            known = self.partners.get(card.name)
            must(known is None or (known.card.sign, known.card.log) == (card.sign, card.log), "other keys")
        except Refused:
            raise Answer(400)
        invitation[1] = card.name
        if known is None:
            self.partners[card.name] = Partner(self.keys, card)

    # What arrives.

    def hear(self, header, body):
        """The answer to a delivery."""
        partner = next((p for p in self.partners.values() if p.card.id == header.split(" ")[0]), None)
        try:
            must(partner is not None, "stranger")
            sealed, missing = delivery(header, body, partner.card, self.card)
        except Refused:
            raise Answer(400)
        value = json.loads(body)
        own = [head_of(seen.partition("\n\n")[0] + "\n", "format") for seen in value.get("seen", []) if self.ours(seen)]
        if not self.lies and any(size > len(self.log.leaves) or root != self.log.root(size) for _, size, root in own):
            raise Answer(503)
        packed = [one for envelope, n in sealed for one in self.opened(envelope, n)]
        proofs = value.get("proofs", [""] * len(packed))
        kept = [self.take(partner, one, missing, proof) for one, proof in zip(packed, proofs)]
        results = [{"receipt": self.receipt(partner, name)} if name else {"refused": True} for name in kept]
        sizes = [size for _, size, _ in own] + [self.size(result["receipt"]) for result in results if "receipt" in result]
        return {"results": results, "consistency": self.log.chain(sizes)}

    def ours(self, seen):
        try:
            return checkpoint(seen, self.card)
        except Refused:
            return False

    @staticmethod
    def size(text):
        return head_of("\n".join(text.split("\n\n")[1].split("\n")) + "\n", "format")[1]

    def opened(self, envelope, n):
        """The packed messages of an envelope, or None for each if it is not right."""
        try:
            return apart(unseal(envelope, self.keys.identity), n)
        except Refused:
            return [None] * n

    def take(self, partner, packed, missing, proof):
        """The hash of a message that is kept, or None of one that is refused."""
        if packed is None:
            return None
        try:
            message = Message(packed)
            message.verify(partner.card, self.card)
        except Refused:
            return None
        answer, _ = partner.place.hear(message.raw.decode(), missing, datetime.now(timezone.utc))
        if answer == "refused":
            return None
        if answer == "repeat":
            return message.hash
        kept = {"message": message, "disposition": answer, "at": moment(), "index": self.log.add("received", message.hash), "step": None, "alarm": None}
        partner.received[message.hash] = kept
        payload = json.loads(message.payload)
        if message.header["kind"] == "terms":
            partner.theirs = message.payload
            partner.settle()
        if said_by(message.header["kind"], payload):
            try:
                matches(step(proof, partner.card), message)
                kept["step"] = proof
                self.log.add("receipt", hashlib.sha256(proof.encode()).hexdigest())
                self.shown(partner, proof.partition("\n\n")[2])
            except Refused as refusal:
                kept["alarm"] = f"the receipt of the step: {refusal}"
        return message.hash

    @staticmethod
    def shown(partner, signed_tree):
        """A checkpoint that came without a proof: the next exchange links it."""
        texts = [other.partition("\n\n")[0] for other in [partner.followed or ""] + partner.unlinked]
        if signed_tree.partition("\n\n")[0] not in texts:
            partner.unlinked.append(signed_tree)

    def receipt(self, partner, name):
        kept = partner.received[name]
        if "receipt" not in kept:
            header = kept["message"].header
            kept["receipt"] = self.log.statement(kept["index"], {
                "kind": "delivered", "channel": partner.channel, "to": partner.card.id, "header": name, "epoch": header["epoch"],
                "seq": header["seq"], "received": kept["at"], "disposition": kept["disposition"],
            })
        return kept["receipt"]

    # What leaves.

    def write(self, partner, kind, payload, changes=()):
        """A message in its place, signed and packed."""
        raw, salt = canonical(payload).encode(), os.urandom(32)
        header = {
            "v": 1, "channel": partner.channel, "from": self.card.id, "to": partner.card.id, "epoch": partner.epoch, "seq": partner.seq + 1,
            "prev": partner.prev, "kind": kind, "commitment": sha256(salt, raw), "sent": moment(), "precedence": payload.get("precedence", "ROUTINE"),
            "handling": payload.get("handling", {"tlp": "TLP:AMBER"}),
        }
        header.update(changes)
        text = canonical(header).encode()
        signature = self.keys.sign(b"tocsin-envelope/v1\n" + text)
        return json.dumps({"header": b64(text), "signature": b64(signature), "salt": b64(salt), "payload": b64(raw)}).encode()

    def queue(self, partner, kind, payload):
        packed = self.write(partner, kind, payload)
        message = Message(packed)
        partner.seq, partner.prev = message.header["seq"], message.hash
        index = self.log.add("sent", message.hash)
        partner.sent[message.hash] = {"message": message, "packed": packed, "index": index, "receipt": None, "step": ""}
        if kind == "terms":
            partner.ours = message.payload
            partner.settle()
        return message.hash

    def step(self, partner, entry):
        """The receipt of the step that a message says, or an empty text."""
        header = entry["message"].header
        said = said_by(header["kind"], json.loads(entry["message"].payload))
        if not said:
            return ""
        kind, about, word = said
        statement = {
            "kind": kind, "channel": partner.channel, "to": partner.card.id, "header": entry["message"].hash, "said": word,
            "epoch": header["epoch"], "seq": header["seq"], "at": header["sent"],
        }
        if about:
            statement["about"] = about
        entry["step"] = self.log.statement(entry["index"], statement)
        return entry["step"]

    def body(self, partner, packed, proofs=(), more=()):
        value = {"from": self.card.id, "to": partner.card.id, "envelopes": [b64(seal(one, partner.card.seal)) for one in packed]}
        if partner.seen():
            value["seen"] = partner.seen()
        if any(proofs):
            value["proofs"] = list(proofs)
        value.update(more)
        return canonical(value).encode()

    def post(self, partner, body, sender=None):
        sender = sender or self.keys.sender(partner.card, body)
        headers = {"Content-Type": "application/vnd.tocsin.delivery+json", "Tocsin-Sender": sender}
        return post(partner.card.address + "/peer/v1/messages", body, headers)

    def send(self, partner):
        """Delivers everything that has no receipt yet, and checks what comes back."""
        with self.lock:
            entries = [entry for entry in partner.sent.values() if not entry["receipt"]][:256]
            if not entries:
                return
            asked = partner.seen()
            body = self.body(partner, [entry["packed"] for entry in entries], [self.step(partner, entry) for entry in entries])
        status, answer, _ = self.post(partner, body)
        must(status == 200, f"{status} {answer.decode()}")
        with self.lock:
            self.check(partner, entries, asked, only(strict(answer), ["results"], ["consistency", "keys"]))

    def check(self, partner, entries, asked, answer):
        must(len(answer["results"]) == len(entries), "format")
        shown = []
        for entry, result in zip(entries, answer["results"]):
            if "receipt" not in result:
                must(only(result, ["refused"])["refused"] is True, "format")
                continue
            statement, header = receipt(result["receipt"], partner.card), entry["message"].header
            for theirs, ours in [("by", "to"), ("to", "from"), ("channel", "channel"), ("seq", "seq"), ("epoch", "epoch")]:
                must(statement[theirs] == header[ours], "mismatch")
            must(statement["header"] == entry["message"].hash, "mismatch")
            entry["receipt"] = result["receipt"]
            self.log.add("receipt", hashlib.sha256(result["receipt"].encode()).hexdigest())
            shown.append(result["receipt"].partition("\n\n")[2])
        self.follow(partner, asked, shown, answer.get("consistency", []))

    @staticmethod
    def follow(partner, asked, shown, consistency):
        """Links the checkpoints that we named, and those shown to us, in their order."""
        heads = {}
        for text in asked + shown:
            head = head_of(text.partition("\n\n")[0] + "\n", "format")
            if heads.setdefault(head[1], (head, text))[0] != head:
                partner.forks.append(fork_file(heads[head[1]][1], text))
        order = sorted(heads)
        for older, newer in zip(order, order[1:]):
            proof = next((part for part in consistency if (part["from"], part["to"]) == (older, newer)), None)
            if proof is None or links(heads[older][0], heads[newer][0], proof) != "yes":
                partner.forks.append(fork_file(heads[older][1], heads[newer][1], proof))
        if partner.forks or not order:
            return
        newest = heads[order[-1]][1]
        partner.unlinked = [text for text in partner.unlinked if text not in asked]
        if partner.followed in asked + [None]:
            partner.followed = newest
        elif newest != partner.followed:  # it moved meanwhile
            partner.unlinked.append(newest)

    # Witnesses.

    def witness(self, header, body):
        """Answers a request for a cosignature."""
        try:
            must(len(body) <= 262144, "format")
            old, size = request(body.decode())
        except (Refused, UnicodeDecodeError):
            raise Answer(400, "the request cannot be read\n", "text/plain")
        head, _, signed_tree = body.decode().partition("\n\n")
        text = signed_tree.partition("\n\n")[0] + "\n"
        origin, _, root = head_of(text, "format")
        partner = next((p for p in self.partners.values() if p.card.log_name == origin and p.opened), None)
        if partner is None:
            raise Answer(403 if origin.startswith("tocsin/") else 404, "no log that is known here\n", "text/plain")
        try:
            checkpoint(signed_tree, partner.card)
        except Refused:
            raise Answer(403, "not signed by the log\n", "text/plain")
        followed = head_of(partner.followed.partition("\n\n")[0] + "\n", "format") if partner.followed else (origin, 0, b"")
        seen = self.seen(partner, header, body)
        if old != followed[1] or size == old and old and root != followed[2]:
            if size == followed[1] and size and root != followed[2]:
                partner.forks.append(fork_file(partner.followed, signed_tree))
            raise Answer(409, f"{followed[1]}\n", "text/x.tlog.size", seen)
        hashes = [unbase64(line) for line in head.split("\n")[1:]]
        if partner.forks or old and not leads(old, followed[2], size, root, hashes):
            raise Answer(422, "the proof does not hold\n", "text/plain", seen)
        if size > followed[1]:
            partner.followed = signed_tree
        self.cosigned[origin] = size
        return self.keys.cosign(text)

    def seen(self, partner, header, body):
        try:
            sent_by(header, body, partner.card, self.card)
        except Refused:
            return {}
        return {"Tocsin-Seen": b64(partner.followed.encode())} if partner.followed else {}

    def ask_cosignature(self, partner, old=None):
        """Has the partner cosign our newest checkpoint; the times of the two lines."""
        with self.lock:
            signed_tree, size = self.log.checkpoint(), len(self.log.leaves)
            hashes = "".join(b64(part) + "\n" for part in self.log.growth(old or 0, size))
        body = f"old {old or 0}\n{hashes}\n{signed_tree}".encode()
        headers = {"Tocsin-Sender": self.keys.sender(partner.card, body)}
        status, answer, more = post(partner.card.address + "/witness/add-checkpoint", body, headers)
        if status == 409 and old is None and more["Content-Type"] == "text/x.tlog.size":
            return self.ask_cosignature(partner, int(answer))
        must(status == 200, f"{status} {answer.decode()}")
        text = signed_tree.partition("\n\n")[0] + "\n"
        lines = answer.decode().splitlines(True)
        return size, [cosignature(text, line, key) for line, key in zip(lines, partner.card.cosigners, strict=True)]

    def show_another_log(self, partner):
        """Has the partner cosign our log, and then another of the same size; the answer to that."""
        size, _ = self.ask_cosignature(partner)
        body = f"old {size}\n\n" + self.keys.note(f"{self.keys.origin}\n{size}\n{b64(os.urandom(32))}\n")
        status, answer, _ = post(partner.card.address + "/witness/add-checkpoint", body.encode(), {})
        return f"{status} {answer.decode()}"


def fork_file(one, other, proof=None):
    """Evidence of a fork: two signed checkpoints, the smaller first, and the proof that was shown."""
    older, newer = sorted([one, other], key=lambda text: int(text.split("\n")[1]))
    lines = ["tocsin-fork/v1"]
    if proof:
        lines += ["root " + proof["root"]] + proof["hashes"]
    return "\n".join(lines) + f"\n\n{older}\n{newer}"


def new_id(kind):
    return f"{kind}--{uuid.uuid4()}"
