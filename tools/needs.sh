#!/bin/sh
# SPDX-License-Identifier: Apache-2.0

# Installs what tests need beyond Go: Chromium for the pages, ip for the tests
# between hosts, and Python's venv for the second reader of the test vectors and
# for the clients and judges in interop, whose packages the tests get from PyPI. As root on Debian it installs
# them; elsewhere it says which tests will be skipped. With CI=true a missing
# Chromium is an error.
set -eu

install() {
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
	echo "installing $* ..."
	{ apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } >/dev/null
}

has_chromium() {
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null
}

has_ip() {
	command -v ip >/dev/null
}

has_venv() {
	python3 -c 'import ensurepip, venv' 2>/dev/null
}

if ! has_chromium && ! { install chromium && has_chromium; }; then
	echo "NOT RUN: the tests of the pages in a browser need Chromium: apt-get install chromium" >&2
	[ "${CI:-}" != true ] || exit 1
fi

if [ "$(uname)" != Linux ]; then
	echo "NOT RUN: the tests between hosts, and on a full disk, need Linux" >&2
elif ! has_ip && ! { install iproute2 && has_ip; }; then
	echo "NOT RUN: the tests between hosts, and on a full disk, need ip: apt-get install iproute2" >&2
elif [ "$(id -u)" != 0 ] && ! { unshare -rnm true 2>/dev/null && [ -w /dev/net/tun ]; }; then
	echo "NOT RUN: the tests between hosts, and on a full disk, need root, or namespaces for users and /dev/net/tun" >&2
fi

if ! command -v python3 >/dev/null && [ "${CI:-}" = true ]; then
	install python3 python3-venv || true
fi
if ! command -v python3 >/dev/null; then
	echo "NOT RUN: the second reader of the test vectors, and the clients in interop, need python3" >&2
elif ! has_venv && ! { install python3-venv && has_venv; }; then
	echo "NOT RUN: the second reader of the test vectors, and the clients in interop, need Python's venv: apt-get install python3-venv" >&2
fi
