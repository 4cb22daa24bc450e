// SPDX-License-Identifier: Apache-2.0

package main

// This file plays the scenes in testdata/stranger, in which nodes that were
// written in Python from the specifications alone stand at the other end.

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-exchange/tocsin/internal/pytest"
)

// TestStrangers plays every scene with sierra and tango, the nodes of
// testvectors/stranger.py. Beside the commands of TestScripts a scene has
//
//	lives NAME COUNTRY               runs such a node until the scene ends
//	sierra|tango WORD [NAME=VALUE…]  what its people ask of it
func TestStrangers(t *testing.T) {
	if testing.Short() {
		t.Skip("plays whole nodes")
	}
	vectors, err := filepath.Abs("../../testvectors")
	if err != nil {
		t.Fatal(err)
	}
	python := pytest.Python(t, "the other end, written from the specifications", filepath.Join(vectors, "requirements.txt"))
	noEarlyEnd(t)
	params := scenes("testdata/stranger")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		env.Setenv("PYTHON", python)
		env.Setenv("STRANGER", filepath.Join(vectors, "stranger.py"))
		env.Setenv("VECTORS", vectors)
		env.Setenv("PYTHONDONTWRITEBYTECODE", "1")
		return setup(env)
	}
	params.Cmds["lives"], params.Cmds["sierra"], params.Cmds["tango"] = lives, stranger("sierra"), stranger("tango")
	testscript.Run(t, params)
}

func lives(ts *testscript.TestScript, _ bool, args []string) {
	name := args[0]
	port(ts, false, []string{strings.ToUpper(name)})
	at := "127.0.0.1:" + ts.Getenv(strings.ToUpper(name))
	log, err := os.Create(ts.MkAbs(name + ".log"))
	ts.Check(err)
	command := exec.Command(ts.Getenv("PYTHON"), "-B", ts.Getenv("STRANGER"), "serve", name, args[1], "http://"+at)
	command.Dir, command.Stderr = ts.Getenv("WORK"), log
	ts.Check(command.Start())
	ts.Defer(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = log.Close()
		if said, err := os.ReadFile(log.Name()); err != nil || len(said) > 0 {
			ts.Logf("%s: %v\n%s", name, err, said)
		}
	})
	ts.Check(patiently(func() error {
		heard, err := net.Dial("tcp", at)
		if err != nil {
			return err
		}
		return heard.Close()
	}))
}

func stranger(name string) func(ts *testscript.TestScript, neg bool, args []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		err := asks(ts, name, args)
		if neg && err == nil {
			err = errors.New("succeeded, and should not have")
		} else if neg {
			err = nil
		}
		if err != nil {
			ts.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
		}
	}
}

// asks is what the people of a node in Python ask of it.
func asks(ts *testscript.TestScript, name string, words []string) error {
	address := "http://127.0.0.1:" + ts.Getenv(strings.ToUpper(name))
	return ts.Exec(ts.Getenv("PYTHON"), append([]string{"-B", ts.Getenv("STRANGER"), "ask", address}, words...)...)
}
