// SPDX-License-Identifier: Apache-2.0

package main

// This file holds carrying by hand: what waits for a partner goes into a file,
// and a file of a partner is taken.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
)

func (t *tool) carryCommand() *cobra.Command {
	return t.group("carry", "carry messages and receipts by hand, in files, where no network joins two nodes", t.carryOutCommand(), t.carryInCommand())
}

func (t *tool) carryOutCommand() *cobra.Command {
	var ask api.CarryOut
	var size string
	c := t.ask("out PARTNER FILE", "write what waits for a partner into a file that only the partner can open", func(ctx context.Context, c *api.Client, args []string) (err error) {
		if size != "" {
			if ask.MaxSize, err = api.ParseSize(size); err != nil {
				return usage("write it as 600MB or 4GB", "--max-size: %q is not a size", size)
			}
		}
		return t.carryOut(ctx, c, args[0], args[1], ask)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&size, "max-size", "", "at most so large, such as 600MB: what does not fit goes into FILE.2, FILE.3, …")
	flags.BoolVar(&ask.OneWay, "one-way", false, "nothing comes back, as over a data diode: what is in the file counts as carried, without a receipt")
	flags.StringVar(&ask.Again, "again", "", "with --one-way, also what was carried before: the number of a message, or all")
	return c
}

func (t *tool) carryOut(ctx context.Context, c *api.Client, partner, path string, ask api.CarryOut) error {
	var files []carriedFile
	for part := 1; ; part++ {
		name := path
		if part > 1 {
			name = path + "." + strconv.Itoa(part)
		}
		made, err := t.carryFile(ctx, c, partner, name, ask)
		if err != nil {
			if len(files) > 0 {
				err = errors.Join(err, t.showCarried(files))
			}
			return err
		}
		files = append(files, carriedFile{name, made})
		if !made.More {
			return t.showCarried(files)
		}
		ask = ask.Next(made)
	}
}

// carriedFile is a file as it was written.
type carriedFile struct {
	Path string `json:"path"`
	api.CarriedOut
}

// carryFile writes one file, whole or not at all, and then says so to the node:
// until it has, the next file holds the same again.
func (t *tool) carryFile(ctx context.Context, c *api.Client, partner, path string, ask api.CarryOut) (made api.CarriedOut, err error) {
	if _, err := os.Lstat(path); err == nil {
		return made, trouble(codeFile, "name a new file: a file that was carried is not written over", "%s is there already", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return made, err
	}
	file, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return made, err
	}
	made, err = c.CarryOut(ctx, partner, ask, t.counted(file))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		return made, errors.Join(err, os.Remove(path+".part"))
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil { // not every system can sync a directory
		_ = dir.Sync()
		_ = dir.Close()
	}
	err = c.CarryWritten(ctx, made.File)
	var refused *api.Problem
	if errors.As(err, &refused) {
		err = errors.Join(err, os.Remove(path)) // its channel was closed meanwhile: it must not leave
	}
	return made, err
}

func (t *tool) showCarried(files []carriedFile) error {
	return t.show(listing[carriedFile]{files}, func(p *page) {
		held := 0
		for _, f := range files {
			p.line("%s: file %d for %s, with %s", f.Path, f.Number, f.Partner, contents(f.CarriedOut))
			held = max(held, f.Held)
		}
		last := files[len(files)-1]
		if held > 0 {
			p.line("  %s stayed here: the channel does not let them leave now", many(held, "message"))
		}
		for _, f := range files {
			for _, why := range f.Withheld {
				p.line("  NOT in the file, and it will not leave: %s", why)
			}
		}
		if last.OneWay {
			p.line("  nothing comes back: these messages count as carried, without a receipt; --again repeats them")
			return
		}
		again := ""
		if slices.ContainsFunc(files, func(f carriedFile) bool { return f.Messages > 0 }) {
			again = "; until the receipts are here, each new file holds these messages again"
		}
		if slices.ContainsFunc(files, func(f carriedFile) bool { return f.Asks }) {
			p.line("  it asks what %s holds of this node, which was restored: %s takes every file first that is still on its way, or it is destroyed", last.Partner, last.Partner)
			again = ", and brings the answer back in a file"
		}
		p.next("bring it to %s, who says: tocsin carry in FILE%s", last.Partner, again)
	})
}

// contents says what is in a file.
func contents(made api.CarriedOut) string {
	var words []string
	if made.Pairing {
		words = append(words, "the answer to the invitation")
	}
	if made.Asks {
		words = append(words, "the question what "+made.Partner+" holds of this node")
	}
	if made.Answers || made.GivenBack > 0 {
		words = append(words, "what this node holds of "+made.Partner+" ("+many(made.GivenBack, "message")+")")
	}
	switch {
	case made.Messages == 1:
		words = append(words, fmt.Sprintf("1 message (number %d)", made.First))
	case made.Messages > 1:
		words = append(words, fmt.Sprintf("%d messages (numbers %d to %d)", made.Messages, made.First, made.Last))
	}
	if made.Receipts > 0 {
		words = append(words, many(made.Receipts, "receipt"))
	}
	return strings.Join(words, ", ")
}

func (t *tool) carryInCommand() *cobra.Command {
	return t.ask("in FILE", "take a file that a partner wrote; the same file again changes nothing", func(ctx context.Context, c *api.Client, args []string) error {
		file, err := t.open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		taken, err := c.CarryIn(ctx, readCounted{file, t.meter()})
		if err != nil {
			return err
		}
		if err := t.show(taken, func(p *page) { printCarriedIn(p, taken) }); err != nil || taken.OK() {
			return err
		}
		return exitWith(exitNo)
	})
}

func printCarriedIn(p *page, taken api.CarriedIn) {
	p.line("file %d of %s, made on %s", taken.Number, taken.Partner, taken.Made)
	if taken.Paired {
		p.line("  %s has answered the invitation", taken.Partner)
	}
	p.field("messages", fmt.Sprintf("%d new, %d known already, %d not taken", taken.New, taken.Known, taken.Refused))
	p.field("receipts", fmt.Sprintf("%d for messages of ours", taken.Receipts))
	if taken.GivenBack > 0 || taken.Heard {
		p.field("given back", many(taken.GivenBack, "message")+" of the two chains, as this node asked")
	}
	if taken.Heard {
		p.line("  %s has said everything that it holds of this node: see tocsin recover", taken.Partner)
	}
	if taken.Asks {
		p.line("  %s says that it was restored, and asks what this node holds of it: call them on a number you know", taken.Partner)
	}
	if taken.Cut != "" {
		p.line("  NOT WHOLE: %s", taken.Cut)
	}
	for _, wait := range taken.Waits {
		p.line("  not taken: %s", wait)
	}
	if taken.OneWay {
		p.line("  it was carried one way: nothing is to be carried back")
	}
	if taken.Channel == "pending" {
		p.next("finish the pairing: tocsin partner show %s", taken.Partner)
	}
	if taken.Asks {
		p.next("take every older file of %s first; then, with the answer: tocsin carry out %s FILE", taken.Partner, taken.Partner)
		return
	}
	if taken.Carry > 0 && !taken.OneWay {
		p.next("%s to be carried back: tocsin carry out %s FILE", waitingReceipts(taken.Carry), taken.Partner)
	}
}

func waitingReceipts(n int) string {
	if n == 1 {
		return "1 receipt waits"
	}
	return many(n, "receipt") + " wait"
}

// meter shows how many bytes have passed, if somebody is watching.
func (t *tool) meter() func(n int) {
	show := t.progressLine()
	if show == nil {
		return func(int) {}
	}
	var passed, shown int64
	return func(n int) {
		if passed += int64(n); passed-shown >= 1<<20 {
			shown = passed
			show(fmt.Sprintf("%d MiB", passed>>20))
		}
	}
}

type readCounted struct {
	io.Reader
	count func(int)
}

func (r readCounted) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	r.count(n)
	return n, err
}

type writeCounted struct {
	io.Writer
	count func(int)
}

func (w writeCounted) Write(raw []byte) (int, error) {
	n, err := w.Writer.Write(raw)
	w.count(n)
	return n, err
}

func (t *tool) counted(w io.Writer) io.Writer { return writeCounted{w, t.meter()} }
