// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows what is known of logs, and gives cosigned checkpoints and
// evidence of forks out as files.

import (
	"context"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Heads is what is known of our log and of partners' logs.
func (s *Shelf) Heads(ctx context.Context, who caller.Caller) (h api.Heads, err error) {
	h = api.Heads{Cosigned: []api.Cosigned{}, Partners: []api.PartnerLog{}, Forks: []api.Fork{}}
	newest, err := s.store.Newest()
	if err != nil {
		return h, err
	}
	h.Size, h.Checkpoint = newest.Size, newest.Checkpoint
	err = s.store.Glance(ctx, who, store.What{Act: caller.SeeHeads}, func(tx *store.Tx) error {
		kept, err := store.Cosignings.List(tx, 0)
		if err != nil {
			return err
		}
		for _, k := range kept {
			h.Cosigned = append(h.Cosigned, api.Cosigned{By: k.By, Witness: k.Neutral, Size: k.Head.Size, At: k.At})
		}
		channels, err := store.Channels.List(tx, 0)
		if err != nil {
			return err
		}
		for _, channel := range channels {
			seen, known, err := store.Seen.Find(tx, channel.Name)
			if err != nil {
				return err
			}
			if known {
				h.Partners = append(h.Partners, partnerLog(channel.Name, seen))
			}
		}
		forks, err := store.Forks.List(tx, 0)
		for _, fork := range forks {
			h.Forks = append(h.Forks, Fork(fork))
			h.Halted = h.Halted || fork.Ours && fork.DecidedBy == ""
		}
		return err
	})
	return h, err
}

func partnerLog(name string, seen store.SeenHead) api.PartnerLog {
	l := api.PartnerLog{
		Partner: name, Size: seen.Size, Root: seen.Root, At: seen.At, From: seen.From, Since: seen.Since,
		Unlinked: len(seen.Loose), CosignedAt: seen.CosignedAt, Fork: seen.Fork,
	}
	if seen.Witnessed != nil {
		l.Witnessed = seen.Witnessed.Size
	}
	return l
}

// Fork is a fork as it is shown.
func Fork(f store.Fork) api.Fork {
	return api.Fork{ID: f.ID, Partner: f.Partner, Ours: f.Ours, Found: f.Found, Finding: f.Finding, Older: f.Older, Newer: f.Newer,
		DecidedBy: f.DecidedBy, DecidedAt: f.DecidedAt, Reason: f.Reason}
}

// Evidence is the evidence of a fork as a file.
func (s *Shelf) Evidence(ctx context.Context, who caller.Caller, id string) (raw []byte, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof, Subject: id}, func(tx *store.Tx) error {
		fork, err := store.Forks.Get(tx, id)
		raw = fork.File
		return err
	})
	return raw, err
}

// Cosigned is our newest checkpoint that somebody cosigned, with every
// cosignature that was given to it: a signed note.
func (s *Shelf) Cosigned(ctx context.Context, who caller.Caller) (raw []byte, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof}, func(tx *store.Tx) error {
		kept, err := store.Cosignings.List(tx, 0)
		if err != nil {
			return err
		}
		var newest store.LogHead
		for _, k := range kept {
			if k.Head.Size > newest.Size {
				newest = k.Head
			}
		}
		if newest.Checkpoint == "" {
			return problem.New(problem.Missing, "wait for the first exchange with a partner", "nobody has cosigned this node's log yet")
		}
		text := newest.Checkpoint
		for _, k := range kept {
			if witness.Text(k.Head.Checkpoint) == witness.Text(newest.Checkpoint) {
				text += k.Lines
			}
		}
		raw = []byte(text)
		return nil
	})
	return raw, err
}

// HeadOf is the newest checkpoint of a partner's log that was followed, with
// every cosignature that is kept of it.
func (s *Shelf) HeadOf(ctx context.Context, who caller.Caller, partner string) (raw []byte, err error) {
	err = s.store.Glance(ctx, who, store.What{Act: caller.ReadProof, Subject: partner}, func(tx *store.Tx) error {
		seen, err := store.Seen.Get(tx, partner)
		if err != nil {
			return err
		}
		text := seen.Checkpoint + seen.Cosigned
		if w := seen.Witnessed; w != nil && w.Size == seen.Size {
			text += strings.TrimPrefix(w.Checkpoint, seen.Checkpoint)
		}
		raw = []byte(text)
		return nil
	})
	return raw, err
}
