// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills nodes. Two real processes exchange 1,000 messages while one
// or the other is ended with SIGKILL at random moments and started again; in
// the end every message has arrived once, every receipt and both logs verify,
// and there is no gap.

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestKill(t *testing.T) {
	messages, least := 1000, 5
	if testing.Short() {
		messages, least = 100, 1
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	id := warnProcesses(t, alpha, bravo)

	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	talking, quiet := context.WithCancel(ctx)
	var killer sync.WaitGroup
	killer.Go(func() {
		for talking.Err() == nil {
			pause(time.Duration(20+random.IntN(400)) * time.Millisecond)
			victim := alpha
			if random.IntN(2) == 0 {
				victim = bravo
			}
			victim.end(syscall.SIGKILL)
			victim.kills++
			pause(time.Duration(random.IntN(100)) * time.Millisecond)
			victim.start()
		}
	})
	var hands sync.WaitGroup
	for i, p := range []*process{alpha, bravo} {
		line := make(chan int)
		hands.Go(func() {
			for n := range messages / 2 {
				line <- n
			}
			close(line)
		})
		for range 4 {
			hands.Go(func() {
				for n := range line {
					if err := p.say(ctx, id, fmt.Sprintf("message %d of %d", n, i)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	hands.Wait()
	quiet()
	killer.Wait()
	t.Logf("alpha was killed %d times, bravo %d times", alpha.kills, bravo.kills)
	if alpha.kills+bravo.kills < least {
		t.Error("too few kills to prove anything")
	}
	afterwards(t, ctx, alpha, bravo, id, messages)
}

// afterwards checks that everything arrived once in effect and is proved.
func afterwards(t *testing.T, ctx context.Context, alpha, bravo *process, id string, messages int) {
	t.Helper()
	for _, p := range [][2]*process{{alpha, bravo}, {bravo, alpha}} {
		for {
			seen, err := p[0].admin.Partner(ctx, p[1].name)
			Check(t, err)
			if len(seen.Gaps) != 0 {
				t.Errorf("%s sees gaps: %+v", p[0].name, seen.Gaps)
			}
			if seen.Queued == 0 {
				break
			}
			pause(50 * time.Millisecond)
		}
	}
	for _, p := range [][2]*process{{alpha, bravo}, {bravo, alpha}} {
		audit, err := p[0].over.VerifyLedger(ctx, nil)
		Check(t, err)
		for _, wrong := range audit.Wrong {
			t.Errorf("%s: %s", p[0].name, wrong)
		}
		t.Logf("%s: %d leaves, %d messages, %d receipts verified", p[0].name, audit.Leaves, audit.Messages, audit.Receipts)
	}
	for _, p := range []*process{alpha, bravo} {
		thread := p.thread(ctx, id)
		texts := make(map[string]int)
		for _, message := range thread {
			texts[string(message.Payload)]++
			if !message.Receipted {
				t.Errorf("message %s has no receipt", message.Hash)
			}
		}
		if len(thread) != messages+1 {
			t.Errorf("the thread holds %d messages, want %d", len(thread), messages+1)
		}
		for i := range 2 {
			for n := range messages / 2 {
				count := 0
				for text := range texts {
					if strings.Contains(text, fmt.Sprintf(`"message %d of %d"`, n, i)) {
						count += texts[text]
					}
				}
				if count != 1 {
					t.Errorf("message %d of %d is there %d times", n, i, count)
				}
			}
		}
	}
}

// TestMemoryAtRest reports the memory of a node that waits. The aim is under 60 MiB.
func TestMemoryAtRest(t *testing.T) {
	p := newProcess(t, build(t), "alpha")
	p.staff()
	_, err := p.officer.Board(t.Context())
	Check(t, err)
	p.mu.Lock()
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	p.mu.Unlock()
	if err != nil {
		t.Skip("no /proc on this system")
	}
	defer status.Close()
	raw, err := io.ReadAll(status)
	Check(t, err)
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "VmRSS") || strings.HasPrefix(line, "VmHWM") {
			t.Log(strings.TrimSpace(line))
			var kib int
			if _, err := fmt.Sscanf(strings.Fields(line)[1], "%d", &kib); err != nil || kib == 0 {
				t.Errorf("cannot be read: %q", line)
			}
			if strings.HasPrefix(line, "VmRSS") && kib > 60<<10 {
				t.Errorf("a node at rest holds %d KiB", kib)
			}
		}
	}
}
