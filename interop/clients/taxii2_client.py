# SPDX-License-Identifier: Apache-2.0
"""The OASIS client, taxii2-client, as its documentation says to use it."""
import datetime
import itertools

import requests
from taxii2client.common import TokenAuth
from taxii2client.exceptions import AccessError, ValidationError
from taxii2client.v21 import ApiRoot, Collection, Server, Status, as_pages

from scene import NODE, indicator, play, raises, same

WHO = {"user": NODE["user"], "password": NODE["password"]}
MANY = 250
SENT = [indicator(n) for n in range(MANY)]
IDS = [o["id"] for o in SENT]


def collection(name="shared", **who):
    return Collection(NODE["root"] + "collections/" + NODE[name] + "/", **(who or WHO))


def walk(call, key="objects", at_most=1000, **kwargs):
    """Everything that as_pages yields; a client that loops is stopped."""
    pages = list(itertools.islice(as_pages(call, **kwargs), at_most))
    assert len(pages) < at_most, "it goes on for ever"
    return [entry for page in pages for entry in page.get(key, [])], len(pages)


def check_discovery():
    """Server finds the title and the API root, and its default is one of the roots."""
    server = Server(NODE["discovery"], **WHO)
    assert server.title
    same([root.url for root in server.api_roots], [NODE["root"]])
    assert server.default is server.api_roots[0]


def check_discovery_without_slash():
    """The address is understood without its last slash."""
    assert Server(NODE["discovery"].rstrip("/"), **WHO).title


def check_root():
    """ApiRoot has a title, the one version and a length limit."""
    root = Server(NODE["discovery"], **WHO).default
    same(root.versions, ["application/taxii+json;version=2.1"])
    assert root.title and root.max_content_length >= 10 * 1024 * 1024


def check_collections():
    """The collections of the account are listed, with what it may do in each."""
    listed = {c.id: c for c in ApiRoot(NODE["root"], **WHO).collections}
    assert listed[NODE["shared"]].can_read and listed[NODE["shared"]].can_write
    same(listed[NODE["shared"]].title, "Shared indicators")
    same(listed[NODE["shared"]].media_types, ["application/stix+json;version=2.1"])
    assert listed[NODE["shared"]].alias == "shared"


def check_collection_by_id():
    """A collection is found by its id."""
    same(collection().title, "Shared indicators")


def check_collection_by_alias():
    """By its alias the client refuses a collection, because its id is not in the address: so the page says to use the id."""
    failure = raises(ValidationError, lambda: Collection(NODE["root"] + "collections/shared/", **WHO).title)
    assert "does not match the url" in str(failure)


def check_empty():
    """An empty collection is one page without objects."""
    objects, pages = walk(collection("empty").get_objects, per_request=10)
    same((objects, pages), ([], 1))
    same(walk(collection("empty").get_manifest, per_request=10), ([], 1))


def check_add():
    """What is added is there when the status comes, and a bad object fails alone, with its reason."""
    bad = indicator(MANY + 1, pattern=None)
    del bad["pattern"]
    status = collection().add_objects({"objects": SENT + [bad]})
    same((status.status, status.total_count, status.success_count, status.failure_count, status.pending_count), ("complete", MANY + 1, MANY, 1, 0))
    same([s["id"] for s in status.successes], IDS)
    same([f["id"] for f in status.failures], [bad["id"]])
    assert "pattern" in status.failures[0]["message"]
    again = ApiRoot(NODE["root"], **WHO).get_status(status.id)
    same(again._raw, status._raw)
    assert again


def check_add_as_text_and_bytes():
    """An envelope may be a text, bytes, or a bundle as some producers send it."""
    for envelope in ('{"objects": []}', b'{"objects": []}', {"objects": []}):
        same(collection().add_objects(envelope).total_count, 0)
    bundle = {"type": "bundle", "id": "bundle--5b0ee3a4-8d1c-4c8e-9b5f-7ab1a0a9f0aa", "objects": SENT[:2]}
    same(collection().add_objects(bundle).success_count, 2)


def check_add_many():
    """The status of thousands of objects is one that the client accepts: every list as long as its count."""
    status = collection("scratch").add_objects({"objects": [indicator(10000 + n) for n in range(2500)]})
    same((status.success_count, status.failure_count), (2500, 0))


def check_fail_many():
    """So is the status of thousands that fail."""
    bad = [indicator(20000 + n, pattern_type=7) for n in range(1500)]
    status = collection("scratch").add_objects({"objects": bad})
    same((status.success_count, status.failure_count), (0, 1500))


def check_objects_by_pages():
    """as_pages ends with every object exactly once, whatever the page."""
    for per_request in (0, 1, 7, 100, 250, 5000):
        objects, pages = walk(collection().get_objects, per_request=per_request)
        same(objects, SENT)
        if per_request > 0:
            same(pages, -(-MANY // per_request))


def check_manifest_by_pages():
    """So does the manifest, which other servers never end."""
    for per_request in (0, 7, 100):
        entries, _ = walk(collection().get_manifest, per_request=per_request)
        same([e["id"] for e in entries], IDS)
        same({e["media_type"] for e in entries}, {"application/stix+json;version=2.1"})
        added = [e["date_added"] for e in entries]
        same(added, sorted(set(added)))


def check_added_after():
    """From any date_added on come exactly the later objects, by text and by datetime, also with a page."""
    entries = collection().get_manifest(limit=1000)["objects"]
    for at in (0, 100, MANY - 2, MANY - 1):
        after = entries[at]["date_added"]
        same(walk(collection().get_objects, per_request=33, added_after=after)[0], SENT[at + 1:])
        when = datetime.datetime.strptime(after, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
        same(walk(collection().get_objects, per_request=33, added_after=when)[0], SENT[at + 1:])
        same([e["id"] for e in walk(collection().get_manifest, per_request=33, added_after=after)[0]], IDS[at + 1:])


def check_added_after_whole_seconds():
    """A datetime without a fraction is sent without one, and understood."""
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    same(len(walk(collection().get_objects, per_request=1000, added_after=long_ago)[0]), MANY)


def check_match_id_and_type():
    """match filters take one value or several, and combine."""
    same(collection().get_objects(id=IDS[3])["objects"], [SENT[3]])
    same(collection().get_objects(id=[IDS[5], IDS[3]])["objects"], [SENT[3], SENT[5]])
    same(len(walk(collection().get_objects, per_request=100, type="indicator")[0]), MANY)
    same(collection().get_objects(type=["malware", "tool"]), {})
    same(collection().get_objects(id=IDS[3], type="malware"), {})
    same(collection().get_objects(id=IDS[3], type="indicator", spec_version="2.1")["objects"], [SENT[3]])
    same(collection().get_objects(id=IDS[3], spec_version="2.0"), {})


def check_versions():
    """Versions of one object: last, first, all, one by its time, several."""
    one = [indicator(1, day) for day in (2, 3, 4)]
    same(collection().add_objects({"objects": one}).success_count, 3)
    ask = lambda **match: collection().get_objects(id=IDS[1], **match).get("objects")
    same(ask(), [one[2]])
    same(ask(version="last"), [one[2]])
    same(ask(version="first"), [SENT[1]])
    same(ask(version="all"), [SENT[1]] + one)
    same(ask(version=["first", "last"]), [SENT[1], one[2]])
    same(ask(version="2026-03-03T00:00:00.000Z"), [one[1]])
    same(ask(version=datetime.datetime(2026, 3, 3, tzinfo=datetime.timezone.utc)), [one[1]])
    same(ask(version="2026-03-09T00:00:00Z"), None)


def check_get_object():
    """get_object gives the last version, and takes match filters and pages."""
    same(collection().get_object(IDS[1])["objects"], [indicator(1, 4)])
    same(collection().get_object(IDS[1], version="first")["objects"], [SENT[1]])
    objects, pages = walk(collection().get_object, per_request=3, obj_id=IDS[1], version="all")
    same((objects, pages), ([SENT[1]] + [indicator(1, day) for day in (2, 3, 4)], 2))


def check_versions_by_pages():
    """The versions of an object can be paged, which the standard forgot and the client does."""
    want = ["2026-03-%02dT00:00:00.000Z" % day for day in (1, 2, 3, 4)]
    for per_request in (0, 1, 3, 4):
        same(walk(collection().object_versions, "versions", per_request=per_request, obj_id=IDS[1])[0], want)


def check_manifest_of_versions():
    """The manifest has an entry for each version that is asked for."""
    entries = collection().get_manifest(id=IDS[1], version="all")["objects"]
    same([e["version"] for e in entries], ["2026-03-%02dT00:00:00.000Z" % day for day in (1, 2, 3, 4)])


def check_delete():
    """One version is deleted, then the object, and nothing else."""
    collection().delete_object(IDS[1], version="2026-03-03T00:00:00.000Z")
    same(collection().object_versions(IDS[1])["versions"], ["2026-03-%02dT00:00:00.000Z" % day for day in (1, 2, 4)])
    collection().delete_object(IDS[1], version="all")
    failure = raises(requests.HTTPError, collection().get_object, IDS[1])
    same(failure.response.status_code, 404)
    same(walk(collection().get_objects, per_request=100)[0], [o for o in SENT if o["id"] != IDS[1]])


def check_delete_what_is_not_there():
    """Deleting what is not there is a 404."""
    failure = raises(requests.HTTPError, collection().delete_object, "indicator--00000000-0000-4000-8000-000000000000")
    same(failure.response.status_code, 404)


def check_token():
    """The API token serves as a bearer's, as the client's own TokenAuth, and as the password of Basic."""
    class Bearer(requests.auth.AuthBase):
        def __call__(self, request):
            request.headers["Authorization"] = "Bearer " + NODE["token"]
            return request
    for who in ({"auth": Bearer()}, {"auth": TokenAuth(NODE["token"])}, {"user": NODE["user"], "password": NODE["token"]}):
        same(collection(**who).title, "Shared indicators")


def check_wrong_password():
    """A wrong password is a 401 that says how to sign in, with a TAXII error message, at every address."""
    for address in ("", "root/", "root/collections/", "root/collections/%s/objects/" % NODE["shared"], "root/collections/none/"):
        failure = raises(requests.HTTPError, lambda: Server(NODE["discovery"] + address, user=NODE["user"], password="wrong").title)
        same(failure.response.status_code, 401)
        assert "Basic" in failure.response.headers["WWW-Authenticate"]
        same(failure.response.headers["Content-Type"], "application/taxii+json;version=2.1")
        same(failure.response.json()["http_status"], "401")


def check_unknown_and_foreign():
    """A collection that is not there and one that is not the account's are the same 404, at every address."""
    for call in ("refresh", "get_objects", "get_manifest"):
        answers = []
        for name in ("missing", "foreign"):
            asked = collection(name)
            failure = raises(requests.HTTPError, getattr(asked, call))
            same(failure.response.status_code, 404)
            answers.append(failure.response.json())
        same(answers[0], answers[1])


def check_may_only_read():
    """An account that may only read is told so before it writes, and refused if it tries."""
    who = {"user": NODE["reader_user"], "password": NODE["reader_password"]}
    raises(AccessError, collection(**who).add_objects, {"objects": SENT[:1]})
    raises(AccessError, collection(**who).delete_object, IDS[0])
    same(collection(**who).get_objects(id=IDS[0])["objects"], [SENT[0]])
    answer = requests.post(NODE["root"] + "collections/" + NODE["shared"] + "/objects/", data="{}", auth=tuple(who.values()), headers={"Content-Type": "application/taxii+json;version=2.1"})
    same(answer.status_code, 403)


def check_may_only_write():
    """An account that may only write adds, and reads nothing."""
    who = {"user": NODE["writer_user"], "password": NODE["writer_password"]}
    same(collection(**who).add_objects({"objects": SENT[:1]}).success_count, 1)
    raises(AccessError, collection(**who).get_objects)
    raises(AccessError, collection(**who).get_manifest)
    same(requests.get(NODE["root"] + "collections/" + NODE["shared"] + "/objects/", auth=tuple(who.values())).status_code, 403)


def check_status_of_another():
    """The status of another's request is not there."""
    status = collection().add_objects({"objects": SENT[:1]})
    failure = raises(requests.HTTPError, Status, NODE["root"] + "status/" + status.id + "/", user=NODE["reader_user"], password=NODE["reader_password"])
    same(failure.response.status_code, 404)


def check_bad_filter():
    """A filter that cannot be read is a 400 with a reason."""
    for match in ({"added_after": "yesterday"}, {"version": "all,first"}, {"next": "no cursor of ours"}):
        failure = raises(requests.HTTPError, collection().get_objects, **match)
        same(failure.response.status_code, 400)
        assert failure.response.json()["description"]


play(globals())
