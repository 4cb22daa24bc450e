// SPDX-License-Identifier: Apache-2.0

package witness

// This file holds the request for a cosignature, and how it is answered.
// C2SP tlog-witness

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/receipt"
)

const (
	// AddPath is where a witness is asked, behind its submission prefix.
	AddPath = "/add-checkpoint"
	// SizeType is the media type of the answer that names the size the witness
	// has cosigned last, beside the status 409.
	SizeType = "text/x.tlog.size"
	// MaxRequest is the largest request, in bytes: a proof, and a checkpoint with
	// some dozens of cosignatures.
	MaxRequest = 256 << 10
)

// ErrRequest is the answer to what is not a request for a cosignature.
var ErrRequest = errors.New("witness: not a request for a cosignature")

// Request asks a witness to cosign a checkpoint.
type Request struct {
	Old        int64 // size of the checkpoint that the witness has cosigned last; 0 for none
	Proof      tlog.TreeProof
	Checkpoint string // signed
	// Origin and Tree are the checkpoint's. That they were read says nothing of
	// who signed them.
	Origin string
	Tree   tlog.Tree
}

// Encode writes the body of the request.
func (r Request) Encode() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "old %d\n", r.Old)
	for _, hash := range r.Proof {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	b.WriteString("\n" + r.Checkpoint)
	return []byte(b.String())
}

// ParseRequest reads the body of a request. It refuses an old size above the
// new one, and a proof from nothing.
func ParseRequest(body []byte) (Request, error) {
	var r Request
	head, checkpoint, found := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	digits, isOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(digits, 10, 64)
	if !found || len(body) > MaxRequest || !isOld || err != nil || old < 0 || strconv.FormatInt(old, 10) != digits || len(lines)-1 > MaxHashes {
		return r, ErrRequest
	}
	for _, line := range lines[1:] {
		hash, ok := hash(line)
		if !ok {
			return r, fmt.Errorf("%w: a line of the proof", ErrRequest)
		}
		r.Proof = append(r.Proof, hash)
	}
	if !strings.Contains(checkpoint, "\n\n") {
		return r, fmt.Errorf("%w: no signature", ErrRequest)
	}
	r.Old, r.Checkpoint = old, checkpoint
	if r.Origin, r.Tree, err = ParseText(Text(checkpoint)); err != nil {
		return r, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if r.Old > r.Tree.N || r.Old == 0 && len(r.Proof) > 0 {
		return r, fmt.Errorf("%w: old size", ErrRequest)
	}
	return r, nil
}

// SizeText is the body of the answer that names the size cosigned last.
func SizeText(size int64) string { return strconv.FormatInt(size, 10) + "\n" }

// ParseSize reads it.
func ParseSize(text string) (int64, error) {
	digits, ended := strings.CutSuffix(text, "\n")
	size, err := strconv.ParseInt(digits, 10, 64)
	if !ended || err != nil || size < 0 || strconv.FormatInt(size, 10) != digits {
		return 0, ErrRequest
	}
	return size, nil
}

// Alone verifies a signed checkpoint with the log's verifier key, and returns it
// with that one signature: whatever else stood beside it, in whatever name, is
// gone. It is written in one way, whoever wrote the line. C2SP signed-note
func Alone(checkpoint, logKey string) (string, tlog.Tree, error) {
	tree, err := receipt.OpenCheckpoint(checkpoint, logKey)
	if err != nil {
		return "", tree, err
	}
	verifier, err := note.NewVerifier(logKey)
	if err != nil {
		return "", tree, fmt.Errorf("%w: %w", receipt.ErrCheckpoint, err)
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return "", tree, fmt.Errorf("%w: %w", receipt.ErrCheckpoint, err)
	}
	raw, err := base64.StdEncoding.DecodeString(opened.Sigs[0].Base64)
	if err != nil {
		return "", tree, fmt.Errorf("%w: %w", receipt.ErrCheckpoint, err)
	}
	return opened.Text + "\n— " + verifier.Name() + " " + base64.StdEncoding.EncodeToString(raw) + "\n", tree, nil
}
