// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file kills real processes while they write a backup, restore one, and
// recover: before anything has happened, and after it has, where nobody was told.

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// runs runs the program to its end and returns what it said.
func (p *process) runs(arguments ...string) (string, error) {
	out, err := exec.Command(p.binary, arguments...).CombinedOutput()
	return string(out), err
}

// killed runs the program and kills it as soon as the moment has come. It reports
// false if the program ended before.
func (p *process) killed(moment func() bool, arguments ...string) bool {
	p.t.Helper()
	command := exec.Command(p.binary, arguments...)
	Check(p.t, command.Start())
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	for {
		select {
		case <-ended:
			return false
		default:
		}
		if moment() {
			_ = command.Process.Kill() // it may have ended by itself, which Wait tells
			return <-ended != nil
		}
		pause(200 * time.Microsecond)
	}
}

// inFile has come when there is something in a file.
func inFile(path string) func() bool {
	return func() bool {
		info, err := os.Stat(path)
		return err == nil && info.Size() > 0
	}
}

func thereIs(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	return err == nil
}

// A backup whose writer is killed is no file, or a whole one; one whose node is
// killed is none. The next is taken as if nothing had been.
func TestKillInABackup(t *testing.T) {
	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	k := &talk{t: t, alpha: alpha, bravo: bravo, id: warnProcesses(t, alpha, bravo)}
	dir := t.TempDir()
	safe := filepath.Join(dir, "safe")
	Check(t, os.WriteFile(safe, []byte("six words that nobody will guess\n"), 0o600))
	path := func(name string) string { return filepath.Join(dir, name) }
	order := func(name string) []string {
		return []string{"backup", path(name), "--dir", alpha.dir, "--passphrase-file", safe}
	}
	whole := func(name string) {
		t.Helper()
		if out, err := alpha.runs("backup", "--check", path(name), "--passphrase-file", safe); err != nil || !strings.Contains(out, "opened and verified") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}

	// Failed: half of it is written.
	if !alpha.killed(inFile(path("one")+".part"), order("one")...) {
		t.Error("the backup ended before it could be killed")
	}
	if thereIs(t, path("one")) {
		whole("one") // it was not killed soon enough: then it happened
		Check(t, os.Remove(path("one")))
	}
	k.says(ctx, alpha)
	if out, err := alpha.runs(order("one")...); err != nil {
		t.Errorf("again: %v\n%s", err, out)
	}
	if thereIs(t, path("one")+".part") {
		t.Error("half of a backup is left")
	}

	// Failed but happened: it has its name, and is being read again.
	if !alpha.killed(func() bool { return thereIs(t, path("two")) }, order("two")...) {
		t.Error("the backup ended before it could be killed")
	}
	whole("two")
	k.says(ctx, bravo)

	// The node is killed while it copies its store.
	copied := filepath.Join(alpha.dir, "backup.db")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for began := time.Now(); !thereIs(t, copied) && time.Since(began) < 10*time.Second; {
			pause(200 * time.Microsecond)
		}
		alpha.end(syscall.SIGKILL)
	}()
	_, err := alpha.runs(order("three")...)
	<-gone
	if there := thereIs(t, path("three")); there != (err == nil) {
		t.Errorf("the node was killed: %v, and there is a file: %v", err, there)
	}
	alpha.start()
	k.says(ctx, alpha)
	if err != nil {
		if out, err := alpha.runs(order("three")...); err != nil {
			t.Errorf("again: %v\n%s", err, out)
		}
	}
	if thereIs(t, copied) {
		t.Error("a copy of the store is left")
	}
	k.settled("after the backups")
	k.whole(ctx)
}

// sawn says how far a recovery was when its process was killed.
type sawn string

const (
	notBegun sawn = "not begun"
	asking   sawn = "asking"
	renaming sawn = "decided, and the new keys not in force"
	over     sawn = "over"
)

// found looks at a copy of what a killed process left on the disk.
func (p *process) found() sawn {
	p.t.Helper()
	if thereIs(p.t, filepath.Join(p.dir, "restored")) {
		return notBegun
	}
	at := filepath.Join(p.t.TempDir(), "found")
	Check(p.t, os.CopyFS(at, os.DirFS(p.dir)))
	raw, err := os.ReadFile(filepath.Join(at, "keys"))
	Check(p.t, err)
	ring, err := keys.Parse(raw)
	Check(p.t, err)
	// Between the commit that takes new keys and the change of the file, the log is
	// signed by those that stand beside.
	var next []store.SignCheckpoint
	if raw, err = os.ReadFile(filepath.Join(at, "keys.next")); err == nil {
		ring, err := keys.Parse(raw)
		Check(p.t, err)
		next = append(next, ring.SignCheckpoint)
	} else if !errors.Is(err, fs.ErrNotExist) {
		p.t.Fatal(err)
	}
	kept, err := store.Open(Quiet(), at, ring.SignCheckpoint, next...)
	Check(p.t, err)
	defer kept.Close()
	how := asking
	Check(p.t, kept.Glance(context.Background(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
		r, known, err := tx.NewestRecovery()
		if err != nil || !known || r.Ended.IsZero() {
			return err
		}
		own, err := store.OwnKeys.Get(tx, store.SeqText(r.Number))
		if how = over; own.InForce.IsZero() {
			how = renaming
		}
		return err
	}))
	return how
}

// A restore that is killed is half of a node, which says so, or a whole one. A
// node that is killed while it recovers, at any moment, recovers: what was lost
// comes back once, the log takes one new name, and both logs verify.
func TestKillInARecovery(t *testing.T) {
	lasts := 8 * time.Second
	if *longRuns {
		lasts = 5 * time.Minute
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 3))
	binary := build(t)
	alpha, bravo := newProcess(t, binary, "alpha"), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	k := &talk{t: t, alpha: alpha, bravo: bravo, id: warnProcesses(t, alpha, bravo)}
	dir := t.TempDir()
	safe, file := filepath.Join(dir, "safe"), filepath.Join(dir, "alpha.backup")
	Check(t, os.WriteFile(safe, []byte("six words that nobody will guess\n"), 0o600))
	restoring := []string{"restore", file, "--dir", alpha.dir, "--passphrase-file", safe}

	states := make(map[sawn]int)
	halves, rounds := 0, 0
	for began := time.Now(); time.Since(began) < lasts || rounds < 2; rounds++ {
		k.settled("before the backup")
		if out, err := alpha.runs("backup", file, "--dir", alpha.dir, "--passphrase-file", safe); err != nil {
			t.Fatalf("backup: %v\n%s", err, out)
		}
		before, err := alpha.admin.Keys(ctx)
		Check(t, err)
		for range 3 {
			k.says(ctx, alpha)
			k.says(ctx, bravo)
		}
		k.settled("what is lost")
		alpha.end(syscall.SIGKILL)
		Check(t, os.RemoveAll(alpha.dir))

		// Half of a node, or the whole of it, and nobody was told.
		moment := []string{store.File, "keys", "node.json"}[(rounds+2)%3]
		alpha.killed(func() bool { return thereIs(t, filepath.Join(alpha.dir, moment)) }, restoring...)
		if !thereIs(t, filepath.Join(alpha.dir, "node.json")) {
			halves++
			if out, err := alpha.runs(restoring...); err == nil || !strings.Contains(out, "there is half of a node") {
				t.Errorf("over half of a node: %v\n%s", err, out)
			}
			if err := exec.Command(binary, "serve", "--dir", alpha.dir).Run(); err == nil {
				t.Error("half of a node was started")
			}
			Check(t, os.RemoveAll(alpha.dir))
			if out, err := alpha.runs(restoring...); err != nil {
				t.Fatalf("restore: %v\n%s", err, out)
			}
		}
		Check(t, os.Remove(file))

		// Killed at some moment, and when the new keys are written; then let be.
		next := filepath.Join(alpha.dir, "keys.next")
		for i, after := range []time.Duration{time.Duration(random.IntN(250)) * time.Millisecond, time.Duration(random.IntN(12_000)) * time.Microsecond} {
			alpha.begin()
			if i > 0 {
				for waits := time.Now(); !thereIs(t, next) && time.Since(waits) < 2*time.Second; {
					pause(200 * time.Microsecond)
				}
			}
			pause(after)
			alpha.end(syscall.SIGKILL)
			alpha.kills++
			states[alpha.found()]++
			if random.IntN(3) == 0 {
				bravo.end(syscall.SIGKILL)
				bravo.kills++
				bravo.start()
			}
		}
		alpha.start()
		Until(t, "the recovery to end", func() bool {
			r, err := alpha.admin.Recovery(ctx)
			return err == nil && r.ID != "" && !r.Open
		})
		Until(t, "the keys to be in force", func() bool { return !thereIs(t, next) })
		after, err := alpha.admin.Keys(ctx)
		Check(t, err)
		if after.Number != before.Number+1 {
			t.Errorf("the keys changed %d times", after.Number-before.Number)
		}
		k.says(ctx, alpha)
		k.says(ctx, bravo)
		k.settled("after the recovery")
	}
	t.Logf("%d rounds; %d halves of nodes; alpha was killed %d times, bravo %d times, and was found: %v", rounds, halves, alpha.kills, bravo.kills, states)
	k.whole(ctx)
	for _, p := range []*process{alpha, bravo} {
		alarms, err := p.officer.Alarms(ctx, false)
		Check(t, err)
		for _, a := range alarms {
			if a.Kind == warning.AlarmFork || a.Kind == warning.AlarmOwnLog {
				t.Errorf("%s: %s", p.name, a.Text)
			}
		}
	}
}
