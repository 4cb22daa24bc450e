// SPDX-License-Identifier: Apache-2.0

package main

// This file sets the stage of the demo: two nodes of this machine, their
// people, and a line for each step.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

const demoPage = `Plays a whole story on two nodes of this machine, each with its own store, keys
and log, speaking over HTTP: two services that do not trust each other, one
warning, and what came of it. Every step is checked as it is played; the last
one verifies every receipt offline and both logs from the first leaf on.

The scene is the one of December 2017, in our own words: seven people were
arrested in Saint Petersburg after another country's service had passed on what
it knew. What the source report says is invented.

Without --exit both nodes go on running with their pages until Ctrl-C.`

// demo is one playing of the story.
type demo struct {
	out  io.Writer
	json bool
	pace time.Duration
	us   *house // who warns
	ru   *house // who is warned
	// What later steps need of earlier ones.
	source, duty, draft, warned, back, pledge string
	hash                                      string
}

// house is a node in the story and its people.
type house struct {
	name, country, service string
	dir, address           string
	node                   *node.Node
	card                   envelope.Card
	admin, analyst         *api.Client
	first, second          *api.Client // releasers
	officer, overseer      *api.Client
}

func (t *tool) demoCommand() *cobra.Command {
	var exit bool
	var keep string
	command := t.command("demo", "see the whole story on two nodes", func(ctx context.Context, _ []string) error {
		return t.demo(ctx, exit, keep)
	})
	command.Long = demoPage
	command.Flags().BoolVar(&exit, "exit", false, "end when the story ends: status 0 only if every step was verified")
	command.Flags().StringVar(&keep, "keep", "", "make the two nodes in this directory and leave them there")
	return command
}

func (t *tool) demo(ctx context.Context, exit bool, keep string) (err error) {
	dir := keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "tocsin-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	d := &demo{out: t.out, json: t.json}
	if !exit && !t.json && terminal(t.out) {
		d.pace = 2500 * time.Millisecond // so that a person can read along
	}
	d.us = &house{name: "us-service", country: "US", service: "The US service", dir: filepath.Join(dir, "us-service")}
	d.ru = &house{name: "ru-service", country: "RU", service: "The Russian service", dir: filepath.Join(dir, "ru-service")}
	d.say("Two nodes are being made in %s", dir)

	running, stop := context.WithCancel(ctx)
	defer stop()
	var group errgroup.Group
	for _, h := range []*house{d.us, d.ru} {
		if err := h.open(ctx); err != nil {
			return err
		}
		group.Go(func() error { return h.node.Run(running) })
	}
	err = d.play(ctx)
	if err == nil && !exit {
		err = d.stay(ctx)
	}
	stop()
	if ended := group.Wait(); ended != nil {
		err = errors.Join(err, ended)
	}
	if err == nil && !exit {
		d.say("Both nodes have stopped.")
	}
	return err
}

// play plays every step in order and stops at the first that is not as it should be.
func (d *demo) play(ctx context.Context) error {
	for _, h := range []*house{d.us, d.ru} {
		if err := h.staff(ctx); err != nil {
			return err
		}
	}
	for _, s := range d.steps() {
		if d.pace > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d.pace):
			}
		}
		line, facts, err := s.play(ctx)
		if reportErr := d.report(s, line, facts, err); reportErr != nil {
			return reportErr
		}
		if err != nil {
			return problem.New(problem.Conflict, "run it again; if it fails again, report the step and the line", "the step %q could not be verified", s.name).Because(err)
		}
	}
	return nil
}

// step is one scene: who acts, and what is said and proved of it.
type step struct {
	name string
	who  *house
	play func(context.Context) (line string, facts map[string]any, err error)
}

// report prints one step: a line for people, one object for programs.
func (d *demo) report(s step, line string, facts map[string]any, failure error) error {
	if d.json {
		raw, err := json.Marshal(struct {
			Step  string         `json:"step"`
			Node  string         `json:"node"`
			OK    bool           `json:"ok"`
			Line  string         `json:"line,omitempty"`
			Facts map[string]any `json:"facts,omitempty"`
			Error string         `json:"error,omitempty"`
		}{s.name, s.who.name, failure == nil, line, facts, words(failure)}, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(d.out, "%s\n", raw)
		return err
	}
	if failure != nil {
		_, err := fmt.Fprintf(d.out, "%-13s NOT VERIFIED: %s\n", s.name, words(failure))
		return err
	}
	_, err := fmt.Fprintf(d.out, "%-13s %s\n", s.name, line)
	return err
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// say tells a person something that is not a step.
func (d *demo) say(format string, args ...any) {
	if !d.json {
		fmt.Fprintf(d.out, format+"\n", args...)
	}
}

// open makes the house's node on a free port of loopback and wires it.
func (h *house) open(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listen := listener.Addr().String()
	quiet := slog.New(slog.DiscardHandler)
	if _, err = node.Init(ctx, quiet, node.Setup{Dir: h.dir, Name: h.name, Country: h.country, Listen: listen}); err == nil {
		h.node, err = node.Open(quiet, h.dir, node.Options{Version: version(), Listener: listener})
	}
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	h.address, h.card = h.node.Address(), h.node.Card()
	token, err := node.ReadToken(h.dir)
	h.admin = h.client(token)
	return err
}

func (h *house) client(token string) *api.Client {
	return api.NewClient(h.address, token, &http.Client{Timeout: 30 * time.Second})
}

// staff adds the people of the story; each speaks with a credential of their own.
func (h *house) staff(ctx context.Context) error {
	for _, p := range []struct {
		name, title, role string
		speak             **api.Client
	}{
		{"analyst", "Analyst", "analyst", &h.analyst},
		{"releaser-1", "Releaser 1", "releaser", &h.first},
		{"releaser-2", "Releaser 2", "releaser", &h.second},
		{"duty-officer", "Duty officer", "duty-officer", &h.officer},
		{"overseer", "Overseer", "overseer", &h.overseer},
	} {
		link, err := h.admin.AddPerson(ctx, api.NewPerson{Name: p.name, Title: p.title, Roles: []string{p.role}})
		if err != nil {
			return err
		}
		enrolled, err := h.client("").Enrol(ctx, link.Link)
		if err != nil {
			return err
		}
		*p.speak = h.client(enrolled.Token)
	}
	return nil
}

// stay prints where to look, and waits for Ctrl-C.
func (d *demo) stay(ctx context.Context) error {
	for _, h := range []*house{d.us, d.ru} {
		d.say("\n%s: %s", h.service, h.address)
		d.say("  its public page        %s/public", h.address)
		for _, person := range []string{"duty-officer", "releaser-1", "releaser-2", "analyst", "overseer", "admin"} {
			link, err := h.admin.LinkPerson(ctx, person)
			if err != nil {
				return err
			}
			d.say("  sign in once as %-14s %s", person, link.Link)
			if d.json {
				raw, err := json.Marshal(map[string]string{"node": h.name, "person": person, "sign_in": link.Link, "address": h.address}, json.Deterministic(true))
				if err != nil {
					return err
				}
				fmt.Fprintf(d.out, "%s\n", raw)
			}
		}
	}
	d.say("\nBoth nodes are running. Ctrl-C ends them.")
	<-ctx.Done()
	return nil
}

// until waits for something that happens by itself, half a minute at the most.
func until(ctx context.Context, what string, ok func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		happened, err := ok()
		if err != nil || happened {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for: %s", what)
		case <-tick.C:
		}
	}
}

func terminal(w io.Writer) bool {
	if _, isGuard := w.(*guard); isGuard {
		return true
	}
	file, isFile := w.(*os.File)
	if !isFile {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
