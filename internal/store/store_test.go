// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that what a change did is kept whole or not at all, whatever
// fails, and that the log says so.

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/stix"
)

// kit is a store that is opened, closed and tampered with.
type kit struct {
	testing.TB
	dir  string
	ring *keys.Ring
	*Store
}

func newKit(t testing.TB) *kit {
	t.Helper()
	ring, err := keys.Generate("alpha", "NL")
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{TB: t, dir: t.TempDir(), ring: ring}
	if err := k.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.close)
	return k
}

func (k *kit) open() (err error) {
	k.Store, err = Open(slog.New(slog.DiscardHandler), k.dir, k.ring.SignCheckpoint)
	return err
}

func (k *kit) close() {
	k.Helper()
	if k.Store == nil {
		return
	}
	if err := k.Store.Close(); err != nil {
		k.Error(err)
	}
	k.Store = nil
}

func (k *kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

var (
	officer  = caller.Caller{Kind: caller.Person, Name: "ines", Roles: caller.Roles()}
	overseer = caller.Caller{Kind: caller.Person, Name: "olga", Roles: []caller.Role{caller.Overseer}}
	note     = What{Act: caller.KeepSource}
)

// put keeps one setting, in a change of its own.
func (k *kit) put(ctx context.Context, id, value string) error {
	return k.Change(ctx, officer, note, func(tx *Tx) error { return Settings.Put(tx, id, Setting{Value: value}) })
}

func (k *kit) settings() (values []string) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, note, func(tx *Tx) error {
		all, err := Settings.List(tx, 0)
		for _, s := range all {
			values = append(values, s.Value)
		}
		slices.Sort(values)
		return err
	}))
	return values
}

// audit verifies the whole store.
func (k *kit) audit() *Audit {
	k.Helper()
	var audit *Audit
	k.must(k.Glance(k.Context(), officer, What{Act: caller.VerifyLedger}, func(tx *Tx) (err error) {
		audit, err = tx.Verify(k.signed, nil)
		return err
	}))
	return audit
}

// signed checks who signed a message. Both sides of the kit's messages have its own key.
func (k *kit) signed(_ Message, opened *envelope.Message) error {
	card := k.ring.Card("")
	if !ed25519.Verify(card.Public(), envelope.SigningInput(opened.HeaderBytes), opened.Signature) {
		return envelope.ErrSignature
	}
	return nil
}

// sound fails unless everything agrees and the log has that many leaves.
func (k *kit) sound(leaves int64) {
	k.Helper()
	audit := k.audit()
	if len(audit.Wrong) > 0 || audit.Leaves != leaves || audit.Size != leaves {
		k.Errorf("%d leaves, a tree of %d, want %d; wrong: %q", audit.Leaves, audit.Size, leaves, audit.Wrong)
	}
	if want := fmt.Sprintf("\n%d\n", leaves); !strings.Contains(k.Checkpoint(), want) {
		k.Errorf("the checkpoint is not of %d leaves:\n%s", leaves, k.Checkpoint())
	}
}

// lines are the newest audit lines, oldest first.
func (k *kit) lines() (lines []string) {
	k.Helper()
	k.must(k.Glance(k.Context(), officer, What{Act: caller.ReadLog}, func(tx *Tx) error {
		all, err := tx.Lines(0, 100)
		for _, l := range slices.Backward(all) {
			lines = append(lines, l.Kind+" "+l.Line.Who+" "+l.Line.Act)
		}
		return err
	}))
	return lines
}

// Every fault is tried twice: the commit failed; it failed but happened.
func TestCommitFails(t *testing.T) {
	fault := errors.New("the disk is gone")
	tests := []struct {
		name     string
		commit   func(context.Context, *session) error
		happened bool
	}{
		{"it failed", func(ctx context.Context, w *session) error { return errors.Join(fault, w.exec(ctx, `ROLLBACK`)) }, false},
		{"it failed and was left open", func(context.Context, *session) error { return fault }, false},
		{"it failed but happened", func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) }, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			k := newKit(t)
			k.must(k.put(t.Context(), "1", "before"))
			before := k.Checkpoint()
			real := k.commit
			k.commit = test.commit
			err := k.put(t.Context(), "2", "during")
			k.commit = real
			if !errors.Is(err, fault) || problem.Of(err).Code != problem.Internal {
				t.Errorf("the caller was told %v", err)
			}
			want, leaves := []string{"before"}, int64(1)
			if test.happened {
				want, leaves = append(want, "during"), 2
			}
			if (k.Checkpoint() != before) != test.happened {
				t.Errorf("the checkpoint is\n%s", k.Checkpoint())
			}
			if diff := cmp.Diff(want, k.settings()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			k.sound(leaves)
			// It goes on, at once and after a restart.
			k.must(k.put(t.Context(), "3", "xafter"))
			k.sound(leaves + 1)
			k.close()
			k.must(k.open())
			k.must(k.put(t.Context(), "4", "xlast"))
			k.sound(leaves + 2)
			if diff := cmp.Diff(append(want, "xafter", "xlast"), k.settings()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever shares a commit gets its own result; a fault of the commit is all's.
func TestCommitOfManyFails(t *testing.T) {
	for _, happened := range []bool{false, true} {
		k := newKit(t)
		fault := errors.New("the disk is gone")
		real := k.commit
		var mu sync.Mutex
		tries := 0
		k.commit = func(ctx context.Context, w *session) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; tries%2 == 0 {
				return real(ctx, w)
			}
			if happened {
				return errors.Join(real(ctx, w), fault)
			}
			return fault
		}
		var done sync.WaitGroup
		told := make([]error, 60)
		for i := range told {
			done.Go(func() { told[i] = k.put(t.Context(), fmt.Sprint(i), fmt.Sprintf("%03d", i)) })
		}
		done.Wait()
		var want []string
		for i, err := range told {
			if err == nil || happened {
				want = append(want, fmt.Sprintf("%03d", i))
			}
			if err != nil && !errors.Is(err, fault) {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(want, k.settings()); diff != "" {
			t.Errorf("happened %v (-want +got):\n%s", happened, diff)
		}
		k.sound(int64(len(want)))
	}
}

// A checkpoint that cannot be signed is a commit that failed.
func TestSigningFails(t *testing.T) {
	k := newKit(t)
	real := k.sign
	k.must(k.put(t.Context(), "1", "before"))
	refused := errors.New("no key")
	finish := func(err error) error {
		return k.Change(t.Context(), officer, note, func(tx *Tx) error {
			tx.Finish(func(Head) error { return err })
			return Settings.Put(tx, "2", Setting{Value: "during"})
		})
	}
	if err := finish(refused); !errors.Is(err, refused) {
		t.Errorf("a finisher failed: %v", err)
	}
	k.sound(1)
	k.must(finish(nil))
	k.sound(2)
	k.sign = real
}

// A hundred changes at once, some of which fail and some panic: each gets its
// own result, and those that failed leave nothing.
func TestGroupCommit(t *testing.T) {
	k := newKit(t)
	refusal := problem.New(problem.Conflict, "", "not this one")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var done sync.WaitGroup
	told := make([]error, 100)
	for i := range told {
		done.Go(func() {
			ctx := t.Context()
			if i%5 == 4 {
				ctx = gone
			}
			told[i] = k.Change(ctx, officer, note, func(tx *Tx) error {
				if err := Settings.Put(tx, fmt.Sprint(i), Setting{Value: fmt.Sprintf("%03d", i)}); err != nil {
					return err
				}
				line := []byte(`{}`)
				if _, err := tx.leaf(LeafRead, lineHash(line, line), line, line); err != nil {
					return err
				}
				tx.Finish(func(Head) error {
					if i%5 == 1 || i%5 == 2 {
						t.Errorf("change %d failed and was finished", i)
					}
					return nil
				})
				switch i % 5 {
				case 1:
					return refusal
				case 2:
					panic("a fault of ours")
				}
				return nil
			})
		})
	}
	done.Wait()
	var want []string
	for i, err := range told {
		ok := false
		switch i % 5 {
		case 1:
			ok = errors.Is(err, error(refusal))
		case 2:
			ok = err != nil && problem.Of(err).Code == problem.Internal && strings.Contains(err.Error(), "a fault of ours")
		case 4:
			ok = errors.Is(err, context.Canceled)
		default:
			ok = err == nil
			want = append(want, fmt.Sprintf("%03d", i))
		}
		if !ok {
			t.Errorf("change %d was told %v", i, err)
		}
	}
	if diff := cmp.Diff(want, k.settings()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	k.sound(int64(2 * len(want)))
}

// Two processes on one store would give its log two heads.
func TestSecondOpeningIsRefused(t *testing.T) {
	k := newKit(t)
	if s, err := Open(slog.New(slog.DiscardHandler), k.dir, k.ring.SignCheckpoint); !problem.Is(err, problem.Busy) || s != nil {
		t.Errorf("it was opened twice: %v", err)
	}
	k.must(k.put(t.Context(), "1", "still here"))
	k.close()
	k.must(k.open())
	k.sound(1)
}

// After Close nothing is taken, and nobody waits for ever.
func TestClosed(t *testing.T) {
	k := newKit(t)
	s := k.Store
	k.close()
	err := s.Change(t.Context(), officer, note, func(*Tx) error { return nil })
	if !problem.Is(err, problem.Busy) {
		t.Errorf("a change after the end: %v", err)
	}
}

// Who may not is refused before anything happens, and the refusal stands in
// the log; a stranger's does not, or strangers could fill it.
func TestDeniedIsLogged(t *testing.T) {
	k := newKit(t)
	never := func(*Tx) error { t.Error("the function of a refused change ran"); return nil }
	what := What{Act: caller.Release, Subject: "draft--1"}
	for _, who := range []caller.Caller{overseer, {Kind: caller.Machine, Name: "tool"}, caller.Anyone(), caller.FromPartner("bravo")} {
		for _, trip := range []func(context.Context, caller.Caller, What, func(*Tx) error) error{k.Change, k.Show, k.Glance} {
			if err := trip(t.Context(), who, what, never); !problem.Is(err, problem.Denied) {
				t.Errorf("%s: %v", who, err)
			}
		}
	}
	if err := k.Change(t.Context(), officer, What{Act: "fly"}, never); !problem.Is(err, problem.Denied) {
		t.Errorf("an act that is not in the table: %v", err)
	}
	person, machine := "denied person:olga release a warning", "denied machine:tool release a warning"
	want := []string{person, person, person, machine, machine, machine, "denied person:ines fly"}
	if diff := cmp.Diff(want, k.lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	k.sound(7)
}

// Show leaves a line, Glance leaves none, and neither can change anything.
func TestReadingIsLogged(t *testing.T) {
	k := newKit(t)
	k.must(k.put(t.Context(), "1", "before"))
	look := func(tx *Tx) error {
		_, err := Settings.Get(tx, "1")
		return err
	}
	k.must(k.Glance(t.Context(), overseer, What{Act: caller.ReadSource}, look))
	k.must(k.Show(t.Context(), overseer, What{Act: caller.ReadSource}, look))
	missing := func(tx *Tx) error { _, err := Settings.Get(tx, "2"); return err }
	if err := k.Show(t.Context(), overseer, What{Act: caller.ReadSource}, missing); !problem.Is(err, problem.Missing) {
		t.Error(err)
	}
	for name, change := range map[string]func(*Tx) error{
		"put":    func(tx *Tx) error { return Settings.Put(tx, "1", Setting{Value: "changed"}) },
		"delete": func(tx *Tx) error { return Settings.Delete(tx, "1") },
		"leaf":   func(tx *Tx) error { _, err := tx.Leaf(LeafSent, strings.Repeat("0", 64)); return err },
	} {
		if err := k.Show(t.Context(), officer, What{Act: caller.ReadSource}, change); err == nil {
			t.Errorf("%s in a reading went through", name)
		}
	}
	want := []string{"act person:ines keep a source report", "read person:olga read a source report"}
	if diff := cmp.Diff(want, k.lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"before"}, k.settings()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	k.sound(2)
}

// strict judges every object as one that says nothing.
func strict(stix.Object, *handling.Handling, func(string) []stix.Object) (handling.TLP, string) {
	return handling.AmberStrict, ""
}

// furnish keeps something in every table.
func (k *kit) furnish() {
	k.Helper()
	object, err := stix.Parse([]byte(`{"type":"note","id":"note--00000000-0000-4000-8000-000000000001","created":"2026-03-01T00:00:00.000Z","content":"n"}`))
	k.must(err)
	k.must(k.put(k.Context(), "1", "one"))
	k.must(k.put(k.Context(), "2", "two"))
	k.must(k.Change(k.Context(), officer, note, func(tx *Tx) error {
		row, err := NewObject(Received, "bravo", &handling.Handling{TLP: handling.Amber}, object)
		if err == nil {
			_, err = tx.KeepObject(row, strict)
		}
		return err
	}))
	k.must(k.Show(k.Context(), officer, What{Act: caller.ReadSource, Subject: "1"}, func(*Tx) error { return nil }))
	k.must(k.Change(k.Context(), caller.FromPartner("bravo"), What{Act: caller.Receive}, func(tx *Tx) error {
		return errors.Join(k.message(tx, In, Kept), k.message(tx, Out, Delivered), k.message(tx, Out, Queued))
	}))
}

// message keeps a message and the leaves that belong to it, in its place.
func (k *kit) message(tx *Tx, direction Direction, state MessageState) error {
	payload, salt, channel := []byte(`{"text":"thank you"}`), bytes.Repeat([]byte{7}, 32), strings.Repeat("c", 64)
	seq, prev, err := tx.Tip(channel, direction)
	if err != nil {
		return err
	}
	header := envelope.Header{
		Version: envelope.Version, Channel: channel, From: strings.Repeat("a", 64), To: strings.Repeat("b", 64), Epoch: 1, Seq: seq + 1,
		Prev: prev, Kind: envelope.Thanks, Commitment: envelope.Commit(salt, payload), Sent: tx.Now,
		Precedence: handling.Routine, Handling: handling.Handling{TLP: handling.Amber},
	}
	if direction == Out {
		header.From, header.To = header.To, header.From
	}
	raw, err := header.Encode()
	if err != nil {
		return err
	}
	m := Message{
		Hash: envelope.Hash(raw), Channel: channel, Partner: "bravo", Direction: direction, Seq: seq + 1, Epoch: 1, Kind: header.Kind, At: tx.Now, State: state,
		Header: raw, Signature: k.ring.SignMessage(raw), Salt: salt, Payload: payload,
	}
	leaves := map[Direction]string{In: LeafReceived, Out: LeafSent}
	if _, err := tx.Leaf(leaves[direction], m.Hash); err != nil {
		return err
	}
	if state != Queued {
		m.Receipt = []byte("the receipt of " + m.Hash)
	}
	if state == Delivered {
		sum := sha256.Sum256(m.Receipt)
		if _, err := tx.Leaf(LeafReceipt, hex.EncodeToString(sum[:])); err != nil {
			return err
		}
	}
	if state == Queued {
		if err := tx.Enqueue(m, time.Time{}); err != nil {
			return err
		}
	}
	return tx.AddMessage(m)
}

// Whatever somebody does to the files behind the store's back is found: by
// Verify, or already when it is opened.
func TestTampering(t *testing.T) {
	tests := map[string]string{
		"a record changed":                `UPDATE records SET body = CAST('{"value":"One"}' AS BLOB) WHERE id = '1'`,
		"a record's state changed":        `UPDATE records SET state = 'cleared' WHERE id = '1'`,
		"a record's salt changed":         `UPDATE records SET salt = x'00' WHERE id = '1'`,
		"a record renamed":                `UPDATE records SET id = '9' WHERE id = '1'`,
		"a record deleted":                `DELETE FROM records WHERE id = '1'`,
		"a record inserted":               `INSERT INTO records SELECT kind, '9', state, at, salt, body FROM records WHERE id = '1'`,
		"an object changed":               `UPDATE objects SET body = CAST(replace(body, '"n"', '"m"') AS BLOB)`,
		"an object's label changed":       `UPDATE objects SET label = 'TLP:CLEAR'`,
		"an object's handling changed":    `UPDATE objects SET handling = replace(handling, 'AMBER', 'CLEAR')`,
		"an object's origin changed":      `UPDATE objects SET origin = ''`,
		"an object's date changed":        `UPDATE objects SET place = place + 1`,
		"an object's type changed":        `UPDATE objects SET type = 'report'`,
		"an object moved":                 `UPDATE ranges SET collection = 'public'`,
		"an object deleted":               `DELETE FROM objects`,
		"an object's audience changed":    `UPDATE ranges SET audience = 'TLP:CLEAR'`,
		"an object's edge changed":        `UPDATE objects SET edge = 0`,
		"an object's hash changed":        `UPDATE objects SET hash = hash + 1`,
		"an object's version changed":     `UPDATE objects SET version = '2027'`,
		"an object's writing changed":     `UPDATE objects SET written = '2027'`,
		"an object's STIX changed":        `UPDATE objects SET spec = '9'`,
		"a collection turned back":        `UPDATE feeds SET last = last - 1`,
		"the key of hashes changed":       `UPDATE object_key SET key = zeroblob(16)`,
		"an object inserted":              `INSERT INTO objects SELECT place + 1, hash, edge, waits, id || '9', version, written, spec, type, origin, label, handling, body FROM objects`,
		"a message's payload changed":     `UPDATE messages SET payload = CAST('{"text":"no thank you"}' AS BLOB)`,
		"a message's header changed":      `UPDATE messages SET header = CAST(replace(header, 'ROUTINE', 'FLASH') AS BLOB)`,
		"a message's state changed":       `UPDATE messages SET state = 'quarantined'`,
		"a message's direction changed":   `UPDATE messages SET direction = 'sideways' WHERE direction = 'in'`,
		"a message's place changed":       `UPDATE messages SET seq = 9 WHERE direction = 'in'`,
		"a message's kind changed":        `UPDATE messages SET kind = 'outcome'`,
		"a message's case changed":        `UPDATE messages SET thread = 'other'`,
		"a message's partner changed":     `UPDATE messages SET partner = 'eve'`,
		"a message's channel changed":     `UPDATE messages SET channel = replace(channel, 'c', 'd')`,
		"a message's epoch changed":       `UPDATE messages SET epoch = 2`,
		"a message's time changed":        `UPDATE messages SET at = at + 1`,
		"a message deleted":               `DELETE FROM messages`,
		"a payload erased":                `UPDATE messages SET payload = NULL, salt = NULL WHERE direction = 'in'`,
		"a salt erased":                   `UPDATE messages SET salt = NULL WHERE direction = 'out'`,
		"a signature zeroed":              `UPDATE messages SET signature = zeroblob(64) WHERE direction = 'out'`,
		"a receipt we were given erased":  `UPDATE messages SET receipt = NULL WHERE state = 'delivered'`,
		"a receipt we gave erased":        `UPDATE messages SET receipt = NULL WHERE state = 'kept'`,
		"a receipt replaced":              `UPDATE messages SET receipt = CAST('another' AS BLOB) WHERE state = 'delivered'`,
		"a receipt added":                 `UPDATE messages SET receipt = CAST('one' AS BLOB) WHERE state = 'queued'`,
		"a record's time changed":         `UPDATE records SET at = 1 WHERE id = '1'`,
		"the lines of readings emptied":   `UPDATE log SET line = NULL, salt = NULL WHERE kind IN ('read', 'denied')`,
		"every line emptied":              `UPDATE log SET line = NULL, salt = NULL WHERE kind IN ('act', 'read', 'denied'); DELETE FROM records; DELETE FROM objects`,
		"a salt of a line emptied":        `UPDATE log SET salt = NULL WHERE kind = 'read'`,
		"a line put beside a message":     `UPDATE log SET salt = x'00', line = x'7b7d' WHERE kind = 'received'`,
		"a leaf of an unknown kind":       `UPDATE log SET kind = 'noise' WHERE kind = 'read'`,
		"a leaf changed":                  `UPDATE log SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE idx = 1`,
		"a leaf's kind changed":           `UPDATE log SET kind = 'read' WHERE idx = 1`,
		"an audit line changed":           `UPDATE log SET line = CAST(replace(line, 'ines', 'olga') AS BLOB) WHERE idx = 1`,
		"an audit line emptied":           `UPDATE log SET line = NULL, salt = NULL WHERE idx = 1`,
		"the last leaf deleted":           `DELETE FROM log WHERE idx = (SELECT max(idx) FROM log)`,
		"a leaf in the middle deleted":    `DELETE FROM log WHERE idx = 2`,
		"a leaf inserted":                 `INSERT INTO log SELECT idx + 1, kind, hash, salt, line FROM log ORDER BY idx DESC LIMIT 1`,
		"two leaves swapped":              `UPDATE log SET idx = CASE idx WHEN 0 THEN -1 ELSE idx END; UPDATE log SET idx = 0 WHERE idx = 1; UPDATE log SET idx = 1 WHERE idx = -1`,
		"a hash of the tree changed":      `UPDATE hashes SET hash = zeroblob(32) WHERE idx = 1`,
		"a hash on the edge changed":      `UPDATE hashes SET hash = zeroblob(32) WHERE idx = (SELECT max(idx) FROM hashes)`,
		"a hash of the tree deleted":      `DELETE FROM hashes WHERE idx = 2`,
		"a hash cut short":                `UPDATE hashes SET hash = x'00' WHERE idx = 1`,
		"what waits taken away":           `DELETE FROM queue`,
		"what waits said to be another's": `UPDATE queue SET partner = 'eve'`,
		"what waits made to expire":       `UPDATE queue SET expires = 1`,
		"what waits let through":          `UPDATE queue SET life = 1`,
		"what was delivered made to wait": `INSERT INTO queue SELECT hash, partner, seq, 0, 0, 0, 0 FROM messages WHERE state = 'delivered'`,
		"a table put in":                  `CREATE TABLE more(x); INSERT INTO more VALUES(1)`,
		"a trigger put in":                `CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM messages WHERE hash = new.hash; END; UPDATE head SET id = id`,
		"an index taken away":             `DROP INDEX records_state; UPDATE head SET id = id`,
		"an index over less":              `DROP INDEX messages_thread; CREATE INDEX messages_thread ON messages(thread, at) WHERE thread = ''; UPDATE head SET id = id`,
		"a version of the store changed":  `UPDATE schema SET version = 1 WHERE version = 2`,
		"a second checkpoint":             `INSERT INTO head(id, checkpoint) VALUES(2, 'another')`,
		"the checkpoint changed":          `UPDATE head SET checkpoint = replace(checkpoint, char(10), ' ')`,
		"the checkpoint deleted":          `DELETE FROM head`,
		"the log emptied":                 `DELETE FROM log; DELETE FROM hashes`,
		"everything emptied but records":  `DELETE FROM log; DELETE FROM hashes; DELETE FROM head; DELETE FROM messages; DELETE FROM objects`,
	}
	for name, statement := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.furnish()
			if audit := k.audit(); len(audit.Wrong) > 0 {
				t.Fatalf("untouched, yet %q", audit.Wrong)
			}
			k.close()
			db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
			k.must(err)
			result, err := db.Exec(statement)
			k.must(err)
			if n, err := result.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("nothing was tampered with: %d, %v", n, err)
			}
			k.must(db.Close())
			if err := k.open(); err != nil {
				k.Store = nil
				t.Log("at the opening:", err)
				return
			}
			var audit *Audit
			err = k.Glance(t.Context(), officer, What{Act: caller.VerifyLedger}, func(tx *Tx) (err error) {
				audit, err = tx.Verify(k.signed, nil)
				return err
			})
			if err == nil && len(audit.Wrong) == 0 {
				t.Error("nothing was found")
			}
			if audit != nil {
				t.Logf("by the verification: %q, %v", audit.Wrong, err)
			}
		})
	}
}

// What Open can tell without reading everything, it refuses to go on with: a
// node that went on would sign over the traces.
func TestOpenRefuses(t *testing.T) {
	for name, statement := range map[string]string{
		"the log emptied":        `DELETE FROM log; DELETE FROM hashes`,
		"the last leaf deleted":  `DELETE FROM log WHERE idx = (SELECT max(idx) FROM log)`,
		"the checkpoint deleted": `DELETE FROM head`,
		"the checkpoint changed": `UPDATE head SET checkpoint = replace(checkpoint, char(10), ' ')`,
	} {
		k := newKit(t)
		k.furnish()
		k.close()
		db, err := sql.Open("sqlite3", "file:"+k.dir+"/"+File)
		k.must(err)
		_, err = db.Exec(statement)
		k.must(errors.Join(err, db.Close()))
		if err := k.open(); !errors.Is(err, ErrHead) {
			t.Errorf("%s: it was opened: %v", name, err)
			continue
		}
		k.Store = nil
	}
}

// Another key's log is not this node's.
func TestOpenWithAnotherKey(t *testing.T) {
	k := newKit(t)
	k.furnish()
	k.close()
	var err error
	k.ring, err = keys.Generate("alpha", "NL")
	k.must(err)
	if err := k.open(); !errors.Is(err, ErrHead) {
		t.Errorf("it was opened: %v", err)
	}
	k.Store = nil
}
