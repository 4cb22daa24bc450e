// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file gives a real node a small disk of its own, and lets it run full, and
// break, while messages pass. The node says so, refuses what is new and loses
// nothing; how it goes on is different, and tested, for each.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
)

// disk is a small file system, mounted where nobody but this test sees it.
type disk struct {
	t     *testing.T
	dir   string
	image string // of one that is in a file
}

// newDisk makes one in memory.
func newDisk(t *testing.T) *disk {
	d := &disk{t: t, dir: t.TempDir()}
	if err := syscall.Mount("tmpfs", d.dir, "tmpfs", 0, "size=24m,mode=700"); err != nil {
		t.Skipf("this machine does not allow it: a disk of one's own: %v", err)
	}
	t.Cleanup(d.unmount)
	return d
}

// newImage makes one in a file, as a disk is: it can break.
func newImage(t *testing.T) *disk {
	d := &disk{t: t, dir: t.TempDir(), image: filepath.Join(t.TempDir(), "disk")}
	file, err := os.Create(d.image)
	Check(t, err)
	Check(t, errors.Join(file.Truncate(32<<20), file.Close()))
	if out, err := exec.Command("mkfs.ext4", "-q", d.image).CombinedOutput(); err != nil {
		t.Skipf("this machine does not allow it: mkfs.ext4: %v\n%s", err, out)
	}
	if err := d.mount("loop,errors=remount-ro"); err != nil {
		t.Skipf("this machine does not allow it: %v", err)
	}
	t.Cleanup(d.unmount)
	return d
}

func (d *disk) mount(options string) error {
	if out, err := exec.Command("mount", "-o", options, d.image, d.dir).CombinedOutput(); err != nil {
		return fmt.Errorf("mount: %w\n%s", err, out)
	}
	return nil
}

func (d *disk) unmount() {
	// Nothing uses it any more: the node has ended.
	if err := syscall.Unmount(d.dir, 0); err != nil {
		d.t.Errorf("unmounting the disk: %v", err)
	}
}

// fill leaves no byte free; free frees what was filled.
func (d *disk) fill() {
	d.t.Helper()
	file, err := os.OpenFile(filepath.Join(d.dir, "filler"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	Check(d.t, err)
	defer file.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		if _, err = file.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatalf("the disk is not full: %v", err)
	}
}

func (d *disk) free() { Check(d.t, os.Remove(filepath.Join(d.dir, "filler"))) }

// breaks tells the file system that what it reads is wrong: it allows no
// writing from then on, to open files neither.
func (d *disk) breaks() {
	d.t.Helper()
	raw, err := exec.Command("findmnt", "-n", "-o", "SOURCE", d.dir).Output()
	Check(d.t, err)
	path := filepath.Join("/sys/fs/ext4", filepath.Base(strings.TrimSpace(string(raw))), "trigger_fs_error")
	if err := os.WriteFile(path, []byte("1"), 0); err != nil {
		d.t.Skipf("this machine does not allow it: %v", err)
	}
}

// refused lets the side say something that its disk does not take, and checks
// the words, that the board and the log have them too, and that nothing is kept.
func (k *talk) refused(p *process, words string) {
	k.t.Helper()
	ctx := k.t.Context()
	text := "never kept: " + words
	var refusal *api.Problem
	for n := range 200 { // a log that is mostly written has room for some
		_, err := p.officer.Thank(ctx, k.id, api.Thank{Text: fmt.Sprint(text, n)})
		if errors.As(err, &refusal) {
			break
		}
		Check(k.t, err)
		k.texts = append(k.texts, fmt.Sprint(text, n))
	}
	if refusal == nil {
		k.t.Fatalf("%s keeps whatever it is given", p.name)
	}
	if refusal.Status != 503 || refusal.Code != "busy" || !strings.Contains(refusal.Detail, words) || refusal.Hint == "" {
		k.t.Errorf("%s refused with %+v", p.name, refusal)
	}
	board, err := p.officer.Board(ctx)
	Check(k.t, err)
	if board.Trouble == nil || !strings.Contains(board.Trouble.Text, words) || board.Trouble.Hint == "" || len(board.Cases) == 0 {
		k.t.Errorf("the board says %+v of the disk, and has %d cases", board.Trouble, len(board.Cases))
	}
	if out, err := exec.Command(p.binary, "status", "--dir", p.dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "TROUBLE") || !strings.Contains(string(out), words) {
		k.t.Errorf("tocsin status: %v\n%s", err, out)
	}
	if !strings.Contains(p.log.all(), "the node keeps nothing new") || !strings.Contains(p.log.all(), words) {
		k.t.Errorf("the log says nothing of it, but: %s", p.log.last())
	}
}

// onDisk sets up a talk between alpha, whose directory is on the disk, and bravo.
func onDisk(t *testing.T, d *disk) *talk {
	binary, at := build(t), loopback(t, "alpha")
	at.dir = filepath.Join(d.dir, "alpha")
	alpha, bravo := newProcessAt(t, binary, "alpha", at), newProcess(t, binary, "bravo")
	alpha.staff()
	bravo.staff()
	pairProcesses(t, alpha, bravo)
	k := &talk{t: t, alpha: alpha, bravo: bravo, id: warnProcesses(t, alpha, bravo)}
	k.both(t.Context())
	k.settled("before the disk has any trouble")
	return k
}

func (k *talk) both(ctx context.Context) {
	k.says(ctx, k.alpha)
	k.says(ctx, k.bravo)
}

func TestARealDisk(t *testing.T) {
	if !inside(t) {
		return
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Skipf("this machine does not allow it: %v\n%s", err, out)
	}
	t.Run("in memory, full", func(t *testing.T) { runFull(t, newDisk(t)) })
	t.Run("in a file, full", func(t *testing.T) { runFull(t, newImage(t)) })
	t.Run("broken", func(t *testing.T) { runBroken(t, newImage(t)) })
	t.Run("read-only at a start", func(t *testing.T) { runReadOnly(t, newDisk(t)) })
}

// A full disk: the node goes on by itself when there is room again, also where it
// was killed meanwhile.
func runFull(t *testing.T, d *disk) {
	k, ctx := onDisk(t, d), t.Context()
	for _, killed := range []bool{false, true} {
		d.fill()
		k.refused(k.alpha, "disk is full")
		k.says(ctx, k.bravo) // waits with bravo, whatever of it alpha can still read
		if killed {
			k.alpha.end(syscall.SIGKILL)
			k.alpha.begin() // ends by itself if there is no room to start
			pause(500 * time.Millisecond)
		}
		d.free()
		if killed {
			k.alpha.end(syscall.SIGKILL)
			k.alpha.start()
		}
		k.both(ctx)
		k.settled("after there is room again")
		board, err := k.alpha.officer.Board(ctx)
		Check(t, err)
		if board.Trouble != nil {
			t.Errorf("the board still says %+v", board.Trouble)
		}
	}
	k.whole(ctx)
}

// A disk that breaks takes nothing, and the node stays up and readable. Once it
// is mended, which takes it away, the node has to be started again.
func runBroken(t *testing.T, d *disk) {
	k, ctx := onDisk(t, d), t.Context()
	d.breaks()
	k.refused(k.alpha, "can only be read")
	text := k.says(ctx, k.bravo)
	if k.has(k.alpha, text) {
		t.Error("it was kept")
	}
	k.alpha.end(syscall.SIGKILL)
	Check(t, syscall.Unmount(d.dir, 0))
	if out, err := exec.Command("e2fsck", "-fy", d.image).CombinedOutput(); err != nil {
		t.Logf("mending the disk: %v\n%s", err, out) // it says with its status that it mended something
	}
	Check(t, d.mount("loop"))
	k.alpha.start()
	k.both(ctx)
	k.settled("after the disk was mended")
	k.whole(ctx)
}

// A directory that can only be read is not served from, and the start says so.
func runReadOnly(t *testing.T, d *disk) {
	k, ctx := onDisk(t, d), t.Context()
	k.alpha.end(syscall.SIGKILL)
	Check(t, syscall.Mount("", d.dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	out, err := exec.Command(k.alpha.binary, "serve", "--dir", k.alpha.dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "cannot be written to") || !strings.Contains(string(out), "next:") {
		t.Errorf("the start said: %v\n%s", err, out)
	}
	k.says(ctx, k.bravo)
	Check(t, syscall.Mount("", d.dir, "", syscall.MS_REMOUNT, ""))
	k.alpha.start()
	k.both(ctx)
	k.settled("after it can be written to")
	k.whole(ctx)
}
