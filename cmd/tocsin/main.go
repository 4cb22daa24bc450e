// SPDX-License-Identifier: Apache-2.0

// Command tocsin is a node that carries threat warnings between services which
// do not fully trust each other, and the tool its people use to speak to it.
//
// Each file holds a group of subcommands. What needs a node speaks to it
// through package api; verify, read and stix need none.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// The exit statuses.
const (
	exitOK    = 0
	exitNo    = 1 // the node said no, or a verification failed
	exitUsage = 2 // the command line cannot be understood, or a file cannot be read or written
)

// run runs one command line and returns its exit status.
func run(args []string, in io.Reader, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := newTool(in, out, errs)
	root := t.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	return t.fail(err)
}
