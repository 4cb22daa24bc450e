// SPDX-License-Identifier: Apache-2.0

// Package interop_test meets other people's programs: the clients of TAXII 2.1
// that are in use, and the judges of STIX that OASIS publishes, against a node
// as it is built and run.
package interop_test

// This file builds the program and runs a node of it for a test.

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// built is the program under test. The first test that needs it has it built.
var built = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "tocsin")
	build := exec.Command("go", "build", "-o", program, "../cmd/tocsin")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, nil
})

// scratch is where built puts the program.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// node is a running node, a process of its own.
type node struct {
	testing.TB
	dir     string // holds the node's directory alpha, and what else a test writes
	program string // the tocsin that it runs
	address string // its base URL, without a last slash
	client  *http.Client
	// env is what a program needs to know beside the environment, such as whom
	// to trust.
	env []string
}

// start makes a node that speaks plain HTTP on loopback, and runs it until the
// test ends.
func start(t testing.TB) *node {
	t.Helper()
	program, err := built()
	must(t, err)
	n := &node{TB: t, dir: t.TempDir(), program: program, client: &http.Client{}}
	port := freePort(t)
	n.address = "http://" + port
	n.tocsin("init", "--name", "alpha", "--country", "NO", "--listen", port)
	n.serve()
	return n
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, listener.Close())
	return listener.Addr().String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *node) command(name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(n.Context(), name, args...)
	command.Dir = n.dir
	for _, setting := range os.Environ() {
		// The machine's own way out, and whom it trusts there, are not under test.
		if name, _, _ := strings.Cut(strings.ToUpper(setting), "="); !strings.HasSuffix(name, "_PROXY") && !strings.HasSuffix(name, "_CA_BUNDLE") {
			command.Env = append(command.Env, setting)
		}
	}
	command.Env = append(command.Env, "TOCSIN_HOME="+filepath.Join(n.dir, "home"), "TOCSIN_DIR=alpha", "TOCSIN_AS=",
		"PATH="+filepath.Dir(n.program)+string(os.PathListSeparator)+os.Getenv("PATH"))
	command.Env = append(command.Env, n.env...)
	return command
}

// tocsin runs a command of the command line and returns what it prints.
func (n *node) tocsin(args ...string) []byte {
	n.Helper()
	var out, errs bytes.Buffer
	command := n.command(n.program, args...)
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		n.Fatalf("tocsin %s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.Bytes()
}

// serve runs the node and waits until it answers.
func (n *node) serve(flags ...string) {
	n.Helper()
	server := exec.Command(n.program, append([]string{"serve", "--quiet"}, flags...)...)
	prepared := n.command(n.program)
	server.Dir, server.Env, server.Stderr = prepared.Dir, prepared.Env, n.Output()
	must(n, server.Start())
	n.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			n.Errorf("serve: %v", err)
		}
	})
	for began := time.Now(); ; <-time.After(10 * time.Millisecond) {
		answer, err := n.client.Get(n.address + "/taxii2/")
		if err == nil {
			_ = answer.Body.Close()
			return
		}
		if time.Since(began) > 30*time.Second {
			n.Fatalf("the node does not answer: %v", err)
		}
	}
}

// collection makes a collection and returns its id.
func (n *node) collection(title, alias string) string {
	n.Helper()
	var made taxii.Collection
	must(n, json.Unmarshal(n.tocsin("taxii", "collection", "add", "--title", title, "--alias", alias, "--json"), &made))
	return made.ID
}

// account is what a client shows to say who it is.
type account struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

// account makes an account of the STIX door.
func (n *node) account(name string, flags ...string) (made account) {
	n.Helper()
	must(n, json.Unmarshal(n.tocsin(append([]string{"taxii", "account", "add", name, "--json"}, flags...)...), &made))
	return made
}
