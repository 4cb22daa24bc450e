#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Runs every fuzz target, or those whose name has FUZZ in it, for TIME each. An
# input that finds something new is not made shorter first: go tries to leave out
# each range of its bytes, which for a card or a message of a kilobyte is half a
# million runs, and the whole time.
set -eu

grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r file; do
	grep -oE '^func Fuzz[A-Za-z0-9_]*' "$file" | sed "s|^func |$(dirname "$file") |"
done | sort -u | grep -- "${FUZZ:-}" | while read -r package target; do
	echo "$package $target"
	go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${TIME:-10s}" -fuzzminimizetime 0x </dev/null
done
