// SPDX-License-Identifier: Apache-2.0

package outbox

// This file holds what is said in a case against the source of the case.

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/redact"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// leakCheck refuses what we say in a case if any of its texts gives a source
// away, or hides something. Every string and number of the payload is held
// against the source of the case, whatever the payload is; only the time at
// which it is said, which is the node's own clock, is not.
func leakCheck(tx *store.Tx, c *store.Case, payload any) error {
	release, err := texts(payload)
	if err != nil {
		return err
	}
	var draft *warning.Draft
	var sources []*warning.Source
	if c.Draft != "" {
		kept, err := store.Drafts.Get(tx, c.Draft)
		if err != nil {
			return err
		}
		facts, source, err := factsOf(tx, &kept)
		if err != nil {
			return err
		}
		draft, sources = &kept, []*warning.Source{source}
		for i := range facts.Given {
			sources = append(sources, &facts.Given[i])
		}
	}
	leaks := policy.Leaks(release, draft, sources...)
	if len(leaks) == 0 {
		return nil
	}
	refusal := problem.New(problem.Invalid, "say it in other words, less exactly", "this text gives the source away")
	for _, leak := range leaks {
		refusal.With(leak.Field + " repeats " + leak.Source + " (" + string(leak.Rule) + "): “" + leak.Words + "”")
	}
	return refusal
}

// texts are all strings and numbers of a payload as it leaves, each under the
// name of its member: first what a person wrote, so that it is also read in one
// go, then names and words of the field.
func texts(payload any) ([]redact.NamedText, error) {
	raw, err := warning.Encode(payload)
	if err != nil {
		return nil, err
	}
	var all, names []redact.NamedText
	decoder := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return append(all, names...), nil
		}
		if err != nil {
			return nil, err
		}
		where := decoder.StackPointer()
		in, n := decoder.StackIndex(decoder.StackDepth())
		isName := in == '{' && n%2 == 1
		if kind := token.Kind(); isName || where == "/at" || kind != '"' && kind != '0' {
			continue
		}
		text := redact.NamedText{Name: strings.ReplaceAll(string(where)[1:], "/", "."), Text: token.String()}
		if free[text.Name] {
			all = append(all, text)
		} else {
			names = append(names, text)
		}
	}
}

// free are the members that hold whatever a person wrote.
var free = map[string]bool{"about": true, "view": true, "note": true, "question": true, "text": true, "handling.note": true}
