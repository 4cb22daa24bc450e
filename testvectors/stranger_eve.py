# SPDX-License-Identifier: Apache-2.0
"""What a hostile partner posts, and what it is answered. Every node must
answer as errors.json has it: docs/spec/envelope.md section 5 and 6, channel.md
section 3, log.md section 5 and errors.md.
"""

import base64
import json
import os

from read import strict
from stranger_keys import Keys, b64, seal
from stranger_node import NO_HASH, new_id, post

PLEDGE = {"id": "", "nationals": ["NO"], "text": "We pass on what concerns yours.", "by": {"name": "Officer", "role": "duty-officer"}, "at": "2026-03-02T07:30:00Z"}


def pledge():
    return dict(PLEDGE, id=new_id("pledge"))


def said(answer):
    """What an answer says, as one line."""
    status, body, headers = answer
    if status != 200:
        problem = strict(body)
        return f"{status} {headers['Content-Type']} {problem['title']} {problem['status']}"
    return " ".join(["200"] + ["receipt" if "receipt" in result else "refused" for result in strict(body)["results"]])


def play(node, partner):
    """What is answered to each, by name. Nothing of it may be kept: the last message, which is right, has its place."""
    other = Keys("mallory", "SE", "http://127.0.0.1:9")

    def sends(changes=(), key=None, bend=None, more=()):
        packed = node.write(partner, "pledge", pledge(), changes)
        if key:
            parts = json.loads(packed)
            parts["signature"] = b64(key.sign(b"tocsin-envelope/v1\n" + base64.b64decode(parts["header"])))
            packed = json.dumps(parts).encode()
        if bend:
            packed = bend(packed)
        return said(node.post(partner, node.body(partner, [packed], more=more)))

    def payload_bent(packed):
        parts = json.loads(packed)
        parts["payload"] = b64(b'{"another":"text"}')
        return json.dumps(parts).encode()

    answers = {
        "another channel": sends({"channel": os.urandom(32).hex()}),
        "for another": sends({"to": os.urandom(32).hex()}),
        "from another": sends({"from": other.card.id}),
        "signed by another": sends(key=other),
        "another text": sends(bend=payload_bent),
        "a member more": sends(bend=lambda packed: packed.replace(b'{"header"', b'{"more":"","header"')),
        "another version": sends({"v": 2}),
        "a gap, not named": sends({"seq": partner.seq + 3}),
        "a gap, named otherwise": sends({"seq": partner.seq + 2}, more={"missing": [{"seq": partner.seq + 1, "hash": os.urandom(32).hex(), "why": "expired"}]}),
        "a place that is taken": sends({"seq": partner.seq}),
        "another past": sends({"prev": os.urandom(32).hex()}),
        "from the beginning": sends({"seq": 1, "prev": NO_HASH}),
        "expired": sends({"expires": "2026-03-02T08:30:00Z", "sent": "2026-03-02T07:30:00Z"}),
    }
    name = node.queue(partner, "pledge", pledge())
    packed = partner.sent[name]["packed"]
    body = node.body(partner, [packed])
    answers["signed by nobody"] = said(node.post(partner, body, node.card.id + " " + b64(bytes(64))))
    answers["by a stranger"] = said(node.post(partner, body, other.sender(partner.card, body)))
    answers["over another body"] = said(node.post(partner, body + b" ", node.keys.sender(partner.card, body)))
    answers["to another recipient"] = said(node.post(partner, body, node.keys.sender(node.card, body)))
    for what, bent in {
        "a member more in the delivery": body.replace(b'{"envelopes"', b'{"more":1,"envelopes"'),
        "no envelope": json.dumps(dict(json.loads(body), envelopes=[])).encode(),
        "not JSON": b"{",
        "a member twice": body.replace(b'{"envelopes"', b'{"to":"","envelopes"'),
        "to another in the body": json.dumps(dict(json.loads(body), to=other.card.id)).encode(),
        "too many envelopes": json.dumps(dict(json.loads(body), envelopes=[""] * 257)).encode(),
        "missing for no reason that there is": json.dumps(dict(json.loads(body), missing=[{"seq": 1, "hash": NO_HASH, "why": "lost"}])).encode(),
        "two proofs for one envelope": json.dumps(dict(json.loads(body), proofs=["", ""])).encode(),
        "too many checkpoints seen": json.dumps(dict(json.loads(body), seen=[partner.followed] * 9)).encode(),
        "a checkpoint seen that is none": json.dumps(dict(json.loads(body), seen=["checkpoint"])).encode(),
    }.items():
        answers[what] = said(node.post(partner, bent))
    answers["sealed for another"] = said(node.post(partner, json.dumps(dict(json.loads(body), envelopes=[b64(seal(packed, other.card.seal))])).encode()))
    answers["no seal"] = said(node.post(partner, json.dumps(dict(json.loads(body), envelopes=[b64(packed)])).encode()))
    path = partner.card.address + "/peer/v1/nothing"
    answers["another path"] = said(post(path, body, {"Tocsin-Sender": node.keys.sender(partner.card, body)}))
    answers["all of it right"] = said(node.post(partner, body))
    answers["the same again"] = said(node.post(partner, body))
    partner.epoch = 2
    later = node.queue(partner, "pledge", pledge())
    answers["a later epoch"] = said(node.post(partner, node.body(partner, [partner.sent[later]["packed"]])))
    partner.epoch = 1
    answers["an old epoch"] = sends()
    partner.epoch = 2
    answers.update(play_witness(node, partner, other))
    return answers


def play_witness(node, partner, other):
    """What is answered at the witness's door."""
    size, _ = node.ask_cosignature(partner)
    own = node.log.checkpoint()
    node.log.add("act", os.urandom(32).hex())
    grown = node.log.checkpoint()

    def asks(body, signed=True):
        headers = {"Tocsin-Sender": node.keys.sender(partner.card, body.encode())} if signed else {}
        status, text, more = post(partner.card.address + "/witness/add-checkpoint", body.encode(), headers)
        size_named = more["Content-Type"] == "text/x.tlog.size" and text.decode() == f"{size}\n"
        return f"{status}" + " names the size" * size_named + " shows what was signed" * (more["Tocsin-Seen"] == b64(own.encode()))

    proof = "".join(b64(part) + "\n" for part in node.log.growth(size, size + 1))
    empty = f"1\n{b64(bytes(32))}\n"
    return {
        "witness: not a request": asks("checkpoint\n"),
        "witness: from a larger size": asks(f"old {size + 2}\n\n{grown}"),
        "witness: another node's log": asks(f"old 0\n\n{other.note(other.origin + chr(10) + empty)}"),
        "witness: another log": asks(f"old 0\n\n{other.note('example.org/log' + chr(10) + empty)}"),
        "witness: signed by another": asks(f"old {size}\n{proof}\n{other.note(grown.partition(chr(10) * 2)[0] + chr(10))}"),
        "witness: from another size": asks(f"old 1\n\n{grown}"),
        "witness: from another size, by anybody": asks(f"old 1\n\n{grown}", signed=False),
        "witness: no proof, by anybody": asks(f"old {size}\n{b64(bytes(32))}\n\n{grown}", signed=False),
        "witness: all of it right": asks(f"old {size}\n{proof}\n{grown}"),
    }

