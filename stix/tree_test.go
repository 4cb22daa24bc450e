// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds the package's own reader of JSON to a strict one that others
// wrote: both accept the same text and find the same values in it.

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// texts are JSON, and what is nearly so.
func texts() []string {
	return []string{
		``, ` `, `null`, `true`, `tru`, `truex`, `nul`, `0`, `-0`, `00`, `-`, `+1`, `1.`, `.5`, `1e`, `1e5`, `1E+05`, `1e-400`, `1e400`, `-1.5e3`, `0.1`,
		`9007199254740991`, `9007199254740992`, `-9007199254740992`, `9007199254740991.5`, `1e16`, `NaN`, `0x1`, `1_0`,
		`"`, `"a`, `""`, `"\n\t\"\\\/\b\f\r"`, `"\a"`, `"\u00e9"`, `"\u00E"`, `"\ud83d\udd14"`, `"\ud83d"`, `"\udd14"`, `"\ud83d\u0041"`, `"\ud83dx"`, `"\u0000"`,
		"\"\t\"", "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"é🔔\u2028\"", "\ufeff{}", `'a'`,
		`[]`, `[`, `]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `[[[]]]`, `{}`, `{`, `}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a" 1}`, `{a:1}`, `{1:1}`,
		`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"b":1},"c":{"b":1}}`, `{"":0}`, `{"a":[1,{"b":null}],"b":"c"}`, ` { "a" : [ 1 , 2 ] } `,
		`{} {}`, `{}x`, `{}//`, "{}\x00", "\v{}", "{}\u00a0", `/**/{}`,
		`{"eight by eight, and then a quotation mark":"0123456\"89abcd\\0123456789"}`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 101) + strings.Repeat("]", 101), strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	}
}

func TestReadsAsOthersDo(t *testing.T) {
	for _, text := range texts() {
		agree(t, []byte(text))
	}
}

func FuzzReadsAsOthersDo(f *testing.F) {
	for _, text := range texts() {
		f.Add([]byte(text))
	}
	for objectType := range samples {
		f.Add([]byte(`{"type":"` + objectType + `",` + samples[objectType] + `}`))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { agree(t, raw) })
}

// agree reads one text both ways, and compares canonical forms too.
func agree(t *testing.T, raw []byte) {
	t.Helper()
	var theirs any
	failed := json.Unmarshal(raw, &theirs)
	_, ours, err := decode(raw)
	switch {
	case errors.Is(err, ErrTooDeep), errors.Is(err, ErrNumber):
		if failed == nil && !pastLimits(raw) {
			t.Fatalf("%q is within the limits, but: %v", raw, err)
		}
		return
	case (err == nil) != (failed == nil):
		t.Fatalf("%q: we say %v, they say %v", raw, err, failed)
	case err != nil:
		if !errors.Is(err, ErrSyntax) {
			t.Fatalf("%q: %v", raw, err)
		}
		if _, err := Canonical(raw); err == nil {
			t.Fatalf("%q has a canonical form but cannot be read", raw)
		}
		return
	}
	if pastLimits(raw) {
		t.Fatalf("%q is past the limits", raw)
	}
	// go-cmp takes twice as long at each level of nesting.
	if read := floats(ours); !reflect.DeepEqual(theirs, read) {
		t.Fatalf("%q: they read %v, we %v", raw, theirs, read)
	}
	canonical, err := Canonical(raw)
	if err != nil {
		t.Fatalf("%q can be read but: %v", raw, err)
	}
	written, err := json.Marshal(ours)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Canonical(written)
	if err != nil || !bytes.Equal(canonical, again) {
		t.Fatalf("%q is %s, but what was read of it is %s (%v)", raw, canonical, again, err)
	}
}

// pastLimits reports whether well-formed JSON is nested past MaxDepth or has a
// number past MaxInteger.
func pastLimits(raw []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return false
		}
		if decoder.StackDepth() > MaxDepth {
			return true
		}
		if token.Kind() == '0' {
			if number, err := token.Float(); err != nil || math.Abs(number) > MaxInteger {
				return true
			}
		}
	}
}

// floats is a tree with all numbers as others read them.
func floats(value any) any {
	switch value := value.(type) {
	case int64:
		return float64(value)
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = floats(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			object[name] = floats(member)
		}
		return object
	}
	return value
}
