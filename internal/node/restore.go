// SPDX-License-Identifier: Apache-2.0

package node

// This file makes a node from a backup. The node knows that it was restored: it
// asks its partners before it goes on.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// restoredFile says that the directory was made from a backup, until the node
// has written so into its store.
const restoredFile = "restored"

// Restoring is what a node is restored from and to.
type Restoring struct {
	Dir    string
	Open   Opener
	Listen string // as the backup says, if it is empty
	// Passphrase seals the key file, if it was sealed and the backup is not opened
	// with a passphrase.
	Passphrase []byte
}

// Restore makes the node of a backup in a new directory. Nothing but the backup
// and what opens it is needed. What is in it is verified first; findings are in
// the audit and stop nothing, since there may be no better copy. It leaves no
// half of a node behind: the configuration is written last.
func Restore(ctx context.Context, log *slog.Logger, r io.Reader, order Restoring) (made api.BackedUp, audit api.Audit, err error) {
	if order.Dir == "" {
		return made, audit, problem.New(problem.Invalid, "say where: --dir DIR", "a node needs a directory")
	}
	if err := os.MkdirAll(order.Dir, 0o700); err != nil {
		return made, audit, fmt.Errorf("node: %w", err)
	}
	if there(order.Dir, configFile) {
		return made, audit, problem.New(problem.Conflict, "use another directory: nothing is ever restored over a node", "there is a node in %s already", order.Dir)
	}
	for _, name := range restoredFiles {
		if there(order.Dir, name) {
			return made, audit, problem.New(problem.Conflict, "if a restore did not come to its end, remove the directory and try again", "there is half of a node in %s: %s", order.Dir, name)
		}
	}
	if err := os.Chmod(order.Dir, 0o700); err != nil {
		return made, audit, fmt.Errorf("node: %w", err)
	}
	b, audit, err := restore(ctx, log, r, order)
	if err != nil {
		return made, audit, errors.Join(err, clearOut(order.Dir))
	}
	return b.words(), audit, nil
}

func restore(ctx context.Context, log *slog.Logger, r io.Reader, order Restoring) (b backedUp, audit api.Audit, err error) {
	if b, err = unpack(r, order.Open, order.Dir); err != nil {
		return b, audit, err
	}
	file := &keyFile{dir: order.Dir}
	if b.KeysSealed {
		if file.passphrase = order.Open.Passphrase; len(order.Passphrase) > 0 {
			file.passphrase = order.Passphrase
		}
		if len(file.passphrase) == 0 {
			return b, audit, problem.New(problem.Invalid, "give one: --new-passphrase-file FILE", "the key file was sealed with a passphrase, and has to be sealed again")
		}
		if err := CheckPassphrase(file.passphrase); err != nil {
			return b, audit, err
		}
	}
	config, err := parseConfig(b.config)
	if err == nil && order.Listen != "" {
		config.Listen = order.Listen
		if err = config.check(); err == nil {
			b.config, err = json.Marshal(config, jsontext.WithIndent("  "))
		}
	}
	if err != nil {
		return b, audit, err
	}
	if audit, err = b.verify(ctx, log, order.Dir); err != nil {
		return b, audit, err
	}
	ring, err := file.encode(b.ring)
	if err != nil {
		return b, audit, err
	}
	origin, err := json.Marshal(store.Restored{ID: newRestoreID(), At: time.Now().UTC().Truncate(time.Millisecond), Made: b.Made, Size: b.Size, Root: b.Root, Checkpoint: b.Checkpoint})
	if err != nil {
		return b, audit, err
	}
	files := b.others
	files[keysFile], files[restoredFile] = ring, origin
	for name, content := range files {
		if err := writeDurably(filepath.Join(order.Dir, name), content); err != nil {
			return b, audit, err
		}
	}
	return b, audit, writeConfig(order.Dir, b.config)
}

// restoredFiles are all that a restore writes, in any case: nothing of that name
// may be there before, and nothing of it is left if it fails.
var restoredFiles = [...]string{configFile, configFile + unfinished, restoredFile, keysFile, tokenFile, policyFile, store.File, store.File + "-wal", store.File + "-shm", "lock"}

// clearOut removes what a restore that failed has written.
func clearOut(dir string) error {
	var errs []error
	for _, name := range restoredFiles {
		errs = append(errs, gone(filepath.Join(dir, name)))
	}
	return errors.Join(errs...)
}

// begin writes into the store that it was restored, if its directory says so and
// the store does not yet.
func begin(ctx context.Context, dir string, kept *store.Store) error {
	if err := kept.SettleRecoveries(ctx); err != nil {
		return err
	}
	path := filepath.Join(dir, restoredFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("node: %w", err)
	}
	var restored store.Restored
	if err := json.Unmarshal(raw, &restored); err != nil || restored.ID == "" {
		return problem.New(problem.Invalid, "restore the backup anew", "%s cannot be read", path).Because(err)
	}
	if err := kept.BeginRecovery(ctx, restored); err != nil {
		return err
	}
	if err := gone(path); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return syncDir(dir)
}

func newRestoreID() string { return "restore--" + uuid.NewString() }
