// SPDX-License-Identifier: Apache-2.0

package store

// This file holds the comparison of what is said with what is found, in memory
// and on the disk, and work that is done on all cores in order.

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClaims(t *testing.T) {
	for _, many := range []int{0, 200_000} { // the second does not fit in memory
		dir := t.TempDir()
		c := newClaims(dir)
		defer c.close()
		add := func(kind byte, name, hash string) {
			t.Helper()
			if err := c.add(kind, name, hash); err != nil {
				t.Fatal(err)
			}
		}
		crowd := func(kind byte) {
			for i := range many {
				add(kind, fmt.Sprintf("row %d", i), strings.Repeat("a", 64))
			}
		}
		add(claimSaid, "changed again", "old")
		add(claimSaid, "taken away again", "x")
		crowd(claimSaid)
		for _, s := range [][2]string{{"right", "a"}, {"changed", "a"}, {"gone", "a"}, {"taken away", ""}, {"taken away and here", ""}, {"twice", "a"}, {"changed again", "new"}, {"taken away again", ""}} {
			add(claimSaid, s[0], s[1])
		}
		crowd(claimFound)
		for _, f := range [][2]string{{"right", "a"}, {"changed", "b"}, {"taken away and here", "a"}, {"unsaid", "a"}, {"twice", "a"}, {"twice", "a"}, {"changed again", "new"}} {
			add(claimFound, f[0], f[1])
		}
		if spilled := c.file != nil; spilled != (many > 0) {
			t.Errorf("%d rows: on the disk: %t", many, spilled)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("%d files can be seen, %v", len(entries), err)
		}
		var got []string
		if err := c.settle(func(name, said, found string) {
			got = append(got, fmt.Sprintf("%s: said %q, found %q", name, said, found))
		}); err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		want := []string{
			`changed: said "a", found "b"`, `gone: said "a", found ""`, `taken away and here: said "", found "a"`,
			`twice: said "", found "a"`, `unsaid: said "", found "a"`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d rows (-want +got):\n%s", many, diff)
		}
	}
	c := newClaims(t.TempDir() + "/not there")
	var err error
	for i := 0; err == nil && i < 200_000; i++ {
		err = c.add(claimSaid, fmt.Sprintf("row %d", i), strings.Repeat("a", 64))
	}
	if err == nil {
		t.Error("there is no room, and nobody was told")
	}
}

func TestOrdered(t *testing.T) {
	fault := errors.New("enough")
	for _, test := range []struct {
		name  string
		fail  int // what is consumed fails here
		stop  int // what is produced fails here
		want  error
		taken int
	}{
		{"all of it", -1, -1, nil, 1000},
		{"the consumer fails", 100, -1, fault, 100},
		{"the producer fails", -1, 100, fault, 100},
	} {
		var got []int
		err := ordered(func(give func(int) error) error {
			for i := range 1000 {
				if i == test.stop {
					return fault
				}
				if err := give(i); err != nil {
					return err
				}
			}
			return nil
		}, func(i int) int { return i * i }, func(square int) error {
			if test.fail >= 0 && len(got) == test.fail {
				return fault
			}
			got = append(got, square)
			return nil
		})
		if !errors.Is(err, test.want) || len(got) != test.taken {
			t.Errorf("%s: %d taken, %v", test.name, len(got), err)
		}
		for i, square := range got {
			if square != i*i {
				t.Fatalf("%s: result %d is %d", test.name, i, square)
			}
		}
	}
}
