// SPDX-License-Identifier: Apache-2.0

// Package tocsin is the tour of the house. It holds no code: the packages do,
// and house_test.go beside it holds them to the floors they stand on.
//
// Tocsin is a node that carries threat warnings between services which do not
// fully trust each other, and proves what was sent, what was received and what
// came of it. One sentence orders its packages: you may know the floors below
// you, never your neighbours, never a floor above; and only the trips open the
// store.
//
// # The ground: words and formats
//
// They do no I/O, keep no log and read no clock; whoever calls them says what
// time it is.
//
// stix is STIX 2.1: an object is the bytes it was received as, with views; the
// rules of the standard are tables. stix/pattern is its pattern language:
// parsed, written, compared, matched. internal/timestamp is how both read and
// write a time.
//
// handling is how a text may be treated: precedence, TLP, handling codes,
// caveats, the Admiralty grade, probability words and confidence.
//
// envelope is one message between two nodes, signed by the sender and sealed
// for one recipient; a node's public card and the 60 digits; a delivery. The
// format in words is docs/spec/envelope.md.
//
// receipt is the proof that a message was received and logged, a file that
// verifies offline with two public keys. The format in words is
// docs/spec/receipt.md.
//
// witness is what is said of a log by those who watch it: cosignatures on its
// checkpoints. The format in words is docs/spec/log.md.
//
// carry is the file in which deliveries and receipts are carried by hand, where
// no network joins two nodes. The format in words is docs/spec/carry.md.
//
// spoken is the short form of a warning: groups of digits that one person reads
// to another when nothing else works.
//
// internal/problem is the one kind of failure a person may be told about: a
// code, a safe sentence, a hint.
//
// internal/caller says who asks, and holds the one table of who may do what.
//
// # The nouns
//
// They do no I/O either.
//
// warning is what one service says to another (a warning, an acknowledgement,
// an outcome, thanks, a pledge, a dispute, terms) and what it keeps at home (a
// source report, a draft, a duty, a watch, a statement).
//
// taxii is the words of TAXII 2.1: resources, filters, pages. capalert writes
// and reads CAP 1.2 alerts.
//
// internal/press reads an article as it is found: it repairs damaged text and
// sets out who is said to have claimed what, with the place in the text.
//
// internal/redact cuts objects down to a plan and finds what a release repeats
// of its source; it knows nothing of who or why.
//
// internal/partner is another node and the channel to it: its card, its state,
// an invitation.
//
// internal/keys is the only holder of our private keys. Others ask it to sign
// or to open.
//
// internal/ledger is our Merkle log, computed: leaves in, hashes and proofs
// out. The store keeps them.
//
// dossier is one file with everything a third person needs to judge one case,
// and how two of them, one from each side, are held against each other. The
// format in words is docs/spec/dossier.md.
//
// # What is decided, what is kept, what is proved
//
// internal/policy says who may see what, and why: its rules are a text that
// people sign, and its answer is a plan with a reason for each field. How the
// text is written is docs/policy.md.
//
// internal/match says which pledges and watches a thing meets, and which duties
// that opens.
//
// internal/detect looks for indicators, a million at once, in events: STIX
// observed data, or the logs of other tools seen through a field map.
//
// internal/store is what the node keeps, in SQLite. There is no transaction
// without who and what: it asks the table of internal/caller and writes the
// audit line and its leaf itself, in the same commit.
//
// api is our JSON API: its types and its client. The command line uses it, and
// so can anyone.
//
// taxiiclient speaks TAXII 2.1 to other servers: it walks over collections to
// their end whatever the server does, and adds and deletes.
//
// # The trips
//
// They never call each other. They meet in the store, so each survives a
// crash.
//
// internal/intake takes in source reports and objects. internal/desk is what
// people decide: partners, terms, states, duties, people, statements.
// internal/outbox turns what we want to say into what each partner may hear:
// decide, cut, show to two people, sign, queue. internal/courier seals and
// carries what is queued until it is receipted, expired or dropped. internal/inbox
// hears: open, check, keep, log and receipt in one transaction. internal/shelf
// shows what is kept, and nothing uncut. internal/feeds exchanges objects with
// other TAXII servers on a schedule. internal/keeper is what time decides:
// clocks that run out, and escalation.
//
// # The doors
//
// They translate. They do not decide, do not know each other and cannot open
// the store.
//
// internal/peerserver is the partners' door, internal/apiserver the tools',
// internal/taxiiserver the STIX door, where tools have accounts that are bound to
// collections (docs/interop.md says how it keeps to TAXII 2.1), internal/web the
// people's.
//
// # The roof, and the command
//
// internal/node wires one node from its directory: the only place that sees
// every room. It writes backups of the whole, and makes a node of one
// (docs/spec/recovery.md). internal/nodetest is whole nodes for tests, internal/stixtest
// large sets of STIX objects to measure with, internal/pytest other people's
// clients and judges, in Python.
//
// cmd/tocsin is the program. It makes and runs a node, and speaks to a running
// one through package api. What needs no node runs without one: verifying a
// receipt, reading an article, checking STIX, looking for indicators in events.
//
// To see it move, read docs/life-of-a-warning.md: one warning, hand to hand.
package tocsin
