# SPDX-License-Identifier: Apache-2.0
"""The keys of a stranger's node, and what it makes with them: its card,
signatures, cosignatures and seals. Written from docs/spec/envelope.md and
log.md, and from C2SP age, signed-note and tlog-cosignature.
"""

import base64
import hashlib
import hmac
import os
import time

from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from read import ALPHABET, Card, bech32, canonical, derive, head_of, key_hash, sha256, short

CHUNK = 64 << 10
SIZES = [4096, 16384, 65536, 262144, 1048576, 4194304]


def b64(raw):
    return base64.b64encode(raw).decode()


def raw64(raw):
    return b64(raw).rstrip("=")


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def to_bech32(prefix, raw):
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= generator if top >> i & 1 else 0
    values += [(check ^ 1) >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(ALPHABET[value] for value in values)


def seal(plain, recipient):
    """An age file for one hybrid recipient, padded to its size class."""
    plain += b" " * (next(size for size in SIZES if size >= len(plain)) - len(plain))
    raw = bech32(recipient, "age1pq")
    key = hpke.MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(raw[:1184]), X25519PublicKey.from_public_bytes(raw[1184:]))
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    file_key, nonce = os.urandom(16), os.urandom(16)
    wrapped = suite.encrypt(file_key, key, b"age-encryption.org/mlkem768x25519")
    share, body = wrapped[:1120], wrapped[1120:]
    head = f"age-encryption.org/v1\n-> mlkem768x25519 {raw64(share)}\n{raw64(body)}\n---".encode()
    mac = hmac.new(derive(file_key, b"", b"header"), head, "sha256").digest()
    stream, sealed = ChaCha20Poly1305(derive(file_key, nonce, b"payload")), b""
    for count, at in enumerate(range(0, len(plain), CHUNK)):
        last = at + CHUNK >= len(plain)
        sealed += stream.encrypt(count.to_bytes(11, "big") + (b"\x01" if last else b"\x00"), plain[at:at + CHUNK], None)
    return head + b" " + raw64(mac).encode() + b"\n" + nonce + sealed


class Keys:
    """The five key pairs, new, of a node with that name."""

    def __init__(self, name, country, address):
        self.sign_key, self.log_key, self.witness_key = (Ed25519PrivateKey.generate() for _ in range(3))
        self.quantum_key = MLDSA44PrivateKey.generate()
        seed = os.urandom(32)
        self.identity = to_bech32("age-secret-key-pq-", seed).upper()
        seeds = hashlib.shake_256(seed).digest(96)
        kem, x = MLKEM768PrivateKey.from_seed_bytes(seeds[:64]), X25519PrivateKey.from_private_bytes(seeds[64:])
        key_id = sha256(b"tocsin-key/v1\n", public(self.sign_key))
        self.origin = f"tocsin/{name}/{key_id[:16]}"
        log = self.verifier(self.origin, b"\x01" + public(self.log_key))
        witness = [
            self.verifier(self.origin + "/witness", b"\x04" + public(self.witness_key)),
            self.verifier(self.origin + "/witness", b"\x06" + public(self.quantum_key)),
        ]
        self.text = canonical({
            "v": 1, "name": name, "country": country, "address": address, "sign": b64(public(self.sign_key)), "log": log,
            "seal": to_bech32("age1pq", public(kem) + public(x)), "witness": witness,
        })
        self.card = Card(self.text)

    @staticmethod
    def verifier(name, key):
        return f"{name}+{key_hash(name, key).hex()}+{b64(key)}"

    def sign(self, message):
        return self.sign_key.sign(message)

    def sender(self, recipient, body):
        """The Tocsin-Sender header over a body for that recipient."""
        covered = b"tocsin-delivery/v1\n" + recipient.id.encode() + b"\n" + hashlib.sha256(body).digest()
        return self.card.id + " " + b64(self.sign(covered))

    def note(self, text):
        """A signed note by the log key."""
        signature = key_hash(self.origin, b"\x01" + public(self.log_key)) + self.log_key.sign(text.encode())
        return f"{text}\n\u2014 {self.origin} {b64(signature)}\n"

    def cosign(self, text):
        """The two lines with which this node cosigns the text of a checkpoint."""
        now, lines = int(time.time()), ""
        origin, size, root = head_of(text, "format")
        subtree = b"subtree/v1\n\0" + short(self.origin + "/witness") + now.to_bytes(8, "big") + short(origin) + bytes(8) + size.to_bytes(8, "big") + root
        made = [self.witness_key.sign(f"cosignature/v1\ntime {now}\n{text}".encode()), self.quantum_key.sign(subtree)]
        for (name, key), signature in zip(self.card.cosigners, made):
            lines += f"\u2014 {name} {b64(key_hash(name, key) + now.to_bytes(8, 'big') + signature)}\n"
        return lines
