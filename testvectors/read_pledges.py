# SPDX-License-Identifier: Apache-2.0
"""A second reader of pledges.json, written from docs/spec/messages.md, sections
pledge and pledge_ended. Like read.py it shares no code with Tocsin.

    python3 read_pledges.py
"""

import datetime
import re
import sys
import unicodedata

from read import Refused, load, must, strict

SECTORS = """agriculture aerospace automotive chemical commercial communications construction defense education energy engineering
entertainment financial-services government emergency-services government-local government-national government-public-services
government-regional healthcare hospitality-leisure infrastructure dams nuclear water insurance manufacturing mining non-profit
pharmaceuticals retail technology telecommunications transportation utilities""".split()
COVERS = ("places", "cities", "areas", "nationals", "organisations", "sectors", "events", "words")
COUNTRY, REGION = re.compile(r"[A-Z]{2}\Z"), re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}\Z")


def only(value, needed, allowed):
    must(isinstance(value, dict), "format")
    must(set(needed) <= set(value) <= set(needed) | set(allowed), "format")


def word(value, most=512):
    must(isinstance(value, str) and value.strip() != "" and len(value.encode()) <= most, "format")


def each(pledge, name, most, check):
    values = pledge.get(name, [])
    must(isinstance(values, list) and len(values) <= most, "format")
    for value in values:
        check(value)


def country(value):
    must(isinstance(value, str) and COUNTRY.match(value), "format")


def place(value):
    must(isinstance(value, str) and (COUNTRY.match(value) or REGION.match(value)), "format")


def city(value):
    only(value, ["name"], ["place"])
    word(value["name"])
    if "place" in value:
        place(value["place"])


def on_map(longitude, latitude):
    for number, most in (longitude, 180), (latitude, 90):
        must(isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) <= most, "format")


def area(value):
    only(value, [], ["name", "centre", "km", "ring"])
    must(("centre" in value) != ("ring" in value) and ("centre" in value) == ("km" in value), "format")
    if "centre" in value:
        only(value["centre"], ["latitude", "longitude"], [])
        on_map(value["centre"]["longitude"], value["centre"]["latitude"])
        must(isinstance(value["km"], (int, float)) and 0 < value["km"] <= 5000, "format")
        return
    ring = value["ring"]
    must(isinstance(ring, list) and 4 <= len(ring) <= 500 and ring[0] == ring[-1], "format")
    for i, corner in enumerate(ring):
        must(isinstance(corner, list) and len(corner) == 2, "format")
        on_map(*corner)
        must(i == 0 or abs(corner[0] - ring[i - 1][0]) <= 180, "format")


def starred(value):
    word(value)
    for part in value.split():
        stem, star, rest = part.partition("*")
        if not star:
            continue
        letters = 0
        for character in reversed(stem):
            if unicodedata.category(character)[0] not in "LNM":
                break
            letters += 1
        must(rest == "" and letters >= 3, "format")


def day(text):
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refused("format")


def pledge(payload):
    read = strict(payload)
    only(read, ["id", "text", "by", "at"], [*COVERS, "from", "until"])
    must(any(read.get(name) for name in COVERS), "format")
    must(re.match(r"pledge--[0-9A-Za-z-]+\Z", read["id"]), "format")
    word(read["text"], 32 << 10)
    each(read, "places", 300, place)
    each(read, "cities", 100, city)
    each(read, "areas", 100, area)
    each(read, "nationals", 300, country)
    each(read, "organisations", 100, word)
    each(read, "sectors", 100, lambda sector: must(sector in SECTORS, "format"))
    each(read, "events", 100, word)
    each(read, "words", 100, starred)
    begins, ends = [day(read[name]) if name in read else None for name in ("from", "until")]
    must(begins is None or ends is None or begins <= ends, "format")


def moment(text):
    must(isinstance(text, str) and re.match(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z\Z", text), "format")
    return day(text[:10]), text[11:]


def end(payload):
    """Checks the end of a pledge, and returns of which, and when."""
    read = strict(payload)
    only(read, ["pledge", "ended", "why", "at"], ["by"])
    must(re.match(r"pledge--[0-9A-Za-z-]+\Z", read["pledge"]), "format")
    must(read["why"] in ["withdrawn", "review"], "format")
    must("by" in read or read["why"] == "review", "format")
    if "by" in read:
        only(read["by"], ["name", "role"], [])
        for name in read["by"].values():
            word(name)
    moment(read["at"])
    return read["pledge"], moment(read["ended"])


def main():
    vectors = load("pledges.json")
    for vector in vectors["good"]:
        pledge(vector["payload"])
    first = strict(vectors["good"][0]["payload"])
    for vector in vectors["ends"]:
        of, when = end(vector["payload"])
        must(of == first["id"] and when >= moment(first["at"]), "an end of another pledge, or before it was given")
    wrong = 0
    for check, name in (pledge, "bad"), (end, "bad_ends"):
        for vector in vectors[name]:
            try:
                check(vector["payload"])
            except Refused:
                continue
            print(f"{vector['what']}: accepted")
            wrong += 1
    print(f"{len(vectors['good'])} pledges and {len(vectors['ends'])} ends read, {len(vectors['bad'] + vectors['bad_ends'])} bad ones refused, {wrong} not as they should be")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
