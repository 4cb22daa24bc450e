// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file makes hosts: network namespaces of this machine, each with an
// address of the documentation, a name, and one line into the wire. The test
// itself runs in namespaces of its own, so whatever it makes, mounts and starts
// ends with it, however it ends.

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

var longRuns = flag.Bool("long", false, "let the tests with real processes and hosts take minutes instead of seconds")

// insideKey names the test that runs inside.
const insideKey = "NODETEST_INSIDE"

// inside runs the calling test once more, in a network, a mount table and a set
// of processes of its own, and reports whether this is that run. Outside it
// passes on the outcome; where the machine does not allow it, it skips the test.
func inside(t *testing.T) bool {
	t.Helper()
	if os.Getenv(insideKey) == t.Name() {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Skipf("this machine does not allow it: a mount table of one's own: %v", err)
		}
		return true
	}
	t.Parallel() // with the other tests that run inside: they mostly wait
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("this machine has no ip: apt-get install iproute2")
	}
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=8m", fmt.Sprintf("-long=%t", *longRuns), fmt.Sprintf("-test.short=%t", testing.Short()))
	command.Env = append(os.Environ(), insideKey+"="+t.Name(), binaryKey+"="+build(t), "TMPDIR="+t.TempDir())
	flags := uintptr(syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID)
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		command.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		command.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		command.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := command.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &ended):
		t.Skipf("this machine does not allow it: namespaces of one's own: %v", err)
	case err != nil:
		t.Errorf("inside: %v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP: "+t.Name()):
		t.Skipf("inside:\n%s", out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Errorf("inside nothing was tried:\n%s", out)
	}
	t.Logf("inside:\n%s", out)
	return false
}

// host is a namespace with one device that leads into the wire.
type host struct {
	t       *testing.T
	wire    *wire
	name    string
	address string
	tun     *os.File
	do      chan func() // run on the thread that stands in the namespace
}

// newHost makes a host and joins it to the wire. It ends with the test.
func newHost(t *testing.T, w *wire, name, address string) *host {
	t.Helper()
	h := &host{t: t, wire: w, name: name, address: address, do: make(chan func())}
	ready := make(chan error)
	go func() {
		// Never unlocked: the thread ends with this function, and its namespace
		// with the last process in it.
		runtime.LockOSThread()
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		if err == nil {
			h.tun, err = openTUN()
		}
		ready <- err
		for work := range h.do {
			work()
		}
	}()
	if err := <-ready; err != nil {
		close(h.do)
		t.Skipf("this machine does not allow it: a host of one's own: %v", err)
	}
	t.Cleanup(func() {
		_ = h.tun.Close() // the wire has ended: nobody reads or writes any more
		close(h.do)
	})
	h.ip("link", "set", "lo", "up")
	h.ip("link", "set", device, "up")
	h.ip("address", "add", address+"/32", "dev", device)
	h.ip("route", "add", "default", "dev", device)
	w.join(h)
	return h
}

const device = "wire"

// openTUN makes a network device whose packets this process carries.
func openTUN() (*os.File, error) {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	var request struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(request.name[:], device)
	request.flags = syscall.IFF_TUN | syscall.IFF_NO_PI
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.TUNSETIFF, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return nil, errors.Join(fmt.Errorf("/dev/net/tun: %w", errno), syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil
}

// within runs work on the host.
func (h *host) within(work func()) {
	done := make(chan struct{})
	h.do <- func() { work(); close(done) }
	<-done
}

// ip runs the system's own ip on the host.
func (h *host) ip(arguments ...string) {
	h.t.Helper()
	var out []byte
	var err error
	h.within(func() { out, err = exec.Command("ip", arguments...).CombinedOutput() })
	if err != nil {
		h.t.Fatalf("%s: ip %s: %v\n%s", h.name, strings.Join(arguments, " "), err, out)
	}
}

// start starts a process on the host.
func (h *host) start(command *exec.Cmd) (err error) {
	h.within(func() { err = command.Start() })
	return err
}

// dial connects from the host.
func (h *host) dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	h.within(func() { conn, err = new(net.Dialer).DialContext(ctx, network, address) })
	return conn, err
}

// move gives the host another address, and takes the old one away.
func (h *host) move(address string) {
	h.t.Helper()
	h.ip("address", "add", address+"/32", "dev", device)
	h.ip("address", "delete", h.address+"/32", "dev", device)
	h.wire.mu.Lock()
	defer h.wire.mu.Unlock()
	h.address = address
}

// book is the names of the hosts, as every process of this test finds them.
type book struct{ path string }

// newBook puts a book in the place of the system's.
func newBook(t *testing.T) book {
	t.Helper()
	b := book{filepath.Join(t.TempDir(), "hosts")}
	Check(t, os.WriteFile(b.path, nil, 0o644))
	if err := syscall.Mount(b.path, "/etc/hosts", "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("this machine does not allow it: names of one's own: %v", err)
	}
	t.Cleanup(func() { Check(t, syscall.Unmount("/etc/hosts", 0)) })
	return b
}

// write writes every host's name and address down.
func (b book) write(t *testing.T, hosts ...*host) {
	t.Helper()
	var text strings.Builder
	for _, h := range hosts {
		fmt.Fprintf(&text, "%s %s.example.org\n", h.address, h.name)
	}
	Check(t, os.WriteFile(b.path, []byte(text.String()), 0o644)) // in place: the file itself is mounted
}
