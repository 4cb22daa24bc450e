// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills one of two real processes in the middle of what is rare and
// must not be left half done: a change of a channel's state, a change of keys,
// a recall and its answer, a start. Whoever ordered it asks whether it happened
// and orders it again if it did not, as a person would.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

// order is something that is ordered once, and whether it happened.
type order struct {
	do   func(ctx context.Context) error
	done func(ctx context.Context) (bool, error)
}

// see has an order carried out, whatever happens to the node meanwhile, and
// returns how often it failed, and how often it had failed but happened.
func (o order) see(ctx context.Context) (failed, happened int, err error) {
	for ctx.Err() == nil {
		err := o.do(ctx)
		if err == nil {
			return failed, happened, nil
		}
		var refusal *api.Problem
		final := errors.As(err, &refusal) && refusal.Status < 500
		for ctx.Err() == nil {
			done, asked := o.done(ctx)
			if asked == nil && done {
				return failed, happened + 1, nil
			}
			if asked == nil {
				break
			}
			pause(20 * time.Millisecond)
		}
		if final {
			return failed, happened, err
		}
		failed++
	}
	return failed, happened, ctx.Err()
}

// state orders a state of alpha's channel with bravo.
func (k *talk) state(state string) order {
	return order{
		do: func(ctx context.Context) error {
			_, err := k.alpha.admin.SetState(ctx, "bravo", api.SetState{State: state, Why: "the test says so"})
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			seen, err := k.alpha.admin.Partner(ctx, "bravo")
			return err == nil && seen.State == state, err
		},
	}
}

// back orders that bravo comes back after an expulsion; restored, that its digits
// are compared anew.
func (k *talk) back() order {
	o := k.state("active")
	o.done = func(ctx context.Context) (bool, error) {
		seen, err := k.alpha.admin.Partner(ctx, "bravo")
		return err == nil && seen.State != "expelled", err
	}
	return o
}

func (k *talk) restored() order {
	return order{
		do: func(ctx context.Context) error {
			seen, err := k.alpha.admin.Partner(ctx, "bravo")
			if err != nil {
				return err
			}
			_, err = k.alpha.admin.Confirm(ctx, "bravo", seen.Digits)
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			seen, err := k.alpha.admin.Partner(ctx, "bravo")
			return err == nil && seen.State == "active", err
		},
	}
}

// rotated orders new keys of alpha.
func (k *talk) rotated(ctx context.Context) order {
	var before uint64
	Until(k.t, "alpha's keys", func() bool {
		keys, err := k.alpha.admin.Keys(ctx)
		before = keys.Number
		return err == nil
	})
	return order{
		do: func(ctx context.Context) error {
			_, err := k.alpha.admin.ChangeKeys(ctx, api.ChangeKeys{})
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			keys, err := k.alpha.admin.Keys(ctx)
			if err == nil && keys.Number > before+1 {
				k.t.Errorf("the keys changed %d times at once", keys.Number-before)
			}
			return err == nil && keys.Number > before, err
		},
	}
}

// recalled orders that alpha recalls its warning in a case, and answered that
// bravo answers.
func (k *talk) recalled(ctx context.Context, id string) order {
	var of string
	Until(k.t, "the warning to recall", func() bool {
		c, err := k.alpha.officer.Case(ctx, id)
		if err == nil {
			of = c.Thread[0].Hash
		}
		return err == nil
	})
	return order{
		do: func(ctx context.Context) error {
			_, err := k.alpha.first.Recall(ctx, api.AskBack{Of: of, Ask: warning.AskDestroy, Reason: "the test says so"})
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			all, err := k.alpha.officer.Recalls(ctx, true)
			found := 0
			for _, recall := range all {
				if recall.About == of {
					found++
				}
			}
			if found > 1 {
				k.t.Errorf("it was recalled %d times", found)
			}
			return found > 0, err
		},
	}
}

func (k *talk) answered(ctx context.Context) order {
	open := func(ctx context.Context) (id string, err error) {
		all, err := k.bravo.officer.Recalls(ctx, false)
		for _, recall := range all {
			if !recall.Ours {
				id = recall.ID
			}
		}
		return id, err
	}
	var id string
	Until(k.t, "the recall to arrive", func() bool {
		var err error
		id, err = open(ctx)
		return err == nil && id != ""
	})
	return order{
		do: func(ctx context.Context) error {
			_, err := k.bravo.officer.AnswerRecall(ctx, id, api.AnswerRecall{Answer: warning.RefusedRecall, Reason: "it is evidence"})
			return err
		},
		done: func(ctx context.Context) (bool, error) {
			still, err := open(ctx)
			return err == nil && still == "", err
		},
	}
}

func TestKillInAChange(t *testing.T) {
	lasts := 8 * time.Second
	if *longRuns {
		lasts = 5 * time.Minute
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	k := &talk{t: t, alpha: alpha, bravo: bravo, id: warnProcesses(t, alpha, bravo)}
	k.settled("before anything is killed")
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()

	failed, happened := make(map[string]int), make(map[string]int)
	// during carries an order out, and kills a node at a random moment of it.
	during := func(name string, o order) {
		victim := []*process{alpha, bravo}[random.IntN(2)]
		if name != "answer" && random.IntN(4) > 0 {
			victim = alpha // who is ordered
		}
		moment, again := time.Duration(random.IntN([]int{2_000, 15_000, 60_000}[random.IntN(3)]))*time.Microsecond, random.IntN(3) == 0
		inStart := time.Duration(random.IntN(60)) * time.Millisecond
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			pause(moment)
			victim.end(syscall.SIGKILL)
			if again { // and once more while it starts
				victim.begin()
				pause(inStart)
				victim.end(syscall.SIGKILL)
			}
			victim.start()
			victim.kills++
		}()
		f, h, err := o.see(ctx)
		<-killed
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		failed[name], happened[name] = failed[name]+f, happened[name]+h
	}
	var recalls []string
	rounds := 0
	for began := time.Now(); time.Since(began) < lasts || rounds == 0; rounds++ {
		for _, state := range []string{"limited", "suspended", "frozen"} {
			during(state, k.state(state))
			during("active", k.state("active"))
		}
		during("expelled", k.state("expelled"))
		during("back", k.back())
		during("restored", k.restored())
		k.says(ctx, alpha)
		k.says(ctx, bravo)
		k.settled("after the states")
		during("keys", k.rotated(ctx))
		k.says(ctx, alpha)
		k.settled("after new keys")
		id := warnProcesses(t, alpha, bravo)
		recalls = append(recalls, id)
		during("recall", k.recalled(ctx, id))
		during("answer", k.answered(ctx))
		k.says(ctx, bravo)
		k.settled("after the recall")
	}
	t.Logf("%d rounds, alpha was killed %d times, bravo %d times; failed: %v; failed but happened: %v", rounds, alpha.kills, bravo.kills, failed, happened)
	Until(t, "bravo to have alpha's newest keys", func() bool {
		ours, err := alpha.admin.Partner(ctx, "bravo")
		Check(t, err)
		theirs, err := bravo.admin.Partner(ctx, "alpha")
		Check(t, err)
		return ours.Digits == theirs.Digits
	})
	for _, id := range recalls {
		for _, p := range []*process{alpha, bravo} {
			c, err := p.officer.Case(ctx, id)
			Check(t, err)
			var kinds []string
			for _, message := range c.Thread {
				kinds = append(kinds, message.Kind)
				if !message.Receipted {
					t.Errorf("%s: %s has no receipt", p.name, message.Kind)
				}
			}
			if got := strings.Join(kinds, " "); got != "warning recall recall_answer" {
				t.Errorf("%s: the case holds %s", p.name, got)
			}
		}
	}
	k.whole(ctx)
}

// A second process on the store of a living one is refused; once the first was
// killed, the second has it at once.
func TestASecondProcess(t *testing.T) {
	binary := build(t)
	p := newProcess(t, binary, "alpha")
	p.staff()
	out, err := exec.CommandContext(t.Context(), binary, "serve", "--dir", p.dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "another process has this node's store open") {
		t.Errorf("a second process: %v\n%s", err, out)
	}
	if _, err := p.officer.Board(t.Context()); err != nil {
		t.Errorf("the first, after it: %v", err)
	}
	for range 5 {
		p.end(syscall.SIGKILL)
		began := time.Now()
		p.start()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the next waited %v", took)
		}
	}
	audit, err := p.over.VerifyLedger(t.Context(), nil)
	Check(t, err)
	if len(audit.Wrong) > 0 {
		t.Error(fmt.Sprint(audit.Wrong))
	}
}
