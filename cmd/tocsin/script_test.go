// SPDX-License-Identifier: Apache-2.0

package main

// This file plays the scenes in testdata/script on whole nodes, each a process
// of its own: alpha and bravo, and hostile eve.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": main, "hostile": hostile})
}

// TestScripts plays every scene. Beside testscript's own commands a scene has
//
//	alpha|bravo|eve ARGS…    tocsin --dir NAME ARGS…
//	port VAR                 a free port of this machine
//	serve NAME [FLAG…]       runs the node until the scene ends
//	certify NAME             makes NAME.pem, NAME.key and who vouches for them, NAME-ca.pem
//	proxy NAME PORT TO       ends TLS with NAME.pem on this port, and passes what comes on to TO
//	halt NAME                interrupts it; it must end with status 0
//	staff NAME PERSON ROLE…  adds a person and spends the sign-in link
//	meet NAME OTHER          pairs two nodes that run, to an active channel
//	warn NAME R1 R2 PARTNER TEXT  releases warning.yaml to a partner, by two people
//	let VAR PATH             sets VAR to a value of the JSON just printed
//	until REGEXP COMMAND…    repeats a command until it prints what is looked for
//	exits N COMMAND…         runs a command that must end with this status
//	follows NAME OTHER CARD  waits until NAME follows the log of OTHER under the key of this card
//	cut FILE NEW N           copies the first N bytes of a file
//	fill FILE N              writes a text of N letters
//	flip FILE N              changes byte N of a file, counted from the end if negative
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("plays whole nodes")
	}
	noEarlyEnd(t)
	testscript.Run(t, scenes("testdata/script"))
}

func scenes(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TOCSIN_HOME", filepath.Join(env.WorkDir, "home"))
			env.Values[nodesKey{}] = make(nodes)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"alpha": persona("alpha"), "bravo": persona("bravo"), "charlie": persona("charlie"), "eve": persona("eve"),
			"port": port, "certify": certify, "proxy": proxy, "serve": serve, "halt": halt, "staff": staff,
			"meet": meet, "warn": warn, "let": let, "until": until_, "exits": exits, "follows": follows, "flip": flip, "cut": cut, "fill": fill,
		},
	}
}

// noEarlyEnd refuses a scene with testscript's own stop, which ends it there and
// calls it passed.
func noEarlyEnd(t *testing.T) {
	t.Helper()
	played, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(played) == 0 {
		t.Fatal("no scenes: ", err)
	}
	for _, scene := range played {
		raw, err := os.ReadFile(scene)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(raw), "\n") {
			if strings.HasPrefix(line, "stop ") || line == "stop" {
				t.Errorf("%s:%d: stop would end the scene here: halt NAME interrupts a node", scene, i+1)
			}
		}
	}
}

// nodes are the running nodes of one scene.
type (
	nodes    map[string]*exec.Cmd
	nodesKey struct{}
)

func persona(name string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		err := ts.Exec("tocsin", append([]string{"--dir", ts.MkAbs(name)}, args...)...)
		switch {
		case err == nil && neg:
			ts.Fatalf("%s %s: succeeded, and should not have", name, strings.Join(args, " "))
		case err != nil && !neg:
			ts.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
		}
	}
}

// play runs a command of a scene: a persona's, or any other.
func play(ts *testscript.TestScript, words []string) error {
	switch words[0] {
	case "alpha", "bravo", "charlie", "eve":
		return ts.Exec("tocsin", append([]string{"--dir", ts.MkAbs(words[0])}, words[1:]...)...)
	case "sierra", "tango":
		return asks(ts, words[0], words[1:])
	}
	return ts.Exec(words[0], words[1:]...)
}

func port(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	ts.Check(listener.Close())
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	config, err := node.ReadConfig(dir)
	ts.Check(err)
	path, err := exec.LookPath("tocsin")
	ts.Check(err)
	log, err := os.Create(dir + ".log")
	ts.Check(err)
	command := exec.Command(path, append([]string{"serve", "--dir", dir}, args[1:]...)...)
	command.Dir, command.Stderr = ts.Getenv("WORK"), log
	ts.Check(command.Start())
	running := ts.Value(nodesKey{}).(nodes)
	running[args[0]] = command
	ts.Defer(func() {
		defer log.Close()
		if running[args[0]] != command {
			return // stopped
		}
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	// Where it listens: the name that others know it by need not lead anywhere.
	scheme := "http://"
	if slices.Contains(args, "--tls-cert") {
		scheme = "https://"
	}
	ts.Check(patiently(func() error {
		_, err := api.NewClient(scheme+config.Listen, "", anybody()).Node(context.Background())
		return err
	}))
}

func halt(ts *testscript.TestScript, _ bool, args []string) {
	running := ts.Value(nodesKey{}).(nodes)
	command := running[args[0]]
	delete(running, args[0])
	ts.Check(command.Process.Signal(os.Interrupt))
	ts.Check(command.Wait())
}

func staff(ts *testscript.TestScript, _ bool, args []string) {
	add := []string{"--dir", ts.MkAbs(args[0]), "--json", "person", "add", args[1], "--title", "Officer " + args[1]}
	for _, role := range args[2:] {
		add = append(add, "--role", role)
	}
	ts.Check(ts.Exec("tocsin", add...))
	var link api.Link
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &link))
	ts.Check(ts.Exec("tocsin", "signin", link.Link))
}

// said is a value of the JSON that a persona's command prints.
func said(ts *testscript.TestScript, path string, words ...string) string {
	ts.Check(play(ts, words))
	let(ts, false, []string{"SAID", path})
	return ts.Getenv("SAID")
}

// meet does what two-nodes.txtar shows step by step.
func meet(ts *testscript.TestScript, _ bool, args []string) {
	one, other := args[0], args[1]
	invitation := said(ts, "text", one, "--json", "invite")
	ts.Check(play(ts, []string{other, "accept", invitation}))
	until_(ts, false, []string{other, one, "partner", "list"})
	digits := said(ts, "digits", one, "--json", "partner", "show", other)
	for _, p := range [][2]string{{one, other}, {other, one}} {
		ts.Check(play(ts, []string{p[0], "partner", "confirm", p[1], "--digits", digits}))
		ts.Check(play(ts, []string{p[0], "partner", "sign", p[1]}))
	}
	until_(ts, false, []string{"active since", one, "partner", "show", other})
	until_(ts, false, []string{"active since", other, "partner", "show", one})
}

// warn composes warning.yaml with a text for one partner, and two people release
// it; what the second release printed can be read with let.
func warn(ts *testscript.TestScript, _ bool, args []string) {
	name, first, second, to, text := args[0], args[1], args[2], args[3], args[4]
	id := said(ts, "id", name, "--as", first, "--json", "warn", "compose", "warning.yaml", "--release", to+"="+text)
	hash := said(ts, "hash", name, "--as", first, "--json", "warn", "preview", id)
	ts.Check(play(ts, []string{name, "--as", first, "warn", "release", id, "--preview", hash}))
	ts.Check(play(ts, []string{name, "--as", second, "--json", "warn", "release", id, "--preview", hash}))
}

// let reads a value of the JSON just printed: items.0.id.
func let(ts *testscript.TestScript, _ bool, args []string) {
	var value any
	printed := ts.ReadFile("stdout")
	if err := json.Unmarshal([]byte(printed), &value); err != nil {
		ts.Fatalf("not one JSON value: %v\n%s", err, printed)
	}
	for name := range strings.SplitSeq(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				ts.Fatalf("no %s in %s", args[1], printed)
			}
			value = v[i]
		}
	}
	text, ok := value.(string)
	if !ok || text == "" {
		ts.Fatalf("no text at %s in %s", args[1], printed)
	}
	ts.Setenv(args[0], text)
}

func until_(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	ts.Check(patiently(func() error {
		if err := play(ts, args[1:]); err != nil {
			return err
		}
		if !pattern.MatchString(ts.ReadFile("stdout")) {
			return fmt.Errorf("%s: never printed %s", strings.Join(args[1:], " "), args[0])
		}
		return nil
	}))
}

func follows(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(patiently(func() error {
		if err := play(ts, []string{args[0], "ledger", "cosigned", args[1], "-o", "followed.checkpoint"}); err != nil {
			return err
		}
		return ts.Exec("tocsin", "verify", "followed.checkpoint", "--key", args[2])
	}))
}

// patiently repeats what another process must first get done.
func patiently(try func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := play(ts, args[1:]); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit status %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// cut copies the beginning of a file, as a stick that was pulled out too early.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), raw[:n], 0o600))
}

func fill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat("An attack is planned. ", n/22+1)[:n]), 0o600))
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	raw, err := os.ReadFile(path)
	ts.Check(err)
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(raw)
	}
	// One letter or digit becomes another, so that the file stays a text.
	if raw[n] == 'A' {
		raw[n] = 'B'
	} else {
		raw[n] = 'A'
	}
	ts.Check(os.WriteFile(path, raw, 0o600))
}
