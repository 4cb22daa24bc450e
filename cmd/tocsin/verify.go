// SPDX-License-Identifier: Apache-2.0

package main

// This file verifies files offline, and says in words what they prove and what
// they do not. Each kind of file has a verify_NAME.go of its own.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/witness"
)

// verdict is what tocsin verify prints.
type verdict struct {
	OK        bool      `json:"ok"`
	What      string    `json:"what"` // the kind of file
	Message   string    `json:"message,omitempty"`
	From      string    `json:"from,omitempty"`
	To        string    `json:"to,omitempty"`
	Seq       uint64    `json:"seq,omitzero"`
	Received  time.Time `json:"received,omitzero"`
	Proved    []string  `json:"proved,omitempty"`
	Said      []string  `json:"said,omitempty"`    // by whoever made the file, and by nothing else
	Doubt     []string  `json:"doubt,omitempty"`   // signed, and perhaps not by whom it says
	Missing   []string  `json:"missing,omitempty"` // should be there and is not
	NotProved []string  `json:"not_proved,omitempty"`
	Wrong     string    `json:"wrong,omitempty"`
	Next      string    `json:"next,omitempty"`
	// Dossier is what a dossier says, part by part.
	Dossier *dossier.Report `json:"dossier,omitempty"`
}

func (v *verdict) proves(format string, args ...any) {
	v.Proved = append(v.Proved, fmt.Sprintf(format, args...))
}

func (v *verdict) says(format string, args ...any) {
	v.Said = append(v.Said, fmt.Sprintf(format, args...))
}

func (v *verdict) provesNot(format string, args ...any) {
	v.NotProved = append(v.NotProved, fmt.Sprintf(format, args...))
}

func (v *verdict) fails(next, format string, args ...any) *verdict {
	v.OK, v.Wrong, v.Next = false, fmt.Sprintf(format, args...), next
	return v
}

func (t *tool) verifyCommand() *cobra.Command {
	var keyFiles []string
	var messageFile string
	var texts bool
	c := t.command("verify FILE [OTHER]", "verify a file offline, with public cards alone: a receipt, a message, a dossier, a checkpoint, a card, a history of keys, evidence of a fork, a directory with an export of a log; or compare two dossiers", func(ctx context.Context, args []string) error {
		if len(args) == 1 && messageFile == "" && looksLikeLog(args[0]) {
			return t.verifyLog(ctx, args[0], keyFiles)
		}
		raw, err := t.readEvidence(args[0])
		if err != nil {
			return err
		}
		cards, err := t.readCards(keyFiles)
		if err != nil {
			return err
		}
		if len(args) > 1 {
			other, err := t.readEvidence(args[1])
			if err != nil {
				return err
			}
			return t.compare(args, [][]byte{raw, other}, cards)
		}
		var message []byte
		if messageFile != "" {
			if message, err = t.readFile(messageFile); err != nil {
				return err
			}
		}
		return t.verdict(judge(evidence{raw, message, cards}), texts)
	})
	c.Flags().StringArrayVar(&keyFiles, "key", nil, "a public card, as tocsin card prints it, or a history, as tocsin keys history does; may be repeated")
	c.Flags().BoolVar(&texts, "text", false, "print what the messages of a dossier say, too")
	c.Flags().StringVar(&messageFile, "message", "", "the exported message that the receipt is for")
	return c
}

// verdict shows what was found, and fails if that is no proof.
func (t *tool) verdict(v *verdict, texts bool) error {
	if err := t.show(v, func(p *page) { printVerdict(p, v, texts) }); err != nil || v.OK {
		return err
	}
	return exitWith(exitNo)
}

func (t *tool) verifyLog(ctx context.Context, dir string, keyFiles []string) error {
	cards, err := t.readCards(keyFiles)
	if err != nil {
		return err
	}
	v, err := judgeLog(ctx, dir, cards)
	if err != nil {
		return err
	}
	return t.verdict(v, false)
}

// cards are public cards by the id of their node.
type cards map[string]known

func (c cards) name(keyID string) string {
	if card, known := c[keyID]; known {
		return fmt.Sprintf("%s (%s)", card.Name, card.Country)
	}
	return "the holder of key " + keyID
}

func (t *tool) readCards(paths []string) (cards, error) {
	all := make(cards)
	for _, path := range paths {
		raw, err := t.readFile(path)
		if err != nil {
			return nil, err
		}
		node, err := knownBy(raw)
		if err != nil {
			return nil, trouble("invalid", "give the file that tocsin card or tocsin keys history printed, of this node or a PARTNER", "%s is not a public card, nor a history of keys", path)
		}
		all[node.ID()] = node
	}
	return all, nil
}

// readEvidence reads a file that may be as large as a dossier.
func (t *tool) readEvidence(path string) ([]byte, error) {
	file, err := t.open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, dossier.MaxSize+1))
}

// evidence is what is to be verified: a file, the message it is about if that
// was given beside it, and whose keys are trusted.
type evidence struct {
	raw, message []byte
	keys         cards
}

// fileKind is a kind of file that tocsin verify knows by its look.
type fileKind struct {
	looks func(raw []byte) bool
	judge func(evidence) *verdict
}

// fileKinds are the kinds of file, each with its own verify_NAME.go.
func fileKinds() []fileKind {
	return []fileKind{
		{looksLikeReceipt, judgeReceipt},
		{looksLikeMessage, judgeMessage},
		{dossier.Looks, judgeDossier},
		{looksLikeCard, judgeCard},
		{looksLikeHistory, judgeHistory},
		{looksLikeCheckpoint, judgeCheckpoint},
		{witness.IsFork, judgeFork},
	}
}

// judge verifies a file of any kind.
func judge(e evidence) *verdict {
	if e.message != nil && !looksLikeReceipt(e.raw) {
		return (&verdict{What: "receipt"}).fails("give the file that tocsin receipt HASH printed, and the message by --message", "this is not a receipt")
	}
	for _, kind := range fileKinds() {
		if kind.looks(e.raw) {
			return kind.judge(e)
		}
	}
	return (&verdict{What: "unknown"}).fails("give a file as tocsin receipt, tocsin message, tocsin dossier, tocsin card or tocsin ledger checkpoint prints it, whole",
		"this is no file that can be verified: neither a receipt, a message, a dossier, a card, a checkpoint nor evidence of a fork")
}

func printVerdict(p *page, v *verdict, texts bool) {
	if v.Dossier != nil {
		printReport(p, v.Dossier, texts)
		if !v.OK {
			p.line("  next: %s", v.Next)
		}
		return
	}
	if !v.OK {
		p.line("NOT verified: %s", v.Wrong)
		p.line("  next: %s", v.Next)
		return
	}
	p.line("verified: this %s proves", v.What)
	for _, part := range []struct {
		title, mark string
		lines       []string
	}{
		{"", "+", v.Proved},
		{"it says, and nothing proves", "~", v.Said},
		{"in doubt", "?", v.Doubt},
		{"missing", "!", v.Missing},
		{"it does not prove", "-", v.NotProved},
	} {
		if len(part.lines) > 0 && part.title != "" {
			p.line("%s", part.title)
		}
		for _, text := range part.lines {
			p.line("  %s %s", part.mark, text)
		}
	}
}

// older adds to what to do that keys may have been changed since, if something
// was held against a card alone and its signature is not of that card.
func (k known) older(err error, next string) string {
	if len(k.eras) > 1 || !errors.Is(err, receipt.ErrSignature) && !errors.Is(err, receipt.ErrCheckpoint) && !errors.Is(err, envelope.ErrSignature) {
		return next
	}
	return olderKeys + next
}

const olderKeys = "if its keys were changed since, give their history in place of the card: tocsin keys history, or tocsin keys history PARTNER; else "

// inWords is what is wrong with a message or a receipt, for people.
func inWords(err error) string {
	for _, known := range []struct {
		err  error
		text string
	}{
		{envelope.ErrFormat, "it was changed or cut, or is another kind of file"},
		{envelope.ErrTooLarge, "it is larger than any message"},
		{envelope.ErrSignature, "the signature is not the sender's"},
		{envelope.ErrAddress, "it is for another channel or another recipient"},
		{envelope.ErrPayload, "its text is not the one it was signed with"},
		{envelope.ErrChangeOld, "a change of keys is not signed with the key before it"},
		{envelope.ErrChangeNew, "a change of keys is not signed with the new keys"},
		{receipt.ErrFormat, "it was changed or cut, or is another kind of file"},
		{receipt.ErrSignature, "its statement was not signed with this card's key"},
		{receipt.ErrCheckpoint, "its checkpoint was not signed by this card's log"},
		{receipt.ErrProof, "its proof does not lead to its checkpoint"},
		{receipt.ErrMismatch, "its parts speak of different things"},
	} {
		if errors.Is(err, known.err) {
			return known.text
		}
	}
	_, text, found := strings.Cut(err.Error(), ": ") // the package's name
	if !found {
		return err.Error()
	}
	return text
}
