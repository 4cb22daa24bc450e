# SPDX-License-Identifier: Apache-2.0
"""A second reader of steps.json, written from docs/spec/receipt.md section 7
and docs/spec/messages.md. Like read.py it shares no code with Tocsin.

    python3 read_steps.py
"""

import json
import re
import sys

from read import Card, Message, Refused, load, must, only, step

CORRECTED, DISPUTE = "corrected", "dispute"

# What a message of a kind can say, by the kind of the receipt.
WORDS = {
    ("acknowledgement", "acknowledged"): ["understood", "need_more", "cannot_act", "refuse"],
    ("acknowledgement", "acted"): ["acted"],
    ("outcome", "outcome"): ["attack_prevented", "attack_disrupted", "attack_occurred", "false_alarm", "unfounded", "under_investigation", "no_action_possible", "too_late", "not_disclosed"],
    (DISPUTE, DISPUTE): ["disputed", "answered", "settled"],
    ("update", CORRECTED): [CORRECTED],
    ("recall", "recalled"): ["destroy", "stop_using"],
    ("recall_answer", "recall_answer"): ["destroyed", "stopped", "cannot", "refused"],
}


def said_by(kind, payload):
    """What the receipt of a step must say of a message of that kind."""
    if kind == "acknowledgement":
        return "acted" if payload["answer"] == "acted" else "acknowledged", payload.get("about"), payload["answer"]
    if kind == "outcome":
        return "outcome", payload.get("about"), payload["result"]
    if kind == "dispute":
        word = "settled" if payload.get("settled") else "answered" if payload.get("to") else "disputed"
        return DISPUTE, (payload.get("messages") or [None])[0], word
    if kind == "update":
        return CORRECTED, payload["of"], CORRECTED
    if kind == "recall":
        return "recalled", payload["about"], payload["ask"]
    if kind == "recall_answer":
        return "recall_answer", payload["about"], payload["answer"]
    return None


def erased(message, case):
    """Checks a notice that texts were erased: of this case, and of messages there are."""
    notice = json.loads(message.payload)
    must(set(notice) - {"by"} == {"id", "case", "messages", "ground", "at"}, "format")
    must(notice["id"].startswith("destruction--") and notice["ground"] in ["review", "redress"], "format")
    must(notice["ground"] == "review" or set(notice.get("by", {})) == {"name", "role"}, "format")
    must(1 <= len(notice["messages"]) <= 1000 and notice["case"] == case, "format")
    return notice["messages"]


def recalled(recall):
    """Checks a recall: what it asks for, and on what ground."""
    must(set(recall) - {"ground"} == {"id", "case", "about", "ask", "reason", "answer_by", "by", "at"}, "format")
    must(recall.get("ground", "redress") == "redress" and recall["reason"], "format")
    return "ground" in recall


USES = {"pass_on", "purpose", "court", "act", "wider_tlp"}


def used(payload):
    """Checks what is asked for or granted."""
    must(payload["use"] in USES and payload["purpose"], "format")
    must(("to" in payload) == (payload["use"] == "pass_on") and ("tlp" in payload) == (payload["use"] == "wider_tlp"), "format")
    nodes = [only(to, ["name", "node"])["node"] for to in payload.get("to", [])]
    must(len(set(nodes)) == len(nodes) and all(re.fullmatch("[0-9a-f]{64}", node) for node in nodes), "format")
    earlier = payload.get("earlier", [])
    must(("earlier" in payload) == bool(earlier) and len({payload["about"], *earlier}) == len(earlier) + 1, "format")
    must(len(earlier) <= 100 and all(re.fullmatch("[0-9a-f]{64}", version) for version in earlier), "format")
    return payload["use"], set(nodes), set(earlier), payload.get("tlp"), " ".join(payload["purpose"].lower().split())


def asked(payload):
    """Checks a request for permission."""
    only(payload, ["id", "case", "about", "use", "purpose", "reason", "answer_by", "by", "at"], ["to", "tlp", "earlier"])
    must(payload["id"].startswith("permission--"), "format")
    return used(payload)


def answered(payload, request):
    """Checks an answer to it; True if it grants something, which is nothing beyond what was asked."""
    granted = payload["answer"] == "granted"
    must(payload["answer"] in ["granted", "refused", "withdrawn"], "format")
    if not granted:
        only(payload, ["case", "request", "about", "answer", "reason", "by", "at"])
    else:
        only(payload, ["case", "request", "about", "answer", "use", "purpose", "until", "by", "confirmed_by", "at"], ["to", "tlp", "earlier", "conditions", "reason"])
        must(payload["until"] > payload["at"] and len(payload.get("conditions", "").encode()) <= 1024, "format")
        (use, nodes, earlier, tlp, purpose), (want, most, versions, label, why) = used(payload), asked(request)
        must((use, tlp, purpose) == (want, label, why) and nodes <= most and earlier <= versions, "more than was asked")
    must((payload["request"], payload["about"], payload["case"]) == (request["id"], request["about"], request["case"]), "not what was asked")
    return granted


def named(payload):
    """Checks the persons that a warning names."""
    persons = payload.get("persons", [])
    must(len(persons) <= 10, "a list of persons")
    for person in persons:
        must({"name", "role", "statement_kind", "reason"} <= set(person), "format")
        must(person["role"] in ["suspect", "convicted", "victim", "witness", "contact", "other"], "format")
        must(person["statement_kind"] in ["fact", "assessment", "claim_of_source"], "format")
    return len(persons)


def advised(message):
    """Checks what an update advises, and how what it says may be acted upon."""
    warning = json.loads(message.payload)["warning"]
    action, handling = warning.get("recommended_action", ""), warning["handling"]
    must(isinstance(action, str) and len(action.encode()) <= 65536, "format")
    must(handling == message.header["handling"], "the header says another handling than the text")
    must(handling.get("pap", "PAP:CLEAR") in ["PAP:CLEAR", "PAP:GREEN", "PAP:AMBER", "PAP:RED"], "format")
    return action != "" and "pap" in handling


def matches(statement, message):
    header = message.header
    for ours, theirs in [("by", "from"), ("to", "to"), ("channel", "channel"), ("seq", "seq"), ("epoch", "epoch"), ("at", "sent")]:
        must(statement[ours] == header[theirs], "mismatch")
    must(statement["header"] == message.hash, "mismatch")
    expected = said_by(header["kind"], json.loads(message.payload))
    must((statement["kind"], statement.get("about"), statement["said"]) == expected, "mismatch")


def main():
    cards = {name: Card(vector["card"]) for name, vector in load("cards.json")["cards"].items()}
    vectors = load("steps.json")
    messages = {}
    for vector in vectors["messages"]:
        message = Message(vector["packed"])
        message.verify(cards[vector["from"]], cards[vector["to"]])
        messages[message.hash] = message
    for vector in vectors["good"]:
        matches(step(vector["receipt"], cards[vector["by"]]), messages[vector["message"]])
    updates = [json.loads(m.payload)["warning"] for m in messages.values() if m.header["kind"] == "update"]
    must(sum(named(warning) for warning in updates) == 1, "nobody is named")
    must([advised(m) for m in messages.values() if m.header["kind"] == "update"] == [True], "no advice")
    first = json.loads(next(m for m in messages.values() if m.header["kind"] == "warning").payload)["id"]
    recalls = [json.loads(m.payload) for m in messages.values() if m.header["kind"] == "recall"]
    must(recalls and any([recalled(recall) for recall in recalls]), "no recall on the ground of redress")
    notices = [m for m in messages.values() if m.header["kind"] == "destroyed"]
    must(notices and all(hash in messages for m in notices for hash in erased(m, first)), "a notice of what is not there")
    requests = {p["id"]: p for p in (json.loads(m.payload) for m in messages.values() if m.header["kind"] == "permission_request")}
    answers = [json.loads(m.payload) for m in messages.values() if m.header["kind"] == "permission"]
    must([answered(a, requests[a["request"]]) for a in answers].count(True) == 1 and len(answers) == 2, "a permission that is none")
    stepped = {vector["message"] for vector in vectors["good"]}
    for name, message in messages.items():
        must((said_by(message.header["kind"], json.loads(message.payload)) is not None) == (name in stepped), "a step without a receipt")
    wrong = 0
    for vector in vectors["bad"]:
        reason = "accepted"
        try:
            matches(step(vector["receipt"], cards[vector["by"]]), messages[vector["message"]])
        except Refused as refusal:
            reason = str(refusal)
        if reason != vector["reason"]:
            print(f"{vector['what']}: want {vector['reason']}, got {reason}")
            wrong += 1
    print(f"{len(messages)} messages and {len(vectors['good'])} steps read, {len(vectors['bad'])} bad ones refused, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
