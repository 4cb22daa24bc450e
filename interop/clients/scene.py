# SPDX-License-Identifier: Apache-2.0
"""What the scripts beside it share: the node they meet, objects to send, and a
way to say how each check ended, as a JSON line that the Go test reads.

A script is a list of functions, played in the order they are written in; the
docstring of each says what a user of that client expects.
"""
import json
import os
import sys
import traceback
import uuid

NODE = json.loads(os.environ["TOCSIN_SCENE"])
NAMESPACE = uuid.UUID("6f2c5b0e-3d0f-4a52-9d53-2b5a0b8f1c11")
GREEN = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"


def indicator(number, day=1, **more):
    """An indicator of our own; a number is an id, a day of March its version."""
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": "indicator--" + str(uuid.UUID(int=uuid.uuid5(NAMESPACE, str(number)).int, version=4)),
        "created": "2026-03-01T00:00:00.000Z", "modified": "2026-03-%02dT00:00:00.000Z" % day,
        "name": "Example %d" % number, "indicator_types": ["malicious-activity"],
        "pattern": "[ipv4-addr:value = '198.51.100.%d']" % (number % 256), "pattern_type": "stix",
        "valid_from": "2026-03-01T00:00:00Z", "object_marking_refs": [GREEN], **more,
    }


def raises(kind, call, *args, **kwargs):
    """The exception of that kind that the call must end with."""
    try:
        call(*args, **kwargs)
    except kind as failure:
        return failure
    raise AssertionError("it did not fail")


def same(got, want):
    if got != want:
        raise AssertionError("got %r\nwant %r" % (got, want))


def play(script):
    """Plays the functions of a script whose names begin with check_."""
    checks = [f for name, f in script.items() if name.startswith("check_")]
    for check in checks:
        line = {"check": check.__name__[len("check_"):], "expects": " ".join((check.__doc__ or "").split())}
        try:
            check()
        except Exception:
            line["failed"] = traceback.format_exc()
        print(json.dumps(line))
    sys.stdout.flush()
