// SPDX-License-Identifier: Apache-2.0

package store

// This file changes a partner's state while something is on its way, and lets
// things depart while the state is being changed.

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

func (k *kit) recall(then func(onTheirWay []string) error) error {
	return k.Change(k.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) error {
		hashes, err := tx.Recall("bravo")
		if err != nil {
			return err
		}
		return then(hashes)
	})
}

// departing is another goroutine that wants to depart.
func (k *kit) departing(partner string) chan *Departure {
	begun := make(chan *Departure, 1)
	go func() {
		d, err := k.Depart(k.Context(), partner)
		if err != nil {
			k.Error(err)
		}
		begun <- d
	}()
	return begun
}

func TestRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t)
		one, other := <-k.departing("bravo"), <-k.departing("carol")
		one.Carry("hash")
		go func() {
			<-one.Context().Done()
			time.Sleep(time.Second) // it takes a while to stop
			one.End()
		}()
		began := time.Now()
		var later chan *Departure
		k.must(k.recall(func(hashes []string) error {
			if !slices.Equal(hashes, []string{"hash"}) || !one.Recalled() || other.Recalled() || time.Since(began) != time.Second {
				t.Errorf("recalled %q after %v", hashes, time.Since(began))
			}
			later = k.departing("bravo")
			free := <-k.departing("carol") // nobody else waits
			free.End()
			synctest.Wait()
			if len(later) > 0 {
				t.Error("something departed while the state was being changed")
			}
			return nil
		}))
		d := <-later
		if d.Recalled() || d.Context().Err() != nil {
			t.Error("what departed afterwards was recalled, too")
		}
		d.End()
		d.End()
		other.End()
		if other.Recalled() {
			t.Error("what ended by itself was recalled")
		}
	})
}

// Whatever became of the change, things depart again afterwards.
func TestDeparturesGoOn(t *testing.T) {
	fault := errors.New("the disk is gone")
	for name, commit := range map[string]func(context.Context, *session) error{
		"the change was refused":             nil,
		"the commit failed":                  func(context.Context, *session) error { return fault },
		"the commit failed, but it happened": func(ctx context.Context, w *session) error { return errors.Join(w.exec(ctx, `COMMIT`), fault) },
	} {
		t.Run(name, func(t *testing.T) {
			k := newKit(t)
			real := k.commit
			var refusal error
			if k.commit = commit; commit == nil {
				k.commit, refusal = real, fault
			}
			if err := k.recall(func([]string) error { return refusal }); !errors.Is(err, fault) {
				t.Errorf("the change ended with %v", err)
			}
			k.commit = real
			d, err := k.Depart(t.Context(), "bravo")
			k.must(err)
			d.End()
		})
	}
}

// What hangs does not keep a partner from being expelled.
func TestRecallIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKit(t)
		hangs := <-k.departing("bravo")
		began := time.Now()
		k.must(k.recall(func([]string) error { return nil }))
		if took := time.Since(began); took != recallWithin {
			t.Errorf("waited %v", took)
		}
		hangs.End()
		if len(k.departures.away) != 0 || len(k.departures.barred) != 0 {
			t.Errorf("left over: %v, %v", k.departures.away, k.departures.barred)
		}
	})
}

// Whoever gives up waiting departs with nothing.
func TestDepartGivesUp(t *testing.T) {
	k := newKit(t)
	k.must(k.recall(func([]string) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := k.Depart(ctx, "bravo"); !errors.Is(err, context.Canceled) {
			t.Errorf("departed: %v", err)
		}
		return nil
	}))
	err := k.Glance(t.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) error {
		_, err := tx.Recall("bravo")
		return err
	})
	if err == nil {
		t.Error("a reading has recalled")
	}
}
