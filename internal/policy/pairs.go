// SPDX-License-Identifier: Apache-2.0

package policy

// This file plays text pairs: a rule in words, a warning in, what each partner
// gets and why out. Whoever writes a policy writes pairs for it.

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

//go:embed pairs
var pairFiles embed.FS

// Pair is a text pair. Its file begins with the rule in words, and goes on with
// parts that begin with a line such as "-- draft.json --": draft.json, merged
// into a complete warning (RFC 7396); perhaps facts.json, source.json, and
// channels (a partner, a state and perhaps a country a line; without it bravo is
// active); then for each partner what leaves, as bravo.out, and why, as bravo.why.
// What it does not say is not compared.
type Pair struct {
	Name string
	Rule string // in words

	draft  *warning.Draft
	facts  Facts
	source *warning.Source
	to     []Partner
	want   map[string]string
}

// Miss is an output that is not as the pair says.
type Miss struct {
	Pair string `json:"pair"`
	Part string `json:"part"` // such as bravo.why
	Want string `json:"want"`
	Got  string `json:"got"`
}

// The time and the id by which pairs are played.
const pairID = "warning--99999999-9999-4999-8999-999999999999"

func pairTime() time.Time { return time.Date(2031, 5, 8, 9, 30, 15, 123456789, time.UTC) }

// ShippedPairs are the pairs of the policy that comes with the program.
func ShippedPairs() ([]*Pair, error) {
	names, err := fs.Glob(pairFiles, "pairs/*.txt")
	if err != nil {
		return nil, err
	}
	var all []*Pair
	for _, name := range names {
		raw, err := pairFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		pair, err := ReadPair(strings.TrimSuffix(strings.TrimPrefix(name, "pairs/"), ".txt"), raw)
		if err != nil {
			return nil, err
		}
		all = append(all, pair)
	}
	return all, nil
}

// ReadPair reads a pair. The error names the part that is wrong.
func ReadPair(name string, raw []byte) (*Pair, error) {
	rule, parts := split(string(raw))
	pair := &Pair{Name: name, Rule: strings.TrimSpace(rule), draft: &warning.Draft{}, to: []Partner{{"bravo", "XB", partner.Active}}, want: make(map[string]string)}
	base, err := pairFiles.ReadFile("pairs/base.json")
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := warning.Read(base, &whole); err != nil {
		return nil, err
	}
	var given *Facts
	for _, part := range parts {
		var err error
		switch text := []byte(part.text); {
		case part.name == "draft.json":
			var changes map[string]any
			if err = warning.Read(text, &changes); err == nil {
				merge(whole, changes)
			}
		case part.name == "source.json":
			pair.source = &warning.Source{}
			err = warning.Read(text, pair.source)
		case part.name == "facts.json":
			given = &Facts{}
			err = warning.Read(text, given)
		case part.name == "channels":
			pair.to = nil
			for line := range strings.Lines(part.text) {
				words := append(strings.Fields(line), "", "", "")
				pair.to = append(pair.to, Partner{words[0], words[2], partner.State(words[1])})
			}
		case strings.HasSuffix(part.name, ".out"), strings.HasSuffix(part.name, ".why"):
			pair.want[part.name] = part.text
		default:
			err = fmt.Errorf("there is no such part; use draft.json, facts.json, source.json, channels, PARTNER.out and PARTNER.why")
		}
		if err != nil {
			return nil, fmt.Errorf("policy: pair %s, part %s: %w", name, part.name, err)
		}
	}
	if len(pair.want) == 0 {
		return nil, fmt.Errorf("policy: pair %s says nothing of what leaves", name)
	}
	for part := range pair.want {
		if to := strings.TrimSuffix(strings.TrimSuffix(part, ".out"), ".why"); !slices.ContainsFunc(pair.to, func(p Partner) bool { return p.Name == to }) {
			return nil, fmt.Errorf("policy: pair %s, part %s: the partner is not among its channels", name, part)
		}
	}
	merged, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	if err := warning.Read(merged, pair.draft); err != nil {
		return nil, fmt.Errorf("policy: pair %s, part draft.json: %w", name, err)
	}
	if pair.facts = Own(pair.draft); given != nil {
		pair.facts = *given
	}
	return pair, nil
}

// part is one part of a pair's file.
type part struct{ name, text string }

// split takes a file apart at its lines "-- name --".
func split(text string) (before string, parts []part) {
	into := &before
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		if len(bare) > 6 && strings.HasPrefix(bare, "-- ") && strings.HasSuffix(bare, " --") {
			parts = append(parts, part{name: strings.TrimSpace(bare[3 : len(bare)-3])})
			into = &parts[len(parts)-1].text
			continue
		}
		*into += line
	}
	return before, parts
}

// merge writes changes into whole; null takes a member out. RFC 7396
func merge(whole, changes map[string]any) {
	for name, change := range changes {
		inner, ok := change.(map[string]any)
		if old, both := whole[name].(map[string]any); ok && both {
			merge(old, inner)
		} else if change == nil {
			delete(whole, name)
		} else {
			whole[name] = change
		}
	}
}

// Play asks the rules for each partner, and returns what is not as the pair says.
func (p *Pair) Play(rules *Rules) (misses []Miss, err error) {
	for _, to := range p.to {
		result := rules.Cut(p.draft, to, p.facts, p.source, pairID, pairTime())
		leaves, err := printed(result)
		if err != nil {
			return nil, err
		}
		for part, got := range map[string]string{to.Name + ".out": leaves, to.Name + ".why": reasons(result)} {
			if want, said := p.want[part]; said && want != got {
				misses = append(misses, Miss{p.Name, part, want, got})
			}
		}
	}
	slices.SortFunc(misses, func(a, b Miss) int { return strings.Compare(a.Part, b.Part) })
	return misses, nil
}

// printed is what leaves, with new ids numbered.
func printed(result Result) (string, error) {
	if result.Warning.ID == "" {
		return "nothing\n", nil
	}
	raw, err := warning.Encode(result.Warning)
	if err != nil {
		return "", err
	}
	for i, object := range result.Warning.Objects {
		view, err := stix.Parse(object)
		if err != nil {
			return "", err
		}
		raw = bytes.ReplaceAll(raw, []byte(view.ID()), fmt.Appendf(nil, "%s--new-%d", view.Type(), i+1))
	}
	value := jsontext.Value(raw)
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		return "", err
	}
	return string(value) + "\n", nil
}

// reasons are the reasons a line each, without those of fields that leave with
// the whole.
func reasons(result Result) string {
	var out strings.Builder
	for _, reason := range result.Plan.Reasons {
		field := reason.Effect == Allow && reason.Rule != RulePermission && !strings.Contains(reason.Field, "--")
		if !field && !(reason.Effect == Withhold && strings.HasPrefix(reason.Text, "nothing leaves:")) {
			fmt.Fprintf(&out, "%s %s by %s: %s\n", reason.Effect, reason.Field, reason.Rule, reason.Text)
		}
	}
	for _, cut := range result.Cuts {
		fmt.Fprintf(&out, "cut %s %s by %s: %s\n", cut.Object, cut.Path, cut.Rule, cut.Reason)
	}
	for _, leak := range result.Leaks {
		fmt.Fprintf(&out, "leak %s in %s: %q, of %s\n", leak.Rule, leak.Field, leak.Words, leak.Source)
	}
	return out.String()
}
