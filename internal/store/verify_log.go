// SPDX-License-Identifier: Apache-2.0

package store

// This file verifies the log itself, block by block on all cores: the leaves,
// the audit lines under them, and every hash that is kept.

import (
	"encoding/hex"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/ledger"
)

// logBlock is what is kept of a block of the log.
type logBlock struct {
	first  int64 // by counting, whatever the leaves say
	leaves []logLeaf
	hashes []tlog.Hash // those that are kept, in order, from base on
	base   int64
	wrong  []string
}

type logLeaf struct {
	index      int64
	kind, hash string
	salt, line []byte
}

func (b *logBlock) add(format string, args ...any) {
	if len(b.wrong) < maxWrong {
		b.wrong = append(b.wrong, fmt.Sprintf(format, args...))
	}
}

// seenBlock is a block with what it says.
type seenBlock struct {
	*logBlock
	computed *ledger.Block
	said     []Row // names and what they stand for, in order
	err      error
}

// log recomputes the tree, and claims what the audit lines and leaves say.
func (v *verification) log(progress func(done, total int64)) error {
	var total int64
	if _, err := v.tx.get(`SELECT count(*) FROM log`, nil, &total); err != nil {
		return err
	}
	var tree ledger.Tree
	err := ordered(v.blocks, seeBlock, func(b *seenBlock) error {
		if progress != nil {
			progress(b.first, total)
		}
		if b.err != nil {
			return b.err
		}
		for _, row := range b.said {
			if err := v.claims.add(claimSaid, row.ID, row.Hash); err != nil {
				return err
			}
		}
		var err error
		var more []tlog.Hash
		if tree, more, err = tree.Join(b.computed); err != nil {
			return err
		}
		b.compare(more, len(b.computed.Kept))
		for _, wrong := range b.wrong {
			v.add("%s", wrong)
		}
		return nil
	})
	head := tree.Head()
	v.Leaves, v.Size, v.Root = total, head.N, hex.EncodeToString(head.Hash[:])
	return err
}

// blocks reads the log and its hashes, side by side.
func (v *verification) blocks(give func(*logBlock) error) error {
	kept, err := v.tx.session.statement(`SELECT idx, hash FROM hashes ORDER BY idx`, 0)
	if err != nil {
		return err
	}
	more := kept.Step()
	hand := func(b *logBlock) error {
		b.base = tlog.StoredHashIndex(0, b.first)
		b.hashes = make([]tlog.Hash, tlog.StoredHashIndex(0, b.first+int64(len(b.leaves)))-b.base)
		next := int64(0)
		for ; more; more = kept.Step() {
			place := kept.ColumnInt64(0) - b.base
			if place >= int64(len(b.hashes)) {
				break
			}
			raw := kept.ColumnRawBlob(1)
			if place < next || len(raw) != tlog.HashSize {
				b.add("hash %d of the log has %d bytes", b.base+place, len(raw))
				continue
			}
			for ; next < place; next++ {
				b.add("hash %d of the log is missing", b.base+next)
			}
			b.hashes[place] = tlog.Hash(raw)
			next++
		}
		for ; next < int64(len(b.hashes)); next++ {
			b.add("hash %d of the log is missing", b.base+next)
		}
		return give(b)
	}
	b, count := &logBlock{}, int64(0)
	err = v.tx.each(`SELECT idx, kind, hash, salt, line FROM log ORDER BY idx`, nil, func(stmt *sqlite3.Stmt) (bool, error) {
		b.leaves = append(b.leaves, logLeaf{
			index: stmt.ColumnInt64(0), kind: leafKind(stmt.ColumnRawText(1)), hash: stmt.ColumnText(2), salt: column(stmt, 3), line: column(stmt, 4),
		})
		if count++; len(b.leaves) < ledger.BlockSize {
			return true, nil
		}
		full := b
		b = &logBlock{first: count, leaves: make([]logLeaf, 0, ledger.BlockSize)}
		return true, hand(full)
	})
	if err == nil && len(b.leaves) > 0 {
		err = hand(b)
	}
	return done(kept, err)
}

// leafKind is the kind of a leaf, without a copy of its own where it is known.
func leafKind(raw []byte) string {
	for _, kind := range [...]string{LeafAct, LeafRead, LeafDenied, LeafSent, LeafReceived, LeafReceipt} {
		if string(raw) == kind {
			return kind
		}
	}
	return string(raw)
}

// seeBlock computes a block, compares it with what is kept, and reads what it says.
func seeBlock(b *logBlock) *seenBlock {
	seen := &seenBlock{logBlock: b}
	for i := range b.leaves {
		leaf := &b.leaves[i]
		if at := b.first + int64(i); leaf.index != at {
			b.add("the log goes from leaf %d to leaf %d", at-1, leaf.index)
		}
		switch leaf.kind {
		case LeafAct, LeafRead, LeafDenied:
			seen.line(leaf)
			continue
		case LeafSent, LeafReceived:
			seen.said = append(seen.said, Row{ID: string(nameMessage) + leaf.hash, Hash: here})
		case LeafReceipt:
			seen.said = append(seen.said, Row{ID: string(nameReceipt) + leaf.hash, Hash: here})
		default:
			b.add("leaf %d: there is no kind of leaf called %q", leaf.index, leaf.kind)
			continue
		}
		if leaf.line != nil || leaf.salt != nil {
			b.add("leaf %d: a leaf of kind %s has no audit line, and this one has", leaf.index, leaf.kind)
		}
	}
	seen.computed, seen.err = ledger.NewBlock(b.first, len(b.leaves), func(i int) tlog.Hash { return ledger.LeafHash(b.leaves[i].kind, b.leaves[i].hash) })
	if seen.err == nil {
		b.compare(seen.computed.Kept, 0)
	}
	b.leaves = nil
	return seen
}

// compare compares what was computed with what is kept, from a place of the block on.
func (b *logBlock) compare(computed []tlog.Hash, from int) {
	for i, hash := range computed {
		if b.hashes[from+i] != hash {
			b.add("hash %d of the log is not the one its leaves give", b.base+int64(from+i))
		}
	}
}

func (seen *seenBlock) line(leaf *logLeaf) {
	if leaf.line == nil || leaf.salt == nil {
		seen.add("leaf %d: its audit line is gone", leaf.index)
		return
	}
	if lineHash(leaf.salt, leaf.line) != leaf.hash {
		seen.add("leaf %d: its audit line was changed", leaf.index)
	}
	var l Line
	if err := json.Unmarshal(leaf.line, &l); err != nil {
		seen.add("leaf %d: its audit line cannot be read", leaf.index)
		return
	}
	for _, name := range usedAs(leaf.kind, &l) {
		seen.said = append(seen.said, Row{ID: useName(leaf.index, name), Hash: here})
	}
	for _, row := range l.Rows {
		seen.said = append(seen.said, Row{ID: rowName(row.Kind, row.ID), Hash: row.Hash})
	}
}
