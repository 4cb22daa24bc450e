// SPDX-License-Identifier: Apache-2.0

package witness

// This file holds a policy: which witnesses there are, and which of them
// together make a checkpoint count as witnessed. C2SP tlog-policy

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// ErrPolicy is the answer to a policy that cannot be used; what is wrong stands
// behind it, with the line.
var ErrPolicy = errors.New("witness: not a usable policy")

// Policy is a set of logs and witnesses, and the quorum of the witnesses that a
// checkpoint of the logs must have.
type Policy struct {
	Logs      []PolicyLog
	Witnesses []PolicyWitness
	groups    map[string]group
	quorum    string
}

// PolicyLog is a log that the quorum is wanted for.
type PolicyLog struct {
	Key string // verifier key; its name is the origin
	URL string
}

// PolicyWitness is a witness and where it is asked.
type PolicyWitness struct {
	Name string // in the policy
	Key  *Verifier
	URL  string // submission prefix; may be empty
}

type group struct {
	threshold int
	members   []string
}

// quorumNone is the quorum of a policy that wants no cosignature.
const quorumNone = "none"

// maxPolicy bounds each sort of line.
const maxPolicy = 128

// ParsePolicy reads a policy, and refuses what the format does not allow.
func ParsePolicy(raw []byte) (*Policy, error) {
	p := &Policy{groups: make(map[string]group)}
	members := make(map[string]bool)
	for i, line := range strings.Split(string(raw), "\n") {
		if j := strings.IndexFunc(line, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }); j >= 0 {
			return nil, fmt.Errorf("%w: line %d: a control character", ErrPolicy, i+1)
		}
		fields := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if err := p.line(fields, members); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrPolicy, i+1, err)
		}
	}
	if p.quorum == "" {
		return nil, fmt.Errorf("%w: it has no quorum line", ErrPolicy)
	}
	return p, nil
}

func (p *Policy) line(fields []string, members map[string]bool) error {
	n := len(fields)
	switch fields[0] {
	case "log":
		if n < 2 || n > 3 || len(p.Logs) >= maxPolicy {
			return errors.New("log VKEY [URL]")
		}
		return p.addLog(fields[1], strings.Join(fields[2:], ""))
	case "witness":
		if n < 3 || n > 4 || len(p.Witnesses) >= maxPolicy {
			return errors.New("witness NAME VKEY [URL]")
		}
		return p.addWitness(fields[1], fields[2], strings.Join(fields[3:], ""))
	case "group":
		if n < 4 || len(p.groups) >= maxPolicy {
			return errors.New("group NAME all|any|K MEMBER…")
		}
		return p.addGroup(fields[1], fields[2], fields[3:], members)
	case "quorum":
		if n != 2 || p.quorum != "" {
			return errors.New("one line quorum NAME")
		}
		if fields[1] != quorumNone && !p.defined(fields[1]) {
			return fmt.Errorf("%q is not defined above", fields[1])
		}
		p.quorum = fields[1]
		return nil
	}
	return fmt.Errorf("%q is no keyword", fields[0])
}

func (p *Policy) addLog(key, url string) error {
	v, err := note.NewVerifier(key)
	if err != nil {
		return errors.New("not a log's verifier key")
	}
	if slices.ContainsFunc(p.Logs, func(l PolicyLog) bool { return publicPart(l.Key) == publicPart(key) }) {
		return fmt.Errorf("the log %s stands there twice", v.Name())
	}
	p.Logs = append(p.Logs, PolicyLog{Key: key, URL: url})
	return nil
}

// publicPart is a verifier key without its name.
func publicPart(key string) string { return key[strings.LastIndex(key, "+")+1:] }

func (p *Policy) addWitness(name, key, url string) error {
	v, err := ParseVerifier(key)
	if err != nil {
		return errors.New("not a witness's verifier key")
	}
	if name == quorumNone || p.defined(name) {
		return fmt.Errorf("%q is taken", name)
	}
	if slices.ContainsFunc(p.Witnesses, func(w PolicyWitness) bool { return w.Key.SameKey(v) }) {
		return fmt.Errorf("the key of %q stands there twice", name)
	}
	p.Witnesses = append(p.Witnesses, PolicyWitness{Name: name, Key: v, URL: strings.TrimSuffix(url, "/")})
	return nil
}

func (p *Policy) addGroup(name, threshold string, names []string, members map[string]bool) error {
	if name == quorumNone || p.defined(name) {
		return fmt.Errorf("%q is taken", name)
	}
	k, err := strconv.Atoi(threshold)
	switch {
	case threshold == "all":
		k = len(names)
	case threshold == "any":
		k = 1
	case err != nil || k < 1 || k > len(names) || strconv.Itoa(k) != threshold:
		return fmt.Errorf("%q is not all, any or a number of its members", threshold)
	}
	for _, member := range names {
		if !p.defined(member) {
			return fmt.Errorf("%q is not defined above", member)
		}
		if members[member] {
			return fmt.Errorf("%q is in a group already", member)
		}
		members[member] = true
	}
	p.groups[name] = group{k, names}
	return nil
}

func (p *Policy) defined(name string) bool {
	_, isGroup := p.groups[name]
	return isGroup || slices.ContainsFunc(p.Witnesses, func(w PolicyWitness) bool { return w.Name == name })
}

// Wants reports whether the policy wants a quorum for that log, by its verifier
// key.
func (p *Policy) Wants(logKey string) bool {
	return p != nil && p.quorum != quorumNone && slices.ContainsFunc(p.Logs, func(l PolicyLog) bool { return l.Key == logKey })
}

// Quorum reports whether those who cosigned a checkpoint are enough. A nil
// policy, like the quorum none, wants nobody.
func (p *Policy) Quorum(found []Cosignature) bool {
	if p == nil || p.quorum == quorumNone {
		return true
	}
	return p.reached(p.quorum, found)
}

func (p *Policy) reached(name string, found []Cosignature) bool {
	if g, isGroup := p.groups[name]; isGroup {
		n := 0
		for _, member := range g.members {
			if p.reached(member, found) {
				n++
			}
		}
		return n >= g.threshold
	}
	for _, w := range p.Witnesses {
		if w.Name == name {
			return slices.ContainsFunc(found, func(c Cosignature) bool { return c.By.String() == w.Key.String() })
		}
	}
	return false
}

// Keys are the keys of all its witnesses.
func (p *Policy) Keys() (keys []*Verifier) {
	if p == nil {
		return nil
	}
	for _, w := range p.Witnesses {
		keys = append(keys, w.Key)
	}
	return keys
}

// QuorumName is how the policy names its quorum.
func (p *Policy) QuorumName() string { return p.quorum }
