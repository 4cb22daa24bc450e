// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps the texts by which it is decided what may leave, and which of
// them is in force.

import "time"

// Policies are kept under the hash of their text, for good: a decision names the
// text by which it was made, and whoever looks years later can read it.
var Policies = Table[Policy]{kind: "policy", name: "policy", state: func(p *Policy) string { return string(p.State) },
	at: func(p *Policy) time.Time { return p.At() }}

// PolicyState says how far a policy is.
type PolicyState string

const (
	PolicyShipped   PolicyState = "shipped"   // came with the program; in force until people choose another
	PolicyProposed  PolicyState = "proposed"  // by one person: another must approve it
	PolicyInForce   PolicyState = "in force"  // decides
	PolicyReplaced  PolicyState = "replaced"  // was in force
	PolicyWithdrawn PolicyState = "withdrawn" // was proposed, and never in force
)

// Policy is a text by which it is decided what may leave.
type Policy struct {
	Hash  string      `json:"hash"` // SHA-256 of the text
	Text  string      `json:"text"`
	State PolicyState `json:"state"`
	// Turns are what became of it, oldest first.
	Turns []PolicyTurn `json:"turns"`
}

// PolicyTurn is one step of a policy.
type PolicyTurn struct {
	State PolicyState `json:"state"`
	By    string      `json:"by"`
	At    time.Time   `json:"at"`
	Why   string      `json:"why,omitempty"`
}

// At is when the policy came to its state.
func (p *Policy) At() time.Time {
	if len(p.Turns) == 0 {
		return time.Time{}
	}
	return p.Turns[len(p.Turns)-1].At
}

// ProposedBy is who proposed it last; empty if it is not proposed.
func (p *Policy) ProposedBy() string {
	if p.State != PolicyProposed || len(p.Turns) == 0 {
		return ""
	}
	return p.Turns[len(p.Turns)-1].By
}

// Turn moves the policy on and keeps who did it.
func (tx *Tx) Turn(p *Policy, state PolicyState, why string) error {
	p.State = state
	p.Turns = append(p.Turns, PolicyTurn{State: state, By: tx.who.Name, At: tx.Now, Why: why})
	return Policies.Put(tx, p.Hash, *p)
}

// settingPolicy is which policy is in force.
const settingPolicy = "policy in force"

// PolicyHash is the hash of the policy in force; empty where people have chosen
// none, and the one that came with the program decides.
func (tx *Tx) PolicyHash() (string, error) {
	setting, _, err := Settings.Find(tx, settingPolicy)
	return setting.Value, err
}

// PolicyText is the text of a policy that is kept.
func (tx *Tx) PolicyText(hash string) ([]byte, error) {
	p, err := Policies.Get(tx, hash)
	return []byte(p.Text), err
}

// EnforcePolicy puts a policy in force in place of the one before.
func (tx *Tx) EnforcePolicy(p *Policy, why string) error {
	before, err := Policies.List(tx, 0, string(PolicyInForce), string(PolicyShipped))
	if err != nil {
		return err
	}
	for _, old := range before {
		if old.Hash != p.Hash {
			if err := tx.Turn(&old, PolicyReplaced, ""); err != nil {
				return err
			}
		}
	}
	if err := tx.Turn(p, PolicyInForce, why); err != nil {
		return err
	}
	return Settings.Put(tx, settingPolicy, Setting{Value: p.Hash})
}

// KeepPolicy keeps a text that decides and is not kept yet: the one that came
// with the program.
func (tx *Tx) KeepPolicy(hash string, text []byte) error {
	_, known, err := Policies.Find(tx, hash)
	if err != nil || known {
		return err
	}
	p := Policy{Hash: hash, Text: string(text), State: PolicyShipped, Turns: []PolicyTurn{{State: PolicyShipped, At: tx.Now}}}
	return Policies.Put(tx, hash, p)
}
