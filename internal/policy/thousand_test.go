// SPDX-License-Identifier: Apache-2.0

package policy

// This file measures one warning cut for a thousand partners, and holds every
// output of the cutter to one property: nothing that is withheld stands in it, in
// any code that is written somewhere.

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

// BenchmarkCutForThousandPartners decides, cuts and leak-checks one warning for
// a thousand partners, as an outbox does when it is composed. Its floor is what
// must be done for each in any case: a signature and a seal.
func BenchmarkCutForThousandPartners(b *testing.B) {
	const n = 1000
	story := strings.Repeat("Nothing in this field is ever said to anyone who asks about it. ", 30)
	source := &warning.Source{ID: "source--33333333-3333-4333-8333-333333333333", Title: "Talk at the mill", Fields: []warning.Field{{Name: "story", Text: story}}}
	draft := baseDraft(b)
	draft.Source, draft.ReleasableTo, draft.Releases = source.ID, nil, make(map[string]string)
	for i := range n {
		name := fmt.Sprintf("partner-%d", i)
		draft.ReleasableTo = append(draft.ReleasableTo, name)
		draft.Releases[name] = "Danger on the market square. Two attackers. Look for a white vehicle."
	}
	facts := Own(draft)
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		b.Fatal(err)
	}
	var floor time.Duration
	for b.Loop() {
		cutter := Shipped().NewCutter(draft, facts, source, today)
		var copies [][]byte
		for _, name := range draft.ReleasableTo {
			result := cutter.Cut(Partner{name, "XB", partner.Active}, partner.Limits{}, newID)
			if !result.Plan.Allowed {
				b.Fatal(result.Plan.Blocked())
			}
			raw, err := warning.Encode(result.Warning)
			if err != nil {
				b.Fatal(err)
			}
			copies = append(copies, raw)
		}
		b.StopTimer()
		start := time.Now()
		for _, raw := range copies[:100] {
			m := &envelope.Message{HeaderBytes: []byte(`{}`), Signature: ed25519.Sign(private, raw), Salt: make([]byte, 32), Payload: raw}
			if _, err := envelope.Seal(identity.Recipient(), m); err != nil {
				b.Fatal(err)
			}
		}
		floor += time.Since(start) * n / 100
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/copy")
	b.ReportMetric(float64(floor.Microseconds())/float64(b.N)/n, "floor-µs/copy")
	b.ReportMetric(float64(b.Elapsed())/float64(floor), "xfloor")
}

// baseDraft is the draft that all text pairs begin with.
func baseDraft(b *testing.B) *warning.Draft {
	b.Helper()
	raw, err := os.ReadFile("pairs/base.json")
	if err != nil {
		b.Fatal(err)
	}
	draft := &warning.Draft{}
	if err := warning.Read(raw, draft); err != nil {
		b.Fatal(err)
	}
	return draft
}

// written are the ways in which a value can stand in what leaves.
func written(value string) []string {
	var escaped, percent, quoted, wide strings.Builder
	for _, r := range value {
		fmt.Fprintf(&escaped, `\u%04x`, r)
		wide.WriteString(string(rune(r)) + "\x00")
	}
	for _, b := range []byte(value) {
		fmt.Fprintf(&percent, "%%%02X", b)
		fmt.Fprintf(&quoted, "=%02X", b)
	}
	all := []string{value, strings.ToUpper(value), escaped.String(), percent.String(), quoted.String(), wide.String(), hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value)))}
	for _, code := range aligned(value) {
		all = append(all, code, strings.NewReplacer("+", "-", "/", "_").Replace(code))
	}
	return all
}

// aligned are the codes in base64 of a value, wherever it begins in what is encoded.
func aligned(value string) (codes []string) {
	for skip := range 3 {
		codes = append(codes, base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", skip)+value)))
	}
	return codes
}

// Random drafts whose texts and objects carry what the source says, in any field
// and in any code: what leaves never does.
func TestNothingWithheldLeaves(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 42))
	secrets := []string{"asset kestrel-7741", "kim.lee@example.org", "192.0.2.77:8443", "he buys paint thinner every second friday", "7f0c0b1e-5c1d-4d2a-9a3e-0d6f3a4b5c6d", "+7 812 555-01-23"}
	source := &warning.Source{ID: "source--33333333-3333-4333-8333-333333333333", Title: "Talk at the mill"}
	for i, secret := range secrets {
		source.Fields = append(source.Fields, warning.Field{Name: fmt.Sprint("field ", i), Text: "We know: " + secret + "."})
	}
	left := 0
	for range 1500 {
		draft := readPair(t, filepath.Join("pairs", "plain.txt")).draft
		draft.Source = source.ID
		secret := secrets[random.IntN(len(secrets))]
		ways := written(secret)
		text := "Take care. " + ways[random.IntN(len(ways))]
		if random.IntN(3) == 0 {
			text = "Take care."
		}
		said := jsontext.Value(mustQuote(t, text))
		switch w := &draft.Warning; random.IntN(6) {
		case 0:
			draft.Releases["bravo"] = text
		case 1:
			w.Method = text
		case 2:
			w.Action = text
		case 3:
			w.Target.Place.Detail = text
		case 4:
			w.Purpose = text
		default:
			properties := []string{"description", "name", "labels", "x_note", "external_references", "created_by_ref"}
			if random.IntN(2) == 0 { // as the standard has references
				said = jsontext.Value(fmt.Sprintf(`[{"source_name":"a desk",%q:%s}]`, []string{"url", "external_id", "description"}[random.IntN(3)], said))
				properties = []string{"external_references"}
			}
			alias := jsontext.Value(mustQuote(t, text))
			draft.Objects = []jsontext.Value{jsontext.Value(fmt.Sprintf(
				`{"type":"campaign","spec_version":"2.1","id":"campaign--11111111-1111-4111-8111-111111111111","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"c",%q:%s,"aliases":[%s]}`,
				properties[random.IntN(len(properties))], said, alias))}
			draft.Objects[0] = bytes.ReplaceAll(draft.Objects[0], []byte(`"name":"c","name":`), []byte(`"name":`))
		}
		result := Shipped().Cut(draft, Partner{"bravo", "XB", partner.Active}, Own(draft), source, newID, today)
		if !result.Plan.Allowed {
			continue
		}
		left++
		raw, err := warning.Encode(result.Warning)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			ways := written(secret)
			for _, code := range aligned(secret) {
				ways = append(ways, code[4:len(code)-2]) // whatever stands around it
			}
			for _, way := range ways {
				if bytes.Contains(raw, []byte(way)) || bytes.Contains(raw, []byte(strings.Trim(mustQuote(t, way), `"`))) {
					t.Fatalf("%q leaves as %q in\n%s", secret, way, raw)
				}
			}
		}
	}
	if left < 200 {
		t.Errorf("only %d copies leave: the property says little", left)
	}
}

// Random drafts whose texts say, in any code, what an external reference of an object
// says that is cut: what leaves never does.
func TestNothingReferredToLeaves(t *testing.T) {
	random := rand.New(rand.NewPCG(43, 44))
	referred := map[string]string{"url": "https://tracker.example.net/case/kx-7741", "external_id": "kx-2031-7741-9", "description": "he buys paint thinner every second friday", "source_name": "harbour watch nine"}
	keys := []string{"url", "external_id", "description", "source_name"}
	left := 0
	for range 800 {
		draft := readPair(t, filepath.Join("pairs", "plain.txt")).draft
		key := keys[random.IntN(len(keys))]
		ways := written(referred[key])
		text := "Take care. " + ways[random.IntN(len(ways))]
		if random.IntN(3) == 0 {
			text = "Take care."
		}
		var parts []string
		for _, name := range keys {
			parts = append(parts, fmt.Sprintf("%q:%q", name, referred[name]))
		}
		description := `"d"`
		switch w := &draft.Warning; random.IntN(4) {
		case 0:
			draft.Releases["bravo"] = text
		case 1:
			w.Method = text
		case 2:
			w.Action = text
		default:
			description = mustQuote(t, text)
		}
		draft.Objects = []jsontext.Value{
			stixObject("malware", "01", `"name":"m","is_family":false,"external_references":[{`+strings.Join(parts, ",")+`}],`+greenMark),
			stixObject("campaign", "02", `"name":"c","description":`+description+`,`+greenMark),
		}
		result := Shipped().Cut(draft, bravo, Own(draft), nil, newID, today)
		if !result.Plan.Allowed {
			continue
		}
		left++
		raw, err := warning.Encode(result.Warning)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range referred {
			for _, way := range written(secret) {
				if bytes.Contains(raw, []byte(way)) || bytes.Contains(raw, []byte(strings.Trim(mustQuote(t, way), `"`))) {
					t.Fatalf("%q leaves as %q in\n%s", secret, way, raw)
				}
			}
		}
	}
	if left < 200 {
		t.Errorf("only %d copies leave: the property says little", left)
	}
}

func mustQuote(t *testing.T, text string) string {
	t.Helper()
	raw, err := jsontext.AppendQuote(nil, strings.ToValidUTF8(text, "?"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
