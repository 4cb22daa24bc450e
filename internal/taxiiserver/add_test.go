// SPDX-License-Identifier: Apache-2.0

package taxiiserver

// This file holds what a status says of more objects than it can list.

import (
	"errors"
	"fmt"
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
