// SPDX-License-Identifier: Apache-2.0

package store

// This file copies one moment of the store into a file, beside whoever writes.

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tocsin-exchange/tocsin/internal/caller"
)

// backupPages is how many pages are copied before somebody who gave up is asked
// again: 8 MiB.
const backupPages = 1024

// Backup copies one moment of the store into path, which must be new, and
// returns the head of the log at that moment. Who took it stands in the log
// before the first page is copied. Changes go on meanwhile: they wait for
// nothing, and are not in the copy. One backup or verification runs at a time; a
// second is Busy. A copy that failed is removed.
func (s *Store) Backup(ctx context.Context, who caller.Caller, path string) (head LogHead, err error) {
	// SQLite would make the file as others may read it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return head, fmt.Errorf("store: %w", err)
	}
	err = file.Close()
	if err == nil {
		err = s.Inspect(ctx, who, What{Act: caller.BackUp}, func(tx *Tx) (err error) {
			if head, err = tx.Newest(); err != nil {
				return err
			}
			return tx.copyTo(path)
		})
	}
	if err == nil {
		err = syncFile(path)
	}
	if err != nil {
		return head, errors.Join(err, os.Remove(path))
	}
	return head, nil
}

// Newest is our newest checkpoint as a head, as the moment has it that the
// transaction reads.
func (tx *Tx) Newest() (head LogHead, err error) {
	var checkpoint string
	if _, err := tx.get(`SELECT checkpoint FROM head WHERE id = 1`, nil, &checkpoint); err != nil {
		return head, err
	}
	return textHead(checkpoint, tx.Now)
}

// copyTo copies the moment that the transaction reads: it has begun to read, so
// the pages stay those of that moment however long it takes.
func (tx *Tx) copyTo(path string) error {
	backup, err := tx.session.raw.BackupInit("main", path)
	if err != nil {
		return fmt.Errorf("store: beginning a backup: %w", err)
	}
	for done := false; !done && err == nil; {
		if err = tx.ctx.Err(); err == nil {
			done, err = backup.Step(backupPages)
		}
	}
	if err = errors.Join(err, backup.Close()); err != nil {
		return fmt.Errorf("store: copying the store: %w", err)
	}
	return nil
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
