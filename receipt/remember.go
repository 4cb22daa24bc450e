// SPDX-License-Identifier: Apache-2.0

package receipt

// This file lets many receipts share what one of them has shown: those of one
// delivery stand under one checkpoint.

import (
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// maxRemembered bounds the checkpoints that are remembered.
const maxRemembered = 64

// remembered are checkpoints whose signature was right, by their whole text.
type remembered struct {
	mu    sync.Mutex
	trees map[string]tlog.Tree
}

// Remembering returns the keys with a memory of the checkpoints they were found
// to have signed, so that the next receipt under one of them costs a signature
// less. They may be used at once from many goroutines.
func (k Keys) Remembering() Keys {
	k.known = &remembered{trees: make(map[string]tlog.Tree)}
	return k
}

// open is OpenCheckpoint, once for each checkpoint that is remembered.
func (k Keys) open(checkpoint string) (tlog.Tree, error) {
	if k.known == nil {
		return OpenCheckpoint(checkpoint, k.Log)
	}
	k.known.mu.Lock()
	tree, ok := k.known.trees[checkpoint]
	k.known.mu.Unlock()
	if ok {
		return tree, nil
	}
	tree, err := OpenCheckpoint(checkpoint, k.Log)
	if err != nil {
		return tree, err
	}
	k.known.mu.Lock()
	defer k.known.mu.Unlock()
	if len(k.known.trees) >= maxRemembered {
		clear(k.known.trees)
	}
	k.known.trees[checkpoint] = tree
	return tree, nil
}
