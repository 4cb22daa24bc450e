# SPDX-License-Identifier: Apache-2.0
"""What the people of a stranger's node do, and the doors at which it answers."""

import json
import pathlib
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import stranger_eve
from read import Refused, canonical, must
from stranger_node import Answer, Node, moment, new_id

TERMS = {
    "legal_basis": "Agreement of 2026", "purposes": ["prevention of threats to life"], "retention_days": 365,
    "onward": "not beyond the recipient without the originator's permission", "overseer_is_third_party": False,
    "identifiers_per_recipient": True, "review": "2030-03-01",
}
OFFICER = {"name": "Duty officer 7", "role": "duty-officer"}
LARGEST = 8 << 20


class People:
    """What the people of the node ask of it; each answer is JSON."""

    def __init__(self, node):
        self.node = node

    def partner(self, name):
        must(name in self.node.partners, f"no partner {name}")
        return self.node.partners[name]

    def card(self):
        return self.node.keys.text

    def invite(self):
        return {"text": self.node.invite(TERMS, datetime.now(timezone.utc) + timedelta(days=7))}

    def accept(self, text):
        return {"digits": self.node.accept(text).digits}

    def digits(self, partner):
        return {"digits": self.partner(partner).digits}

    def confirm(self, partner, digits):
        must("".join(digits.split()) == "".join(self.partner(partner).digits.split()), "other digits")
        self.partner(partner).confirmed = True
        self.partner(partner).settle()

    def sign(self, partner):
        known = self.partner(partner)
        must(known.confirmed, "the digits were not confirmed")
        return self.say(partner, "terms", getattr(known, "proposed", TERMS))

    def state(self, partner):
        known = self.partner(partner)
        return {
            "state": known.place.state, "their_epoch": known.place.epoch, "newest": known.place.newest, "sent": known.seq,
            "receipts": sum(bool(entry["receipt"]) for entry in known.sent.values()), "forks": len(known.forks),
            "followed": int(known.followed.split("\n")[1]) if known.followed else 0, "leaves": len(self.node.log.leaves),
            "cosigned": self.node.cosigned.get(known.card.log_name, 0),
        }

    def say(self, partner, kind, payload):
        """Sends a message; its hash, once its receipt is here and right."""
        known = self.partner(partner)
        with self.node.lock:
            name = self.node.queue(known, kind, payload)
        self.node.send(known)
        must(known.sent[name]["receipt"], "refused")
        return name

    def warn(self, partner, text, threat="cyber", precedence="ROUTINE"):
        at = datetime.now(timezone.utc)
        return self.say(partner, "warning", {
            "id": new_id("warning"), "target": {"kind": "event", "name": "Winter market"}, "threat_type": threat, "precedence": precedence,
            "answer_by": moment(at + timedelta(hours=8)), "probability": "likely", "confidence": "moderate", "handling": {"tlp": "TLP:AMBER"},
            "purpose": "prevention of threats to life", "review": (at + timedelta(days=90)).strftime("%Y-%m-%d"), "text": text,
        })

    def heard(self, partner, kind=None):
        """What came, in its order."""
        return [{
            "kind": kept["message"].header["kind"], "hash": name, "seq": kept["message"].header["seq"], "epoch": kept["message"].header["epoch"],
            "disposition": kept["disposition"], "step": bool(kept["step"]), "alarm": kept["alarm"],
            "payload": json.loads(kept["message"].payload) if kept["message"].payload else None,
        } for name, kept in self.partner(partner).received.items() if kind in [None, kept["message"].header["kind"]]]

    def last(self, partner, kind):
        found = self.heard(partner, kind)
        must(found, f"no {kind} of {partner}")
        return found[-1]

    def acknowledge(self, partner, answer="understood", note=None):
        about = self.last(partner, "warning")
        payload = {"case": about["payload"]["id"], "about": about["hash"], "answer": answer, "by": OFFICER, "at": moment()}
        return self.say(partner, "acknowledgement", dict(payload, note=note) if note else payload)

    def outcome(self, partner, result="attack_prevented"):
        about = self.last(partner, "warning")
        return self.say(partner, "outcome", {"case": about["payload"]["id"], "about": about["hash"], "result": result, "by": OFFICER, "at": moment()})

    def recall(self, partner, message):
        """Asks for a warning of ours back."""
        entry = self.partner(partner).sent[message]
        return self.say(partner, "recall", {
            "id": new_id("recall"), "case": json.loads(entry["message"].payload)["id"], "about": message, "ask": "destroy",
            "reason": "The source withdrew it.", "answer_by": moment(datetime.now(timezone.utc) + timedelta(hours=8)), "by": OFFICER, "at": moment(),
        })

    def answer_recall(self, partner):
        """Destroys what is recalled, and says so."""
        asked = self.last(partner, "recall")
        kept = self.partner(partner).received[asked["payload"]["about"]]["message"]
        kept.payload = kept.salt = b""
        return self.say(partner, "recall_answer", {
            "case": asked["payload"]["case"], "recall": asked["payload"]["id"], "about": asked["hash"], "answer": "destroyed", "by": OFFICER, "at": moment(),
        })

    def cosign(self, partner):
        """Has the partner cosign our newest checkpoint; its size."""
        return self.node.ask_cosignature(self.partner(partner))[0]

    def files(self, partner, to):
        """Writes what we hold of this channel, each file as the specification has it."""
        known, into = self.partner(partner), pathlib.Path(to)
        into.mkdir(parents=True, exist_ok=True)
        files = {"own.card": self.node.keys.text, "checkpoint": self.node.log.checkpoint()}
        for entry in known.sent.values():
            base = f"sent-{entry['message'].header['seq']}"
            files[base + ".receipt"], files[base + ".step"] = entry["receipt"] or "", entry["step"]
        for name, kept in known.received.items():
            base = f"received-{kept['message'].header['seq']}"
            files[base + ".receipt"], files[base + ".step"] = self.node.receipt(known, name), kept["step"] or ""
        for number, evidence in enumerate(known.forks):
            files[f"fork-{number}"] = evidence
        written = [name for name, text in files.items() if text]
        for name in written:
            (into / name).write_text(files[name], "utf-8", newline="")
        return written

    def rewrite(self):
        """Puts another leaf in the place of one that is in the log already, and goes on: what no node may do."""
        self.node.log.leaves[0], self.node.lies = bytes(32), True

    def show_two_logs(self, partner):
        """Shows a second log, as large as the one that was cosigned; what is answered."""
        return self.node.show_another_log(self.partner(partner))

    def hostile(self, partner):
        """Posts what must not be taken, and says what was answered."""
        return stranger_eve.play(self.node, self.partner(partner))


class Door(BaseHTTPRequestHandler):
    node, people = None, None
    protocol_version = "HTTP/1.1"
    timeout = 120

    def do_POST(self):
        try:
            size = int(self.headers.get("Content-Length", "0"))
            if size > LARGEST:
                self.close_connection = True
                raise Answer(400)
            body, sender = self.rfile.read(size), self.headers.get("Tocsin-Sender", "")
            path = urlsplit(self.path).path
            if path.startswith("/people/"):
                self.answer(200, canonical(self.ask(path.removeprefix("/people/"), json.loads(body))))
                return
            with self.node.lock:
                if path == "/peer/v1/messages":
                    self.answer(200, canonical(self.node.hear(sender, body)))
                elif path == "/peer/v1/pair":
                    self.node.pair(sender, body)
                    self.answer(200, "{}")
                elif path == "/witness/add-checkpoint":
                    self.answer(200, self.node.witness(sender, body), "text/plain; charset=utf-8")
                else:
                    raise Answer(404)
        except Answer as other:
            self.answer(other.status, other.body, other.kind, other.headers)

    def do_GET(self):
        self.answer(404, Answer(404).body, "application/problem+json")

    def ask(self, word, given):
        try:
            return {"is": getattr(self.people, word)(**given)}
        except Refused as refusal:
            return {"refused": str(refusal)}

    def answer(self, status, text, kind="application/json", headers=()):
        body = text.encode()
        self.send_response(status)
        for name, value in dict(headers, **{"Content-Type": kind, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(name, country, address):
    node, at = Node(name, country, address), urlsplit(address)
    Door.node, Door.people = node, People(node)
    ThreadingHTTPServer((at.hostname, at.port), Door).serve_forever()
