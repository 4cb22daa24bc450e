// SPDX-License-Identifier: Apache-2.0

package warning

// This file holds what a duty's record says beside the decision: how the threat
// was assessed, who was asked and told, how the warning was given. ICD 191

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// An Assessment says whether the threshold of a duty to warn is met: credible and
// specific information of an impending threat. It also holds who or what is
// threatened, by what, where and when, as far as is known. ICD 191
type Assessment struct {
	Credible  Finding `json:"credible"`
	Specific  Finding `json:"specific"`
	Impending Finding `json:"impending"`

	ThreatType ThreatType `json:"threat_type"`
	Target     Target     `json:"target"`
	Window     Window     `json:"threat_window,omitzero"`
	Method     string     `json:"method,omitempty"`
	Actor      string     `json:"threat_actor,omitempty"`
	// OwnCitizen says whether a victim is a national of ours: yes, no or unknown.
	OwnCitizen string `json:"victim_is_own_citizen"`
	// Protector is the authority that is responsible for protecting the victim.
	Protector string `json:"protector,omitempty"`
	// Measures are those that may reasonably be expected to avoid the risk, and what
	// became of them. Osman v UK §116
	Measures string `json:"measures,omitempty"`

	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
}

// A Finding is yes or no, with the reason.
type Finding struct {
	Yes    bool   `json:"yes"`
	Reason string `json:"reason"`
}

// Met reports whether the threshold is met.
func (a *Assessment) Met() bool { return a.Credible.Yes && a.Specific.Yes && a.Impending.Yes }

// Validate says everything that is wrong, or nil.
func (a *Assessment) Validate() error {
	wrong := &list{}
	for _, one := range []struct {
		name string
		Finding
	}{{"credible", a.Credible}, {"specific", a.Specific}, {"impending", a.Impending}} {
		wrong.needed(one.name+".reason", one.Reason, MaxText)
	}
	wrong.word("threat_type", a.ThreatType, ThreatTypes())
	wrong.target(a.Target)
	wrong.window(a.Window)
	wrong.text("method", a.Method, MaxText)
	wrong.text("threat_actor", a.Actor, MaxWord)
	wrong.word("victim_is_own_citizen", plain(a.OwnCitizen), []string{"yes", "no", "unknown"})
	wrong.text("protector", a.Protector, MaxWord)
	wrong.text("measures", a.Measures, MaxText)
	return wrong.join()
}

// plain is a word of no type of its own.
type plain string

func (p plain) String() string { return string(p) }

// A Consultation is what another body that may hold related information said.
type Consultation struct {
	Body string    `json:"body"`
	When time.Time `json:"when"`
	View string    `json:"view"`
}

// A Given is how, and to whom, the warning was given. That of a warning that the
// node carried is filled in by the node.
type Given struct {
	Method    GivenBy `json:"method"`
	Means     string  `json:"means,omitempty"` // in words, such as the number that was called
	Authority string  `json:"recipient_authority"`
	Role      string  `json:"recipient_named_role,omitempty"`
	// Substance is what was said, and SubstanceHash the SHA-256 of Salt and what was
	// said, in hex: it stays when the text is erased, and says nothing any more, since
	// the salt goes with the text. What an older program kept is not salted.
	Substance     string    `json:"substance,omitempty"`
	SubstanceHash string    `json:"substance_hash,omitempty"`
	Salt          string    `json:"substance_salt,omitempty"`
	Salted        bool      `json:"substance_salted,omitzero"`
	Draft         string    `json:"tearline_ref,omitempty"` // the draft whose text it is
	DeliveredAt   time.Time `json:"delivered_at,omitzero"`
	Receipt       string    `json:"receipt_ref,omitempty"` // the message that was receipted, by its hash
	Ack           string    `json:"ack_ref,omitempty"`     // the message that acknowledged it
	By            string    `json:"recorded_by,omitempty"`
	ConfirmedBy   string    `json:"confirmed_by,omitempty"` // another person, if it needs one
}

// Commit puts the hash of what was said on record, with a salt of random letters.
func (g *Given) Commit(said, salt string) {
	sum := sha256.Sum256([]byte(salt + said))
	g.SubstanceHash, g.Salt, g.Salted = hex.EncodeToString(sum[:]), salt, true
}

// Says reports whether that is what was said; nobody can tell once the salt is gone.
func (g *Given) Says(said string) bool {
	sum := sha256.Sum256([]byte(g.Salt + said))
	return g.Salted == (g.Salt != "") && g.SubstanceHash == hex.EncodeToString(sum[:])
}

// unsalt lets nobody try any more what was said: without its salt the hash fits
// everything, and one that never had any goes itself.
func (g *Given) unsalt() (some bool) {
	if !g.Salted {
		some, g.SubstanceHash = g.SubstanceHash != "", ""
	}
	some, g.Salt = some || g.Salt != "", ""
	return some
}

// Unsalt takes the salt from what the node carried as that draft, whose text is gone;
// it reports whether there was one.
func (d *Duty) Unsalt(draft string) (some bool) {
	for i := range d.Given {
		if d.Given[i].Draft == draft {
			some = d.Given[i].unsalt() || some
		}
	}
	return some
}

// GivenBy is how a warning is given.
type GivenBy string

func (g GivenBy) String() string { return string(g) }

// ByNode is the method of a warning that the node carried.
const ByNode GivenBy = "node"

// Methods lists the ways in which a warning is given.
func Methods() []string {
	return []string{string(ByNode), "liaison_officer", "phone", "in_person", "public_alert", "anonymous"}
}

// A Notice says who was told that a warning was given.
type Notice struct {
	Who  string    `json:"who"`
	When time.Time `json:"when"`
}

// A Difference is a dispute about the duty: on which level, with whom, and how it
// was resolved. ICD 191
type Difference struct {
	Level      string `json:"level"`
	Party      string `json:"party"`
	Resolution string `json:"resolution,omitempty"`
}

// A Call says who was called to decide, when, and why it was that one.
type Call struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// A Rota is whom a duty calls: each after the other has not decided, and then
// from the beginning.
type Rota struct {
	People []string  `json:"people"` // by their sign-in names
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// Next is who is called after somebody: the first if nobody was, or who was is no
// longer in the rota. may says who can be called; empty if nobody can.
func (r *Rota) Next(last string, may func(name string) bool) string {
	from := -1
	for i, name := range r.People {
		if name == last {
			from = i
		}
	}
	for i := range r.People {
		if name := r.People[(from+1+i)%len(r.People)]; may(name) {
			return name
		}
	}
	return ""
}

// An Addition is what is added to a duty's record; what is empty adds nothing.
type Addition struct {
	Consulted       *Consultation `json:"consulted,omitempty"`
	Consent         string        `json:"originator_consent_ref,omitempty"`
	Given           *Given        `json:"given,omitempty"`
	Confirmed       bool          `json:"given_confirmed,omitzero"` // what another person has put on record was given so
	Notified        *Notice       `json:"notified,omitempty"`
	Dispute         *Difference   `json:"dispute,omitempty"`
	Outcome         string        `json:"outcome_ref,omitempty"`
	RetentionReview Date          `json:"retention_review_due,omitempty"`
}

// Validate says everything that is wrong, or nil. Nothing is said of a time to come.
func (a *Addition) Validate(now time.Time) error {
	wrong := &list{}
	past := func(field string, at time.Time) {
		if at.IsZero() || at.After(now) {
			wrong.add("%s: say when it was", field)
		}
	}
	if *a == (Addition{}) {
		wrong.add("say what is added to the record")
	}
	if c := a.Consulted; c != nil {
		wrong.needed("consulted.body", c.Body, MaxWord)
		wrong.needed("consulted.view", c.View, MaxText)
		past("consulted.when", c.When)
	}
	wrong.text("originator_consent_ref", a.Consent, MaxWord)
	if g := a.Given; g != nil {
		wrong.word("given.method", g.Method, Methods())
		if g.Method == ByNode {
			wrong.add("given.method: what the node carries it records itself")
		}
		wrong.needed("given.recipient_authority", g.Authority, MaxWord)
		wrong.text("given.recipient_named_role", g.Role, MaxWord)
		wrong.needed("given.means", g.Means, MaxText)
		wrong.needed("given.substance", g.Substance, MaxText)
		past("given.delivered_at", g.DeliveredAt)
	}
	if n := a.Notified; n != nil {
		wrong.needed("notified.who", n.Who, MaxWord)
		past("notified.when", n.When)
	}
	if d := a.Dispute; d != nil {
		wrong.needed("dispute.level", d.Level, MaxWord)
		wrong.needed("dispute.party", d.Party, MaxWord)
		wrong.text("dispute.resolution", d.Resolution, MaxText)
	}
	wrong.text("outcome_ref", a.Outcome, MaxWord)
	wrong.date("retention_review_due", a.RetentionReview, false)
	return wrong.join()
}

// Spell cuts times to what is kept.
func (a *Addition) Spell() {
	if a.Consulted != nil {
		c := *a.Consulted
		c.When = Millis(c.When)
		a.Consulted = &c
	}
	if a.Given != nil {
		g := *a.Given
		g.DeliveredAt = Millis(g.DeliveredAt)
		a.Given = &g
	}
	if a.Notified != nil {
		n := *a.Notified
		n.When = Millis(n.When)
		a.Notified = &n
	}
}

// Forget takes out of the record what it quotes of the matter itself, with gone in
// its place. That the duty was there, how it was decided and when, stays.
func (d *Duty) Forget(gone string) {
	d.Title, d.Reasons, d.Objects = gone, nil, nil
	d.Handling.Note = ""
	d.Assessment = d.Assessment.forget(gone)
	for i := range d.Past {
		d.Past[i].Assessment = d.Past[i].Assessment.forget(gone)
	}
	for i := range d.Consulted {
		d.Consulted[i].View = gone
	}
	for i := range d.Given {
		d.Given[i].Substance, d.Given[i].Means = "", gone
		d.Given[i].unsalt()
	}
}

// ForgetAll is [Duty.Forget], and takes out why people decided what they did, too.
// On which ground, when and by whom stays.
func (d *Duty) ForgetAll(gone string) {
	d.Forget(gone)
	unjustified := func(of *Decision) *Decision {
		if of == nil {
			return nil
		}
		kept := *of
		kept.Justification = ""
		return &kept
	}
	d.Decision = unjustified(d.Decision)
	for i := range d.Past {
		d.Past[i].Decision = unjustified(d.Past[i].Decision)
	}
	if e := d.Exigent; e != nil {
		d.Exigent = &Exigent{By: e.By, At: e.At, ReviewDue: e.ReviewDue, ReviewedBy: e.ReviewedBy, ReviewedAt: e.ReviewedAt}
	}
	for i := range d.Disputes {
		d.Disputes[i].Resolution = ""
	}
}

// Withhold is how the duty is shown to whoever is not shown what it is about, and why
// not. Which pledges, watches or question are met stays, by their ids.
func (d *Duty) Withhold(why string) {
	bare := make([]string, max(len(d.Reasons), len(d.ReasonsOf)))
	for i := range bare {
		of := d.reasonOf(i)
		kind, _, _ := strings.Cut(of, "--")
		switch kind {
		case "pledge":
			bare[i] = "a pledge is met: " + of
		case "watch":
			bare[i] = "a watch is touched: " + of
		case "inquiry":
			bare[i] = "a partner asks: " + of
		default:
			bare[i] = "a reason that is not shown"
		}
	}
	d.ForgetAll(why)
	d.Reasons, d.Withheld, d.As = bare, why, ""
}

// forget is an assessment without what it says of the matter.
func (a *Assessment) forget(gone string) *Assessment {
	if a == nil {
		return nil
	}
	return &Assessment{Credible: Finding{a.Credible.Yes, gone}, Specific: Finding{a.Specific.Yes, gone}, Impending: Finding{a.Impending.Yes, gone},
		ThreatType: a.ThreatType, Target: Target{Kind: a.Target.Kind, Name: gone}, OwnCitizen: a.OwnCitizen, By: a.By, At: a.At}
}

// Holds reports whether everything that is to be added is on the record already:
// whoever is not told that it was kept sends it again.
func (d *Duty) Holds(a Addition) bool {
	return (a.Consulted == nil || slices.Contains(d.Consulted, *a.Consulted)) && (a.Given == nil || slices.ContainsFunc(d.Given, a.Given.same)) && !a.Confirmed &&
		(a.Notified == nil || slices.Contains(d.Notified, *a.Notified)) && (a.Dispute == nil || slices.Contains(d.Disputes, *a.Dispute)) &&
		(a.Consent == "" || a.Consent == d.Consent) && (a.Outcome == "" || a.Outcome == d.Outcome) &&
		(a.RetentionReview == "" || a.RetentionReview == d.RetentionReview)
}

// same reports whether two people say the same of how a warning was given, or one twice.
func (g *Given) same(other Given) bool {
	mine := *g
	mine.By, mine.ConfirmedBy = other.By, other.ConfirmedBy
	mine.SubstanceHash, mine.Salt, mine.Salted = other.SubstanceHash, other.Salt, other.Salted // each salts anew
	return mine == other
}

// Added says in a few words what was added, for the history.
func (a *Addition) Added() string {
	var all []string
	for _, one := range []struct {
		there bool
		what  string
	}{{a.Consulted != nil, "a consultation"}, {a.Consent != "", "the originator's consent"}, {a.Given != nil, "how the warning was given"}, {a.Confirmed, "that it was given so"}, {a.Notified != nil, "who was told"},
		{a.Dispute != nil, "a dispute"}, {a.Outcome != "", "the outcome"}, {a.RetentionReview != "", "when to look at the record again"}} {
		if one.there {
			all = append(all, one.what)
		}
	}
	return "added to the record: " + strings.Join(all, ", ")
}
