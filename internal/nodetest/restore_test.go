// SPDX-License-Identifier: Apache-2.0

package nodetest_test

// This file restores nodes from backups: one that nobody has seen more of, one
// that is behind what its partners saw, and with partners that lie or do not
// answer.

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/node"
	. "github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

const backupPassphrase = "six words that nobody will guess"

// backUp takes a backup of the running node.
func backUp(t *testing.T, h *House) []byte {
	t.Helper()
	proof, err := node.BackupProof(h.Dir)
	Check(t, err)
	var file bytes.Buffer
	_, err = h.Backup(t.Context(), Admin(), api.Backup{Passphrase: backupPassphrase, Proof: proof}, func() {}, &file)
	Check(t, err)
	return file.Bytes()
}

// restore loses the node's disk and makes it anew from the backup.
func restore(t *testing.T, h *House, backup []byte) {
	t.Helper()
	h.Stop()
	Check(t, os.RemoveAll(h.Dir))
	_, audit, err := node.Restore(t.Context(), Quiet(), bytes.NewReader(backup), node.Restoring{Dir: h.Dir, Open: node.Opener{Passphrase: []byte(backupPassphrase)}})
	Check(t, err)
	if !audit.OK {
		t.Fatalf("the backup: %q", audit.Wrong)
	}
	h.Start()
}

func recovery(t *testing.T, h *House) api.Recovery {
	t.Helper()
	r, err := h.Shelf.Recovery(context.Background(), Admin())
	Check(t, err)
	return r
}

func recovered(t *testing.T, h *House) api.Recovery {
	t.Helper()
	Until(t, "the recovery of "+h.Name+" to end", func() bool { r := recovery(t, h); return r.ID != "" && !r.Open })
	return recovery(t, h)
}

func cases(t *testing.T, h *House) map[string]api.CaseSummary {
	t.Helper()
	all, err := h.Shelf.Cases(t.Context(), Officer(), "", 0)
	Check(t, err)
	byID := make(map[string]api.CaseSummary)
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID
}

func alarmsOf(t *testing.T, h *House, kind warning.AlarmKind) (texts []string) {
	t.Helper()
	alarms, err := h.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	for _, a := range alarms {
		if a.Kind == kind {
			texts = append(texts, a.Text)
		}
	}
	return texts
}

// Nobody has seen more than the backup holds: the log goes on as it was.
func TestRestoredAndNotBehind(t *testing.T) {
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Warn(Draft("Before the backup.", "bravo"))
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	Until(t, "the cosigning", func() bool { return cosignedBy(t, alpha, bravo) && cosignedBy(t, bravo, alpha) })
	bravo.Stop()
	before := alpha.Card()
	backup := backUp(t, alpha)
	restore(t, alpha, backup)

	// While bravo is not heard nothing is said, and people read.
	r := recovery(t, alpha)
	if !r.Open || len(r.Waits) != 1 || r.Waits[0] != "bravo" {
		t.Fatalf("the recovery: %+v", r)
	}
	if len(cases(t, alpha)) != 1 {
		t.Error("people cannot read")
	}
	if err := alpha.Outbox.Thank(t.Context(), First(), warning.Thanks{}); err == nil {
		t.Error("something was said")
	}
	bravo.Start()
	bravo.Warn(Draft("While alpha recovers.", "alpha"))
	r = recovered(t, alpha)
	if r.NewLog || r.Partners[0].Ahead {
		t.Errorf("the recovery: %+v", r)
	}
	bravo.Delivered(alpha)
	alpha.Warn(Draft("After the restore.", "bravo"))
	alpha.Delivered(bravo)
	if !alpha.Card().SameKeys(before) {
		t.Error("the keys changed")
	}
	for _, h := range []*House{alpha, bravo} {
		h.Sound()
		if len(cases(t, h)) != 3 {
			t.Errorf("%s has %d cases", h.Name, len(cases(t, h)))
		}
		if forks := append(alarmsOf(t, h, warning.AlarmFork), alarmsOf(t, h, warning.AlarmOwnLog)...); len(forks) > 0 {
			t.Errorf("%s: %q", h.Name, forks)
		}
	}
}

func cosignedBy(t *testing.T, h, by *House) bool {
	t.Helper()
	heads, err := h.Shelf.Heads(t.Context(), Admin())
	Check(t, err)
	for _, c := range heads.Cosigned {
		if c.By == by.Name {
			return true
		}
	}
	return false
}

// Of two partners one has seen more. What was said and heard since the backup
// comes back with its receipts; the log goes on under another name, and both
// partners follow it.
func TestRestoredOlderThanAPartnerSaw(t *testing.T) {
	alpha, bravo, carol := New(t, "alpha"), New(t, "bravo"), New(t, "carol")
	Pair(t, alpha, bravo)
	Pair(t, alpha, carol)
	alpha.Warn(Draft("Before the backup.", "bravo", "carol"))
	alpha.Delivered(bravo)
	alpha.Delivered(carol)
	carol.Delivered(alpha)
	Until(t, "the cosigning", func() bool { return cosignedBy(t, alpha, carol) && cosignedBy(t, carol, alpha) })
	carol.Stop()
	backup := backUp(t, alpha)

	alpha.Warn(Draft("Lost by alpha, one.", "bravo"))
	bravo.Warn(Draft("Lost by alpha, two.", "alpha"))
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	var answered string
	for id, c := range cases(t, alpha) {
		if !c.Ours {
			answered = id
		}
	}
	Check(t, alpha.Outbox.Acknowledge(t.Context(), Officer(), warning.Acknowledgement{Case: answered, Answer: warning.Understood}))
	alpha.Delivered(bravo)
	before := cases(t, alpha)
	old := alpha.Card()
	restore(t, alpha, backup)
	carol.Start()

	r := recovered(t, alpha)
	Until(t, "the new name", func() bool { return alpha.Card().Origin() != old.Origin() })
	if !r.NewLog || !bytes.Equal(alpha.Card().Sign, old.Sign) {
		t.Fatalf("the recovery: %+v", r)
	}
	for _, p := range r.Partners {
		if ahead := p.Partner == "bravo"; p.Ahead != ahead || ahead && (p.Ours != 2 || p.Theirs != 1 || p.Lost != 0 || p.Log == 0) {
			t.Errorf("%+v", p)
		}
	}
	after := cases(t, alpha)
	for id, c := range before {
		if after[id].State != c.State || after[id].Title != c.Title || after[id].Ours != c.Ours {
			t.Errorf("the case was %+v and is %+v", c, after[id])
		}
	}
	alpha.Warn(Draft("After the restore.", "bravo", "carol"))
	bravo.Warn(Draft("To the restored one.", "alpha"))
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	alpha.Delivered(carol)
	for _, h := range []*House{alpha, bravo, carol} {
		h.Sound()
		if forks := append(alarmsOf(t, h, warning.AlarmFork), alarmsOf(t, h, warning.AlarmOwnLog)...); len(forks) > 0 {
			t.Errorf("%s: %q", h.Name, forks)
		}
	}
	told := strings.Join(alarmsOf(t, bravo, warning.AlarmRestored), "\n")
	if !strings.Contains(told, "goes on under another name") || !strings.Contains(told, "was restored from a backup, asked") {
		t.Errorf("bravo is told: %q", told)
	}
	if len(alarmsOf(t, carol, warning.AlarmRestored)) != 1 {
		t.Errorf("carol is told: %q", alarmsOf(t, carol, warning.AlarmRestored))
	}
	for _, h := range []*House{bravo, carol} {
		Until(t, h.Name+" to follow the new log", func() bool {
			seen, err := h.Shelf.Partner(t.Context(), Admin(), "alpha")
			Check(t, err)
			return seen.Card.Origin() == alpha.Card().Origin() && followed(t, h) > 0
		})
	}
	// And it starts again, and goes on.
	alpha.Stop()
	alpha.Start()
	alpha.Warn(Draft("After another start.", "bravo"))
	alpha.Delivered(bravo)
	alpha.Sound()
}

// followed is how far alpha's log is followed.
func followed(t *testing.T, h *House) (size int64) {
	t.Helper()
	Check(t, h.Store.Glance(t.Context(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		seen, _, err := tx.SeenOf("alpha")
		size = seen.Size
		return err
	}))
	return size
}
