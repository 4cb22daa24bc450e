// SPDX-License-Identifier: Apache-2.0

package node

// This file keeps the ring in its file: sealed with a passphrase or not, written
// beside and renamed, so that there is never half of one.

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

const (
	// nextKeysFile is the ring of a change of keys that is not done yet.
	nextKeysFile = keysFile + ".next"
	// CredentialName is the systemd credential that holds the passphrase.
	CredentialName = "tocsin-passphrase"
)

// Passphrase asks for the passphrase of the key file. It is called only if the
// file is sealed. Nil: there is nobody to ask.
type Passphrase func() ([]byte, error)

// keyFile is the file of a node's ring. What it writes is sealed as what it read.
type keyFile struct {
	dir        string
	passphrase []byte // nil: not sealed

	guess sync.Mutex
	wrong time.Time // when a wrong passphrase was given to somebody who asks for a backup
}

// guessPause is how long after a wrong passphrase none is looked at: one guess at
// the file itself takes as long.
const guessPause = time.Second

// knows says whether a passphrase is that of the file. Whoever guesses is told
// nothing more often than once in guessPause.
func (f *keyFile) knows(passphrase string, now time.Time) (bool, error) {
	f.guess.Lock()
	defer f.guess.Unlock()
	if since := now.Sub(f.wrong); since >= 0 && since < guessPause {
		return false, problem.New(problem.Busy, "try again in a second", "a wrong passphrase was just given for a backup")
	}
	if subtle.ConstantTimeCompare([]byte(passphrase), f.passphrase) != 1 {
		f.wrong = now
		return false, nil
	}
	return true, nil
}

// readKeys reads the ring in dir.
func readKeys(dir string, ask Passphrase) (*keys.Ring, *keyFile, error) {
	raw, err := os.ReadFile(filepath.Join(dir, keysFile))
	if err != nil {
		return nil, nil, problem.New(problem.Missing, "restore the file from a backup: without it the node cannot be this node", "the node's keys cannot be read").Because(err)
	}
	file := &keyFile{dir: dir}
	if keys.IsSealed(raw) {
		if ask == nil {
			return nil, nil, problem.New(problem.Denied, "give the passphrase: --passphrase-file FILE, or the systemd credential "+CredentialName, "the node's keys are sealed with a passphrase")
		}
		if file.passphrase, err = ask(); err != nil {
			return nil, nil, err
		}
	}
	ring, err := file.parse(raw)
	if file.passphrase != nil {
		debug.FreeOSMemory() // what scrypt took, which the node never needs again
	}
	if errors.Is(err, keys.ErrPassphrase) {
		return nil, nil, problem.New(problem.Denied, "try again; nothing was changed. Without the passphrase nobody opens the keys: see docs/keys.md", "this passphrase does not open the node's keys")
	}
	if err != nil {
		return nil, nil, problem.New(problem.Invalid, "restore the file from a backup", "the node's keys cannot be used").Because(err)
	}
	if ring.Fresh() {
		err = file.Write(ring)
	}
	return ring, file, err
}

func (f *keyFile) parse(raw []byte) (*keys.Ring, error) {
	if f.passphrase == nil {
		return keys.Parse(raw)
	}
	return keys.ParseSealed(raw, f.passphrase)
}

func (f *keyFile) encode(ring *keys.Ring) ([]byte, error) {
	if f.passphrase == nil {
		return ring.Encode()
	}
	return ring.EncodeSealed(f.passphrase)
}

// Prepare writes the next ring beside the one in force.
func (f *keyFile) Prepare(next *keys.Ring) error {
	raw, err := f.encode(next)
	if err != nil {
		return err
	}
	return replaceDurably(filepath.Join(f.dir, nextKeysFile), raw)
}

// Promote puts the next ring in the place of the one in force.
func (f *keyFile) Promote() error {
	if err := os.Rename(filepath.Join(f.dir, nextKeysFile), filepath.Join(f.dir, keysFile)); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return syncDir(f.dir)
}

// Discard removes the next ring.
func (f *keyFile) Discard() error {
	if err := os.Remove(filepath.Join(f.dir, nextKeysFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("node: %w", err)
	}
	return syncDir(f.dir)
}

// Write replaces the ring in force.
func (f *keyFile) Write(ring *keys.Ring) error {
	raw, err := f.encode(ring)
	if err != nil {
		return err
	}
	return replaceDurably(filepath.Join(f.dir, keysFile), raw)
}

// next is the ring of a change of keys that the last run did not bring to its
// end; nil if there is none, or it was not written to its end: then the change
// did not happen.
func (f *keyFile) next() (*keys.Ring, error) {
	raw, err := os.ReadFile(filepath.Join(f.dir, nextKeysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	ring, err := f.parse(raw)
	if err != nil {
		return nil, nil
	}
	return ring, nil
}

// openStore opens the store that the ring belongs to. A change of keys that
// stopped half-way is brought to its end, if its transaction was done, or else
// forgotten: the store knows.
func openStore(log *slog.Logger, dir string, ring *keys.Ring, file *keyFile, address string) (*store.Store, error) {
	next, err := file.next()
	if err != nil {
		return nil, err
	}
	var others []store.SignCheckpoint
	if next != nil {
		others = append(others, next.SignCheckpoint)
	}
	kept, err := store.Open(log, dir, ring.SignCheckpoint, others...)
	if err != nil {
		return nil, err
	}
	var number uint64
	err = kept.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
		number, err = tx.KeyNumber()
		return err
	})
	switch {
	case err != nil:
	case number == ring.Number():
		err = file.Discard()
	case next != nil && number == next.Number():
		log.Info("going on with a change of keys", "number", number)
		err = outbox.New(log, kept, ring).WithKeyFile(file, address).FinishKeys(context.Background(), next)
	default:
		err = problem.New(problem.Conflict, "restore the key file and the store from the same backup", "the node's keys are not those of its store: %d changes of keys against %d", ring.Number(), number)
	}
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return kept, nil
}

// SetPassphrase seals the key file of the node in dir with a passphrase, another
// one than before, or none if fresh is nil. The node must not be running.
func SetPassphrase(log *slog.Logger, dir string, ask Passphrase, fresh []byte) error {
	config, err := ReadConfig(dir)
	if err != nil {
		return err
	}
	ring, file, err := readKeys(dir, ask)
	if err != nil {
		return err
	}
	// Opened so that no node runs meanwhile, and nothing of a change of keys is left.
	kept, err := openStore(log, dir, ring, file, config.Address)
	if err != nil {
		return err
	}
	file.passphrase = fresh
	return errors.Join(file.Write(ring), kept.Close())
}

// CheckPassphrase refuses a passphrase that is too short to seal keys with.
func CheckPassphrase(passphrase []byte) error {
	if len(passphrase) < keys.MinPassphrase {
		return problem.New(problem.Invalid, fmt.Sprintf("use at least %d characters, better six words that nobody guesses", keys.MinPassphrase), "the passphrase is too short")
	}
	if bytes.ContainsAny(passphrase, "\r\n\x00") {
		return problem.New(problem.Invalid, "use one line", "the passphrase has a line break in it")
	}
	return nil
}
