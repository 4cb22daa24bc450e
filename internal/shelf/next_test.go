// SPDX-License-Identifier: Apache-2.0

package shelf

// This file tests the token that leads from page to page.

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func TestNextRefuses(t *testing.T) {
	whole := formatNext(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	tests := map[string]string{
		"empty":              "",
		"cut short":          whole[:10],
		"too long":           whole + "A",
		"padded":             whole + "=",
		"with a line end":    whole + "\n",
		"zero":               base64.RawURLEncoding.EncodeToString(make([]byte, 8)),
		"negative":           "gAAAAAAAAAA",
		"of another writing": whole[:10] + "B",
	}
	for name, text := range tests {
		if at, err := parseNext(text); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v, %v", name, at, err)
		}
	}
}

// One token means one moment, and one moment has one token.
func FuzzNext(f *testing.F) {
	f.Add(formatNext(time.Date(2026, 3, 1, 8, 0, 0, 123456000, time.UTC)))
	f.Add("__________8")
	f.Add("AAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseNext(text)
		if err != nil {
			if !problem.Is(err, problem.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if again := formatNext(at); again != text {
			t.Fatalf("%q is read as %v, which is written %q", text, at, again)
		}
		if at.UnixMicro() <= 0 {
			t.Fatalf("%q is %v", text, at)
		}
	})
}
