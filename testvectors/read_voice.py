# SPDX-License-Identifier: Apache-2.0
"""A second reader of voice.json, written from docs/spec/carry.md section 9. Like
read.py it shares no code with Tocsin.

    python3 read_voice.py
"""

import datetime
import hmac
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from read import Card, channel, load, must

LETTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-"
EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def keys(vector, one, other):
    secret = bytes.fromhex(vector["low"]) + bytes.fromhex(vector["high"])
    info = f"tocsin-voice/v1\n{channel(one, other)}\n{one.id}\n{other.id}\n".encode()
    raw = HKDF(SHA256(), 96, None, info).derive(secret)
    return raw[:32], raw[32:64], raw[64:]


def tag(key, message):
    return hmac.new(key, b"tocsin-spoken/v1\n" + message, "sha256").digest()


def heard(lines):
    """The sealed bytes, or the numbers of the lines to ask for again."""
    groups, wrong = [], []
    for number, line in enumerate(lines, 1):
        *data, check = line.split(" ")
        if int(str(number) + "".join(data)) % 99991 != int(check):
            wrong.append(number)
        groups += data
    if wrong:
        return None, wrong
    must(int(groups[0]) == 10000 + len(groups) - 1, "the number of groups")
    return b"".join(int(group).to_bytes(2, "big") for group in groups[1:]), []


def opened(sealed, tag_key, stream_key):
    start, hidden = sealed[:10], sealed[10:]
    stream = Cipher(algorithms.AES(stream_key), modes.CTR(start + bytes(6))).decryptor()
    packed = stream.update(hidden) + stream.finalize()
    return packed if hmac.compare_digest(tag(tag_key, packed)[:10], start) else None


def minute(raw):
    return (EPOCH + datetime.timedelta(minutes=int.from_bytes(raw, "big"))).strftime("%Y-%m-%dT%H:%M:%SZ")


def unpacked(raw):
    said = {"prefix": raw[:10].hex(), "sent": minute(raw[10:13]), "country": "", "start": "", "end": "", "answer_by": ""}
    said["precedence_tlp_threat_target"] = [raw[13] >> 7, raw[13] >> 4 & 7, raw[13] & 15, raw[14] >> 5]
    at, restrictions = 15, 0
    if raw[14] & 16:
        restrictions, at = int.from_bytes(raw[at:at + 2], "big"), at + 2
        must(restrictions > 0, "restrictions that restrict nothing")
    said["pap_codes_caveats"] = [restrictions >> 13, restrictions >> 10 & 7, restrictions & 1023]
    if raw[14] & 1:
        said["country"], at = raw[at:at + 2].decode(), at + 2
    for flag, name in [(2, "start"), (4, "end"), (8, "answer_by")]:
        if raw[14] & flag:
            said[name], at = minute(raw[at:at + 3]), at + 3
    at += at % 2
    text = ""
    for i in range(at, len(raw), 2):
        number = int.from_bytes(raw[i:i + 2], "big")
        text += LETTERS[number // 1600] + LETTERS[number // 40 % 40] + LETTERS[number % 40]
    said["text"] = text.rstrip(" ")
    return said


def main():
    vectors = load("voice.json")
    cards = {name: Card(vector["card"]) for name, vector in load("cards.json")["cards"].items()}
    for vector in vectors["said"]:
        tag_key, stream_key, back = keys(vector, cards[vector["from"]], cards[vector["to"]])
        sealed, wrong = heard(vector["lines"])
        must(not wrong, "a line does not fit")
        packed = opened(sealed, tag_key, stream_key)
        must(packed is not None, "another key")
        for name, value in unpacked(packed).items():
            must(vector[name] == value, f"{name} is {value}")
        code = tag(back, sealed)
        must(vector["read_back"] == f"{int.from_bytes(code[:2], 'big'):05d} {int.from_bytes(code[2:4], 'big'):05d}", "read back")
    first = vectors["said"][0]
    tag_key, stream_key, _ = keys(first, cards[first["from"]], cards[first["to"]])
    for vector in vectors["bad"]:
        sealed, wrong = heard(vector["lines"])
        must(wrong == (vector["wrong"] or []), vector["what"])
        must(sealed is None or opened(sealed, tag_key, stream_key) is None, vector["what"])
    print(f"{len(vectors['said'])} warnings heard, {len(vectors['bad'])} misheard ones found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
