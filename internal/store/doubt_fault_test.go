// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that nothing is built on a head of the log that is not the
// one on the disk.

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// A commit fails, or fails but happens, and then the log cannot be read back.
// While that lasts, changes are refused with words and readings go on; when it
// is over, the same process goes on, and nothing is there twice.
func TestALogThatCannotBeReadBack(t *testing.T) {
	fault := errors.New("the disk is gone")
	for name, commit := range map[string]func(context.Context, *session) error{
		"it failed":              func(context.Context, *session) error { return fault },
		"it failed but happened": func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			k.must(k.put(t.Context(), "before", "before"))
			commits, signs := k.commit, k.sign
			k.commit = func(ctx context.Context, w *session) error {
				k.sign = func(tlog.Tree) (string, error) { return "", fault }
				return commit(ctx, w)
			}
			if err := k.put(t.Context(), "it", "it"); !errors.Is(err, fault) {
				t.Errorf("told %v", err)
			}
			k.commit = commits
			err := k.put(t.Context(), "meanwhile", "meanwhile")
			if p := problem.Of(err); p.Code != problem.Busy || p.Hint == "" {
				t.Errorf("meanwhile told %+v", p)
			}
			k.settings()
			k.sign = signs
			k.must(k.put(t.Context(), "after", "after"))
			want := []string{"after", "before"}
			if name == "it failed but happened" {
				want = append(want, "it")
			}
			if got := k.settings(); len(got) != len(want) {
				t.Errorf("%q are there, want %q", got, want)
			}
			k.sound(int64(len(want)))
		})
	}
}
