# SPDX-License-Identifier: Apache-2.0
"""The clients over TLS: whom they trust, and what they show."""
import os

import requests
from cytaxii2 import cytaxii2
from stix2 import Indicator, TAXIICollectionSink, TAXIICollectionSource
from taxii2client.v21 import Collection, Server

from scene import NODE, indicator, play, raises, same

ADDRESS = NODE["root"] + "collections/" + NODE["shared"] + "/"
WHO = {"user": NODE["user"], "password": NODE["password"], "verify": NODE["ca"]}
CERTIFICATE = {"cert": (NODE["certificate"], NODE["key"]), "verify": NODE["ca"]}


def check_trust():
    """A client that does not know the authority goes no further."""
    raises(requests.exceptions.SSLError, lambda: Server(NODE["discovery"], user=NODE["user"], password=NODE["password"]).title)


def check_discovery():
    """With the authority's file, discovery leads to an https address, and on from there."""
    server = Server(NODE["discovery"], **WHO)
    same(server.default.url, NODE["root"])
    assert NODE["root"].startswith("https://")
    assert NODE["shared"] in [c.id for c in server.default.collections]


def check_certificate():
    """A client certificate opens what its account may, without name or password."""
    one = indicator(1)
    collection = Collection(ADDRESS, **CERTIFICATE)
    same(collection.add_objects({"objects": [one]}).success_count, 1)
    same(collection.get_objects()["objects"], [one])
    same([c.id for c in Server(NODE["discovery"], **CERTIFICATE).default.collections], [NODE["shared"]])


def check_certificate_in_the_store():
    """So does stix2, which stands on the same client."""
    made = Indicator(pattern="[url:value = 'https://example.org/a']", pattern_type="stix", valid_from="2026-03-01T00:00:00Z")
    TAXIICollectionSink(Collection(ADDRESS, **CERTIFICATE)).add(made)
    same(TAXIICollectionSource(Collection(ADDRESS, **CERTIFICATE)).get(made.id), made)


def check_stranger():
    """A certificate of nobody's account is a 401, and so is none."""
    for shown in ({"cert": (NODE["stranger_certificate"], NODE["stranger_key"])}, {}):
        failure = raises(requests.HTTPError, lambda: Collection(ADDRESS, verify=NODE["ca"], **shown).title)
        same(failure.response.status_code, 401)


def check_certificate_beside_a_wrong_password():
    """A wrong password is not made good by a certificate."""
    answer = requests.get(ADDRESS, auth=(NODE["user"], "wrong"), cert=CERTIFICATE["cert"], verify=NODE["ca"])
    same(answer.status_code, 401)


def check_cytaxii2():
    """cytaxii2 takes the authority from REQUESTS_CA_BUNDLE, having no setting of its own."""
    os.environ["REQUESTS_CA_BUNDLE"] = NODE["ca"]
    try:
        got = cytaxii2.cytaxii2(NODE["discovery"], NODE["user"], NODE["password"], version=2.1).collection_request()
    finally:
        del os.environ["REQUESTS_CA_BUNDLE"]
    same(got["status_code"], 200)


play(globals())
