# SPDX-License-Identifier: Apache-2.0
"""The TAXII source, sink and store of stix2, as its documentation says to use them."""
import stix2
from stix2 import Filter, TAXIICollectionSink, TAXIICollectionSource, TAXIICollectionStore
from stix2.datastore import DataSourceError
from taxii2client.v21 import Collection

from scene import NODE, play, raises, same


def collection(name="shared", user="user", password="password"):
    return Collection(NODE["root"] + "collections/" + NODE[name] + "/", user=NODE[user], password=NODE[password])


IDENTITY = stix2.Identity(name="Example desk", identity_class="organization")
ACTOR = stix2.ThreatActor(name="Example actor", threat_actor_types=["crime-syndicate"], created_by_ref=IDENTITY.id)
MALWARE = stix2.Malware(name="Exämple ☂ malware", is_family=False, confidence=70, created_by_ref=IDENTITY.id, object_marking_refs=[stix2.TLP_GREEN])
INDICATOR = stix2.Indicator(pattern="[file:hashes.'SHA-256' = '" + "ab" * 32 + "']", pattern_type="stix", valid_from="2026-03-01T00:00:00Z", labels=["example"])
RELATION = stix2.Relationship(INDICATOR, "indicates", MALWARE)
ADDRESS = stix2.IPv4Address(value="198.51.100.7")
ALL = [IDENTITY, ACTOR, MALWARE, INDICATOR, RELATION, ADDRESS]


@stix2.CustomObject("x-example-case", [("name", stix2.properties.StringProperty(required=True))])
class Case:
    pass


def check_sink():
    """The sink adds an object, a list of them, a bundle, a dict and a text."""
    sink = TAXIICollectionSink(collection(), allow_custom=True)
    sink.add(IDENTITY)
    sink.add([ACTOR, MALWARE])
    sink.add(stix2.Bundle(INDICATOR, RELATION))
    sink.add(stix2.parse(ADDRESS.serialize()).serialize())
    sink.add(dict(type="identity", spec_version="2.1", id="identity--7e6b3c5e-6a3f-4a0e-9a2f-4a0b5a1d6c01", identity_class="group",
                  created="2026-03-01T00:00:00.000Z", modified="2026-03-01T00:00:00.000Z", name="A dict"))


def check_get():
    """The source gives each object back as it was sent."""
    source = TAXIICollectionSource(collection())
    for sent in ALL:
        got = source.get(sent.id)
        same(got, sent)
        same(got.serialize(), sent.serialize())


def check_get_what_is_not_there():
    """What is not there is None."""
    same(TAXIICollectionSource(collection()).get("malware--00000000-0000-4000-8000-000000000000"), None)


def check_all_versions():
    """Every version comes back from all_versions, the last from get."""
    newer = MALWARE.new_version(name="Example malware, renamed")
    revoked = newer.revoke()
    store = TAXIICollectionStore(collection())
    store.add([newer, revoked])
    by_time = lambda objects: sorted(objects, key=lambda o: o.modified)
    same(by_time(store.all_versions(MALWARE.id)), [MALWARE, newer, revoked])
    same(store.get(MALWARE.id), revoked)


def check_query():
    """query asks the node for type and id, and filters the rest itself."""
    source = TAXIICollectionSource(collection())
    same([o.id for o in source.query([Filter("type", "=", "threat-actor")])], [ACTOR.id])
    same({o.type for o in source.query([Filter("type", "=", "indicator,relationship")])}, {"indicator", "relationship"})
    same(source.query([Filter("id", "=", INDICATOR.id)]), [INDICATOR])
    same(source.query([Filter("type", "=", "indicator"), Filter("labels", "contains", "nothing")]), [])
    same([o.name for o in source.query([Filter("type", "=", "identity"), Filter("identity_class", "=", "group")])], ["A dict"])


def check_query_by_pages():
    """A query walks all pages, whatever their size, and ends."""
    for size in (1, 2, 5000):
        got = TAXIICollectionSource(collection(), items_per_page=size).query([])
        same({o["id"] for o in got} >= {o.id for o in ALL}, True)
        same(len(got), len({(o["id"], o.get("modified")) for o in got}))


def check_relationships():
    """What refers to an object, and what it refers to, is found."""
    store = TAXIICollectionStore(collection())
    same(store.relationships(INDICATOR), [RELATION])
    same([o.id for o in store.related_to(INDICATOR)], [MALWARE.id])
    same(store.creator_of(ACTOR), IDENTITY)


def check_custom():
    """A custom object goes and comes back, with the marking that it has."""
    case = Case(name="Example case", object_marking_refs=[stix2.TLP_GREEN])
    TAXIICollectionSink(collection(), allow_custom=True).add(case)
    same(TAXIICollectionSource(collection()).get(case.id), case)


def check_no_access():
    """The store says so at once where an account may not read or not write."""
    raises(DataSourceError, TAXIICollectionSink, collection("shared", "reader_user", "reader_password"))
    raises(DataSourceError, TAXIICollectionSource, collection("shared", "writer_user", "writer_password"))
    raises(DataSourceError, TAXIICollectionSource, collection("foreign"))


play(globals())
