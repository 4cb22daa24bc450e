// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that what is held against a text is found without a look at
// every message of ours.

import (
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

func TestTheNewestToldAreFoundByTheirIndex(t *testing.T) {
	k := newKit(t)
	var plan []string
	k.must(k.Glance(t.Context(), officer, keep, func(tx *Tx) error {
		return tx.each(`EXPLAIN QUERY PLAN `+newestTold, []any{int64(MostMessages)}, func(stmt *sqlite3.Stmt) (bool, error) {
			plan = append(plan, stmt.ColumnText(3))
			return true, nil
		})
	}))
	if len(plan) != 1 || !strings.Contains(plan[0], "USING INDEX messages_told") {
		t.Errorf("the plan is %q", plan)
	}
}
