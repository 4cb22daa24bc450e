// SPDX-License-Identifier: Apache-2.0

// Package store is what the node keeps.
//
// There is no transaction without who and what: Change and Show ask the table
// in internal/caller whether the caller may, run the function, and write the
// audit line and its leaf in the Merkle log themselves, in the same
// transaction. So there is no state without its leaf and no leaf without its
// state, and no door can forget either.
//
// Changes wait in one line for one writer. Whatever has gathered while the last
// commit was on its way to the disk is committed together: each change in a
// savepoint of its own if there are several, one checkpoint and one fsync for
// all. A change that fails takes only itself back.
package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

// Store is the node's one store. Its methods may be called at once from many
// goroutines.
type Store struct {
	log     *slog.Logger
	dir     string
	clock   *clock
	write   *sql.DB
	read    *sql.DB       // query only
	writer  *session      // the one that writes
	readers chan *session // those that are free
	auditor chan *session // the one that verifies, while it is free
	mover   *session      // the one that moves pages, see wal.go
	opened  int           // of the readers and the auditor, in that order
	full    chan struct{} // says that there are many to move
	scrubs  chan chan error
	sign    SignCheckpoint
	changes chan *change
	stopped chan struct{}
	closing sync.Once
	stop    chan struct{}
	lock    interface{ Close() error }

	// Owned by the writer.
	tree         ledger.Tree
	waitingPages int
	// restartAt is from how many on the writer waits for readings, to begin the log again.
	restartAt     int
	restartWithin time.Duration
	doubt         bool // a commit failed, and what the disk has of it is not known

	mu         sync.Mutex
	checkpoint string
	waiting    map[chan struct{}][]string // who waits, and for which kinds of rows
	state      map[string]uint64          // see State
	coming     *batch                     // what may be seen and is not counted, see Steady
	open       map[readingKey]*reading
	commits    uint64
	committed  uint64 // changes
	ending     bool   // no reading begins any more
	endings    sync.WaitGroup

	departures departures
	refusals   refusals
	promises   promises

	trouble atomic.Pointer[Trouble]

	// commit commits; tests replace it to let it fail, or fail but happen.
	commit func(context.Context, *session) error
}

// SignCheckpoint signs the head of the log.
type SignCheckpoint func(tlog.Tree) (string, error)

// What says what a caller does, for the audit line. The subject is an id, the
// note a few words; neither holds content.
type What struct {
	Act     caller.Act
	Subject string
	Note    string
	// Bare says of a reading that it shows no text, and so asks for no reason.
	Bare bool

	reason string // the id of why it is opened
}

// readers is how many readings there can be at once.
const readers = 4

// closeWithin is how long a reading may still go on when the store closes.
const closeWithin = 5 * time.Second

// maxGroup bounds how many changes share a commit, so that the first of them
// does not wait for a line that never ends.
const maxGroup = 256

type change struct {
	ctx  context.Context
	who  caller.Caller
	what What
	fn   func(*Tx) error
	kind string // of the leaf: act, read or denied
	done chan error
}

// Open opens the store in dir, makes it if it is new, and brings its tables up
// to date. It refuses a directory whose store another process has open. The
// checkpoint that is kept must be signed by sign, or by one of others: the keys
// of a change of keys that the last run did not bring to its end.
func Open(log *slog.Logger, dir string, sign SignCheckpoint, others ...SignCheckpoint) (*Store, error) {
	return open(log, dir, sign, "", time.Now, others...)
}

// open opens the store through a VFS of SQLite and by a clock: the system's, but
// in tests of a disk that fails and a clock that jumps.
func open(log *slog.Logger, dir string, sign SignCheckpoint, vfs string, clock func() time.Time, others ...SignCheckpoint) (*Store, error) {
	write, read, lock, err := openSQLite(dir, vfs)
	if err != nil {
		return nil, unopened(dir, err)
	}
	s := &Store{
		log: log, dir: dir, clock: newClock(clock), write: write, read: read, lock: lock, sign: sign,
		changes: make(chan *change, 1024), stopped: make(chan struct{}), stop: make(chan struct{}),
		waiting: make(map[chan struct{}][]string), readers: make(chan *session, readers), auditor: make(chan *session, 1), full: make(chan struct{}, 1), scrubs: make(chan chan error),
		state: make(map[string]uint64), open: make(map[readingKey]*reading),
		restartWithin: restartWithin,
		commit:        func(ctx context.Context, w *session) error { return w.exec(ctx, `COMMIT`) },
	}
	if err := s.connect(); err != nil {
		return nil, unopened(dir, errors.Join(err, s.closeFiles()))
	}
	if err := s.load(others); err != nil {
		return nil, unopened(dir, errors.Join(err, s.closeFiles()))
	}
	go s.run()
	return s, nil
}

// Close lets the changes in line end, and closes the files.
func (s *Store) Close() error {
	s.endReadings()
	s.endRefusals()
	s.closing.Do(func() { close(s.stop) })
	<-s.stopped
	return s.closeFiles()
}

// connect opens the writer's connection, the readers', the auditor's and the mover's.
func (s *Store) connect() (err error) {
	ctx := context.Background()
	if err := s.connectWriter(); err != nil {
		return err
	}
	for range readers {
		reader, err := newSession(ctx, s.read)
		if err != nil {
			return err
		}
		reader.key, reader.dir = s.writer.key, s.dir
		s.readers <- reader
		s.opened++
	}
	auditor, err := newSession(ctx, s.read)
	if err != nil {
		return err
	}
	auditor.key, auditor.dir = s.writer.key, s.dir
	s.auditor <- auditor
	s.opened++
	s.mover, err = newSession(ctx, s.read)
	return err
}

func (s *Store) connectWriter() error {
	writer, err := newSession(context.Background(), s.write)
	if err != nil {
		return err
	}
	tx := &Tx{ctx: context.Background(), session: writer, readOnly: true}
	if _, err = tx.get(`SELECT key FROM object_key WHERE id = 1`, nil, &writer.key); err != nil {
		return errors.Join(err, writer.discard())
	}
	s.writer = writer
	s.watchLog()
	return nil
}

// renew gives the writer another connection.
func (s *Store) renew() error {
	if s.writer != nil {
		// What a broken connection says at its end is known already.
		_ = s.writer.discard()
		s.writer = nil
	}
	return s.connectWriter()
}

// closeFiles waits for readings to end.
func (s *Store) closeFiles() error {
	var errs []error
	for i := range s.opened {
		free := s.readers
		if i == readers {
			free = s.auditor
		}
		select {
		case reader := <-free:
			errs = append(errs, reader.close())
		case <-time.After(closeWithin):
		}
	}
	if s.mover != nil {
		errs = append(errs, s.mover.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	return errors.Join(errors.Join(errs...), s.read.Close(), s.write.Close(), s.lock.Close())
}

// load reads the log's size and right edge from the disk.
func (s *Store) load(others []SignCheckpoint) error {
	var size int64
	tx := &Tx{ctx: context.Background(), session: s.writer, Now: s.Now(), readOnly: true}
	if _, err := tx.get(`SELECT coalesce(max(idx) + 1, 0) FROM log`, nil, &size); err != nil {
		return err
	}
	tree, err := ledger.Load(size, hashReader{tx})
	if err != nil {
		return err
	}
	s.tree = tree
	if s.clock.wrote, err = tx.lastLine(); err != nil {
		return err
	}
	checkpoint, err := s.sign(tree.Head())
	if err != nil {
		return err
	}
	var kept string
	if _, err := tx.get(`SELECT checkpoint FROM head WHERE id = 1 AND typeof(checkpoint) = 'text'`, nil, &kept); err != nil {
		return err
	}
	// Ed25519 signs the same text the same way every time, so the two are equal
	// unless the log, the checkpoint or the key is another one. A log that was
	// emptied is not a new one.
	known := kept == checkpoint || size == 0 && kept == ""
	// Or the log's key changed in a commit that did not happen.
	if last := s.Checkpoint(); last != "" && kept == last && sameText(kept, checkpoint) {
		known = true
	}
	for _, sign := range others {
		if other, err := sign(tree.Head()); err == nil && other == kept {
			known = true
		}
	}
	if !known {
		return ErrHead
	}
	s.setCheckpoint(checkpoint)
	return tx.hidden()
}

// ErrHead says that the log does not lead to the checkpoint that was signed
// last, or was signed with another key. The store is not opened and nothing is
// repaired: somebody changed it.
var ErrHead = errors.New("store: the log is not the one that was signed: do not go on, keep the files and restore a backup")

// Change runs fn in a transaction for who, and writes the audit line and the
// leaf. What fn did is kept whole, or not at all. When Change returns nil it is
// on the disk.
//
// An error after which the change may still have happened is Internal: whoever
// retries must be able to find out.
func (s *Store) Change(ctx context.Context, who caller.Caller, what What, fn func(*Tx) error) error {
	if err := s.May(ctx, who, what); err != nil {
		return err
	}
	return s.submit(&change{ctx: ctx, who: who, what: what, fn: fn, kind: LeafAct, done: make(chan error, 1)})
}

// Show runs fn over what the store holds now, for who, and writes the audit
// line of the reading: who read what, when, why and by which way. fn cannot
// change anything. A person who opens what asks for a reason, and has given none,
// is told so by a Reason problem: what fn found is then nobody's to see.
func (s *Store) Show(ctx context.Context, who caller.Caller, what What, fn func(*Tx) error) error {
	var why opening
	err := s.Glance(ctx, who, what, func(tx *Tx) (err error) {
		if err := fn(tx); err != nil {
			return err
		}
		why, err = tx.opening(what)
		return err
	})
	if err != nil {
		return err
	}
	what.reason = why.reason
	return s.submit(&change{ctx: ctx, who: who, what: what, fn: why.keep, kind: LeafRead, done: make(chan error, 1)})
}

// May asks the table whether the caller may, and writes a refusal down, for what
// is answered without a look into the store.
func (s *Store) May(ctx context.Context, who caller.Caller, what What) error {
	if err := who.May(what.Act); err != nil {
		return s.Deny(ctx, who, what, err)
	}
	return nil
}

// Glance is Show without the audit line, for what has no content: counts,
// states, names of partners, what is public. It asks the same table.
func (s *Store) Glance(ctx context.Context, who caller.Caller, what What, fn func(*Tx) error) error {
	if err := s.May(ctx, who, what); err != nil {
		return err
	}
	reader, done, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer done()
	return reader.look(ctx, s.Now(), who, fn)
}

// reader waits for a connection to read on; done gives it back.
func (s *Store) reader(ctx context.Context) (reader *session, done func(), err error) {
	select {
	case reader = <-s.readers:
		return reader, func() { s.readers <- reader }, nil
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	case <-s.stopped:
		return nil, nil, problem.New(problem.Busy, "try again when it has started", "the node is stopping")
	}
}

// Inspect is Show for what reads the whole store: on a connection of its own,
// so that no other reading waits for it, and one at a time; a second one is
// Busy. Its audit line is written before fn runs: whoever breaks off has looked
// all the same.
func (s *Store) Inspect(ctx context.Context, who caller.Caller, what What, fn func(*Tx) error) error {
	if err := s.May(ctx, who, what); err != nil {
		return err
	}
	var auditor *session
	select {
	case auditor = <-s.auditor:
	default:
		return problem.New(problem.Busy, "wait for its result", "a verification is running")
	}
	defer func() { s.auditor <- auditor }()
	err := s.submit(&change{ctx: ctx, who: who, what: what, fn: nothing, kind: LeafRead, done: make(chan error, 1)})
	if err != nil {
		return err
	}
	return auditor.look(ctx, s.Now(), who, fn)
}

// look runs fn over one moment of the store.
func (reader *session) look(ctx context.Context, now time.Time, who caller.Caller, fn func(*Tx) error) error {
	if err := reader.do(`BEGIN`); err != nil {
		return err
	}
	// The end must not be lost with the caller's patience: the connection is used again.
	defer func() { _ = reader.do(`ROLLBACK`) }()
	defer reader.interruptible(ctx)()
	return fn(&Tx{ctx: ctx, session: reader, Now: now, who: who, readOnly: true})
}

func (s *Store) submit(c *change) error {
	closed := problem.New(problem.Busy, "try again when it has started", "the node is stopping")
	select {
	case <-s.stop:
		return closed
	case <-c.ctx.Done():
		return c.ctx.Err()
	case s.changes <- c:
	}
	// From here the change may happen, so we wait for its end whatever the
	// caller's context says.
	select {
	case err := <-c.done:
		return err
	case <-s.stopped:
		select {
		case err := <-c.done:
			return err
		default:
			return closed
		}
	}
}

// Wait returns a channel that is closed after the next commit that touches a
// row of one of the kinds, so that a loop can sleep until there may be something
// to do; without a kind, after any commit. One that failed counts, too: it may
// have happened.
func (s *Store) Wait(kinds ...string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := make(chan struct{})
	s.waiting[c] = kinds
	return c
}

// The kinds of rows that somebody waits for.
const (
	RowQueue   = "queue"
	RowChannel = "channel"
	RowPairing = "pairing"
	RowWish    = "wish"
	RowAccount = "account"
)

func (s *Store) wake(touched map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, kinds := range s.waiting {
		if len(kinds) == 0 || slices.ContainsFunc(kinds, func(kind string) bool { return touched[kind] }) {
			close(c)
			delete(s.waiting, c)
		}
	}
}

// Checkpoint is the newest signed checkpoint of the log.
func (s *Store) Checkpoint() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkpoint
}

// Commits says how often the store has committed since it was opened, each with
// one fsync, and how many changes those commits held.
func (s *Store) Commits() (commits, changes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits, s.committed
}

func (s *Store) count(changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	s.committed += uint64(changes)
}

func (s *Store) setCheckpoint(checkpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checkpoint = checkpoint
}
