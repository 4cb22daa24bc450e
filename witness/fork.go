// SPDX-License-Identifier: Apache-2.0

package witness

// This file holds the evidence that a log was forked, as a file that a third
// person can judge with the log's public key alone.

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

// Fork is two checkpoints that one log signed and that are not of one log, as
// far as whoever kept them can tell.
type Fork struct {
	Older string // signed checkpoint of the smaller log, or of the one seen first
	Newer string // signed checkpoint of the larger log, or of one as large
	// Proof is what the log itself showed for how the one leads to the other;
	// nil if it showed nothing.
	Proof *Consistency
}

// Finding is what evidence of a fork shows.
type Finding string

const (
	// TwoRoots: two different logs of one size were signed. It needs no proof.
	TwoRoots Finding = "two_roots"
	// OtherPast: the larger log holds another log of the smaller size than the
	// one that was signed.
	OtherPast Finding = "other_past"
	// Unexplained: nothing shows that the larger log continues the smaller, and
	// nothing shows that it does not. Whoever holds the log can show that it does.
	Unexplained Finding = "unexplained"
)

// Proves reports whether the finding convinces a third person.
func (f Finding) Proves() bool { return f == TwoRoots || f == OtherPast }

// What can be wrong with evidence.
var (
	ErrEvidence = errors.New("witness: not a file with evidence of a fork")
	ErrNoFork   = errors.New("witness: the one log continues the other: there is no fork")
)

const forkLine = "tocsin-fork/v1"

// MaxEvidence is the largest file of evidence, in bytes.
const MaxEvidence = 64 << 10

// Encode writes the evidence as a file.
func (f Fork) Encode() []byte {
	var b strings.Builder
	b.WriteString(forkLine + "\n")
	if f.Proof != nil {
		b.WriteString("root " + base64.StdEncoding.EncodeToString(f.Proof.Root) + "\n")
		for _, hash := range f.Proof.Hashes {
			b.WriteString(base64.StdEncoding.EncodeToString(hash) + "\n")
		}
	}
	b.WriteString("\n" + f.Older + "\n" + f.Newer)
	return []byte(b.String())
}

// IsFork reports whether a file says that it is evidence of a fork.
func IsFork(raw []byte) bool { return strings.HasPrefix(string(raw), "tocsin-fork/") }

// ParseFork reads a file of evidence, and refuses every file but the one that
// Encode writes. It checks the form alone: call Judge.
func ParseFork(raw []byte) (Fork, error) {
	parts := strings.Split(string(raw), "\n\n")
	if len(raw) > MaxEvidence || len(parts) != 5 {
		return Fork{}, ErrEvidence
	}
	f := Fork{Older: parts[1] + "\n\n" + parts[2] + "\n", Newer: parts[3] + "\n\n" + parts[4]}
	_, older, err := ParseText(Text(f.Older))
	_, newer, err2 := ParseText(Text(f.Newer))
	if err != nil || err2 != nil {
		return Fork{}, ErrEvidence
	}
	if lines := strings.Split(parts[0], "\n"); len(lines) > 1 {
		f.Proof = &Consistency{From: older.N, To: newer.N}
		for i, line := range lines[1:] {
			if i == 0 {
				line = strings.TrimPrefix(line, "root ")
			}
			hash, ok := hash(line)
			switch {
			case !ok || i > MaxHashes:
				return Fork{}, ErrEvidence
			case i == 0:
				f.Proof.Root = hash[:]
			default:
				f.Proof.Hashes = append(f.Proof.Hashes, hash[:])
			}
		}
	}
	if string(f.Encode()) != string(raw) {
		return Fork{}, fmt.Errorf("%w: not written as it would be", ErrEvidence)
	}
	return f, nil
}

// Judge checks both checkpoints with the log's verifier key, and says what they
// show. A checkpoint that the log did not sign is receipt.ErrCheckpoint; two
// that are of one log are ErrNoFork.
func (f Fork) Judge(logKey string) (finding Finding, older, newer tlog.Tree, err error) {
	if older, err = receipt.OpenCheckpoint(f.Older, logKey); err != nil {
		return "", older, newer, err
	}
	if newer, err = receipt.OpenCheckpoint(f.Newer, logKey); err != nil {
		return "", older, newer, err
	}
	finding, err = f.shows(older, newer)
	return finding, older, newer, err
}

// Shows is what the two show if the log signed both: Judge without the key, for
// whoever has checked them.
func (f Fork) Shows() (Finding, error) {
	_, older, err := ParseText(Text(f.Older))
	if err != nil {
		return "", err
	}
	_, newer, err := ParseText(Text(f.Newer))
	if err != nil {
		return "", err
	}
	return f.shows(older, newer)
}

func (f Fork) shows(older, newer tlog.Tree) (Finding, error) {
	switch {
	case older.N == newer.N && older.Hash != newer.Hash:
		return TwoRoots, nil
	case older.N == newer.N || older.N == 0:
		return "", ErrNoFork
	case older.N > newer.N:
		return "", fmt.Errorf("%w: the smaller log stands first", ErrEvidence)
	case f.Proof == nil:
		return Unexplained, nil
	}
	switch err := f.Proof.Check(older, newer); {
	case err == nil:
		return "", ErrNoFork
	case errors.Is(err, ErrFork):
		return OtherPast, nil
	}
	return Unexplained, nil
}
