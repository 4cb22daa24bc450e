// SPDX-License-Identifier: Apache-2.0

package outbox

// This file traces a text that turned up somewhere to the partner whose copy it
// is. Only this node can: the ids that each partner has are its own.

import (
	"context"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var uuidForm = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// Trace says of every copy that was cut for a partner which of its ids stand in
// the text, and how many runs of words the text shares with it. An id is proof:
// no other copy has it. Words are only that where each partner was written a text
// of its own. The copies with ids come first; the reading is logged, the text not.
func (o *Outbox) Trace(ctx context.Context, who caller.Caller, text string) (found []api.Traced, err error) {
	if strings.TrimSpace(text) == "" || len(text) > 1<<20 {
		return nil, problem.New(problem.Invalid, "give the text or the object that turned up", "there is nothing to trace, or more than a megabyte of it")
	}
	ids := make(map[string]bool)
	for _, id := range uuidForm.FindAllString(text, -1) {
		ids[strings.ToLower(id)] = true
	}
	var words []api.Traced
	err = o.store.Show(ctx, who, store.What{Act: caller.Trace}, func(tx *store.Tx) error {
		found, words = nil, nil
		cuts, err := store.Cuts.List(tx, 0)
		for _, kept := range cuts {
			if err != nil {
				return err
			}
			var result policy.Result
			if err = json.Unmarshal(kept.Body, &result); err != nil {
				return err
			}
			one := api.Traced{Partner: kept.Partner, Draft: kept.Draft}
			if draft, ok, err := store.Drafts.Find(tx, kept.Draft); err != nil {
				return err
			} else if ok {
				one.Sent = draft.Stage == warning.Released && draft.Sent[kept.Partner] != ""
			}
			for _, id := range kept.IDs {
				take(&one, ids, id)
			}
			take(&one, ids, result.Warning.ID)
			if result.Warning.Text != "" {
				one.Runs = len(redact.Leaks([]redact.NamedText{{Name: "text", Text: text}}, []redact.NamedText{{Name: "text", Text: result.Warning.Text}}, nil))
			}
			switch {
			case len(one.IDs) > 0:
				found = append(found, one)
			case one.Runs > 0:
				words = append(words, one)
			}
		}
		return err
	})
	return append(found, words...), err
}

func take(one *api.Traced, ids map[string]bool, id string) {
	if _, own, ok := strings.Cut(id, "--"); ok && ids[own] {
		one.IDs = append(one.IDs, id)
	}
}
