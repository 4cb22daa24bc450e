// SPDX-License-Identifier: Apache-2.0

package main

// This file holds backups: the whole node goes into one sealed file, which is
// read again and checked, and a node is made of one.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// backupFlags say how a backup is sealed, and opened.
type backupFlags struct {
	passphrase, identity string
	to                   []string
	check                bool
}

func (t *tool) backupCommand() *cobra.Command {
	var f backupFlags
	c := t.command("backup FILE", "write the whole node into one sealed file, running or not; --check opens one and verifies it", func(ctx context.Context, args []string) error {
		if f.check {
			return t.checkBackup(ctx, args[0], f)
		}
		return t.backUp(ctx, args[0], f)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.passphrase, "passphrase-file", "", "a file with the passphrase to seal it with, that of the key file if it has one; - for the standard input")
	flags.StringArrayVar(&f.to, "to", nil, "seal it for this age recipient (age1…) instead; may be repeated")
	flags.BoolVar(&f.check, "check", false, "open FILE and verify everything in it, as tocsin ledger verify does")
	flags.StringVar(&f.identity, "identity", "", "with --check, a file of age identities that opens it")
	return c
}

// madeBackup is a backup as it was written or checked.
type madeBackup struct {
	Path string `json:"path"`
	api.BackedUp
	Checked string     `json:"checked"` // "whole": opened and verified; "read": its bytes alone
	Audit   *api.Audit `json:"audit,omitempty"`
}

func (t *tool) backUp(ctx context.Context, path string, f backupFlags) error {
	if _, err := os.Lstat(path); err == nil {
		return trouble(codeFile, "name a new file: a backup is not written over", "%s is there already", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	order := api.Backup{To: f.to}
	ask := t.once(f)
	if len(f.to) == 0 {
		passphrase, err := ask()
		if err != nil {
			return err
		}
		order.Passphrase = string(passphrase)
	}
	made, err := t.written(path, func(w io.Writer) (api.BackedUp, error) {
		return t.takeBackup(ctx, ask, order, w)
	})
	if err != nil {
		return err
	}
	if len(f.to) == 0 {
		return t.checked(ctx, path, made, node.Opener{Passphrase: []byte(order.Passphrase)})
	}
	if err := sameBytes(path, made); err != nil {
		return err
	}
	return t.showBackup(madeBackup{Path: path, BackedUp: made, Checked: "read"})
}

// once asks for a passphrase once, however often it is needed: that of the key
// file, or a new one if the key file is not sealed.
func (t *tool) once(f backupFlags) node.Passphrase {
	var known []byte
	return func() (_ []byte, err error) {
		if known != nil {
			return known, nil
		}
		if proof, failure := node.BackupProof(t.dir); t.dir != "" && (failure != nil || proof == "") || len(f.to) > 0 {
			known, err = t.passphrase(f.passphrase)()
		} else {
			known, err = t.newPassphrase(f.passphrase, "--passphrase-file")
		}
		return known, err
	}
}

// takeBackup takes it from the directory if the node is not running, and from the
// node if it is.
func (t *tool) takeBackup(ctx context.Context, ask node.Passphrase, order api.Backup, w io.Writer) (api.BackedUp, error) {
	if t.dir != "" && t.address == "" {
		log := slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
		made, err := node.Backup(ctx, log, t.dir, ask, order, w)
		if !problem.Is(err, problem.Busy) {
			return made, err
		}
		if order.Proof, err = node.BackupProof(t.dir); err != nil {
			return made, err
		}
	}
	client, err := t.client(ctx)
	if err != nil {
		return api.BackedUp{}, err
	}
	made, err := client.Backup(ctx, order, w)
	return made, t.reached(err)
}

// written writes a file whole or not at all.
func (t *tool) written(path string, write func(io.Writer) (api.BackedUp, error)) (made api.BackedUp, err error) {
	// What a run that was killed left is in the way, and so is what somebody else
	// put there: a link to another file, or a file that they can read.
	if err := os.Remove(path + ".part"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return made, err
	}
	file, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return made, err
	}
	made, err = write(t.counted(file))
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
	return made, nil
}

// sameBytes reads the file again: what lies on the disk is what the node sealed.
func sameBytes(path string, made api.BackedUp) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	if n != made.Bytes || hex.EncodeToString(sum.Sum(nil)) != made.SHA256 {
		return trouble(codeFile, "take it again, to another disk", "%s does not hold what was written", path)
	}
	return nil
}

func (t *tool) checkBackup(ctx context.Context, path string, f backupFlags) error {
	open, err := t.opener(f)
	if err != nil {
		return err
	}
	return t.checked(ctx, path, api.BackedUp{}, open)
}

// opener is what opens a backup, as the flags say.
func (t *tool) opener(f backupFlags) (node.Opener, error) {
	if f.identity != "" {
		raw, err := t.readFile(f.identity)
		return node.Opener{Identities: raw}, err
	}
	passphrase, err := t.passphrase(f.passphrase)()
	return node.Opener{Passphrase: passphrase}, err
}

// checked opens a backup and verifies everything in it.
func (t *tool) checked(ctx context.Context, path string, made api.BackedUp, open node.Opener) error {
	file, err := t.open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	log := slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
	found, audit, err := node.CheckBackup(ctx, log, file, open)
	if err != nil {
		return err
	}
	if made.Node == "" {
		made = found
	}
	made.Digits = found.Digits
	if err := t.showBackup(madeBackup{Path: path, BackedUp: made, Checked: "whole", Audit: &audit}); err != nil || audit.OK {
		return err
	}
	return exitWith(exitNo)
}

func (t *tool) showBackup(made madeBackup) error {
	return t.show(made, func(p *page) {
		p.line("%s: the whole node %s, with a log of %d leaves, as it was on %s", made.Path, made.Node, made.Size, when(made.Made))
		if made.Audit == nil {
			p.line("  it lies on the disk as it was sealed; whoever has the identity can open and verify it")
			p.next("tocsin backup --check %s --identity FILE", quoted(made.Path))
			return
		}
		printWhose(p, made.BackedUp)
		printFindings(p, *made.Audit)
		p.line("  whoever opens it is the node: keep it, and what opens it, apart from each other")
	})
}

// printWhose says which node it is: a name anybody can write into a backup.
func printWhose(p *page, made api.BackedUp) {
	p.line("  node id %s", made.ID)
	p.line("  its digits %s", made.Digits)
}

// printFindings says what a verification of a backup found.
func printFindings(p *page, audit api.Audit) {
	if audit.OK {
		p.line("  opened and verified: %d leaves, %d rows, %d messages, %d receipts", audit.Leaves, audit.Rows, audit.Messages, audit.Receipts)
		return
	}
	for _, wrong := range audit.Wrong {
		p.line("  WRONG: %s", plain(wrong))
	}
}

func (t *tool) restoreCommand() *cobra.Command {
	var f backupFlags
	var listen, fresh string
	c := t.command("restore FILE", "make the node of a backup in a new directory, --dir; it asks its partners before it goes on", func(ctx context.Context, args []string) error {
		if err := needed("--dir", t.dir, "DIR: a new directory"); err != nil {
			return err
		}
		open, err := t.opener(f)
		if err != nil {
			return err
		}
		order := node.Restoring{Dir: t.dir, Open: open, Listen: listen}
		if fresh != "" {
			if order.Passphrase, err = t.newPassphrase(fresh, "--new-passphrase-file"); err != nil {
				return err
			}
		}
		file, err := t.open(args[0])
		if err != nil {
			return err
		}
		defer file.Close()
		log := slog.New(slog.NewTextHandler(t.errs, &slog.HandlerOptions{Level: slog.LevelWarn}))
		made, audit, err := node.Restore(ctx, log, file, order)
		if err != nil {
			return err
		}
		return t.show(madeBackup{Path: t.dir, BackedUp: made, Checked: "whole", Audit: &audit}, func(p *page) {
			p.line("%s: %s as it was on %s, with a log of %d leaves", t.dir, made.Node, when(made.Made), made.Size)
			printWhose(p, made)
			printFindings(p, audit)
			p.line("  make sure that the node it was taken from never runs again: two of one name are a fork")
			p.next("tocsin serve --dir %s; it says nothing before its partners have said what they hold of it: tocsin recover", quoted(t.dir))
		})
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.passphrase, "passphrase-file", "", "a file with the passphrase it was sealed with; - for the standard input")
	flags.StringVar(&f.identity, "identity", "", "a file of age identities that opens it instead")
	flags.StringVar(&fresh, "new-passphrase-file", "", "a file with a passphrase to seal the key file with, where it was sealed before")
	flags.StringVar(&listen, "listen", "", "host:port to listen on from now on")
	return c
}
