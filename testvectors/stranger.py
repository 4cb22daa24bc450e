# SPDX-License-Identifier: Apache-2.0
"""The other end, by a stranger: a small node that was written from docs/spec
and the vectors beside it, without a line of Tocsin, to be held against one.

    python3 stranger.py serve NAME COUNTRY ADDRESS     runs it, in memory
    python3 stranger.py ask ADDRESS WORD [NAME=VALUE …]   what its people do

It talks to other nodes at /peer/v1 and /witness, and to its people at /people,
where there is no check of who asks: it is for one machine and one test.
"""

import json
import sys
import urllib.request


def ask(address, word, given):
    asked = urllib.request.Request(f"{address}/people/{word}", data=json.dumps(given).encode(), method="POST")
    with urllib.request.urlopen(asked, timeout=120) as answer:
        said = json.load(answer)
    if "refused" in said:
        print(said["refused"], file=sys.stderr)
        return 1
    value = said["is"]
    if value is not None:
        print(value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True))
    return 0


def main(words):
    if len(words) == 4 and words[0] == "serve":
        from stranger_people import serve  # who only asks need not wait for it

        return serve(*words[1:])
    if len(words) >= 3 and words[0] == "ask":
        return ask(words[1], words[2], dict(word.split("=", 1) for word in words[3:]))
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
