// SPDX-License-Identifier: Apache-2.0

package warning_test

// This file holds a fuzz target for every kind of message: what is read is
// written, and read again as the same; nothing a partner writes does harm.

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

var passOn = warning.Used{Use: "pass_on", To: []warning.Recipient{{Name: "charlie", Node: envelope.FirstPrev}}, Purpose: "protection of life"}

// kinds are the kinds of message, each with one that is whole.
func kinds() map[envelope.Kind]warning.Payload {
	const who = "warning--1"
	w := good()
	return map[envelope.Kind]warning.Payload{
		envelope.Warning:         &w,
		envelope.Acknowledgement: &warning.Acknowledgement{Case: who, By: officer, At: now, Answer: "understood", Note: "n"},
		envelope.Request:         &warning.Request{Case: who, By: officer, At: now, ID: "request--1", Question: "Where?"},
		envelope.Reply:           &warning.Reply{Case: who, By: officer, At: now, Request: "request--1", Text: "There.", Handling: handling.Handling{TLP: handling.Amber}},
		envelope.Outcome: &warning.Outcome{Case: who, By: officer, At: now, Result: "attack_prevented", Contribution: "decisive", Treatment: "yes", Public: "2031-06-01",
			Counters: map[string]int64{"persons_detained": 7}},
		envelope.Thanks:            &warning.Thanks{Case: who, By: officer, At: now, Text: "Thank you."},
		envelope.Dispute:           &warning.Dispute{Case: who, By: officer, At: now, ID: "dispute--1", About: "a", View: "v"},
		envelope.Update:            &warning.Update{Of: envelope.FirstPrev, Version: 2, Change: "c", Warning: good()},
		envelope.Recall:            &warning.Recall{ID: "recall--1", Case: who, About: envelope.FirstPrev, Ask: "destroy", Reason: "r", AnswerBy: now, By: officer, At: now},
		envelope.RecallAnswer:      &warning.RecallAnswer{Case: who, Recall: "recall--1", About: envelope.FirstPrev, Answer: "refused", Reason: "r", PassedOn: []string{"c"}, By: officer, At: now},
		envelope.Pledge:            &warning.Pledge{ID: "pledge--1", Places: []string{"NO"}, Text: "t", From: "2031-05-08", By: officer, At: now},
		envelope.Terms:             &warning.Terms{LegalBasis: "l", Purposes: []string{"p"}, RetentionDays: 30, Onward: "o", Review: "2032-01-01", Overseers: map[string]string{"alpha": "Commissioner"}},
		envelope.State:             &warning.StateNotice{State: "active", Epoch: 3, Dropped: []envelope.Missing{{Seq: 1, Hash: envelope.FirstPrev, Why: "dropped"}}},
		envelope.PermissionRequest: &warning.PermissionRequest{ID: "permission--1", Case: who, About: envelope.FirstPrev, Used: passOn, Reason: "r", AnswerBy: now, By: officer, At: now},
		envelope.Permission: &warning.Permission{Case: who, Request: "permission--1", About: envelope.FirstPrev, Answer: "granted", Used: passOn, Conditions: "c", Until: now.Add(time.Hour),
			By: officer, Confirmed: &officer, At: now},
		envelope.PledgeEnd:   &warning.PledgeEnd{Pledge: "pledge--1", Ended: now, Why: "withdrawn", By: officer, At: now},
		envelope.Destruction: &warning.Destruction{ID: "destruction--1", Case: who, Messages: []string{envelope.FirstPrev}, Ground: "redress", By: officer, At: now},
	}
}

// blank is a message of that kind as the reader starts with it.
func blank(kind envelope.Kind) warning.Payload {
	return map[envelope.Kind]warning.Payload{
		envelope.Warning: &warning.Warning{}, envelope.Acknowledgement: &warning.Acknowledgement{}, envelope.Request: &warning.Request{},
		envelope.Reply: &warning.Reply{}, envelope.Outcome: &warning.Outcome{}, envelope.Thanks: &warning.Thanks{}, envelope.Dispute: &warning.Dispute{},
		envelope.Update: &warning.Update{}, envelope.Recall: &warning.Recall{}, envelope.RecallAnswer: &warning.RecallAnswer{},
		envelope.Pledge: &warning.Pledge{}, envelope.PledgeEnd: &warning.PledgeEnd{}, envelope.Terms: &warning.Terms{}, envelope.State: &warning.StateNotice{},
		envelope.Destruction: &warning.Destruction{}, envelope.PermissionRequest: &warning.PermissionRequest{}, envelope.Permission: &warning.Permission{},
	}[kind]
}

func TestDecodeIsStrict(t *testing.T) {
	for kind, payload := range kinds() {
		raw, err := warning.Encode(payload)
		if err != nil {
			t.Fatal(kind, err)
		}
		if _, err := warning.Decode(kind, raw); err != nil {
			t.Errorf("%s: a whole one is refused: %v", kind, err)
		}
		for name, changed := range map[string][]byte{
			"a member nobody knows": append([]byte(`{"a_member":1,`), raw[1:]...),
			"a member twice":        append(append(bytes.Clone(raw[:len(raw)-1]), ','), raw[1:]...),
			"not UTF-8":             bytes.Replace(raw, []byte(`:"`), []byte(":\"\xff"), 1),
			"cut off":               raw[:len(raw)-1],
			"something after it":    append(bytes.Clone(raw), '1'),
			"null":                  []byte("null"),
			"nothing":               nil,
		} {
			if _, err := warning.Decode(kind, changed); err == nil {
				t.Errorf("%s: %s is taken", kind, name)
			}
		}
	}
	for _, kind := range []envelope.Kind{"", "Warning", envelope.Objects, "gossip"} {
		if _, err := warning.Decode(kind, []byte("{}")); !errors.Is(err, warning.ErrKind) {
			t.Errorf("kind %q: got %v", kind, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for kind, payload := range kinds() {
		raw, err := warning.Encode(payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(kind), raw)
		f.Add(string(kind), []byte("{}"))
	}
	whole := good()
	raw, err := warning.Encode(whole)
	if err != nil {
		f.Fatal(err)
	}
	for old, replacement := range map[string]string{
		`"precision":500`:                `"precision":-0`,
		`"2031-05-08T09:30:15Z"`:         `"0001-01-01T00:00:00+00:00"`,
		`"grade":"B2"`:                   `"grade":"b2"`,
		`"text":`:                        `"objects":[{"n":1e400,"m":9007199254740993,"x":-0.0}],"text":`,
		`"2031-05-10T09:30:15Z"`:         `"2031-05-10T09:30:15.123456789123+23:59"`,
		`"nationalities":["NO","SE"],`:   `"nationalities":[],`,
		`"recipients":["Head of watch"]`: `"recipients":null`,
	} {
		if !strings.Contains(string(raw), old) {
			f.Fatalf("%s is not in %s", old, raw)
		}
		f.Add(string(envelope.Warning), []byte(strings.Replace(string(raw), old, replacement, 1)))
	}
	f.Add(string(envelope.State), []byte(`{"state":"active","epoch":18446744073709551615}`))
	f.Add(string(envelope.Outcome), []byte(`{"case":"c","by":{"name":"n","role":"r"},"at":"2031-05-08T09:30:15Z","result":"too_late","counters":{"injured":9007199254740991}}`))
	f.Fuzz(func(t *testing.T, word string, raw []byte) {
		kind := envelope.Kind(word)
		if refused := blank(kind); refused != nil && warning.Read(raw, refused) == nil {
			_ = refused.Validate() // whatever was read, validating it ends nothing
			if w, ok := refused.(*warning.Warning); ok {
				_ = w.Grade.Meaning() + w.Target.Place.String() + w.Handling.Line()
				w.Spell()
			}
		}
		payload, err := warning.Decode(kind, raw)
		if err != nil {
			return
		}
		written, err := warning.Encode(payload)
		if err != nil {
			t.Fatalf("it cannot be written: %v", err)
		}
		again, err := warning.Decode(kind, written)
		if err != nil {
			t.Fatalf("written, it is refused: %v\n%s", err, written)
		}
		if twice, err := warning.Encode(again); err != nil || !bytes.Equal(twice, written) {
			t.Fatalf("written twice it is another: %v\n%s\n%s", err, written, twice)
		}
	})
}
