// SPDX-License-Identifier: Apache-2.0

package envelope_test

// This file holds fuzz targets for what a restored node asks, and is answered.

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
)

func FuzzParseStandingAsk(f *testing.F) {
	good, err := json.Marshal(envelope.StandingAsk{Version: envelope.Version, From: id(alpha), To: id(bravo), Nonce: strings.Repeat("0a", 32), Ours: 3, Theirs: 4, Keys: 1})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := envelope.ParseStandingAsk(good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"v":1,"ours":-1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		ask, err := envelope.ParseStandingAsk(body)
		if err != nil {
			if !errors.Is(err, envelope.ErrFormat) && !errors.Is(err, envelope.ErrTooLarge) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		written, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := envelope.ParseStandingAsk(written); err != nil || again != ask {
			t.Fatalf("written and read back it is another question: %v", err)
		}
	})
}

func FuzzParseStanding(f *testing.F) {
	zeros := strings.Repeat("0", 64)
	good, err := json.Marshal(envelope.Standing{
		Version: envelope.Version, From: id(bravo), To: id(alpha), Ask: strings.Repeat("0b", 32), Seq: 1, Hash: strings.Repeat("0c", 32),
		Held: []envelope.Held{{Envelope: []byte("sealed"), Receipt: "a receipt"}}, OursMissing: []envelope.Missing{{Seq: 2, Hash: strings.Repeat("0d", 32), Why: "expired"}}, More: true,
	})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := envelope.ParseStanding(good); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"v":1,"from":"` + id(bravo) + `","to":"` + id(alpha) + `","ask":"` + zeros + `","seq":0,"hash":"` + zeros + `","checkpoints":["x"]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := envelope.ParseStanding(body)
		if err != nil {
			return
		}
		if len(s.Held) > envelope.MaxHeld || len(s.Checkpoints) > envelope.MaxSeen || len(s.OursMissing)+len(s.TheirsMissing) > envelope.MaxMissing {
			t.Fatal("more than a page holds")
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := envelope.ParseStanding(written)
		if err != nil {
			t.Fatalf("written and read back it is refused: %v", err)
		}
		rewritten, err := json.Marshal(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(rewritten)); diff != "" {
			t.Fatal(diff)
		}
	})
}
