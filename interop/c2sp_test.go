// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file runs the tests of the module c2sp, which needs a newer Go.

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// c2spToolchain is the Go that the stock tools of C2SP need; the go command
// fetches it by itself.
const c2spToolchain = "GOTOOLCHAIN=go1.27.3"

// TestC2SP holds our log, proofs and cosignatures against the stock tools of
// C2SP. Where their Go, or they, cannot be had, it is skipped, saying so; with
// CI=true it fails.
func TestC2SP(t *testing.T) {
	program, err := built()
	must(t, err)
	run := func(args ...string) ([]byte, error) {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = "c2sp", append(os.Environ(), c2spToolchain, "TOCSIN_PROGRAM="+program, "GOFLAGS=-mod=readonly")
		return command.CombinedOutput()
	}
	if out, err := run("test", "-c", "-o", os.DevNull, "."); err != nil {
		line, _, _ := strings.Cut(string(out), "\n")
		skip := t.Skipf
		if os.Getenv("CI") == "true" {
			skip = t.Fatalf
		}
		skip("NOT RUN: the stock tools of C2SP: they, or the Go they need, cannot be had: %v %s", err, line)
	}
	out, err := run("test", "-count=1", "-v", ".")
	t.Logf("%s", out)
	must(t, err)
}
