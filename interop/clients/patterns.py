# SPDX-License-Identifier: Apache-2.0
"""Holds STIX 2.1 patterns against stix2-patterns: a JSON text for each on a line
of standard input, and {"valid", "error"} on one of standard output."""
import json
import sys

from stix2patterns.validator import run_validator

for line in sys.stdin:
    try:
        errors = [str(error) for error in run_validator(json.loads(line), stix_version="2.1")]
    except Exception as failure:
        errors = ["%s: %s" % (type(failure).__name__, failure)]
    print(json.dumps({"valid": not errors, "error": "; ".join(errors)}))
