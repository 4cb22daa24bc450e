# SPDX-License-Identifier: Apache-2.0
"""cytaxii2: the calls of its documentation, one after another."""
import json

from cytaxii2 import cytaxii2

from scene import NODE, indicator, play, same

SENT = [indicator(n) for n in range(12)]
IDS = [o["id"] for o in SENT]


def client(password=NODE["password"]):
    return cytaxii2.cytaxii2(NODE["discovery"], NODE["user"], password, version=2.1)


def answer(got, status=200):
    """The body of an answer of that status."""
    same((got["status_code"], got["status"]), (status, status < 400))
    return got["response"]


def check_discovery_request():
    """The server says its API root."""
    same(answer(client().discovery_request())["default"], NODE["root"])


def check_root_discovery():
    """The API root says its version."""
    same(answer(client().root_discovery())["versions"], ["application/taxii+json;version=2.1"])


def check_collection_request():
    """The collections are listed."""
    assert NODE["shared"] in [c["id"] for c in answer(client().collection_request())["collections"]]


def check_collection_data_request():
    """One collection is found by its id, and by its alias."""
    for name in (NODE["shared"], "shared"):
        same(answer(client().collection_data_request(name))["title"], "Shared indicators")


def check_inbox_request():
    """A bundle and an envelope, both as text, are taken in."""
    bundle = {"type": "bundle", "id": "bundle--5b0ee3a4-8d1c-4c8e-9b5f-7ab1a0a9f0aa", "objects": SENT[:6]}
    same(answer(client().inbox_request(NODE["shared"], json.dumps(bundle)), 202)["success_count"], 6)
    same(answer(client().inbox_request(NODE["shared"], json.dumps({"objects": SENT[6:]})), 202)["success_count"], 6)


def check_poll_request():
    """A poll gives the objects, by type, id and limit too."""
    poll = client().poll_request
    same(answer(poll(NODE["shared"]))["objects"], SENT)
    same(answer(poll(NODE["shared"], object_id=IDS[4]))["objects"], [SENT[4]])
    same(answer(poll(NODE["shared"], object_type="malware")), {})
    same(answer(poll(NODE["shared"], limit=5))["objects"], SENT[:5])


def check_poll_loop():
    """The loop of its documentation, which begins with next=0, sees every object once and ends."""
    seen, cursor = [], 0
    for _ in range(100):
        page = client().poll_request(collection_id=NODE["shared"], added_after=None, limit=5, object_id=None, next=cursor)
        seen += answer(page).get("objects", [])
        cursor = answer(page).get("next")
        if not cursor:
            break
    same(seen, SENT)


def check_poll_added_after():
    """added_after leaves out what was there before."""
    same(answer(client().poll_request(NODE["shared"], added_after="2020-01-01T00:00:00.000Z"))["objects"], SENT)
    same(answer(client().poll_request(NODE["shared"], added_after="2100-01-01T00:00:00.000Z")), {})


def check_failures():
    """A wrong password and a collection that is not there come with their status and a reason."""
    for got, status in ((client("wrong").collection_request(), 401), (client().poll_request(NODE["missing"]), 404),
                        (client().inbox_request(NODE["foreign"], json.dumps({"objects": SENT})), 404), (client().poll_request(NODE["shared"], limit="many"), 400)):
        same(answer(got, status)["http_status"], str(status))
        assert got["response"]["title"]


play(globals())
