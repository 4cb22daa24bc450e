// SPDX-License-Identifier: Apache-2.0

package node

// This file holds the directory in which a backup is checked: it has the store in
// it, unsealed, and must not outlive whoever checks.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// checkedIn begins the names of such directories; the number of the process
// follows.
const checkedIn = "tocsin-backup-"

// checkingDir makes a directory of this process, and removes those of processes
// that were killed before they could.
func checkingDir() (string, error) {
	left, err := filepath.Glob(filepath.Join(os.TempDir(), checkedIn+"*"))
	for _, dir := range left {
		if ended(dir) {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	if err != nil {
		return "", fmt.Errorf("node: removing what an earlier check left: %w", err)
	}
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", checkedIn, os.Getpid()))
	if err != nil {
		return "", fmt.Errorf("node: %w", err)
	}
	return dir, nil
}

// ended reports whether the directory is of a process that is there no more. Who
// cannot tell leaves it.
func ended(dir string) bool {
	number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), checkedIn), "-")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 0 {
		return false
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
