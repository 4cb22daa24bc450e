// SPDX-License-Identifier: Apache-2.0

package shelf

// This file says which messages of a case are shown at once, and which of them with
// their texts: a partner may have filled it with all that its quota lets in.

import (
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// A page of a case has at most so many messages, for which so many bytes of texts are
// read, of which so many are shown.
const (
	pageMessages = 100
	pageRead     = 32 << 20
	pageTexts    = 8 << 20
)

// The views of disputes that are shown beside each other are the newest.
const (
	pageViews     = 100
	pageViewTexts = 4 << 20
)

// page are the messages that are shown, oldest first, and those with their texts, by
// hash.
type page struct {
	entries []store.Entry
	texts   map[string]bool
}

// partOf finds the part of a case that is asked for, and fills in how much else there
// is. The newest version of the warning is on each page, with its text; then the newest
// texts that fit.
func partOf(tx *store.Tx, kept *store.Case, of api.CasePart, c *api.Case) (on page, err error) {
	if c.Messages, c.Bytes, err = tx.CountEntries(kept.ID, kept.Partner, nil); err != nil {
		return on, err
	}
	var before *store.Entry
	for _, hash := range []string{of.Message, of.Before} {
		if hash == "" {
			continue
		}
		e, ok, err := tx.Entry(kept.ID, kept.Partner, hash)
		switch {
		case err != nil:
			return on, err
		case !ok:
			return on, problem.New(problem.Missing, "copy the hash from tocsin case show "+kept.ID, "message %s is not of this case", hash)
		case of.Message != "":
			c.Alone = true
			return page{[]store.Entry{e}, map[string]bool{e.Hash: true}}, nil
		}
		before = &e
	}
	on.entries, err = tx.EntriesBefore(kept.ID, kept.Partner, before, pageMessages)
	if err != nil {
		return on, err
	}
	read := int64(0)
	for i, e := range on.entries {
		if read += e.Bytes; i > 0 && read > pageRead {
			on.entries = on.entries[:i]
			break
		}
	}
	if n := len(on.entries); n > 0 {
		oldest := on.entries[n-1]
		if c.Earlier, _, err = tx.CountEntries(kept.ID, kept.Partner, &oldest); err != nil {
			return on, err
		}
		if c.Earlier > 0 {
			c.Before = oldest.Hash
		}
	}
	c.Later = c.Messages - c.Earlier - len(on.entries)
	newest, err := newestOf(tx, kept)
	if err != nil {
		return on, err
	}
	on.show(newest)
	return on, nil
}

// newestOf is the newest version of the warning of a case; nil if it is not here.
func newestOf(tx *store.Tx, kept *store.Case) (*store.Entry, error) {
	hash, _, err := tx.NewestOf(kept)
	if err != nil || hash == "" {
		return nil, err
	}
	e, ok, err := tx.Entry(kept.ID, kept.Partner, hash)
	if err != nil || !ok {
		return nil, err
	}
	return &e, nil
}

// show puts a page, whose entries are newest first, in order, with the newest version of
// the warning on top if it is not on it; and says which texts are shown.
func (on *page) show(newest *store.Entry) {
	on.texts = make(map[string]bool)
	room := int64(pageTexts)
	if newest != nil {
		on.texts[newest.Hash] = true
		room -= newest.Bytes
	}
	there := false
	for _, e := range on.entries {
		if newest != nil && e.Hash == newest.Hash {
			there = true
		} else if e.Bytes <= room {
			on.texts[e.Hash] = true
			room -= e.Bytes
		}
	}
	if newest != nil && !there {
		on.entries = append(on.entries, *newest)
	}
	slices.Reverse(on.entries)
}

// views are the newest views of the disputes of a case, and how many older ones there
// are: those stand in the thread alone.
func views(tx *store.Tx, kept *store.Case) (all []api.Disputed, older int, err error) {
	var said []store.Entry
	n := 0
	err = tx.EachEntry(kept.ID, kept.Partner, func(e store.Entry) (bool, error) {
		if e.Kind == envelope.Dispute && !e.Gone {
			n++
			said = append(said, e)
			said = said[max(0, len(said)-pageViews):]
		}
		return true, nil
	})
	if err != nil {
		return nil, 0, err
	}
	room := int64(pageViewTexts)
	first := len(said)
	for first > 0 && said[first-1].Bytes <= room {
		first--
		room -= said[first].Bytes
	}
	said = said[first:]
	messages := make([]store.Message, len(said))
	for i, e := range said {
		if messages[i], err = tx.Message(e.Hash); err != nil {
			return nil, 0, err
		}
	}
	return disputes(messages), n - len(said), nil
}
