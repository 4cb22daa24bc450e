// SPDX-License-Identifier: Apache-2.0

package store

// This file lets the tests of faults open a store on a disk of their own.

import "log/slog"

// OpenOn is Open on the SQLite VFS of that name.
func OpenOn(log *slog.Logger, dir string, sign SignCheckpoint, vfs string) (*Store, error) {
	return open(log, dir, sign, vfs)
}
