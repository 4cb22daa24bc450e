// SPDX-License-Identifier: Apache-2.0

package store

// This file opens the embedded store: SQLite, in one directory.

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"; nothing else in the house may import a driver

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// File is the store's file in its directory.
const File = "tocsin.db"

// busyWithin is how long a connection waits for what another one does.
const busyWithin = 10 * time.Second

// openSQLite opens one connection that writes and several that only read. The
// page size must be set before the first table is made; a store that has tables
// keeps its own.
func openSQLite(dir, vfs string) (write, read *sql.DB, lock locks, err error) {
	if lock, err = lockDir(dir); err != nil {
		return nil, nil, nil, err
	}
	if err := ownersOnly(filepath.Join(dir, File)); err != nil {
		return nil, nil, nil, errors.Join(err, lock.Close())
	}
	busy := fmt.Sprintf("&_pragma=busy_timeout(%d)", busyWithin.Milliseconds())
	file := "file:" + (&url.URL{Path: filepath.Join(dir, File)}).EscapedPath() + "?vfs=" + vfs
	write, err = sql.Open("sqlite3", file+"&_pragma=page_size(8192)&_pragma=journal_mode(wal)&_pragma=synchronous(full)"+
		busy+"&_pragma=secure_delete(1)&_pragma=cache_size(-16384)&_pragma=temp_store(memory)&_txlock=immediate")
	if err == nil {
		write.SetMaxOpenConns(1)
		err = migrate(write)
	}
	if err == nil {
		err = sidesOwnersOnly(filepath.Join(dir, File))
	}
	if err == nil {
		read, err = sql.Open("sqlite3", file+"&_pragma=query_only(1)&_pragma=synchronous(full)"+busy)
	}
	if err != nil {
		if write != nil {
			err = errors.Join(err, write.Close())
		}
		return nil, nil, nil, errors.Join(fmt.Errorf("store: opening %s: %w", File, err), lock.Close())
	}
	read.SetMaxOpenConns(readers + 2)
	read.SetMaxIdleConns(readers + 2)
	return write, read, lock, nil
}

// ownersOnly makes the file, if it is new, and lets nobody else read it.
func ownersOnly(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// sidesOwnersOnly lets nobody else read the log and the index that SQLite keeps
// beside the file while it is open: the driver makes them as the umask says, and
// the log holds the newest rows in clear.
func sidesOwnersOnly(path string) error {
	for _, side := range []string{"-wal", "-shm"} {
		if err := os.Chmod(path+side, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("store: %w", err)
		}
	}
	return nil
}

// locks are held as long as the store is open. They end with the process,
// however it ends.
type locks []*os.File

// Close lets another process open the store.
func (l locks) Close() error {
	var errs []error
	for _, file := range l {
		errs = append(errs, file.Close())
	}
	return errors.Join(errs...)
}

// lockDir makes sure that one process alone has the store open: two would give
// the log two heads. It locks a file, and the directory too where the system
// can, so that removing the file lets nobody in.
func lockDir(dir string) (locks, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	held := locks{file}
	whole, err := os.Open(dir)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), held.Close())
	}
	held = append(held, whole)
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		// Network file systems lock no directories: there the file has to do.
		if err = syscall.Flock(int(whole.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); !errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		busy := problem.New(problem.Busy, "stop the other process first", "another process has this node's store open").Because(err)
		return nil, errors.Join(busy, held.Close())
	}
	if err != nil {
		cannot := problem.New(problem.Busy, "put the node's directory on a disk of this machine: a store that two processes write to is lost", "this file system cannot lock the store").Because(err)
		return nil, errors.Join(cannot, held.Close())
	}
	return held, nil
}
