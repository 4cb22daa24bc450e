# SPDX-License-Identifier: Apache-2.0
"""Holds STIX 2.1 against stix2-validator: a JSON line for each on standard
input, {"name", "stix"}, and one for each on standard output, {"name", "valid",
"errors", "warnings"}. The text of STIX is judged as it is written."""
import json
import sys

from stix2validator import ValidationOptions, validate_string

OPTIONS = ValidationOptions(version="2.1", strict_types=False, strict_properties=False)

for line in sys.stdin:
    asked = json.loads(line)
    answer = {"name": asked["name"], "valid": False, "errors": [], "warnings": []}
    try:
        results = validate_string(asked["stix"], OPTIONS)
        results = results if isinstance(results, list) else [results]
        answer["valid"] = all(result.is_valid for result in results)
        for result in results:
            answer["errors"] += [str(error) for error in getattr(result, "errors", None) or []]
            answer["warnings"] += [str(warning) for warning in getattr(result, "warnings", None) or []]
    except Exception as failure:
        answer["errors"] = ["%s: %s" % (type(failure).__name__, failure)]
    print(json.dumps(answer))
