// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what was carried by hand, and agreed on for the voice.

import (
	"cmp"
	"context"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// showCarried adds when a message was last carried in a file from which nothing
// comes back.
func showCarried(tx *store.Tx, m store.Message, shown *api.Message) error {
	if m.State != store.Carried {
		return nil
	}
	files, err := store.CarryFiles.List(tx, 0, m.Partner)
	for _, file := range files {
		if store.InSpans(file.Messages, m.Seq) && file.Written.After(shown.CarriedAt) {
			shown.CarriedAt, shown.CarriedIn = file.Written, file.Number
		}
	}
	return err
}

// voice says how far two nodes have agreed on a secret for what is said by voice.
func voice(tx *store.Tx, name string) (string, error) {
	kept, _, err := store.Voices.Find(tx, name)
	switch {
	case kept.Agreed():
		return "agreed", err
	case len(kept.Ours) > 0:
		return "ours", err
	case len(kept.Theirs) > 0:
		return "theirs", err
	}
	return "", err
}

// shownCarryFiles is how many files of a partner are listed.
const shownCarryFiles = 20

// CarryFiles lists the newest files that were made for a partner, newest first.
func (s *Shelf) CarryFiles(ctx context.Context, who caller.Caller, name string) (files []api.CarryFile, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.CarryOut, Subject: name}, func(tx *store.Tx) error {
		kept, err := store.CarryFiles.List(tx, 0, name)
		numbers, rests := make(map[string]uint64), make(map[string]uint64)
		for _, f := range kept {
			numbers[f.File] = f.Number
			if f.Follows != "" {
				rests[f.Follows] = max(rests[f.Follows], f.Number)
			}
		}
		for _, f := range kept {
			shown := api.CarryFile{
				File: f.File, Number: f.Number, Made: f.Made, By: f.By, OneWay: f.OneWay, Messages: store.CountSpans(f.Messages), Receipts: store.CountSpans(f.Receipts),
				Asks: f.Alone && f.Tells == "", Answers: f.Tells != "", Written: f.Written,
				Held: f.Held, Withheld: f.Withheld, More: f.Rest != nil, Rest: rests[f.File], Follows: numbers[f.Follows],
			}
			if n := len(f.Messages); n > 0 {
				shown.First, shown.Last = f.Messages[0].From, f.Messages[n-1].To
			}
			files = append(files, shown)
		}
		slices.SortStableFunc(files, func(a, b api.CarryFile) int {
			return cmp.Or(cmp.Compare(b.Number, a.Number), b.Made.Compare(a.Made))
		})
		files = files[:min(len(files), shownCarryFiles)]
		return err
	})
	return files, err
}
