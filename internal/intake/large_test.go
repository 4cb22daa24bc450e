// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file tests large objects of several requests, which take turns.

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Eve sends objects that in memory are many times their bytes, by several
// requests at once: some larger than all the room there is, some broken, some
// with more values than an object may have, some whose marking nobody defines,
// and small ones between. Each gets its turn, and every one its own answer.
func TestLargeObjectsTakeTurns(t *testing.T) {
	s, in := open(t)
	collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
	must(t, err)
	tool := bound(collection.ID)
	const requests = 4
	object := func(request, number, bytes int, item, more string) string {
		return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%06d%06d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":"n","x_a":[%s0]%s}`,
			request, number, strings.Repeat(item+",", bytes/(len(item)+1)), more)
	}
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			body := `{"objects":[` + strings.Join([]string{
				object(i, 1, 100, `0`, ""),
				object(i, 2, 5<<20, `"a long text without many values"`, ""),
				object(i, 3, 100<<10, `{"":0}`, ""),
				object(i, 4, 300<<10, `{}`, ""),
				object(i, 5, 3<<20, `1`, ""),
				object(i, 6, 100<<10, `{"a":0}`, `,"object_marking_refs":["marking-definition--00000000-0000-4000-8000-0000000000ee"]`),
				object(i, 7, 100, `0`, ""),
			}, ",") + `]}`
			var told []string
			note := func(k intake.Kept) {
				word := "kept"
				if k.Problem != nil {
					word = "refused"
				}
				if k.Problem != nil && strings.Contains(k.Problem.Error(), stix.ErrTooMany.Error()) {
					word = "too many"
				}
				told = append(told, word)
			}
			_, err := in.AcceptRequest(t.Context(), tool, collection.ID, strings.NewReader(body), note, func(last []intake.Kept) (taxii.Status, error) {
				for _, k := range last {
					note(k)
				}
				return taxii.Status{Status: taxii.StatusComplete, TotalCount: len(told)}, nil
			})
			if err != nil {
				t.Error(err)
			}
			counts := map[string]int{}
			for _, word := range told {
				counts[word]++
			}
			if len(told) != 7 || counts["too many"] != 1 || counts["refused"] != 1 || counts["kept"] != 5 {
				t.Errorf("request %d was told %q", i, told)
			}
		})
	}
	all.Wait()
	kept := 0
	must(t, s.Glance(t.Context(), tool, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		return tx.EachObject(store.ObjectQuery{Collection: collection.ID, AllVersions: true}, func(*store.Found) (bool, error) { kept++; return true, nil })
	}))
	if kept != 5*requests {
		t.Errorf("%d objects were kept", kept)
	}
}
