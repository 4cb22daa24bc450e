# SPDX-License-Identifier: Apache-2.0
"""A second reader of the vectors beside it. It was written from
docs/spec/envelope.md, receipt.md and log.md and shares no code with Tocsin.

It opens the sealed envelopes itself (age with an ML-KEM-768 and X25519 key,
over HPKE) and checks cards, digits, messages, deliveries, the log and the
receipt; and it refuses what must be refused, each for its reason.

Python 3.11 or newer, and the packages of requirements.txt: python3 read.py
"""

import base64
import hashlib
import hmac
import json
import math
import pathlib
import re
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HERE = pathlib.Path(__file__).parent


class Refused(Exception):
    """Something was refused; the argument is the reason, in a word."""


def must(condition, reason):
    if not condition:
        raise Refused(reason)


# JSON, strictly, and RFC 8785.


def members(pairs):
    names = [name for name, _ in pairs]
    must(len(names) == len(set(names)), "format")
    return dict(pairs)


def strict(text):
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, object_pairs_hook=members, parse_constant=lambda _: must(False, "format"))
    except (ValueError, RecursionError):
        raise Refused("format")


def only(value, needed, optional=()):
    must(isinstance(value, dict), "format")
    must(all(name in value for name in needed), "format")
    must(all(name in needed or name in optional for name in value), "format")
    return value


def canonical(value):
    """RFC 8785."""
    if isinstance(value, dict):
        order = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in order) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    return number(float(value))


def number(value):
    """A number as ECMAScript writes it."""
    must(math.isfinite(value), "format")
    if value == 0:
        return "0"
    digits, exponent = f"{abs(value)!r}".replace(".0e", "e"), 0
    if "e" in digits:
        digits, power = digits.split("e")
        exponent = int(power)
    whole, _, fraction = digits.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + exponent
    plain = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(plain)
    plain = plain.rstrip("0")
    size = len(plain)
    if size <= point <= 21:
        text = plain + "0" * (point - size)
    elif 0 < point <= 21:
        text = plain[:point] + "." + plain[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + plain
    else:
        text = plain[0] + ("." + plain[1:] if size > 1 else "") + f"e{point - 1:+d}"
    return ("-" if value < 0 else "") + text


def is_canonical(raw):
    return canonical(strict(raw)).encode() == raw


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).hexdigest()


def unbase64(text, reason="format"):
    try:
        raw = base64.b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise Refused(reason)
    must(base64.b64encode(raw).decode() == text, reason)
    return raw


def signed(public, signature, message):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


# Cards, digits, channels.


class Card:
    def __init__(self, text):
        card = only(strict(text), ["v", "name", "country", "address", "sign", "log", "seal"], ["witness", "id"])
        must(card["v"] == 1 and re.fullmatch("[a-z][a-z0-9-]{1,39}", card["name"]) and re.fullmatch("[A-Z]{2}", card["country"]), "format")
        must(re.fullmatch("https?://[^/?#]+[^?#]*", card["address"]) and len(card["address"]) <= 512, "format")
        self.name, self.country, self.address, self.log, self.seal = (card[member] for member in ["name", "country", "address", "log", "seal"])
        self.sign = unbase64(card["sign"])
        must(len(self.sign) == 32 and len(bech32(self.seal, "age1pq")) == 1216, "format")
        self.log_name, self.log_key = verifier(self.log)
        self.key_id = sha256(b"tocsin-key/v1\n", self.sign)
        self.id = card.get("id", self.key_id)
        must(re.fullmatch("[0-9a-f]{64}", self.id) and ("id" not in card or self.id != self.key_id), "format")
        self.rotated = "id" in card
        self.witness = card.get("witness", [])
        self.cosigners = [verifier(key, {4: 33, 6: 1313}) for key in self.witness]
        kinds, names = [key[0] for _, key in self.cosigners], {name for name, _ in self.cosigners}
        must("witness" not in card or kinds == [4, 6] and len(names) == 1, "format")

    def digits(self):
        parts = [b"tocsin-digits/v1", self.name.encode(), self.country.encode(), self.sign, self.log.encode(), self.seal.encode()]
        parts += [key.encode() for key in self.witness]
        about = b"\n".join(parts + [b"id " + self.id.encode()] if self.rotated else parts)
        total = first = hashlib.sha512(about).digest()
        for _ in range(5200):
            total = hashlib.sha512(total + first).digest()
        return "".join(f"{int.from_bytes(total[i * 5:i * 5 + 5], 'big') % 100000:05d}" for i in range(6))


def safety_number(one, other):
    sixty = "".join(sorted([one.digits(), other.digits()]))
    return " ".join(sixty[i:i + 5] for i in range(0, 60, 5))


def channel(one, other):
    first, second = sorted([one.id, other.id])
    return sha256(f"tocsin-channel/v1\n{first}\n{second}\n".encode())


# The seal: age-encryption.org/v1 with one mlkem768x25519 stanza.

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32(text, prefix):
    text = text.lower()
    at = text.rfind("1")
    must(text[:at] == prefix.lower() and all(letter in ALPHABET for letter in text[at + 1:]), "format")
    values = [ALPHABET.index(letter) for letter in text[at + 1:]]
    check = 1
    for value in [ord(c) >> 5 for c in text[:at]] + [0] + [ord(c) & 31 for c in text[:at]] + values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= generator if top >> i & 1 else 0
    must(check == 1, "format")
    bits = "".join(f"{value:05b}" for value in values[:-6])
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8))


def unbase64_raw(text):
    return unbase64(text + "=" * (-len(text) % 4))


def derive(secret, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def unseal(sealed, identity):
    seeds = hashlib.shake_256(bech32(identity, "AGE-SECRET-KEY-PQ-")).digest(96)
    key = hpke.MLKEM768X25519PrivateKey(MLKEM768PrivateKey.from_seed_bytes(seeds[:64]), X25519PrivateKey.from_private_bytes(seeds[64:]))
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    try:
        end = sealed.index(b"\n--- ")
        head, rest = sealed[:end], sealed[end + 5:]
        mac, body = rest[:43], rest[44:]
        lines = head.decode("ascii").split("\n")
        intro, kind, share = lines[1].split(" ")
        must(lines[0] == "age-encryption.org/v1" and intro == "->" and kind == "mlkem768x25519" and rest[43:44] == b"\n", "format")
        file_key = suite.decrypt(unbase64_raw(share) + unbase64_raw("".join(lines[2:])), key, b"age-encryption.org/mlkem768x25519")
        expected = hmac.new(derive(file_key, b"", b"header"), head + b"\n---", "sha256").digest()
        must(hmac.compare_digest(expected, unbase64_raw(mac.decode("ascii"))), "format")
        stream = ChaCha20Poly1305(derive(file_key, body[:16], b"payload"))
        plain, body, count = b"", body[16:], 0
        while True:
            chunk, body = body[:65552], body[65552:]
            plain += stream.decrypt(count.to_bytes(11, "big") + (b"\x00" if body else b"\x01"), chunk, None)
            count += 1
            if not body:
                return plain
    except (ValueError, InvalidTag, UnicodeDecodeError):
        raise Refused("format")


# Messages.

TLP = ["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
PRECEDENCE = ["FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE"]
HEADER = ["v", "channel", "from", "to", "epoch", "seq", "prev", "kind", "commitment", "sent", "precedence", "handling"]


class Message:
    def __init__(self, packed):
        parts = only(strict(packed), ["header", "signature", "salt", "payload"])
        self.raw, self.signature, self.salt, self.payload = (unbase64(parts[name]) for name in ["header", "signature", "salt", "payload"])
        self.erased = not self.salt and not self.payload
        must(self.erased or len(self.salt) == 32 and is_canonical(self.payload), "format")
        header = only(strict(self.raw), HEADER, ["expires"])
        must(is_canonical(self.raw) and len(self.signature) == 64, "format")
        must(header["v"] == 1 and header["epoch"] >= 1 and header["seq"] >= 1 and header["kind"] != "", "format")
        must(all(re.fullmatch("[0-9a-f]{64}", header[name]) for name in ["channel", "from", "to", "prev", "commitment"]), "format")
        must(header["precedence"] in PRECEDENCE, "format")
        handling = only(header["handling"], ["tlp"], ["pap", "codes", "caveats"])
        codes = handling.get("codes", [])
        must(handling["tlp"] in TLP and all(code in ["H0", "H1", "H2", "H3"] for code in codes), "format")
        must(handling.get("pap", "PAP:RED") in ["PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"], "format")
        self.header = header
        self.hash = sha256(b"tocsin-header/v1\n", self.raw)

    def verify(self, sender, recipient):
        header = self.header
        must(header["from"] == sender.id and header["to"] == recipient.id and header["channel"] == channel(sender, recipient), "address")
        must(signed(sender.sign, self.signature, b"tocsin-envelope/v1\n" + self.raw), "signature")
        must(not self.erased, "erased")
        must(sha256(self.salt, self.payload) == header["commitment"], "payload")


# Deliveries.


def sent_by(header, body, sender, recipient):
    """The Tocsin-Sender header: whoever posts has signed the recipient and the body."""
    parts = header.split(" ")
    must(len(parts) == 2 and parts[0] == sender.id, "sender")
    covered = b"tocsin-delivery/v1\n" + recipient.id.encode() + b"\n" + hashlib.sha256(body).digest()
    must(signed(sender.sign, unbase64(parts[1], "sender"), covered), "sender")


def delivery(header, body, sender, recipient):
    sent_by(header, body, sender, recipient)
    must(len(body) <= 8 << 20, "format")
    value = only(strict(body), ["from", "to", "envelopes"], ["holds", "missing", "proofs", "seen"])
    must(isinstance(value["envelopes"], list) and 1 <= len(value["envelopes"]) <= 256, "format")
    for missing in value.get("missing", []):
        only(missing, ["seq", "hash", "why"])
        must(missing["seq"] >= 1 and re.fullmatch("[0-9a-f]{64}", missing["hash"]) and missing["why"] in ["expired", "dropped", "held", "carried"], "format")
    holds = value.get("holds") or [1] * len(value["envelopes"])
    must(len(holds) == len(value["envelopes"]) and all(type(n) is int and n >= 1 for n in holds) and sum(holds) <= 256, "format")
    must(len(value.get("proofs", [])) in [0, sum(holds)], "format")
    must(len(value.get("seen", [])) <= 8, "format")
    for seen in value.get("seen", []):
        must(len(seen.encode()) <= 1024, "format")
        head_of(seen.partition("\n\n")[0] + "\n", "format")
    must(value["from"] == sender.id and value["to"] == recipient.id, "address")
    return [(unbase64(sealed), n) for sealed, n in zip(value["envelopes"], holds)], value.get("missing", [])


def apart(plain, n):
    """The packed messages of an envelope, one behind the other."""
    messages, space = [], " \t\r\n"
    try:
        rest = plain.decode("utf-8").lstrip(space)
        while rest:
            end = json.JSONDecoder().raw_decode(rest)[1]
            messages.append(rest[:end].encode())
            rest = rest[end:].lstrip(space)
    except (ValueError, RecursionError):
        raise Refused("format")
    must(len(messages) == n, "format")
    return messages


# The log and receipts: RFC 6962, C2SP signed-note, tlog-checkpoint, tlog-proof.


def leaf(kind, name):
    return b"tocsin-leaf/v1\n" + kind.encode() + b"\n" + name.encode() + b"\n"


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree(leaves[:half]), tree(leaves[half:]))


def root_from(proof, size, index, start):
    """RFC 9162 §2.1.3.2."""
    node, last, at = start, size - 1, index
    for other in proof:
        must(last > 0, "proof")
        if at & 1 or at == last:
            node = node_hash(other, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, other)
        at, last = at >> 1, last >> 1
    must(last == 0, "proof")
    return node


def verifier(text, lengths={1: 33}):
    must(text.count("+") >= 2, "format")
    name, short, key = text.split("+", 2)
    raw = unbase64(key)
    must(raw and len(raw) == lengths.get(raw[0]) and key_hash(name, raw).hex() == short, "format")
    return name, raw


def key_hash(name, key):
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def checkpoint(text, card):
    body, _, signatures = text.rpartition("\n\n")
    body += "\n"
    must(signatures.endswith("\n"), "checkpoint")
    good = False
    for line in signatures.splitlines():
        dash, name, encoded = line.split(" ")
        raw = unbase64(encoded, "checkpoint")
        must(dash == "\u2014", "checkpoint")
        if name == card.log_name and raw[:4] == key_hash(name, card.log_key):
            must(signed(card.log_key[1:], raw[4:], body.encode()), "checkpoint")
            good = True
    must(good, "checkpoint")
    lines = body.split("\n")
    must(len(lines) == 4 and lines[0] == card.log_name, "checkpoint")
    return int(lines[1]), unbase64(lines[2], "checkpoint")


# Those who watch a log: C2SP tlog-cosignature and tlog-witness, RFC 9162 §2.1.4, and evidence of a fork.


def head_of(text, reason):
    """Origin, size and root of a checkpoint's text."""
    lines = text.split("\n")
    must(len(lines) == 4 and lines[0] and re.fullmatch("0|[1-9][0-9]*", lines[1]) and lines[3] == "", reason)
    root = unbase64(lines[2], reason)
    must(len(root) == 32, reason)
    return lines[0], int(lines[1]), root


def leads(older, first, newer, second, hashes):
    """RFC 9162 §2.1.4.2: whether the log of size newer and root second continues the one of size older and root first."""
    if older == newer:
        return first == second and not hashes
    path = list(hashes) if older & (older - 1) else [first] + list(hashes)
    if not path:
        return False
    at, last = older - 1, newer - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    one = two = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            one, two = node_hash(other, one), node_hash(other, two)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            two = node_hash(two, other)
        at, last = at >> 1, last >> 1
    return one == first and two == second and last == 0


def links(older, newer, proof):
    """What a proof that a log grew shows: yes, no, or fork."""
    if not 1 <= older[1] <= newer[1] or proof["from"] != older[1] or proof["to"] != newer[1]:
        return "no"
    root, hashes = unbase64(proof["root"]), [unbase64(part) for part in proof["hashes"]]
    if leads(older[1], older[2], newer[1], newer[2], hashes):
        return "yes"
    return "fork" if root != older[2] and leads(older[1], root, newer[1], newer[2], hashes) else "no"


def request(body):
    """A request for a cosignature: the old size and the new."""
    head, _, signed_tree = body.partition("\n\n")
    lines = head.split("\n")
    must(re.fullmatch("old (0|[1-9][0-9]*)", lines[0]) and len(lines) <= 64, "format")
    must(all(len(unbase64(line)) == 32 for line in lines[1:]) and "\n\n" in signed_tree, "format")
    old, size = int(lines[0][4:]), head_of(signed_tree.partition("\n\n")[0] + "\n", "format")[1]
    must(old <= size and (old > 0 or len(lines) == 1), "format")
    return old, size


def fork(text, card):
    """What a file of evidence shows against the log of a card."""
    parts = text.split("\n\n")
    must(len(parts) == 5 and len(text.encode()) <= 64 << 10, "format")
    lines = parts[0].split("\n")
    must(lines[0] == "tocsin-fork/v1" and len(lines) <= 65 and (len(lines) == 1 or lines[1].startswith("root ")), "format")
    hashes = [unbase64(line.removeprefix("root ") if i == 0 else line) for i, line in enumerate(lines[1:])]
    must(all(len(part) == 32 for part in hashes), "format")
    signed_trees = [parts[1] + "\n\n" + parts[2] + "\n", parts[3] + "\n\n" + parts[4]]
    older, newer = (head_of(part + "\n", "format") for part in (parts[1], parts[3]))
    must(parts[4].endswith("\n") and parts[4].count("\n") == len(parts[4].splitlines()), "format")
    for signed_tree in signed_trees:
        checkpoint(signed_tree, card)
    must(older[1] <= newer[1], "format")
    if older[1] == newer[1]:
        must(older[2] != newer[2], "none")
        return "two_roots"
    if not hashes:
        return "unexplained"
    encoded = [base64.b64encode(part).decode() for part in hashes]
    shown = links(older, newer, {"from": older[1], "to": newer[1], "root": encoded[0], "hashes": encoded[1:]})
    must(shown != "yes", "none")
    return "other_past" if shown == "fork" else "unexplained"


def short(word):
    """At most 255 bytes, with their number before them."""
    must(len(word.encode()) <= 255, "cosignature")
    return bytes([len(word.encode())]) + word.encode()


def cosignature(text, line, cosigner):
    """The time of the good cosignature of a checkpoint's text that stands in the line."""
    name, key = cosigner
    origin, size, root = head_of(text, "cosignature")
    must(line.startswith("\u2014 ") and line.endswith("\n") and line.count(" ") == 2, "cosignature")
    _, named, encoded = line[:-1].split(" ")
    raw = unbase64(encoded, "cosignature")
    must(named == name and raw[:4] == key_hash(name, key), "cosignature")
    time, signature = int.from_bytes(raw[4:12], "big"), raw[12:]
    if key[0] == 4:
        must(signed(key[1:], signature, f"cosignature/v1\ntime {time}\n{text}".encode()), "cosignature")
        return time
    said = b"subtree/v1\n\0" + short(name) + time.to_bytes(8, "big") + short(origin) + bytes(8) + size.to_bytes(8, "big") + root
    try:
        MLDSA44PublicKey.from_public_bytes(key[1:]).verify(signature, said)
    except (InvalidSignature, ValueError):
        raise Refused("cosignature")
    return time


STATEMENT = ["v", "kind", "channel", "by", "to", "header", "epoch", "seq", "received", "disposition", "index", "size", "root"]


STEP = ["v", "kind", "channel", "by", "to", "header", "said", "epoch", "seq", "at", "index", "size", "root"]
STEPS = ["acknowledged", "acted", "outcome", "dispute", "corrected", "recalled", "recall_answer"]


def receipt(text, card):
    """The receipt of a delivery."""
    return proved(text, card, STATEMENT, [], "received", delivered)


def delivered(statement):
    must(statement["kind"] == "delivered" and statement["disposition"] in ["kept", "quarantined"], "format")


def step(text, card):
    """The receipt of a step."""
    return proved(text, card, STEP, ["about"], "sent", stepped)


def stepped(statement):
    must(statement["kind"] in STEPS and re.fullmatch("[a-z_]{1,40}", statement["said"]), "format")
    must(re.fullmatch("[0-9a-f]{64}", statement.get("about", "0" * 64)), "format")


def proved(text, card, needed, optional, kind_of_leaf, check):
    must(len(text.encode()) <= 32 << 10, "format")
    head, _, signed_tree = text.partition("\n\n")
    lines = head.split("\n")
    must(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ") and lines[2].startswith("index "), "format")
    extra = unbase64(lines[1][6:])
    parts = only(strict(extra), ["signature", "statement"])
    statement, signature = only(parts["statement"], needed, optional), unbase64(parts["signature"])
    raw = canonical(statement).encode()
    must(extra == b'{"signature":"' + base64.b64encode(signature) + b'","statement":' + raw + b"}", "format")
    must(re.fullmatch("0|[1-9][0-9]*", lines[2][6:]), "format")
    must(int(lines[2][6:]) == statement["index"], "mismatch")
    proof = [unbase64(line) for line in lines[3:]]
    must(all(len(part) == 32 for part in proof) and len(proof) <= 63, "format")

    must(statement["v"] == 1, "format")
    check(statement)
    must(signed(card.sign, signature, b"tocsin-receipt/v1\n" + raw), "signature")
    size, root = checkpoint(signed_tree, card)
    must(size == statement["size"] and root.hex() == statement["root"] and 0 <= statement["index"] < size, "mismatch")
    start = leaf_hash(leaf(kind_of_leaf, statement["header"]))
    must(root_from(proof, size, statement["index"], start) == root, "proof")
    return statement


# The vectors.


def load(name):
    return json.loads((HERE / name).read_text("utf-8"))


def invitation(cards):
    vector = load("invitation.json")
    prefix, _, encoded = vector["text"].partition(":")
    must(prefix == "tocsin-invite-1", "format")
    inside = only(strict(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))), ["card", "secret", "expires", "terms"])
    inviting = Card(json.dumps(inside["card"]))
    must(inviting.id == cards[vector["from"]].id and inside["secret"] == vector["secret"], "format")
    request = only(strict(vector["pair_request"]), ["card", "secret"])
    must(request["secret"] == vector["secret"], "format")
    sent_by(vector["sender"], vector["pair_request"].encode(), Card(json.dumps(request["card"])), inviting)


def good(cards, keys):
    count = 0
    for name, vector in load("cards.json")["cards"].items():
        must(is_canonical(vector["card"].encode()) and cards[name].key_id == vector["key_id"] and cards[name].digits() == vector["digits"], "card")
        count += 1
    for pair in load("cards.json")["pairs"]:
        one, other = cards[pair["one"]], cards[pair["other"]]
        must(channel(one, other) == channel(other, one) == pair["channel"], "channel")
        must(safety_number(one, other) == safety_number(other, one) == pair["safety_number"], "digits")
        count += 1
    invitation(cards)
    messages = {}
    for vector in load("messages.json"):
        message = Message(vector["packed"])
        message.verify(cards[vector["from"]], cards[vector["to"]])
        must(message.hash == vector["hash"] and message.payload == vector["payload"].encode() and message.raw == vector["header"].encode(), "message")
        messages[message.hash] = message
        count += 1
    for vector in load("sealed.json"):
        plain = unseal(base64.b64decode(vector["envelope"]), keys[vector["for"]]["seal_identity"])
        must(len(plain) == vector["length"] and plain.rstrip(b" ") == vector["packed"].encode() and Message(plain).hash in messages, "sealed")
        count += 1
    for vector in load("deliveries.json"):
        sender, recipient = cards[vector["from"]], cards[vector["to"]]
        envelopes, missing = delivery(vector["sender"], vector["body"].encode(), sender, recipient)
        opened = [Message(packed) for sealed, n in envelopes for packed in apart(unseal(sealed, keys[vector["to"]]["seal_identity"]), n)]
        for message in opened:
            message.verify(sender, recipient)
        must([message.hash for message in opened] == vector["hashes"] and [m["seq"] for m in missing] == vector.get("missing", []), "delivery")
        count += 1
    log = load("log.json")
    leaves = []
    for vector in log["leaves"]:
        must("line" not in vector or sha256(bytes.fromhex(vector["salt"]), vector["line"].encode()) == vector["hash"], "line")
        leaves.append(leaf_hash(leaf(vector["kind"], vector["hash"])))
        must(leaves[-1].hex() == vector["leaf_hash"] and tree(leaves).hex() == vector["root"], "log")
        count += 1
    must(checkpoint(log["checkpoint"], cards["bravo"]) == (len(leaves), tree(leaves)), "checkpoint")
    statement = receipt((HERE / "receipt.tlog-proof").read_bytes().decode(), cards["bravo"])
    header = messages[statement["header"]].header
    for ours, theirs in [("by", "to"), ("to", "from"), ("channel", "channel"), ("seq", "seq"), ("epoch", "epoch")]:
        must(statement[ours] == header[theirs], "receipt")
    watched = load("witness.json")
    for vector in watched["cosignatures"]:
        must(cosignature(vector["text"], vector["line"], cosigner(cards, vector)) == vector["time"], "cosignature")
        count += 1
    for vector in watched["consistency"]:
        older, newer = head_of(vector["older"], "format"), head_of(vector["newer"], "format")
        must(links(older, newer, vector["proof"]) == vector["holds"], "consistency: " + vector["what"])
        count += 1
    for vector in watched["requests"]:
        if not vector.get("bad"):
            must(request(vector["body"]) == (vector.get("old", 0), vector["size"]), "request")
            count += 1
    return count + 3


def cosigner(cards, vector):
    return cards[vector["by"]].cosigners[["Ed25519", "ML-DSA-44"].index(vector["algorithm"])]


def bad(cards, keys):
    def message(v):
        Message(v["packed"]).verify(cards[v["from"]], cards[v["to"]])

    checks = {
        "cards": lambda v: Card(v["card"]),
        "messages": message,
        "sealed": lambda v: unseal(base64.b64decode(v["envelope"]), keys[v["to"]]["seal_identity"]),
        "deliveries": lambda v: delivery(v["sender"], v["body"].encode(), cards[v["from"]], cards[v["to"]]),
        "receipts": lambda v: receipt(v["receipt"], cards[v["by"]]),
    }
    count, wrong = 0, []
    for vector in load("witness.json")["invalid_cosignatures"]:
        try:
            cosignature(vector["text"], vector["line"], cosigner(cards, vector))
            wrong.append(f"cosignatures: {vector['what']}: it is taken")
        except Refused:
            count += 1
    for vector in load("witness.json")["requests"]:
        try:
            if vector.get("bad") and request(vector["body"]):
                wrong.append(f"requests: {vector['what']}: it is taken")
        except Refused:
            count += 1
    for vector in load("witness.json")["forks"]:
        try:
            shown = fork(vector["file"], cards[vector["by"]])
        except Refused as refusal:
            shown = str(refusal)
        if shown != vector["finding"]:
            wrong.append(f"forks: {vector['what']}: want {vector['finding']}, got {shown}")
        count += 1
    for kind, vectors in load("invalid.json").items():
        for vector in vectors:
            reason = "accepted"
            try:
                checks[kind](vector)
            except Refused as refusal:
                reason = str(refusal)
            if reason != vector["reason"]:
                wrong.append(f"{kind}: {vector['what']}: want {vector['reason']}, got {reason}")
            count += 1
    return count, wrong


def main():
    keys = load("keys.json")
    cards = {name: Card(vector["card"]) for name, vector in load("cards.json")["cards"].items()}
    accepted = good(cards, keys)
    refused, wrong = bad(cards, keys)
    for line in wrong:
        print(line)
    print(f"{accepted} good vectors read, {refused} bad ones refused" if not wrong else f"{len(wrong)} of {refused} bad vectors not refused as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
