// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds the vectors of what is said by voice.

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/spoken"
)

// voiceVector is one warning said by alpha to bravo.
type voiceVector struct {
	What     string   `json:"what"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Low      string   `json:"low"`  // the secrets, in hex: of the node whose id is smaller,
	High     string   `json:"high"` // and of the other
	Prefix   string   `json:"prefix"`
	Sent     string   `json:"sent"`
	Words    [4]int   `json:"precedence_tlp_threat_target"`
	Handling [3]int   `json:"pap_codes_caveats"`
	Country  string   `json:"country"`
	Start    string   `json:"start"`
	End      string   `json:"end"`
	AnswerBy string   `json:"answer_by"`
	Text     string   `json:"text"`
	Lines    []string `json:"lines"`
	ReadBack string   `json:"read_back"`
}

// badLines are lines that were misheard: the numbers of those to ask for again,
// or none if every line fits and the key does not.
type badLines struct {
	What  string   `json:"what"`
	Lines []string `json:"lines"`
	Wrong []int    `json:"wrong"`
}

type voiceVectors struct {
	Said []voiceVector `json:"said"`
	Bad  []badLines    `json:"bad"`
}

// TestVoiceVectors compares the file with what the code makes.
func TestVoiceVectors(t *testing.T) {
	w := load(t)
	var vectors voiceVectors
	low, high := bytes.Repeat([]byte{0x11}, 32), bytes.Repeat([]byte{0x22}, 32)
	key, err := spoken.NewKey(low, high, envelope.Channel(w.alpha.card.ID(), w.bravo.card.ID()), w.alpha.card.ID(), w.bravo.card.ID())
	if err != nil {
		t.Fatal(err)
	}
	text := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.RFC3339)
	}
	sent := when.Truncate(time.Minute).UTC()
	whole := spoken.Content{Sent: sent, Precedence: 0, TLP: 3, Threat: 3, Target: 6, Country: "NO", Start: sent.Add(30 * time.Hour), End: sent.Add(54 * time.Hour),
		AnswerBy: sent.Add(6 * time.Hour), Text: "WINTER MARKET, BERGEN. A GROUP PREPARES AN ATTACK."}
	copy(whole.Prefix[:], "ten bytes.")
	bare := spoken.Content{Prefix: whole.Prefix, Sent: sent, Precedence: 1, TLP: 4, Threat: 7, Target: 0}
	under := bare
	under.PAP, under.Codes, under.Caveats, under.Country, under.Text = 3, 1, 1|4, "NO", "OSLO"
	for what, c := range map[string]spoken.Content{"whole": whole, "nothing but what must be said": bare, "under PAP:AMBER, H1, originator_control and no_court_use": under} {
		sealed, err := key.Seal(c)
		if err != nil {
			t.Fatal(err)
		}
		v := voiceVector{What: what, From: "alpha", To: "bravo", Low: hex.EncodeToString(low), High: hex.EncodeToString(high), Prefix: hex.EncodeToString(c.Prefix[:]),
			Sent: text(c.Sent), Words: [4]int{c.Precedence, c.TLP, c.Threat, c.Target}, Handling: [3]int{c.PAP, c.Codes, c.Caveats}, Country: c.Country, Start: text(c.Start), End: text(c.End),
			AnswerBy: text(c.AnswerBy), Text: c.Text, Lines: spoken.Lines(sealed), ReadBack: key.ReadBack(sealed)}
		vectors.Said = append(vectors.Said, v)
	}
	slices.SortFunc(vectors.Said, func(a, b voiceVector) int { return len(b.Lines) - len(a.Lines) })
	good := vectors.Said[0].Lines
	bad := func(what string, wrong []int, change func([]string)) {
		lines := slices.Clone(good)
		change(lines)
		vectors.Bad = append(vectors.Bad, badLines{what, lines, wrong})
	}
	digit := func(line string, at int) string {
		raw := []byte(line)
		raw[at] = '0' + (raw[at]-'0'+1)%10
		return string(raw)
	}
	bad("a digit misheard", []int{2}, func(l []string) { l[1] = digit(l[1], 7) })
	bad("a check misheard", []int{3}, func(l []string) { l[2] = digit(l[2], len(l[2])-1) })
	bad("two groups changed places", []int{2}, func(l []string) { l[1] = l[1][6:12] + l[1][:6] + l[1][12:] })
	bad("said to the node that says it", nil, func(l []string) {
		back, err := spoken.NewKey(low, high, envelope.Channel(w.alpha.card.ID(), w.bravo.card.ID()), w.bravo.card.ID(), w.alpha.card.ID())
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := back.Seal(whole)
		if err != nil {
			t.Fatal(err)
		}
		copy(l, spoken.Lines(sealed))
	})
	same(t, "voice.json", encoded(t, vectors))
}
