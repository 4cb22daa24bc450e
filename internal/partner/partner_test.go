// SPDX-License-Identifier: Apache-2.0

package partner_test

// This file holds what a channel lets pass in each state, what it still needs,
// and which texts are an invitation.

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

var now = time.Date(2031, 5, 8, 9, 30, 15, 0, time.UTC)

func card(tb testing.TB, name string) envelope.Card {
	tb.Helper()
	ring, err := keys.Generate(name, "NO")
	if err != nil {
		tb.Fatal(err)
	}
	return ring.Card("https://" + name + ".example.org")
}

// What may leave: a row for each state, confirmed or not. "life" is a warning of
// a threat to life.
func TestLets(t *testing.T) {
	const table = `
		pending              -
		pending, confirmed   terms
		active               terms state warning life thanks pledge
		limited              state life
		suspended            -
		frozen               -
		expelled             -
		                     -
		open                 -`
	for line := range strings.Lines(strings.TrimPrefix(table, "\n")) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "\t\t")
		state, want := strings.TrimSpace(line[:21]), strings.TrimSpace(line[21:])
		channel := partner.Channel{State: partner.State(strings.TrimSuffix(state, ", confirmed"))}
		if strings.HasSuffix(state, "confirmed") {
			channel.ConfirmedBy = "admin"
		}
		var leaves []string
		for _, kind := range []envelope.Kind{envelope.Terms, envelope.State, envelope.Warning, "life", envelope.Thanks, envelope.Pledge} {
			life := kind == "life"
			if life {
				kind = envelope.Warning
			}
			if channel.Lets(kind, life) {
				word := string(kind)
				if life {
					word = "life"
				}
				leaves = append(leaves, word)
			}
		}
		if got := strings.Join(leaves, " "); got != strings.Trim(want, "-") {
			t.Errorf("%q lets out %q, want %q", state, got, want)
		}
		if channel.Quarantines() != (state == "suspended" || state == "frozen" || state == "expelled") {
			t.Errorf("%q: quarantines %t", state, channel.Quarantines())
		}
	}
}

// A channel is active when the digits were compared and both have signed the
// same terms, whichever comes last.
func TestSettle(t *testing.T) {
	terms, other := []byte(`{"a":1}`), []byte(`{"a":2}`)
	for _, test := range []struct {
		name         string
		state        partner.State
		confirmed    string
		ours, theirs []byte
		want         partner.State
		missing      []string
	}{
		{"new", partner.Pending, "", nil, nil, partner.Pending, []string{"compare the 60 digits", "sign the terms", "the partner has not signed"}},
		{"compared", partner.Pending, "admin", nil, nil, partner.Pending, []string{"sign the terms", "the partner has not signed"}},
		{"signed here", partner.Pending, "admin", terms, nil, partner.Pending, []string{"the partner has not signed"}},
		{"signed there", partner.Pending, "admin", nil, terms, partner.Pending, []string{"sign the terms"}},
		{"signed, not compared", partner.Pending, "", terms, terms, partner.Pending, []string{"compare the 60 digits"}},
		{"other terms", partner.Pending, "admin", terms, other, partner.Pending, []string{"the two sides signed different terms"}},
		{"agreed", partner.Pending, "admin", terms, terms, partner.Active, nil},
		{"suspended", partner.Suspended, "admin", terms, terms, partner.Suspended, nil},
		{"expelled", partner.Expelled, "admin", terms, terms, partner.Expelled, nil},
	} {
		channel := partner.Channel{State: test.state, ConfirmedBy: test.confirmed, OurTerms: test.ours, TheirTerms: test.theirs}
		settled := channel.Settle("ann", now)
		if channel.State != test.want || settled != (test.state == partner.Pending && test.want == partner.Active) || settled != channel.Since.Equal(now) {
			t.Errorf("%s: settled %t as %s since %s", test.name, settled, channel.State, channel.Since)
		}
		missing := channel.Missing()
		if len(missing) != len(test.missing) {
			t.Errorf("%s: missing %q", test.name, missing)
			continue
		}
		for i, word := range test.missing {
			if !strings.Contains(missing[i], word) {
				t.Errorf("%s: missing %q, want %q", test.name, missing, test.missing)
			}
		}
	}
}

func TestNewChannel(t *testing.T) {
	own, other := card(t, "alpha"), card(t, "bravo")
	channel := partner.NewChannel(own, other, []byte(`{}`), now)
	if channel.ID != envelope.Channel(other.ID(), own.ID()) || channel.Name != "bravo" || channel.State != partner.Pending || channel.Epoch != 1 || channel.Confirmed() {
		t.Errorf("%+v", channel)
	}
}

func TestStatesPeopleCanSet(t *testing.T) {
	for word, want := range map[string]bool{"active": true, "limited": true, "suspended": true, "expelled": true, "pending": false, "": false, "Active": false, "frozen": true} {
		if _, err := partner.ParseState(word); (err == nil) != want || err != nil && !problem.Is(err, problem.Invalid) {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func invite(tb testing.TB) partner.InviteText {
	return partner.InviteText{Card: card(tb, "alpha"), Secret: "s3cret", Expires: now.Add(partner.InviteFor), Terms: jsontext.Value(`{"a":1}`)}
}

func text(tb testing.TB, i partner.InviteText) string {
	tb.Helper()
	text, err := i.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// An invitation survives what a mail program does to it.
func TestInvitationsThatAreRead(t *testing.T) {
	want := invite(t)
	whole := text(t, want)
	if strings.ContainsAny(whole, " \n\t") || !strings.HasPrefix(whole, "tocsin-invite-1:") {
		t.Errorf("not one word: %.40q…", whole)
	}
	var folded []string
	for line := range slices.Chunk([]byte(whole), 60) {
		folded = append(folded, string(line))
	}
	for name, text := range map[string]string{
		"as it was":  whole,
		"folded":     strings.Join(folded, "\r\n"),
		"indented":   "\t" + strings.Join(folded, "\n   ") + "\n\n",
		"no-break":   "\u00a0" + whole + "\u00a0",
		"in a quote": strings.ReplaceAll(whole, "tocsin-invite-1:", "tocsin-invite-1: "),
	} {
		got, err := partner.ParseInvite(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestTextsThatAreNoInvitation(t *testing.T) {
	good := invite(t)
	whole := text(t, good)
	noName := good
	noName.Card.Name = ""
	otherKey := good
	otherKey.Card.Sign = otherKey.Card.Sign[:31]
	wrapped := func(json string) string {
		return "tocsin-invite-1:" + base64.RawURLEncoding.EncodeToString([]byte(json))
	}
	for name, text := range map[string]string{
		"empty": "", "a letter": "Dear colleague,", "the next version": strings.Replace(whole, "-1:", "-2:", 1), "cut off": whole[:len(whole)-9],
		"without its beginning": whole[9:], "two": whole + whole, "no name": text(t, noName), "half a key": text(t, otherKey), "nothing in it": wrapped(""),
		"an empty object": wrapped("{}"), "null": wrapped("null"), "a member more": wrapped(`{"more":1}`), "too long": "tocsin-invite-1:" + strings.Repeat("A", 64<<10+1),
	} {
		if _, err := partner.ParseInvite(text); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseInvite(f *testing.F) {
	good := invite(f)
	whole := text(f, good)
	f.Add(whole)
	f.Add(" " + whole[:90] + "\r\n" + whole[90:])
	f.Add("tocsin-invite-1:e30")
	good.Terms = nil
	f.Add(text(f, good))
	good.Expires, good.Terms = time.Time{}, jsontext.Value(` [ 1.0 ] `)
	f.Add(text(f, good))
	f.Fuzz(func(t *testing.T, s string) {
		read, err := partner.ParseInvite(s)
		if err != nil {
			if !problem.Is(err, problem.Invalid) {
				t.Fatalf("an error of its own: %v", err)
			}
			return
		}
		written := text(t, read)
		again, err := partner.ParseInvite(written)
		if err != nil || !again.Card.SameKeys(read.Card) || again.Secret != read.Secret || !again.Expires.Equal(read.Expires) {
			t.Fatalf("written and read it is another: %v", err)
		}
		if twice := text(t, again); !bytes.Equal([]byte(twice), []byte(written)) {
			t.Fatalf("written twice it is another:\n%s\n%s", written, twice)
		}
	})
}
