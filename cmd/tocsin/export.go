// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the command that writes the node's log into a directory, in
// the form in which other tools read one.

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// exported is what tocsin ledger export prints.
type exported struct {
	Directory string `json:"directory"`
	Origin    string `json:"origin"`
	Size      int64  `json:"size"` // leaves
	Root      string `json:"root"` // hex
	Before    int64  `json:"size_before"`
	Files     int    `json:"files"`
}

func (t *tool) ledgerExportCommand() *cobra.Command {
	var entries bool
	var keyFile string
	c := t.ask("export DIR", "write the log into a directory as C2SP tlog-tiles, or what has come to it since", func(ctx context.Context, c *api.Client, args []string) error {
		card, err := t.logOf(ctx, c, keyFile)
		if err != nil {
			return err
		}
		copied, err := openLogCopy(args[0], card)
		if err != nil {
			return err
		}
		done, err := copied.extend(ctx, c, entries)
		if err != nil {
			return err
		}
		return t.show(done, func(p *page) {
			p.line("%s: %d leaves of %s, %d files written", done.Directory, done.Size, done.Origin, done.Files)
			p.field("root", done.Root)
			if done.Before > 0 {
				p.line("the first %d leaves are those that were here before", done.Before)
			}
		})
	})
	c.Flags().BoolVar(&entries, "entries", false, "with the leaves: they show how much the node sends, is sent, reads and refuses, and nothing of what")
	c.Flags().StringVar(&keyFile, "key", "", "the node's public card, if you do not take it from the node")
	return c
}

// logOf is the card of the node whose log is meant.
func (t *tool) logOf(ctx context.Context, c *api.Client, keyFile string) (envelope.Card, error) {
	if keyFile == "" {
		node, err := c.Node(ctx)
		return node.Card, err
	}
	given, err := t.readCards([]string{keyFile})
	for _, card := range given {
		return card.Card, err
	}
	return envelope.Card{}, err
}

// logCopy is a directory that holds a log. It never replaces a file by another
// with other bytes, except its checkpoint, once all below it was verified.
type logCopy struct {
	dir  string
	card envelope.Card
	head tlog.Tree // as it was found; the zero value if there was none
}

const (
	checkpointFile = "checkpoint"
	conflictFile   = "checkpoint.conflict" // one that does not go with what is in the directory
)

// openLogCopy reads the checkpoint a directory has.
func openLogCopy(dir string, card envelope.Card) (*logCopy, error) {
	l := &logCopy{dir: dir, card: card}
	raw, err := os.ReadFile(filepath.Join(dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return nil, err
	}
	if l.head, err = receipt.OpenCheckpoint(string(raw), card.Log); err != nil {
		return nil, trouble("mismatch", "name another directory, or give the card of the node whose log is in it by --key", "the checkpoint in %s is not one of this node's log: %s", dir, inWords(err))
	}
	return l, nil
}

// extend fetches what is missing, verifies all that came and that what was here
// is the beginning of it, and then takes the new checkpoint.
func (l *logCopy) extend(ctx context.Context, c *api.Client, entries bool) (exported, error) {
	from := l.head.N
	if entries && !l.hasEntries() {
		from = 0 // the leaves of what is here are missing
	}
	done := exported{Directory: l.dir, Before: l.head.N}
	var checkpoint []byte
	var tiles []tlog.Tile
	err := c.Tiles(ctx, from, entries, func(path string, raw []byte) error {
		if path == checkpointFile {
			checkpoint = raw
			return nil
		}
		tile, err := ledger.ParseTilePath(path)
		if err != nil {
			return err
		}
		tiles = append(tiles, tile)
		written, err := l.write(path, raw)
		if written {
			done.Files++
		}
		return err
	})
	var answered *api.Problem
	if errors.As(err, &answered) && answered.Code == "conflict" {
		return done, l.conflict(answered.Detail, nil)
	}
	if err != nil {
		return done, err
	}
	head, err := receipt.OpenCheckpoint(string(checkpoint), l.card.Log)
	if err != nil {
		return done, trouble("mismatch", "give the node's card, as you know it, by --key", "the node's checkpoint is not signed by the log of its card: %s", inWords(err))
	}
	if err := l.verify(ctx, head, tiles); err != nil {
		return done, l.conflict(err.Error(), checkpoint)
	}
	done.Origin, done.Size, done.Root = originOf(checkpoint), head.N, hex.EncodeToString(head.Hash[:])
	if err := l.replace(checkpointFile, checkpoint); err != nil {
		return done, err
	}
	return done, l.tidy(tiles)
}

// conflict keeps the checkpoint that does not go with this directory beside it.
func (l *logCopy) conflict(why string, checkpoint []byte) error {
	hint := "change nothing in " + l.dir + ": its checkpoint proves what the node signed before"
	if len(checkpoint) > 0 {
		if err := l.replace(conflictFile, checkpoint); err != nil {
			return err
		}
		hint = "change nothing in " + l.dir + ": checkpoint and " + conflictFile + " are both signed by the node, and prove it"
	}
	return trouble("mismatch", hint, "this is not the log that was exported before, grown longer: %s", why)
}

func originOf(checkpoint []byte) string {
	origin, _, _ := strings.Cut(string(checkpoint), "\n")
	return origin
}

// hasEntries reports whether the leaves were exported, too.
func (l *logCopy) hasEntries() bool {
	_, err := os.Stat(filepath.Join(l.dir, "tile", "entries"))
	return l.head.N == 0 || err == nil
}

var errOtherBytes = errors.New("a file that is here already has other bytes in the node's log")

// write writes a tile, whole or not at all, if it is not here already.
func (l *logCopy) write(path string, raw []byte) (written bool, err error) {
	file := filepath.Join(l.dir, filepath.FromSlash(path))
	before, err := os.ReadFile(file)
	switch {
	case err == nil && string(before) == string(raw):
		return false, nil
	case err == nil:
		return false, l.conflict(errOtherBytes.Error()+": "+path, nil)
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	return true, l.replace(path, raw)
}

func (l *logCopy) replace(path string, raw []byte) error {
	file := filepath.Join(l.dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	if err := writeFile(file+".part", raw); err != nil {
		return err
	}
	return os.Rename(file+".part", file)
}

// tidy removes the narrower tiles whose place wider ones have taken. C2SP tlog-tiles
func (l *logCopy) tidy(tiles []tlog.Tile) error {
	for _, t := range tiles {
		full := t
		full.W = 1 << t.H
		partial := filepath.Join(l.dir, filepath.FromSlash(ledger.TilePath(full))+".p")
		files, err := os.ReadDir(partial)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, file := range files {
			if file.Name() == strconv.Itoa(t.W) {
				continue
			}
			if err := os.Remove(filepath.Join(partial, file.Name())); err != nil {
				return err
			}
		}
		if t == full {
			if err := os.Remove(partial); err != nil {
				return err
			}
		}
	}
	return nil
}
