// SPDX-License-Identifier: Apache-2.0

package witness

// This file holds the two keys that a node cosigns with, as its card names them.

import "fmt"

// ParsePair reads the keys that a card names: none, or an Ed25519 key and an
// ML-DSA-44 one of the same name, in this order.
func ParsePair(keys []string) ([]*Verifier, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if len(keys) != 2 {
		return nil, fmt.Errorf("%w: a node has two", ErrKey)
	}
	classic, err := ParseVerifier(keys[0])
	if err != nil {
		return nil, err
	}
	pq, err := ParseVerifier(keys[1])
	if err != nil {
		return nil, err
	}
	if classic.algorithm != Ed25519 || pq.algorithm != MLDSA44 || classic.name != pq.name {
		return nil, fmt.Errorf("%w: not an Ed25519 and an ML-DSA-44 key of one name", ErrKey)
	}
	return []*Verifier{classic, pq}, nil
}
