// SPDX-License-Identifier: Apache-2.0

package detect

// This file takes in indicators and holds a million of them: for each the few
// bytes that a hit needs, and its pattern as triggers.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// A Set is indicators, ready to be looked for. Add to it, then Freeze it; after
// that any number of goroutines may use it.
type Set struct {
	types     map[string]*node
	nodes     []*node
	constants *constants
	rules     []rule
	tests     []*test // of the rules that are verified; the first is nil
	stories   []*story

	indicators []indicator
	written    map[uint32]string // ids that are not written as usual, in small letters
	byID       map[uuid.UUID]uint32
	versions   versions
	names      []byte
	markings   [][]string
	byMarkings map[string]uint32
	counts     Counts
	doubts     []Doubt
	capitals   []capital
}

// A rule is one observation expression of one indicator.
type rule struct {
	indicator uint32
	test      uint32 // in tests; 0: the trigger is all it asks for
}

// indicator is what is kept of an indicator.
type indicator struct {
	id                    uuid.UUID
	from, until, modified moment
	name                  uint32 // where it begins in names
	nameSize              uint16
	marked                uint32 // in markings
	story                 uint32 // in stories, plus one; 0: a single observation is enough
	dead                  bool   // revoked, replaced or of no use
}

// moment is a time without its location, in 12 bytes and padding.
type moment struct {
	seconds int64
	nanos   uint32
}

func momentOf(at time.Time) moment { return moment{at.Unix(), uint32(at.Nanosecond())} }

func (m moment) before(other moment) bool {
	return m.seconds < other.seconds || m.seconds == other.seconds && m.nanos < other.nanos
}

// Counts are how many indicators a set was given, and what became of them.
type Counts struct {
	Used       int // looked for
	Revoked    int
	Superseded int // there is a newer version
	Unusable   int
	Other      int // objects that are no indicators
}

// Counts says how many indicators there are.
func (s *Set) Counts() Counts { return s.counts }

// An UnusableError says why an indicator is not looked for.
type UnusableError struct {
	ID     string // as far as it has one
	Reason string
}

func (u *UnusableError) Error() string {
	if u.ID == "" {
		return "an indicator: " + u.Reason
	}
	return u.ID + ": " + u.Reason
}

// NewSet returns a set without indicators.
func NewSet() *Set {
	return &Set{
		types: make(map[string]*node), constants: newConstants(), tests: []*test{nil},
		byID: make(map[uuid.UUID]uint32), versions: newVersions(), written: make(map[uint32]string), byMarkings: make(map[string]uint32),
	}
}

// maxName is how much of a name is kept, in bytes.
const maxName = 1 << 10

// Add takes in an object. One that is no indicator is counted and left out; of
// several versions by one creator the newest that can be used counts, and what
// that creator revoked is not looked for. The versions of different creators do
// not replace each other, whichever came first: each is looked for. The error is
// an [*UnusableError], after which the set is as good as before, a
// [*CreatorError], or says that the set is full. STIX 2.1 §3.6, §4.7
func (s *Set) Add(object stix.Object) error {
	if object.Type() != "indicator" {
		s.counts.Other++
		return nil
	}
	unusable := func(format string, args ...any) error {
		s.counts.Unusable++
		return &UnusableError{ID: object.ID(), Reason: fmt.Sprintf(format, args...)}
	}
	objectType, unique, ok := stix.SplitID(object.ID())
	if !ok || objectType != "indicator" {
		return unusable("it has no id of an indicator")
	}
	modified := object.Modified()
	if modified.IsZero() {
		modified = object.Created()
	}
	entry := indicator{id: unique, modified: momentOf(modified), dead: true}
	creator := s.versions.creator(object.CreatedBy())
	known, isKnown := s.known(unique, creator)
	if isKnown && !s.indicators[known].modified.before(entry.modified) {
		s.counts.Superseded++
		return nil
	}
	revoked := object.Revoked()
	var parsed *pattern.Pattern
	if !revoked {
		var reason string
		if parsed, reason = s.usable(object, &entry); reason != "" {
			if isKnown && !s.indicators[known].dead {
				reason += "; the version before it is looked for"
			}
			return unusable("%s", reason)
		}
	}
	if isKnown {
		s.rest(known)
	}
	at := uint32(len(s.indicators))
	s.indicators = append(s.indicators, entry)
	another := s.keep(unique, creator, at)
	if s.id(at) != object.ID() {
		s.written[at] = strings.Clone(object.ID())
	}
	if revoked {
		s.counts.Revoked++
		return another
	}
	name, _ := object.Get("name")
	if text, ok := name.(string); ok {
		text = strings.ToValidUTF8(text[:min(len(text), maxName)], "")
		s.indicators[at].name, s.indicators[at].nameSize = uint32(len(s.names)), uint16(len(text))
		s.names = append(s.names, text...)
	}
	s.indicators[at].marked = s.mark(markingsOf(object))
	s.indicators[at].dead = false
	s.doubt(at, parsed)
	if err := s.plan(at, parsed); err != nil {
		return err
	}
	s.counts.Used++
	return another
}

// rest puts an indicator to rest that is replaced.
func (s *Set) rest(at uint32) {
	if old := &s.indicators[at]; !old.dead {
		old.dead = true
		s.counts.Used--
		s.counts.Superseded++
	}
}

// usable reads what must be right in an indicator, or says what is not.
func (s *Set) usable(object stix.Object, entry *indicator) (parsed *pattern.Pattern, reason string) {
	written, _ := object.Get("pattern")
	text, ok := written.(string)
	if !ok {
		return nil, "it has no pattern"
	}
	language, typed := object.Get("pattern_type")
	if _, said := object.Get("spec_version"); !typed && !said {
		return nil, "it is of STIX 2.0: bring it to 2.1 with tocsin stix upgrade FILE"
	}
	if !typed {
		return nil, "it does not say of what type its pattern is (pattern_type)"
	}
	if language != "stix" {
		return nil, fmt.Sprintf("its pattern is of type %.40q, not stix", fmt.Sprint(language))
	}
	entry.from, entry.until = moment{seconds: -1 << 62}, moment{seconds: 1 << 62}
	for name, to := range map[string]*moment{"valid_from": &entry.from, "valid_until": &entry.until} {
		value, there := object.Get(name)
		if !there {
			continue
		}
		text, _ := value.(string)
		at, err := stix.ParseTime(text)
		if err != nil {
			return nil, name + " is no timestamp"
		}
		*to = momentOf(at)
	}
	if !entry.from.before(entry.until) {
		return nil, "it is never valid: valid_until is not after valid_from"
	}
	// The parsed pattern must not keep the whole object in memory.
	parsed, err := pattern.Parse(strings.Clone(text))
	if err == nil && !matchable(parsed) {
		_, err = pattern.NewMatcher(parsed)
	}
	if errors.Is(err, pattern.ErrUnsupported) {
		return nil, "its pattern " + strings.TrimPrefix(err.Error(), "pattern: ")
	}
	if err != nil {
		var invalid *pattern.Error
		if errors.As(err, &invalid) {
			return nil, "its pattern is invalid: " + invalid.Faults[0].Error()
		}
		return nil, "its pattern is invalid: " + err.Error()
	}
	return parsed, ""
}

// matchable reports whether a pattern can be matched for certain: only regular
// expressions and long wildcards may be beyond us.
func matchable(parsed *pattern.Pattern) bool {
	for observation := range pattern.Observations(parsed.Root) {
		for comparison := range pattern.Comparisons(observation.Test) {
			if comparison.Operator == pattern.Matches || comparison.Operator == pattern.Like && len(comparison.Constants[0].Text) > pattern.MaxWildcards {
				return false
			}
		}
	}
	return true
}

// plan files the rules of an indicator.
func (s *Set) plan(at uint32, parsed *pattern.Pattern) error {
	if alone, ok := single(parsed.Root); ok {
		for _, observation := range alone {
			if err := s.rule(at, observation, false); err != nil {
				return err
			}
		}
		return nil
	}
	s.stories = append(s.stories, &story{pattern: parsed})
	s.indicators[at].story = uint32(len(s.stories))
	for observation := range pattern.Observations(parsed.Root) {
		if err := s.rule(at, observation, true); err != nil {
			return err
		}
	}
	return nil
}

// single returns the observation expressions of a pattern of which each alone
// is enough.
func single(root pattern.Expression) ([]*pattern.Observation, bool) {
	switch e := root.(type) {
	case *pattern.Observation:
		return []*pattern.Observation{e}, true
	case *pattern.Compound:
		var all []*pattern.Observation
		for _, operand := range e.Operands {
			alone, ok := single(operand)
			if !ok || e.Operator != pattern.Or {
				return nil, false
			}
			all = append(all, alone...)
		}
		return all, true
	}
	return nil, false
}

func (s *Set) rule(at uint32, observation *pattern.Observation, verified bool) error {
	all, certain := triggers(observation.Test)
	r := rule{indicator: at}
	if verified || !certain {
		r.test = uint32(len(s.tests))
		s.tests = append(s.tests, &test{observation: observation})
	}
	id := uint32(len(s.rules))
	if id >= manyBit {
		return errFull
	}
	s.rules = append(s.rules, r)
	for _, t := range all {
		if err := s.file(t, id); err != nil {
			return err
		}
	}
	return nil
}

// markingsOf are all markings of an object, those of parts of it too: what says
// that it was seen repeats its pattern.
func markingsOf(object stix.Object) []string {
	all := object.Markings()
	granular, _ := object.Get("granular_markings")
	list, _ := granular.([]any)
	for _, item := range list {
		marking, _ := item.(map[string]any)
		if id, ok := marking["marking_ref"].(string); ok && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}

// mark keeps a set of markings once.
func (s *Set) mark(ids []string) uint32 {
	key := strings.Join(ids, " ")
	at, ok := s.byMarkings[key]
	if !ok {
		at = uint32(len(s.markings))
		s.markings = append(s.markings, strings.Fields(key))
		s.byMarkings[key] = at
	}
	return at
}

// Freeze ends the taking in.
func (s *Set) Freeze() {
	for _, n := range s.nodes {
		n.nets4.freeze()
		n.nets6.freeze()
		n.grams.freeze()
	}
	s.byID, s.versions, s.byMarkings = nil, versions{}, nil
}

// id is the identifier of an indicator.
func (s *Set) id(at uint32) string {
	if written, odd := s.written[at]; odd {
		return written
	}
	return "indicator--" + s.indicators[at].id.String()
}

// label is the name of an indicator, as far as it has one.
func (s *Set) label(at uint32) string {
	entry := &s.indicators[at]
	return string(s.names[entry.name : entry.name+uint32(entry.nameSize)])
}

// valid reports whether an indicator is valid at some moment of a time span. One
// that is not known lies in every span. STIX 2.1 §4.7
func (s *Set) valid(at uint32, first, last time.Time) bool {
	entry := &s.indicators[at]
	if entry.dead {
		return false
	}
	return first.IsZero() || !momentOf(last).before(entry.from) && momentOf(first).before(entry.until)
}
