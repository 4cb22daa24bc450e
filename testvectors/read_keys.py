# SPDX-License-Identifier: Apache-2.0
"""A second reader of keys-change.json, written from docs/spec/keys.md. Like
read.py it shares no code with Tocsin.

    python3 read_keys.py
"""

import json
import re
import sys
from datetime import datetime, timezone

from read import Card, Refused, is_canonical, key_hash, load, must, only, sha256, signed, strict, unbase64

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,2}[1-9])?Z"


def moment(text):
    must(isinstance(text, str) and re.fullmatch(TIME, text), "format")
    whole, _, fraction = text[:-1].partition(".")
    at = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return at.timestamp() + float("0." + (fraction or "0"))


def card_hash(text):
    """The card with its address left empty."""
    return sha256(b"tocsin-card/v1\n", re.sub(rb'^\{"address":"[^"]*"', b'{"address":""', text.encode()))


def keys_of(card):
    return [card.sign, card.log, card.seal, card.witness]


class Change:
    """A change of keys, checked against the card that is known."""

    def __init__(self, change, known_text):
        only(change, ["statement", "old", "new", "log"], ["link"])
        raw, known = unbase64(change["statement"]), Card(known_text)
        must(is_canonical(raw), "format")
        s = only(strict(raw.decode()), ["v", "number", "old", "new", "at", "why"], ["since", "reason", "restored"])
        must(s["v"] == 1 and isinstance(s["number"], int) and 1 <= s["number"] < 2**53, "format")
        must(len(s.get("reason", "").encode()) <= 1000 and s.get("reason", "x") != "", "format")
        self.number, self.at, self.why = s["number"], moment(s["at"]), s["why"]
        self.new_text = json.dumps(s["new"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        new = Card(self.new_text)
        must(s["old"] == card_hash(known_text), "format")
        must((new.name, new.country, new.id) == (known.name, known.country, known.id), "format")
        changed = [a != b for a, b in zip(keys_of(new), keys_of(known))]
        must(any(changed), "format")
        restored = self.why == "restored"
        must(restored == ("restored" in s) and restored == (new.log_name != known.log_name), "format")
        if restored:
            end = only(s["restored"], ["size", "root"])
            must(isinstance(end["size"], int) and 0 <= end["size"] < 2**53 and len(unbase64(end["root"])) == 32, "format")
            first = known.log_name.split("/restored/")[0]
            must(re.fullmatch(re.escape(first) + "/restored/[0-9a-f]{16}", new.log_name) and new.sign == known.sign, "format")
        must(self.why in ["rotation", "compromise", "restored"] and ("since" in s) == (self.why == "compromise"), "format")
        self.since = moment(s["since"]) if "since" in s else None
        if self.since is not None:
            must(self.since <= self.at and all(changed[:3]) and (changed[3] or not new.witness), "format")
        must(signed(known.sign, unbase64(change["old"]), b"tocsin-keys-old/v1\n" + raw), "old")
        if known.sign == new.sign:
            must("link" not in change, "old")
        else:
            must("link" in change and signed(known.sign, unbase64(change["link"]), link_input(known.id, new.sign)), "old")
        must(signed(new.sign, unbase64(change["new"]), b"tocsin-keys-new/v1\n" + raw), "new")
        body, _, line = change["log"].partition("\n\n")
        must(body + "\n" == f"tocsin-keys-log/v1\n{sha256(raw)}\n", "new")
        dash, name, encoded = line.rstrip("\n").split(" ")
        note = unbase64(encoded)
        must(dash == "\u2014" and name == new.log_name and note[:4] == key_hash(name, new.log_key), "new")
        must(signed(new.log_key[1:], note[4:], (body + "\n").encode()), "new")
        self.key_id = new.key_id


def link_input(node, public):
    return b"tocsin-keys-link/v1\n" + node.encode() + b"\n" + public


def history(value):
    """The cards of a node, each with the end of its time and since when it is in doubt."""
    only(value, ["v", "first", "changes"], ["reports"])
    text = json.dumps(value["first"], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    must(value["v"] == 1 and "id" not in value["first"] and len(value["changes"]) <= 256, "format")
    eras = [{"key": Card(text).key_id, "until": None, "doubt": []}]
    for place, raw in enumerate(value["changes"]):
        change = Change(raw, text)
        must(change.number == place + 1, "format")
        eras[-1]["until"] = change.at
        if change.since is not None:
            doubt(eras, change.since)
        eras.append({"key": change.key_id, "until": None, "doubt": []})
        text = change.new_text
    for report in value.get("reports", []):
        only(report, ["key", "since", "told", "by"], ["why"])
        for place, era in enumerate(eras):
            if era["key"] == report["key"]:
                doubt(eras[:place + 1], moment(report["since"]))
    return eras


def doubt(eras, since):
    for place, era in reversed(list(enumerate(eras))):
        if place < len(eras) - 1 and era["until"] < since:
            return
        era["doubt"].append(since)


def sender(header, body, known, recipient):
    """Follows the links of a sender header from the key that is known."""
    words = header.split(" ")
    must(2 <= len(words) <= 18 and words[0] == known.id, "sender")
    key = known.sign
    for word in words[2:]:
        public, _, signature = word.partition(":")
        if signed(key, unbase64(signature), link_input(known.id, unbase64(public))):
            key = unbase64(public)
    digest = bytes.fromhex(sha256(body.encode()))
    must(signed(key, unbase64(words[1]), b"tocsin-delivery/v1\n" + recipient.encode() + b"\n" + digest), "sender")


def refused(what, why, read):
    try:
        read()
    except Refused as refusal:
        must(str(refusal) == why, f"{what}: refused as {refusal}, want {why}")
    else:
        raise Refused(f"{what}: taken")


def main():
    vectors = load("keys-change.json")
    bravo = Card(load("cards.json")["cards"]["bravo"]["card"])
    for vector in vectors["changes"]:
        must(Change(vector["change"], vector["known"]).new_text == vector["new"], vector["what"])
    for vector in vectors["invalid_changes"]:
        refused(vector["what"], vector["why"], lambda: Change(vector["change"], vector["known"]))
    eras = history(vectors["history"])
    must(len(eras) == len(vectors["eras"]), "eras")
    for era, want in zip(eras, vectors["eras"]):
        must(era["key"] == want["key_id"], "era")
        must(era["until"] == (moment(want["until"]) if "until" in want else None), "until")
        must((min(era["doubt"]) if era["doubt"] else None) == (moment(want["in_doubt_since"]) if "in_doubt_since" in want else None), "doubt")
    for vector in vectors["links"]:
        follow = lambda: sender(vector["header"], vector["body"], Card(vector["known"]), bravo.id)
        refused(vector["what"], "sender", follow) if vector.get("bad") else follow()
    print(f"{len(vectors['changes'])} changes of keys and {len(vectors['links'])} headers read, {len(vectors['invalid_changes'])} refused")


if __name__ == "__main__":
    try:
        main()
    except Refused as refusal:
        sys.exit(f"read_keys.py: {refusal}")
