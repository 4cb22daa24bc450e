// SPDX-License-Identifier: Apache-2.0

package policy

// This file finds the policy in force, and keeps it read.

import "sync"

// Store is what knows which policy is in force.
type Store interface {
	// PolicyHash is the hash of its text; empty for the one that came with the program.
	PolicyHash() (string, error)
	// PolicyText is the text of that hash.
	PolicyText(hash string) ([]byte, error)
}

// Force keeps the policy in force, read: it is read once and not at each
// question. The zero value is ready.
type Force struct {
	mu    sync.Mutex
	rules *Rules // the one that was in force last
}

// Rules are those in force. A text that is not what its hash says, or that this
// program cannot read, is nobody's: nothing leaves by it.
func (f *Force) Rules(from Store) (*Rules, error) {
	hash, err := from.PolicyHash()
	if err != nil || hash == "" {
		return Shipped(), err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rules != nil && f.rules.hash == hash {
		return f.rules, nil
	}
	text, err := from.PolicyText(hash)
	if err != nil {
		return nil, err
	}
	read, err := Read("policy "+hash[:min(len(hash), 12)], text)
	switch {
	case err != nil:
		return Nobody(err.Error()), nil
	case read.hash != hash:
		return Nobody("its text is not the one that was approved"), nil
	}
	f.rules = read
	return read, nil
}
