// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file holds what a status says of more objects than it can list.

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/intake"
)

func TestStatusOfMany(t *testing.T) {
	for _, c := range []struct{ kept, failed, successes, failures int }{
		{2500, 1500, 2500, 1500},
		{200_000, 3, 0, 3},
	} {
		var s summary
		for i := range c.kept + c.failed {
			kept := intake.Kept{ID: fmt.Sprintf("campaign--00000000-0000-4000-8000-%012d", i), Version: "2026-03-01T00:00:00.000Z"}
			if i >= c.kept {
				kept.Problem = errors.New("it is not right")
			}
			s.count(kept)
		}
		told := s.told(nil)
		if told.TotalCount != c.kept+c.failed || told.SuccessCount != c.kept || told.FailureCount != c.failed ||
			len(told.Successes) != c.successes || len(told.Failures) != c.failures {
			t.Errorf("%+v: %d of %d successes, %d of %d failures", c, len(told.Successes), told.SuccessCount, len(told.Failures), told.FailureCount)
		}
	}
}

// A status that waits for the end of a large envelope keeps the ids and versions of
// its objects, and not the blocks of text they were decoded from.
func TestAStatusKeepsNoObject(t *testing.T) {
	const id, version = "campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", "2026-03-01T00:00:00.000Z"
	var s summary
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 200 {
		block := strings.Repeat("x", 1<<20) + id + version
		kept := intake.Kept{ID: block[1<<20:][:len(id)], Version: block[1<<20+len(id):]}
		if i%2 == 0 {
			kept.Problem = errors.New(block[:maxWords])
		}
		s.count(kept)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 20<<20 {
		t.Errorf("the status of 200 objects keeps %d MiB", grown>>20)
	}
	if s.SuccessCount != 100 || s.Failures[0].ID != id || s.Failures[0].Version != version {
		t.Errorf("%+v", s.Failures[0])
	}
}
