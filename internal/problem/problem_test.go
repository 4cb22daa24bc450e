// SPDX-License-Identifier: Apache-2.0

package problem_test

// This file holds the two faces of a failure: what a person is told, and what
// the log has.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

var errDisk = errors.New("disk: sector 7 of /dev/example")

func TestTwoFaces(t *testing.T) {
	p := problem.New(problem.Invalid, "mend it", "the %s is not complete", "warning").With("id: must be said", "text: must be said").Because(errDisk)
	for _, shown := range append([]string{p.Text, p.Hint}, p.Details...) {
		if strings.Contains(shown, "sector") {
			t.Errorf("the cause is shown: %q", shown)
		}
	}
	if got := p.Error(); got != "invalid: the warning is not complete: disk: sector 7 of /dev/example" {
		t.Errorf("the log has %q", got)
	}
	if !errors.Is(p, errDisk) || len(p.Details) != 2 || p.Hint != "mend it" {
		t.Errorf("%+v", p)
	}
	if got := problem.New(problem.Busy, "", "not now").Error(); got != "busy: not now" {
		t.Errorf("without a cause the log has %q", got)
	}
}

// A percent sign in what somebody typed is not a format.
func TestTextIsNotAFormat(t *testing.T) {
	if got := problem.New(problem.Invalid, "100%d", "%q is not a role", "50%s").Text; got != `"50%s" is not a role` {
		t.Errorf("got %s", got)
	}
}

func TestOf(t *testing.T) {
	if problem.Of(nil) != nil {
		t.Error("nothing is a problem")
	}
	p := problem.New(problem.Missing, "", "there is no such case")
	if got := problem.Of(fmt.Errorf("desk: %w", fmt.Errorf("store: %w", p))); got != p {
		t.Errorf("a wrapped problem is %v", got)
	}
	ours := problem.Of(fmt.Errorf("store: %w", errDisk))
	if ours.Code != problem.Internal || strings.Contains(ours.Text+ours.Hint, "disk") || !errors.Is(ours, errDisk) {
		t.Errorf("what is ours to repair is told as %+v", ours)
	}
	if p, ok := error(problem.Of(errors.Join(errDisk, p))).(*problem.Problem); !ok || p.Code != problem.Missing {
		t.Errorf("of two errors that were joined the problem is told: %v", p)
	}
}

func TestIs(t *testing.T) {
	p := problem.New(problem.Denied, "", "you may not")
	for _, test := range []struct {
		err  error
		code problem.Code
		want bool
	}{
		{p, problem.Denied, true},
		{fmt.Errorf("desk: %w", p), problem.Denied, true},
		{p, problem.Invalid, false},
		{errDisk, problem.Internal, false},
		{nil, problem.Denied, false},
	} {
		if got := problem.Is(test.err, test.code); got != test.want {
			t.Errorf("%v is %s: %t", test.err, test.code, got)
		}
	}
}
