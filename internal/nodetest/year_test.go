// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file lets two nodes, each in a process of its own, live through a year:
// as many messages as the largest official system of this kind carries in one.
// "make year" runs it; it is no part of the tests.

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

var (
	yearMessages = flag.Int("year", 0, "how many messages a year has; 1,790,000 is one of the largest official system of this kind")
	yearLimit    = flag.Duration("limit", 3*time.Hour, "how long may be spent on sending them; what was sent until then is verified")
)

const (
	yearRole  = "TOCSIN_YEAR_ROLE" // of a process: hear, say or verify
	yearDir   = "TOCSIN_YEAR_DIR"
	yearCase  = "TOCSIN_YEAR_CASE"
	yearCount = "TOCSIN_YEAR_COUNT"

	yearHands = 64
	caseOf    = 1000 // messages to a case
	// perMessage is what a message takes of the disk of both nodes together, in
	// bytes, and leastFree what is left to others.
	perMessage = 11 << 10
	leastFree  = 3 << 30
)

// TestYear sends the messages of a year from alpha to bravo and then verifies
// both whole logs. It does not begin where the disk has no room for them, says
// twice a minute how it goes, stops when the time is over or the disk is nearly
// full, says at its end what was measured, and leaves nothing behind.
func TestYear(t *testing.T) {
	if *yearMessages == 0 {
		t.Skip("a year is played by make year")
	}
	if needs := int64(*yearMessages)*perMessage + leastFree; free(t) < needs {
		t.Fatalf("%d messages need %.0f GiB of %s, which has %.0f: free some, or set TMPDIR", *yearMessages, gib(needs), os.TempDir(), gib(free(t)))
	}
	alpha, bravo := New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	id := alpha.Warn(Draft("Danger on the market square.", "bravo")).Sent["bravo"]
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	alpha.Stop()
	bravo.Stop()

	hear := live(t, "hear", bravo.Dir)
	say := live(t, "say", alpha.Dir, yearCase+"="+id, yearCount+"="+strconv.Itoa(*yearMessages))
	start, before, at := time.Now(), 0, time.Now()
	carried := 0
	for line := range say.lines {
		var said, queued int
		if n, _ := fmt.Sscanf(line, "said %d queued %d", &said, &queued); n != 2 {
			t.Log(line)
			continue
		}
		carried = said - queued
		if gone := time.Since(at); gone > 30*time.Second || carried == *yearMessages {
			rate := float64(carried-before) / gone.Seconds()
			left := time.Duration(float64(*yearMessages-carried)/max(rate, 1)) * time.Second
			fmt.Printf("%s carried %d of %d, %.0f/s, about %s left; memory (now/most) alpha %s bravo %s; open files %d %d; stores %.2f %.2f GiB; load %s; %.0f GiB free\n",
				time.Since(start).Round(time.Second), carried, *yearMessages, rate, left.Round(time.Minute),
				say.memory(), hear.memory(), say.files(), hear.files(), gib(size(alpha.Dir)), gib(size(bravo.Dir)), loadNow(), gib(free(t)))
			before, at = carried, time.Now()
		}
		if carried == *yearMessages {
			break
		}
		if time.Since(start) > *yearLimit {
			fmt.Printf("stopping before the year is over: the time is, after %d of %d messages\n", carried, *yearMessages)
			break
		}
		if free(t) < leastFree {
			fmt.Printf("stopping before the year is over: the disk is nearly full, after %d of %d messages\n", carried, *yearMessages)
			break
		}
	}
	took := time.Since(start)
	memories := map[string]string{alpha.Name: say.memory(), bravo.Name: hear.memory()}
	say.end()
	hear.end()
	fmt.Printf("\nmessages  %d of %d\ntime      %s\nrate      %.0f/s\n", carried, *yearMessages, took.Round(time.Second), float64(carried)/took.Seconds())
	for _, house := range []*House{alpha, bravo} {
		held := size(house.Dir)
		fmt.Printf("%-9s memory (at the end/most) %s; store %.2f GiB, %d bytes a message\n", house.Name, memories[house.Name], gib(held), held/int64(max(carried, 1)))
	}
	fmt.Println()
	for _, house := range []*House{alpha, bravo} {
		verify := live(t, "verify", house.Dir)
		most := ""
		for line := range verify.lines {
			if now := verify.memory(); !strings.HasPrefix(now, "0/") { // it may have ended
				most = now
			}
			if !strings.HasPrefix(line, "said") {
				fmt.Println(house.Name+":", line)
			}
			if strings.HasPrefix(line, "WRONG") {
				t.Error(house.Name, line)
			}
		}
		fmt.Println(house.Name+": memory of the verification (now/most)", most)
		verify.end()
	}
}

// TestYearNode is one node of a year, in a process of its own.
func TestYearNode(t *testing.T) {
	role := os.Getenv(yearRole)
	if role == "" {
		t.Skip("a process of TestYear")
	}
	h := &House{Name: filepath.Base(os.Getenv(yearDir)), Dir: os.Getenv(yearDir), tb: t, unbounded: true}
	start := time.Now()
	config, err := node.ReadConfig(h.Dir)
	Check(t, err)
	listener, err := net.Listen("tcp", config.Listen)
	Check(t, err)
	h.start(listener)
	defer h.Stop()
	fmt.Printf("started in %s\n", time.Since(start).Round(time.Millisecond))
	switch role {
	case "say":
		h.sayAll(t, os.Getenv(yearCase), os.Getenv(yearCount))
	case "verify":
		h.verifyAll(t)
		return
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started it closes it
}

// sayAll says so many messages with many hands, and says twice a second how far it is.
func (h *House) sayAll(t *testing.T, id, count string) {
	total, err := strconv.Atoi(count)
	Check(t, err)
	ctx := context.Background()
	var said atomic.Int64
	var newest atomic.Value
	newest.Store(id)
	line := make(chan int)
	var hands sync.WaitGroup
	for range yearHands {
		hands.Go(func() {
			for i := range line {
				text := fmt.Sprintf("Message %d of this year: the van was seen again near the square, and the second man with it. We look on.", i)
				Check(t, h.Outbox.Thank(ctx, Officer(), warning.Thanks{Case: newest.Load().(string), Text: text}))
				said.Add(1)
			}
		})
	}
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	go func() {
		defer close(line)
		for i := 1; i <= total; i++ {
			if i%caseOf == 0 {
				newest.Store(h.Warn(Draft(fmt.Sprintf("Danger on the market square, again: case %d.", i/caseOf), "bravo")).Sent["bravo"])
				said.Add(1)
				continue
			}
			for h.waits() > 20_000 { // a courier that falls behind is waited for
				select {
				case <-over:
					return
				case <-time.After(50 * time.Millisecond):
				}
			}
			select {
			case line <- i:
			case <-over:
				return
			}
		}
	}()
	for {
		n := said.Load()
		queued := h.queueLength()
		fmt.Printf("said %d queued %d\n", n, queued)
		if int(n) == total && queued == 0 {
			return
		}
		select {
		case <-over:
			hands.Wait() // what they are about to say, the store still takes
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// verifyAll verifies the whole log and says what it found.
func (h *House) verifyAll(t *testing.T) {
	ctx := context.Background()
	var receipt, payload int
	Check(t, h.Store.Glance(ctx, caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		channels, err := store.Channels.List(tx, 1)
		for _, direction := range []store.Direction{store.Out, store.In} {
			m, ok, lastErr := tx.Last(channels[0].ID, direction)
			if err = lastErr; ok && len(m.Receipt) > 0 && receipt == 0 {
				receipt, payload = len(m.Receipt), len(m.Header)+len(m.Signature)+len(m.Payload)
			}
		}
		return err
	}))
	fmt.Printf("the newest receipt has %d bytes, its message %d\n", receipt, payload)
	go func() {
		for {
			fmt.Println("said 0 queued 0") // lets the other look at our memory
			pause(time.Second)
		}
	}()
	alarms, err := h.Shelf.Alarms(ctx, Officer(), false)
	Check(t, err)
	for _, alarm := range alarms {
		if alarm.Kind != warning.AlarmAnswerDue { // nobody in this year acknowledges anything
			fmt.Println("WRONG an alarm:", alarm.Kind, alarm.Text)
		}
	}
	start := time.Now()
	var leaves time.Duration
	audit, err := h.Shelf.Verify(ctx, Overseer(), func(done, total int64) { leaves = time.Since(start) })
	Check(t, err)
	took := time.Since(start)
	fmt.Printf("verified %d leaves in %s, then %d messages, %d receipts and %d rows: %s in all\n", audit.Leaves, leaves.Round(time.Millisecond), audit.Messages, audit.Receipts, audit.Rows, took.Round(time.Millisecond))
	for _, wrong := range audit.Wrong {
		fmt.Println("WRONG", wrong)
	}
}

func (h *House) queueLength() (n int) {
	Check(h.tb, h.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		n, err = tx.QueueLength("")
		return err
	}))
	return n
}

// waits is how far the newest message of ours is ahead of the oldest that waits.
func (h *House) waits() (n uint64) {
	Check(h.tb, h.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) error {
		channels, err := store.Channels.List(tx, 1)
		if err != nil {
			return err
		}
		first, err := tx.Parcels(channels[0].Name, 0, 1)
		if err != nil || len(first) == 0 {
			return err
		}
		last, _, err := tx.Tip(channels[0].ID, store.Out)
		n = last - first[0].Seq
		return err
	}))
	return n
}

// alive is a process that plays a role.
type alive struct {
	t       *testing.T
	command *exec.Cmd
	stdin   io.Closer
	lines   chan string
	once    sync.Once
}

// live starts this very program as one node.
func live(t *testing.T, role, dir string, more ...string) *alive {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestYearNode$", "-test.timeout", "0")
	command.Env = append(append(os.Environ(), yearRole+"="+role, yearDir+"="+dir), more...)
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	Check(t, err)
	stdout, err := command.StdoutPipe()
	Check(t, err)
	Check(t, command.Start())
	a := &alive{t: t, command: command, stdin: stdin, lines: make(chan string, 16)}
	t.Cleanup(a.end)
	go func() {
		defer close(a.lines)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if role == "hear" {
				continue
			}
			a.lines <- lines.Text()
		}
	}()
	return a
}

func (a *alive) end() {
	a.once.Do(func() {
		_ = a.stdin.Close() // it ends by this
		go func() {
			for range a.lines { // what it says at its end is of no interest
			}
		}()
		if err := a.command.Wait(); err != nil {
			a.t.Errorf("a node of the year: %v", err)
		}
	})
}

// memory is what the process holds now, and held at the most, in MiB.
func (a *alive) memory() string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.command.Process.Pid))
	if err != nil {
		return "unknown"
	}
	values := make(map[string]int)
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			values[name], _ = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
		}
	}
	return fmt.Sprintf("%d/%d MiB", values["VmRSS"]>>10, values["VmHWM"]>>10)
}

func (a *alive) files() int {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", a.command.Process.Pid))
	return len(entries)
}

// size is how much the files of a directory take, in bytes.
func size(dir string) (total int64) {
	entries, _ := os.ReadDir(dir)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}

func free(t *testing.T) int64 {
	var disk syscall.Statfs_t
	Check(t, syscall.Statfs(os.TempDir(), &disk))
	return int64(disk.Bavail) * disk.Bsize
}

func gib(bytes int64) float64 { return float64(bytes) / (1 << 30) }

func loadNow() string {
	raw, _ := os.ReadFile("/proc/loadavg")
	now, _, _ := strings.Cut(string(raw), " ")
	return now
}
