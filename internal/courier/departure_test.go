// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file changes a channel's state while a post is on its way, at each point
// where it can be: nothing of the state before leaves afterwards, and nothing is
// lost or doubled.

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// hanging holds the first post up at a stage until its sender gives up, and
// counts what is read of any post once shut is set.
type hanging struct {
	at    string // begun: before a byte was read; half: in the middle; heard: kept, and not answered yet
	held  atomic.Bool
	there chan struct{}
	shut  atomic.Bool
	late  atomic.Int64
}

func (h *hanging) wait(ctx context.Context) error {
	close(h.there)
	<-ctx.Done()
	return ctx.Err()
}

// stage is called by the network as a post comes by.
func (h *hanging) stage(name string, r *http.Request) error {
	if h == nil || r.URL.Path != "/peer/v1/messages" {
		return nil
	}
	if name == "begun" {
		r.Body = &counting{hanging: h, ctx: r.Context(), body: r.Body, stop: h.at == "half" && !h.held.Swap(h.at == "half" || h.held.Load())}
	}
	if name != h.at || h.held.Swap(true) {
		return nil
	}
	return h.wait(r.Context())
}

type counting struct {
	*hanging
	ctx  context.Context
	body io.ReadCloser
	stop bool
	read int
}

func (c *counting) Read(p []byte) (int, error) {
	if c.stop && c.read > 0 {
		if c.read == 1000 {
			c.read++
			return 0, c.wait(c.ctx)
		}
		return 0, c.ctx.Err()
	}
	if c.stop {
		p = p[:min(len(p), 1000)]
	}
	n, err := c.body.Read(p)
	if c.read += n; c.shut.Load() {
		c.late.Add(int64(n))
	}
	return n, err
}

func (c *counting) Close() error { return c.body.Close() }

// A row for each state and each point: whether bravo had the pledge, whether it
// has it once the channel is active again.
func TestStateChangesWhileAPostIsOnItsWay(t *testing.T) {
	for _, state := range []partner.State{partner.Limited, partner.Suspended, partner.Frozen, partner.Expelled} {
		for _, at := range []string{"begun", "half", "heard"} {
			t.Run(string(state)+"/"+at, func(t *testing.T) {
				bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
					ctx := t.Context()
					time.Sleep(time.Minute)
					synctest.Wait()
					n.hang = &hanging{at: at, there: make(chan struct{})}
					_, err := alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "On its way."})
					check(t, err)
					<-n.hang.there
					began := time.Now()
					_, err = alpha.desk.SetState(ctx, admin, "bravo", state, "their node is in other hands")
					check(t, err)
					n.hang.shut.Store(state != partner.Limited) // the notice of the state leaves a limited one
					if took := time.Since(began); took > time.Second {
						t.Errorf("the change of state took %v", took)
					}
					time.Sleep(time.Hour)
					synctest.Wait()
					if late := n.hang.late.Load(); late > 0 {
						t.Errorf("%d bytes left after the channel was %s", late, state)
					}
					had := map[bool]int{true: 1}[at == "heard"]
					if got := bravo.pledges(); got != had {
						t.Errorf("bravo has %d pledges, want %d", got, had)
					}
					seen, err := alpha.shelf.Partner(ctx, admin, "bravo")
					check(t, err)
					if state == partner.Expelled {
						if len(seen.Dropped) != 1 || !seen.Dropped[0].OnItsWay || seen.Dropped[0].Why != "their node is in other hands" || seen.Queued != 0 {
							t.Errorf("dropped: %+v, queued %d", seen.Dropped, seen.Queued)
						}
					} else if seen.Queued != 1 {
						t.Errorf("%d queued", seen.Queued)
					}
					n.hang.shut.Store(false)
					_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
					check(t, err)
					want := 1
					if state == partner.Expelled {
						want = had
						_, err = alpha.desk.Confirm(ctx, admin, "bravo", seen.Digits)
						check(t, err)
					}
					_, err = alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "After."})
					check(t, err)
					eventually(t, func() bool { return bravo.pledges() == want+1 })
					alpha.quiet()
				})
			})
		}
	}
}

// nowhere keeps the keys of a node that is not started again.
type nowhere struct{}

func (nowhere) Prepare(*keys.Ring) error { return nil }
func (nowhere) Promote() error           { return nil }
func (nowhere) Discard() error           { return nil }
func (nowhere) Write(*keys.Ring) error   { return nil }

// An answer shows new keys while a change of the state is the next to be written:
// the keys are taken down behind it, and nobody waits for the other.
func TestKeysAreAnnouncedWhileTheStateChanges(t *testing.T) {
	for _, state := range []partner.State{partner.Suspended, partner.Expelled} {
		bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
			ctx := t.Context()
			time.Sleep(time.Minute)
			synctest.Wait()
			n.tamper = func(r *http.Request) {
				if r.URL.Hostname() == "alpha.example.org" {
					r.URL.Path = "/nowhere" // bravo cannot say itself that its keys are others
				}
			}
			bravo.outbox.WithKeyFile(nowhere{}, bravo.card.Address)
			_, err := bravo.outbox.ChangeKeys(ctx, admin, outbox.KeyOrder{})
			check(t, err)
			answered, let := make(chan struct{}), make(chan struct{})
			var held atomic.Bool
			n.answered = func(body []byte) []byte {
				if bytes.Contains(body, []byte(`"keys":`)) && !held.Swap(true) {
					close(answered)
					<-let
				}
				return body
			}
			_, err = alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "On its way."})
			check(t, err)
			<-answered
			writing, write := make(chan struct{}), make(chan struct{})
			ended := make(chan error, 2)
			go func() {
				ended <- alpha.store.Change(ctx, admin, store.What{Act: caller.ConfirmPartner, Subject: "bravo"}, func(*store.Tx) error {
					close(writing)
					<-write
					return nil
				})
			}()
			<-writing
			began := time.Now()
			go func() {
				_, err := alpha.desk.SetState(ctx, admin, "bravo", state, "their node is in other hands")
				ended <- err
			}()
			synctest.Wait()
			close(let)
			synctest.Wait()
			close(write)
			check(t, <-ended)
			check(t, <-ended)
			if took := time.Since(began); took > time.Second {
				t.Errorf("%s: the change of state took %v", state, took)
			}
			synctest.Wait()
			check(t, alpha.store.Glance(ctx, admin, store.What{Act: caller.SeePartners}, func(tx *store.Tx) error {
				channel, err := store.Channels.Get(tx, "bravo")
				if taken := len(channel.Keys.Announced) == 1; taken != (state != partner.Expelled) {
					t.Errorf("%s: the new keys were taken: %t", state, taken)
				}
				return err
			}))
			n.tamper = nil
			_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
			check(t, err)
			eventually(t, func() bool { return bravo.pledges() == 1 })
		})
	}
}

// The change of state comes first, second or in between, as chance has it: the
// order of a hundred of them is not told, only that nothing leaves after it.
func TestManyChangesOfState(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		n.hang = &hanging{at: "never", there: make(chan struct{})}
		for i := range 50 {
			_, err := alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: fmt.Sprintf("Number %d.", i)})
			check(t, err)
			_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Frozen, "frozen")
			check(t, err)
			n.hang.shut.Store(true)
			synctest.Wait()
			n.hang.shut.Store(false)
			_, err = alpha.desk.Unfreeze(ctx, admin, "bravo", "thawed")
			check(t, err)
		}
		if late := n.hang.late.Load(); late > 0 {
			t.Errorf("%d bytes left a frozen channel", late)
		}
		eventually(t, func() bool { return bravo.pledges() == 50 })
		alpha.quiet()
		bravo.quiet()
	})
}

// Frozen: what waits outlives its expiry, and expires when it is thawed.
func TestNothingExpiresWhileFrozen(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		n.down.Store(true)
		sent := alpha.warn(draft("bravo", "Danger.")).Sent["bravo"]
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Frozen, "an inquiry")
		check(t, err)
		n.down.Store(false)
		time.Sleep(100 * 24 * time.Hour)
		synctest.Wait()
		ours, err := alpha.shelf.Case(ctx, duty, sent)
		check(t, err)
		if got := ours.Thread[0].State; got != "held" {
			t.Errorf("after a hundred days it is %s", got)
		}
		_, err = alpha.desk.Unfreeze(ctx, admin, "bravo", "the inquiry is over")
		check(t, err)
		eventually(t, func() bool {
			ours, err := alpha.shelf.Case(ctx, duty, sent)
			check(t, err)
			return ours.Thread[0].State == "expired"
		})
	})
}

// A threat to life from a frozen partner is receipted, kept apart and shown.
func TestAThreatToLifeFromAFrozenPartner(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		ctx := t.Context()
		_, err := alpha.desk.FreezeAll(ctx, admin, "an inquiry", false)
		check(t, err)
		bravo.warn(draft("alpha", "A second attack."))
		eventually(t, func() bool {
			alarms, err := alpha.shelf.Alarms(ctx, duty, false)
			check(t, err)
			return len(alarms) == 1 && alarms[0].Kind == warning.AlarmThreatToLife
		})
		if got := alpha.caseOf(bravo).State; got != "quarantined" {
			t.Errorf("the case is %s", got)
		}
		_, err = alpha.desk.FreezeAll(ctx, admin, "over", true)
		check(t, err)
		eventually(t, func() bool { return alpha.caseOf(bravo).State == "open" })
	})
}

func (s *side) pledges() (n int) {
	pledges, err := s.shelf.Pledges(s.t.Context(), duty)
	check(s.t, err)
	for _, p := range pledges {
		if !p.Ours {
			n++
		}
	}
	return n
}

// quiet checks that nothing has raised an alarm.
func (s *side) quiet() {
	s.t.Helper()
	alarms, err := s.shelf.Alarms(s.t.Context(), duty, false)
	check(s.t, err)
	for _, alarm := range alarms {
		s.t.Errorf("%s: %s", s.name, alarm.Text)
	}
}
