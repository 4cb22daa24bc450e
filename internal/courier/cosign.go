// SPDX-License-Identifier: Apache-2.0

package courier

// This file has our log cosigned: by the partner after each exchange with it,
// by the witnesses of the policy after any, and by all at the start and once a
// day. C2SP tlog-witness

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/witness"
)

const (
	// partnerPause and witnessPause are the shortest times between two requests
	// to one who cosigns: what happens meanwhile is cosigned as one.
	partnerPause = time.Second
	witnessPause = 10 * time.Second
	// cosignEvery is how often, if nothing happens.
	cosignEvery = 24 * time.Hour
	// failingEvery is how often one is asked that does not answer for long, if
	// nothing happens; five minutes, if something does.
	failingEvery = time.Hour
	// cosignWithin bounds one request.
	cosignWithin = 15 * time.Second
	// prefix is a node's submission prefix as a witness, behind its address.
	prefix = "/witness"
)

// Witnesses sets the policy whose witnesses cosign our log. Call it before Run.
func (c *Courier) Witnesses(policy *witness.Policy) { c.policy = policy }

// cosigner is one who is asked for cosignatures.
type cosigner struct {
	name    string // of the partner, or of the witness in the policy
	neutral bool
	keys    []*witness.Verifier
	url     string // submission prefix
	card    string // id of the partner's node
}

func (o cosigner) id() string { return store.CosigningID(o.name, o.neutral) }

// kinds are the kinds of rows that tell of what it is asked after. That a
// partner cosigned is none of them: nobody is asked for that alone.
func (o cosigner) kinds() []string {
	if o.neutral {
		return []string{store.RowExchange}
	}
	return []string{store.RowExchangeWith(o.name), store.RowWitnessed}
}

func (o cosigner) pause() time.Duration {
	if o.neutral {
		return witnessPause
	}
	return partnerPause
}

// cosign keeps one worker for each who cosigns, until ctx ends.
func (c *Courier) cosign(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	var mu sync.Mutex
	busy := make(map[string]bool)
	for ctx.Err() == nil {
		woken := c.store.Wait(store.RowChannel)
		cosigners, err := c.cosigners(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.Error("reading who cosigns failed", "err", err)
		}
		for _, o := range cosigners {
			mu.Lock()
			started := busy[o.id()]
			busy[o.id()] = true
			mu.Unlock()
			if started {
				continue
			}
			workers.Go(func() {
				c.ask(ctx, o)
				mu.Lock()
				delete(busy, o.id())
				mu.Unlock()
			})
		}
		select {
		case <-ctx.Done():
		case <-woken:
		}
	}
}

// cosigners are the partners whose channels let something leave, and the
// witnesses of the policy that can be reached.
func (c *Courier) cosigners(ctx context.Context) (all []cosigner, err error) {
	all = c.witnesses()
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness}, func(tx *store.Tx) error {
		channels, err := store.Channels.List(tx, 0, string(partner.Active), string(partner.Limited))
		for _, channel := range channels {
			if o, ok := cosignerOf(channel); ok {
				all = append(all, o)
			}
		}
		return err
	})
	return all, err
}

// witnesses are those of the policy that can be reached.
func (c *Courier) witnesses() (all []cosigner) {
	if c.policy == nil {
		return nil
	}
	for _, w := range c.policy.Witnesses {
		if w.URL != "" {
			all = append(all, cosigner{name: w.Name, neutral: true, keys: []*witness.Verifier{w.Key}, url: w.URL})
		}
	}
	return all
}

// cosignerOf is a partner as one who cosigns; ok is false if it does not, or if
// its channel lets nothing leave.
func cosignerOf(channel partner.Channel) (o cosigner, ok bool) {
	if channel.State != partner.Active && channel.State != partner.Limited {
		return o, false
	}
	eras := channel.Eras() // with what was announced
	keys, err := eras[len(eras)-1].Card.Cosigners()
	if err != nil || len(keys) == 0 {
		return o, false
	}
	return cosigner{name: channel.Name, keys: keys, url: channel.Card.Address + prefix, card: channel.Card.ID()}, true
}

// find is one who cosigns as it is now; ok is false if it is not to be asked
// any more.
func (c *Courier) find(ctx context.Context, one cosigner) (o cosigner, ok bool, err error) {
	if one.neutral {
		all := c.witnesses()
		i := slices.IndexFunc(all, func(w cosigner) bool { return w.name == one.name })
		if i < 0 {
			return o, false, nil
		}
		return all[i], true, nil
	}
	err = c.store.Glance(ctx, caller.Self(), store.What{Act: caller.AskWitness, Subject: one.name}, func(tx *store.Tx) error {
		channel, known, err := store.Channels.Find(tx, one.name)
		if known {
			o, ok = cosignerOf(channel)
		}
		return err
	})
	return o, ok, err
}

// ask has one cosign what is new, for as long as it is one who cosigns.
func (c *Courier) ask(ctx context.Context, o cosigner) {
	id, tries := o.id(), 0
	for ctx.Err() == nil {
		found, ok, err := c.find(ctx, o)
		if err == nil && !ok {
			return
		}
		if err == nil {
			o = found
		}
		woken, state, asked := c.store.Wait(append(o.kinds(), store.RowChannel)...), c.news(o), time.Now()
		if err == nil {
			err = c.submit(ctx, o)
		}
		wait, pause := cosignEvery, o.pause()
		if err == nil {
			tries = 0
			c.answers.answered(id)
		} else if ctx.Err() == nil {
			// An exchange shows that a partner can be reached again; what it is asked
			// before that, it need not be asked often.
			pause = max(pause, backoff(tries, handling.Routine))
			wait = min(time.Second<<min(tries, 16), failingEvery)
			tries++
			c.log.Warn("our log was not cosigned", "by", o.name, "tries", tries, "again_in", max(wait, pause).Round(time.Second), "err", err)
			if o.neutral {
				if err := c.missed(ctx, id); err != nil && ctx.Err() == nil {
					c.log.Error("telling of a missed quorum failed", "err", err)
				}
			}
		}
		if !c.rest(ctx, pause, nil) {
			return
		}
		if err == nil && c.news(o) != state {
			continue
		}
		if !c.rest(ctx, wait-time.Since(asked), woken) {
			return
		}
	}
}

// news counts what one who cosigns is asked after.
func (c *Courier) news(o cosigner) (n uint64) {
	for _, kind := range o.kinds() {
		n += c.store.State(kind)
	}
	return n
}

// rest waits for a time, or until woken; false if ctx ended.
func (c *Courier) rest(ctx context.Context, pause time.Duration, woken <-chan struct{}) bool {
	timer := time.NewTimer(max(pause, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	case <-woken:
	}
	return true
}

// withCosignatures is our checkpoint with every cosignature that the witnesses
// of the policy gave it.
func withCosignatures(checkpoint string, kept []store.Cosigning) string {
	for _, k := range kept {
		if k.Neutral && witness.Text(k.Head.Checkpoint) == witness.Text(checkpoint) && !strings.Contains(checkpoint, k.Lines) {
			checkpoint += k.Lines
		}
	}
	return checkpoint
}
