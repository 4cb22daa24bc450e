// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps what is known of partners' logs: the newest checkpoint of
// each that was followed, what was shown beside it, and the forks found.

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

// Seen is what is known of each partner's log, by the partner's name; Forks are
// the forks that were found, of partners' logs and of our own.
var (
	Seen  = Table[SeenHead]{kind: "seen", name: "checkpoint"}
	Forks = Table[Fork]{kind: RowFork, name: "fork", state: func(f *Fork) string { return f.state() }, at: func(f *Fork) time.Time { return f.Found }}
)

// LogHead is one checkpoint of a log, signed by it.
type LogHead struct {
	Size       int64     `json:"size"`
	Root       string    `json:"root"`       // hex
	Checkpoint string    `json:"checkpoint"` // with the log's own signature alone
	At         time.Time `json:"at,omitzero"`
}

// NewHead is the head that a signed checkpoint speaks of. Whoever calls it has
// checked the signature, and that no other stands beside it.
func NewHead(checkpoint string, tree tlog.Tree, at time.Time) LogHead {
	return LogHead{Size: tree.N, Root: hex.EncodeToString(tree.Hash[:]), Checkpoint: checkpoint, At: at}
}

// Tree is the head as a tree.
func (h LogHead) Tree() (tlog.Tree, error) {
	raw, err := hex.DecodeString(h.Root)
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("store: the root of a checkpoint is %q", h.Root)
	}
	return tlog.Tree{N: h.Size, Hash: tlog.Hash(raw)}, nil
}

func (h LogHead) same(other LogHead) bool { return h.Size == other.Size && h.Root == other.Root }

// SeenHead is what is known of a partner's log: the newest checkpoint that was
// followed from the first one seen, proof by proof.
type SeenHead struct {
	LogHead
	// From is the size of the log where it was first followed, Since when.
	From  int64     `json:"from,omitzero"`
	Since time.Time `json:"since,omitzero"`
	// Loose are checkpoints that the log signed and that nothing links to the
	// newest yet: they were shown while it moved. The next exchange asks.
	Loose []LogHead `json:"loose,omitempty"`
	// Cosigned are our cosignatures of the newest, as lines; empty if we have not
	// been asked for them.
	Cosigned   string    `json:"cosigned,omitempty"`
	CosignedAt time.Time `json:"cosigned_at,omitzero"`
	// Fork is the id of the fork that was found and that nobody has decided on.
	// Until then the newest stays what it was; Shown is the newest checkpoint
	// that came since.
	Fork  string   `json:"fork,omitempty"`
	Shown *LogHead `json:"shown,omitempty"`
	// Witnessed is the newest checkpoint that a quorum of our policy cosigned,
	// with the cosignatures; Owed is the oldest that waits for one.
	Witnessed *LogHead `json:"witnessed,omitempty"`
	Owed      *Owed    `json:"owed,omitempty"`
}

// Owed is a checkpoint that waits for a quorum, and since when.
type Owed struct {
	Size int64     `json:"size"`
	At   time.Time `json:"at"`
}

// Fork is the evidence that a log was forked. Its id is the SHA-256 of the file;
// of our own log, that of the text of the other checkpoint.
type Fork struct {
	ID      string    `json:"id"`
	Partner string    `json:"partner"` // whose log it is; for our own, who holds the other checkpoint
	Ours    bool      `json:"ours,omitzero"`
	Origin  string    `json:"origin,omitempty"` // of our own log, the name that the other checkpoint says
	Found   time.Time `json:"found"`
	Finding string    `json:"finding"` // witness.Finding
	Older   int64     `json:"older"`   // size
	Newer   int64     `json:"newer"`
	File    []byte    `json:"file"` // witness.Fork
	// What people decided: to go on with the log as it is shown now.
	DecidedBy string    `json:"decided_by,omitempty"`
	DecidedAt time.Time `json:"decided_at,omitzero"`
	Reason    string    `json:"reason,omitempty"`
	// Until is the size up to which a decision on our own log covers whatever else
	// shows up of the branch that was lost.
	Until int64 `json:"until,omitzero"`
}

// The states by which forks are listed.
const (
	ForkOpen     = "open"
	ForkOwnOpen  = "own open"
	ForkDecided  = "decided"
	ForkOwnGoing = "own decided"
)

func (f *Fork) state() string {
	switch {
	case f.Ours && f.DecidedBy == "":
		return ForkOwnOpen
	case f.Ours:
		return ForkOwnGoing
	case f.DecidedBy == "":
		return ForkOpen
	}
	return ForkDecided
}

// Heads are the checkpoints of a partner's log that the next exchange shall
// link: the newest that was followed, and of those beside it as many as one
// delivery names. The others wait for the exchanges after it.
func (tx *Tx) Heads(partner string) ([]LogHead, error) {
	seen, known, err := tx.SeenOf(partner)
	if err != nil || !known || seen.Checkpoint == "" {
		return nil, err
	}
	// One that is too large for a delivery would keep everything else at home.
	large := func(h LogHead) bool { return len(h.Checkpoint) > envelope.MaxCheckpoint }
	return slices.DeleteFunc(append([]LogHead{seen.LogHead}, seen.Loose[:min(len(seen.Loose), envelope.MaxSeen-1)]...), large), nil
}

// Follow takes what a partner showed in an exchange: asked are the checkpoints
// of its log that we told it we hold, shown those it signed now, proofs what it
// says to link them all. The newest moves on if they are linked; if they are
// shown not to be, that is a fork: evidence is kept and an alarm raised. What the
// answer does not link, since its proofs are signed by nobody and may have been
// lost or spoilt, waits for the next exchange, and is a fork if that one does not
// link it either. forked reports an undecided one.
func (tx *Tx) Follow(partner string, asked, shown []LogHead, proofs []witness.Consistency) (forked bool, err error) {
	seen, known, ends, err := tx.followed(partner)
	if err != nil {
		return false, err
	}
	if shown = ends.ofThisLog(shown); len(shown) == 0 {
		return false, nil
	}
	line, waits := ascending(append(ends.ofThisLog(asked), shown...)), false
	// From the newest: where a log is shown anew, that link proves it, and those
	// between the checkpoints of before show nothing.
	for i := len(line) - 1; i > 0; i-- {
		again := slices.ContainsFunc(asked, line[i-1].same) && slices.ContainsFunc(asked, line[i].same)
		err := tx.linked(partner, &seen, line[i-1], line[i], proofs, again)
		switch {
		case errors.Is(err, errUnlinked):
			waits = true
		case errors.Is(err, errForked):
			forked = true
		case err != nil:
			return false, err
		}
	}
	if forked || seen.Fork != "" {
		return true, tx.shownForked(partner, seen, line[len(line)-1])
	}
	newest := line[len(line)-1]
	if waits {
		if !known {
			seen = SeenHead{LogHead: line[0], From: line[0].Size, Since: tx.Now}.owing(line[0])
		}
		for _, head := range shown {
			if !head.same(seen.LogHead) && !slices.ContainsFunc(seen.Loose, head.same) {
				seen.Loose = append(seen.Loose, head)
			}
		}
		return false, Seen.Put(tx, partner, seen)
	}
	if !known {
		return false, Seen.Put(tx, partner, SeenHead{LogHead: newest, From: line[0].Size, Since: tx.Now}.owing(newest))
	}
	holds := func(h LogHead) bool { return slices.ContainsFunc(line, h.same) }
	seen.Loose = slices.DeleteFunc(seen.Loose, holds)
	switch {
	case holds(seen.LogHead):
		seen.moveTo(newest)
	case slices.ContainsFunc(line, func(h LogHead) bool { return h.Size == seen.Size }):
		i := slices.IndexFunc(line, func(h LogHead) bool { return h.Size == seen.Size })
		if err := tx.linked(partner, &seen, seen.LogHead, line[i], nil, true); err != nil && !errors.Is(err, errForked) {
			return false, err
		}
		return true, tx.shownForked(partner, seen, newest)
	default:
		// It moved while this exchange was on its way: the next one asks.
		seen.Loose = append(seen.Loose, newest)
	}
	return false, Seen.Put(tx, partner, seen)
}

// Shown takes a checkpoint of a partner's log that came outside of an exchange
// that proves anything, such as in the receipt of a step. Two roots of one size
// are a fork; else it waits for the next exchanges, which link it.
func (tx *Tx) Shown(partner string, head LogHead) (forked bool, err error) {
	seen, known, ends, err := tx.followed(partner)
	if err != nil {
		return false, err
	}
	if _, beyond := ends.beyond(head); beyond {
		return false, nil
	}
	if !known {
		return false, Seen.Put(tx, partner, SeenHead{LogHead: head, From: head.Size, Since: tx.Now}.owing(head))
	}
	held := append([]LogHead{seen.LogHead}, seen.Loose...)
	if slices.ContainsFunc(held, head.same) {
		return false, nil
	}
	for _, other := range held {
		if other.Size != head.Size {
			continue
		}
		if err := tx.linked(partner, &seen, other, head, nil, true); err != nil && !errors.Is(err, errForked) {
			return false, err
		}
		return true, tx.shownForked(partner, seen, head)
	}
	seen.Loose = append(seen.Loose, head)
	return false, Seen.Put(tx, partner, seen)
}

// moveTo makes a checkpoint that was followed the newest.
func (s *SeenHead) moveTo(newest LogHead) {
	if newest.Size <= s.Size {
		return
	}
	if s.From == 0 && s.Since.IsZero() {
		s.From, s.Since = s.Size, newest.At
	}
	s.LogHead, s.Cosigned, s.CosignedAt = newest, "", time.Time{}
	*s = s.owing(newest)
}

// owing notes that a quorum is wanted for a checkpoint, unless an older one
// waits for it already.
func (s SeenHead) owing(newest LogHead) SeenHead {
	if s.Owed == nil {
		s.Owed = &Owed{newest.Size, newest.At}
	}
	return s
}

// Quorum notes that a quorum of our policy cosigned a checkpoint of a partner's
// log; with is it with their cosignatures. One that the newest does not lead
// from yet is linked at the next exchange.
func (tx *Tx) Quorum(partner string, head LogHead, with string) error {
	seen, known, _, err := tx.followed(partner)
	if err != nil || !known || seen.Fork != "" || seen.Witnessed != nil && seen.Witnessed.Size >= head.Size {
		return err
	}
	if !head.same(seen.LogHead) && !slices.ContainsFunc(seen.Loose, head.same) {
		seen.Loose = append(seen.Loose, head)
	}
	witnessed := head
	witnessed.Checkpoint = with
	seen.Witnessed = &witnessed
	if seen.Owed != nil && seen.Owed.Size <= head.Size {
		seen.Owed = nil
		if seen.Size > head.Size {
			seen.Owed = &Owed{seen.Size, seen.At}
		}
	}
	return Seen.Put(tx, partner, seen)
}

// ascending sorts by size, each checkpoint once.
func ascending(heads []LogHead) []LogHead {
	slices.SortStableFunc(heads, func(a, b LogHead) int { return cmp.Compare(a.Size, b.Size) })
	return slices.CompactFunc(heads, LogHead.same)
}

var (
	errForked   = errors.New("store: the log is forked")
	errUnlinked = errors.New("store: nothing shows that it is one log, and nothing that it is two")
)

// linked checks that the newer of two checkpoints continues the older. If it
// does not, the evidence is kept: the first of a fork, and one that proves it
// where the first did not. What proves nothing is kept only if the partner was
// asked for the proof and did not show it again.
func (tx *Tx) linked(partner string, seen *SeenHead, older, newer LogHead, proofs []witness.Consistency, again bool) error {
	a, err := older.Tree()
	if err != nil {
		return err
	}
	b, err := newer.Tree()
	if err != nil {
		return err
	}
	evidence := witness.Fork{Older: older.Checkpoint, Newer: newer.Checkpoint}
	for _, proof := range proofs {
		if proof.From != a.N || proof.To != b.N || proof.Form() != nil {
			continue
		}
		if proof.Check(a, b) == nil {
			return nil
		}
		evidence.Proof = &proof
	}
	if a.N == 0 && b.N > 0 {
		return nil // every log continues the empty one
	}
	if _, finding, err := weigh(evidence); err != nil || !again && !finding.Proves() {
		return cmp.Or(err, errUnlinked)
	}
	if err := tx.Forked(partner, seen, evidence, a, b); err != nil {
		return err
	}
	return errForked
}

// weigh says what evidence shows, as a third person will read it.
func weigh(evidence witness.Fork) (file []byte, finding witness.Finding, err error) {
	file, finding = evidence.Encode(), witness.Unexplained
	if read, err := witness.ParseFork(file); err == nil {
		if finding, err = read.Shows(); err != nil {
			return nil, "", err
		}
	}
	return file, finding, nil
}

// Forked keeps evidence of a fork of a partner's log, and raises the alarm. An
// undecided fork is kept once, and again when the evidence proves it and what
// was kept did not. It does not put seen.
func (tx *Tx) Forked(partner string, seen *SeenHead, evidence witness.Fork, older, newer tlog.Tree) error {
	file, finding, err := weigh(evidence)
	if err != nil {
		return err
	}
	if seen.Fork != "" {
		before, err := Forks.Get(tx, seen.Fork)
		if err != nil || !finding.Proves() || witness.Finding(before.Finding).Proves() {
			return err
		}
	}
	fork := Fork{ID: fileID(file), Partner: partner, Found: tx.Now, Finding: string(finding), Older: older.N, Newer: newer.N, File: file}
	if before, known, err := Forks.Find(tx, fork.ID); err != nil || known && before.DecidedBy != "" {
		return err
	}
	seen.Fork = fork.ID
	if err := Forks.Put(tx, fork.ID, fork); err != nil {
		return err
	}
	return tx.Raise(warning.Alarm{Kind: warning.AlarmFork, Partner: partner, Subject: fork.ID, Level: handling.Flash, Text: forkText(fork)})
}

// Rejected reports whether a checkpoint stands in a fork that people decided on,
// and is not what they go on with: it says nothing new, whoever shows it again.
func (tx *Tx) Rejected(partner string, seen SeenHead, head LogHead) (bool, error) {
	decided, err := Forks.List(tx, 0, ForkDecided)
	text := witness.Text(head.Checkpoint)
	for _, fork := range decided {
		pair, err := witness.ParseFork(fork.File)
		if fork.Partner == partner && err == nil && !head.same(seen.LogHead) && (text == witness.Text(pair.Older) || text == witness.Text(pair.Newer)) {
			return true, nil
		}
	}
	return false, err
}

func forkText(f Fork) string {
	switch witness.Finding(f.Finding) {
	case witness.TwoRoots:
		return fmt.Sprintf("%s signed two different logs of %d leaves: the evidence proves it to anybody", f.Partner, f.Newer)
	case witness.OtherPast:
		return fmt.Sprintf("the log of %d leaves that %s shows now has another past than the one of %d leaves it signed before: the evidence proves it to anybody", f.Newer, f.Partner, f.Older)
	}
	return fmt.Sprintf("%s does not show that its logs of %d and of %d leaves are one log: call them, and ask for the proof", f.Partner, f.Older, f.Newer)
}

// shownForked notes what a partner shows while a fork of its log is undecided.
func (tx *Tx) shownForked(partner string, seen SeenHead, newest LogHead) error {
	if rejected, err := tx.Rejected(partner, seen, newest); err != nil {
		return err
	} else if !rejected && (seen.Shown == nil || newest.At.After(seen.Shown.At) || newest.Size > seen.Shown.Size) {
		seen.Shown = &newest
	}
	return Seen.Put(tx, partner, seen)
}

// Accept goes on with a partner's log as it is shown now, after a fork: from
// there it is followed anew. The evidence stays.
func (tx *Tx) Accept(partner, who, reason string) (Fork, error) {
	seen, err := Seen.Get(tx, partner)
	if err != nil {
		return Fork{}, err
	}
	fork, err := Forks.Get(tx, seen.Fork)
	if err != nil {
		return fork, err
	}
	fork.DecidedBy, fork.DecidedAt, fork.Reason = who, tx.Now, reason
	if err := Forks.Put(tx, fork.ID, fork); err != nil {
		return fork, err
	}
	next := SeenHead{LogHead: seen.LogHead, From: seen.LogHead.Size, Since: tx.Now, Witnessed: seen.Witnessed}
	if seen.Shown != nil {
		next.LogHead, next.From = *seen.Shown, seen.Shown.Size
	}
	return fork, Seen.Put(tx, partner, next)
}

// AddCheckpoint takes a checkpoint that a partner's log signed and asks us to
// cosign, with what links it to the newest we have followed. It is cosigned if
// moved or if it is that very one; lines are our cosignatures, made before.
func (tx *Tx) AddCheckpoint(partner string, head LogHead, lines string) error {
	seen, known, _, err := tx.followed(partner)
	if err != nil {
		return err
	}
	if !known {
		seen = SeenHead{LogHead: head, From: head.Size, Since: tx.Now}.owing(head)
	}
	seen.moveTo(head)
	seen.Cosigned, seen.CosignedAt = lines, tx.Now
	return Seen.Put(tx, partner, seen)
}

// OpenCheckpoint reads a signed checkpoint of a partner's log as a head, without
// what others wrote beside the log's signature.
func OpenCheckpoint(checkpoint, logKey string, at time.Time) (LogHead, tlog.Tree, error) {
	alone, tree, err := witness.Alone(checkpoint, logKey)
	if err != nil {
		return LogHead{}, tree, err
	}
	return NewHead(alone, tree, at), tree, nil
}
