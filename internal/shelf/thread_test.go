// SPDX-License-Identifier: Apache-2.0

package shelf_test

// This file opens cases that a partner has filled.

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const filledID = "warning--99999999-0000-4000-8000-000000000099"

// filled keeps a case of bravo's with a message for each text, and returns their hashes.
func (r *room) filled(texts ...payloadOf) (hashes []string) {
	r.Helper()
	channel := strings.Repeat("c", 64)
	r.change(caller.Acknowledge, func(tx *store.Tx) error {
		if err := store.Channels.Put(tx, "bravo", partner.Channel{Name: "bravo", ID: channel, State: partner.Active}); err != nil {
			return err
		}
		return store.Cases.Put(tx, filledID, store.Case{ID: filledID, Partner: "bravo", TLP: "TLP:GREEN", State: store.CaseOpen, Opened: tx.Now, Updated: tx.Now})
	})
	seq := uint64(0)
	for some := range slices.Chunk(texts, 20) {
		r.change(caller.Acknowledge, func(tx *store.Tx) error {
			for _, text := range some {
				raw, err := warning.Encode(text.says)
				if err != nil {
					return err
				}
				seq++
				m := &envelope.Message{Salt: envelope.NewSalt(), Payload: raw, Signature: make([]byte, 64)}
				m.Header = envelope.Header{Version: envelope.Version, Channel: channel, From: strings.Repeat("b", 64), To: strings.Repeat("a", 64), Epoch: 1, Seq: seq, Prev: envelope.FirstPrev,
					Kind: text.kind, Commitment: envelope.Commit(m.Salt, raw), Sent: tx.Now, Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.Green}}
				if m.HeaderBytes, err = m.Header.Encode(); err != nil {
					return err
				}
				hashes = append(hashes, m.Hash())
				err = tx.AddMessage(store.Message{Hash: m.Hash(), Channel: channel, Partner: "bravo", Direction: store.In, Seq: seq, Epoch: 1, Kind: text.kind, Thread: filledID,
					At: tx.Now, State: store.Kept, Header: m.HeaderBytes, Signature: m.Signature, Salt: m.Salt, Payload: raw})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return hashes
}

type payloadOf struct {
	kind envelope.Kind
	says any
}

func thanks(text string) payloadOf {
	return payloadOf{envelope.Thanks, &warning.Thanks{Case: filledID, Text: text}}
}

func view(number int) payloadOf {
	return payloadOf{envelope.Dispute, &warning.Dispute{ID: fmt.Sprintf("dispute--00000000-0000-4000-8000-%012d", number), Case: filledID, About: "the place", View: "It was another.",
		By: warning.Officer{Name: "Officer 1", Role: "releaser"}, At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}}
}

var theWarning = payloadOf{envelope.Warning, &warning.Warning{ID: filledID, Text: "Two men left the harbour."}}

// Of a case that holds 200 MB, what is opened is held in memory, and no more. What is
// not shown is said, and is shown when it is asked for.
func TestACaseOf200Megabytes(t *testing.T) {
	r := newRoom(t)
	const count, each = 100, 2 << 20
	long, texts := thanks(strings.Repeat("a", each)), []payloadOf{theWarning}
	for range count {
		texts = append(texts, long)
	}
	hashes := r.filled(texts...)
	who := person(caller.Releaser)

	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	c, err := r.shelf.Case(t.Context(), who, filledID)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 16<<20 {
		t.Errorf("of a case of %d bytes %d are held", c.Bytes, held)
	}
	shown, left := 0, int64(0)
	for _, m := range c.Thread {
		if m.Payload != nil {
			shown++
		}
		left += m.LeftOut
	}
	if c.Messages != count+1 || c.Bytes < count*each || c.Earlier+len(c.Thread) != count+2 || c.Thread[0].Hash != hashes[0] || c.Thread[0].Payload == nil || shown != 4 || left < each {
		t.Errorf("%d messages, %d earlier, %d here, of which %d with their texts, and %d bytes left out", c.Messages, c.Earlier, len(c.Thread), shown, left)
	}
	// A message that is left out is shown alone.
	var out string
	for _, m := range c.Thread {
		if m.LeftOut > 0 {
			out = m.Hash
		}
	}
	alone, err := r.shelf.CasePart(t.Context(), who, filledID, api.CasePart{Message: out})
	if err != nil || !alone.Alone || len(alone.Thread) != 1 || len(alone.Thread[0].Payload) < each {
		t.Errorf("alone: %d messages, %v", len(alone.Thread), err)
	}
	// A file of it is refused before it is put together.
	r.shelf.SignWith(func([]byte) []byte { return make([]byte, 64) })
	runtime.ReadMemStats(&before)
	_, err = r.shelf.Dossier(t.Context(), who, filledID, true)
	runtime.ReadMemStats(&after)
	if read := after.TotalAlloc - before.TotalAlloc; !problem.Is(err, problem.Invalid) || !strings.Contains(err.Error(), "larger than") || read > 16<<20 {
		t.Errorf("its dossier: %v; %d bytes were used for it", err, read)
	}
}

// Page by page every message of a case is shown once, the newest version of the warning
// on each page.
func TestACaseByPages(t *testing.T) {
	r := newRoom(t)
	texts := []payloadOf{theWarning}
	for range 230 {
		texts = append(texts, thanks("Thank you."))
	}
	for i := range 120 {
		texts = append(texts, view(i))
	}
	hashes := r.filled(texts...)
	who, before, met := person(caller.Releaser), "", map[string]int{}
	for page := 1; ; page++ {
		c, err := r.shelf.CasePart(t.Context(), who, filledID, api.CasePart{Before: before})
		if err != nil {
			t.Fatal(err)
		}
		if c.Thread[0].Hash != hashes[0] || c.Messages != len(hashes) {
			t.Errorf("page %d begins with message %d of %d", page, c.Thread[0].Seq, c.Messages)
		}
		of := c.Thread
		if c.Earlier > 0 {
			of = of[1:] // the warning, which is earlier
		}
		if c.Earlier+len(of)+c.Later != len(hashes) {
			t.Errorf("page %d: %d earlier, %d here, %d later, and %d in all", page, c.Earlier, len(of), c.Later, len(hashes))
		}
		for _, m := range of {
			met[m.Hash]++
		}
		views := 0
		for _, d := range c.Disputes {
			views += len(d.Theirs)
		}
		if views+c.OlderViews != 120 || views != 100 {
			t.Errorf("page %d: %d views beside each other, %d older", page, views, c.OlderViews)
		}
		if before = c.Before; before == "" {
			break
		}
	}
	for i, hash := range hashes {
		if met[hash] != 1 {
			t.Errorf("message %d is shown %d times", i+1, met[hash])
		}
	}
	for _, of := range []api.CasePart{{Before: "nothing"}, {Message: strings.Repeat("0", 64)}} {
		if _, err := r.shelf.CasePart(t.Context(), who, filledID, of); !problem.Is(err, problem.Missing) {
			t.Errorf("%+v: %v", of, err)
		}
	}
}
