// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets two processes talk in a case, keeps the book of what either was
// to say, and compares in the end what both have with it.

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
)

// talk is a case between alpha and bravo, and every text that either was to say.
type talk struct {
	t            *testing.T
	alpha, bravo *process
	id           string

	mu    sync.Mutex
	texts []string
}

// says has one side say a text of its own, and returns it once that side has it.
func (k *talk) says(ctx context.Context, p *process) string {
	k.mu.Lock()
	text := fmt.Sprintf("%s says text %d", p.name, len(k.texts))
	k.texts = append(k.texts, text)
	k.mu.Unlock()
	if err := p.say(ctx, k.id, text); err != nil {
		k.t.Errorf("%s: %v", text, err)
	}
	return text
}

// has reports whether a node holds the text, whoever said it.
func (k *talk) has(p *process, text string) bool {
	c, err := p.officer.Case(k.t.Context(), k.id)
	if err != nil {
		return false
	}
	for _, message := range c.Thread {
		if bytes.Contains(message.Payload, []byte(`"`+text+`"`)) {
			return true
		}
	}
	return false
}

// settled waits until nothing is queued on either side.
func (k *talk) settled(what string) {
	k.t.Helper()
	Until(k.t, what+": the queues to be empty", func() bool {
		ours, err := k.alpha.admin.Partner(k.t.Context(), k.bravo.name)
		theirs, other := k.bravo.admin.Partner(k.t.Context(), k.alpha.name)
		return err == nil && other == nil && ours.Queued == 0 && theirs.Queued == 0
	})
}

// whole checks that both sides hold every text once, each with its receipt, that
// no place is missing but of what was dropped by an expulsion, and says so on both
// sides, and that both logs verify.
func (k *talk) whole(ctx context.Context) {
	k.t.Helper()
	for _, p := range [][2]*process{{k.alpha, k.bravo}, {k.bravo, k.alpha}} {
		seen, err := p[0].admin.Partner(ctx, p[1].name)
		Check(k.t, err)
		other, err := p[1].admin.Partner(ctx, p[0].name)
		Check(k.t, err)
		for _, gap := range seen.Gaps {
			if gap.Why != "dropped" || !slices.ContainsFunc(other.Dropped, func(d api.Dropped) bool { return d.Hash == gap.Hash }) {
				k.t.Errorf("%s sees the gap %+v, and %s dropped %+v", p[0].name, gap, p[1].name, other.Dropped)
			}
		}
		c, err := p[0].officer.Case(ctx, k.id)
		Check(k.t, err)
		if want := 1 + len(k.texts); len(c.Thread) != want {
			k.t.Errorf("%s: the thread holds %d messages, want %d", p[0].name, len(c.Thread), want)
		}
		times := make(map[string]int)
		for _, message := range c.Thread {
			if !message.Receipted {
				k.t.Errorf("%s: message %s has no receipt", p[0].name, message.Hash)
			}
			for _, text := range k.texts {
				times[text] += bytes.Count(message.Payload, []byte(`"`+text+`"`))
			}
		}
		for _, text := range k.texts {
			if times[text] != 1 {
				k.t.Errorf("%s: %q is there %d times", p[0].name, text, times[text])
			}
		}
		audit, err := p[0].over.VerifyLedger(ctx, nil)
		Check(k.t, err)
		for _, wrong := range audit.Wrong {
			k.t.Errorf("%s: %s", p[0].name, wrong)
		}
		k.t.Logf("%s: %d leaves, %d messages, %d receipts verified", p[0].name, audit.Leaves, audit.Messages, audit.Receipts)
	}
}
