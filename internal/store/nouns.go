// SPDX-License-Identifier: Apache-2.0

package store

// This file lists every noun that is kept as a record.

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/ncruces/go-sqlite3"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Where each noun is kept, by its id.
var (
	Persons    = Table[Person]{kind: RowPerson, name: "person"}
	Credential = Table[Cred]{kind: "credential", name: "credential", state: func(c *Cred) string { return string(c.Kind) }}
	Invites    = Table[partner.Invite]{kind: "invite", name: "invitation"}
	Pairings   = Table[partner.Pairing]{kind: "pairing", name: "pairing", state: func(p *partner.Pairing) string { return p.State }}
	Channels   = Table[partner.Channel]{kind: "channel", name: "partner", state: func(c *partner.Channel) string { return string(c.State) },
		at: func(c *partner.Channel) time.Time { return c.Since }}
	Keys = Table[KeyOwner]{kind: "key", name: "key"}
	Cuts = Table[Cut]{kind: "cut", name: "partner's copy"}
	Gaps = Table[Gap]{kind: "gap", name: "gap", state: func(g *Gap) string { return g.Channel + g.State }}

	Sources = Table[warning.Source]{kind: "source", name: "source report", at: func(s *warning.Source) time.Time { return s.KeptAt }, kept: keepSource}
	Drafts  = Table[warning.Draft]{kind: "draft", name: "draft", state: func(d *warning.Draft) string { return string(d.Stage) },
		at: func(d *warning.Draft) time.Time { return d.ComposedAt }, kept: keepDraft}
	Cases = Table[Case]{kind: "case", name: "case", state: func(c *Case) string { return c.listed() },
		at: func(c *Case) time.Time { return c.Updated }, kept: keepCase}
	Pledges = Table[warning.KeptPledge]{kind: OfPledge, name: "pledge", state: func(p *warning.KeptPledge) string { return whose(p.Ours) }, kept: keepPledge}
	Watches = Table[warning.Watch]{kind: OfWatch, name: "watch", kept: keepWatch}
	Duties  = Table[warning.Duty]{kind: "duty", name: "duty", state: func(d *warning.Duty) string { return string(d.State) },
		at: func(d *warning.Duty) time.Time { return d.Opened }, kept: keepDuty}
	Inquiries = Table[warning.KeptInquiry]{kind: "inquiry", name: "inquiry", state: func(q *warning.KeptInquiry) string { return askedState(q) },
		at: func(q *warning.KeptInquiry) time.Time { return q.Inquiry.At }, kept: keepInquiry}
	Rotas      = Table[warning.Rota]{kind: "rota", name: "rota"}
	Statements = Table[warning.Statement]{kind: "statement", name: "statement", state: func(s *warning.Statement) string { return cleared(s) },
		at: func(s *warning.Statement) time.Time { return s.WrittenAt }, kept: keepStatement}
	Alarms = Table[warning.Alarm]{kind: "alarm", name: "alarm", state: func(a *warning.Alarm) string { return raised(a) },
		at: func(a *warning.Alarm) time.Time { return a.RaisedAt }}
	alarmKeys   = Table[alarmKey]{kind: "alarm key", name: "alarm's key"}
	Wishes      = Table[Wish]{kind: "wish", name: "wish"}
	Collections = Table[Collection]{kind: "collection", name: "collection", kept: keepCollection}
	Accounts    = Table[Account]{kind: RowAccount, name: "account"}
	definitions = Table[Definition]{kind: "definition", name: "marking definition"}
	Statuses    = Table[Status]{kind: "status", name: "status", at: func(s *Status) time.Time { return s.Kept }}
	Settings    = Table[Setting]{kind: RowSetting, name: "setting"}
)

// InquiryID names an inquiry: a partner chooses the ids of its own.
func InquiryID(partner string, ours bool, id string) string {
	if ours {
		return id
	}
	return "in/" + partner + "/" + id
}

// DutyRota is the id of the rota of duties to warn.
const DutyRota = "duty"

// The states by which pledges, questions, statements and alarms are listed.
const (
	Ours      = "ours"
	Theirs    = "theirs"
	Cleared   = "cleared"
	Uncleared = "uncleared"
	Raised    = "raised"
	Dismissed = "dismissed"
	Answered  = "answered" // a partner's question; an older program kept it as theirs
)

func whose(ours bool) string {
	if ours {
		return Ours
	}
	return Theirs
}

func cleared(s *warning.Statement) string {
	if s.Public() {
		return Cleared
	}
	return Uncleared
}

func raised(a *warning.Alarm) string {
	if a.DismissedBy == "" {
		return Raised
	}
	return Dismissed
}

// KeyOwner says whose key a key id names.
type KeyOwner struct {
	Partner string `json:"partner"`
}

// KeysOf says whose card it is: who has that node id, or that signing key. ok is
// false if nobody has.
func (tx *Tx) KeysOf(card envelope.Card) (owner KeyOwner, ok bool, err error) {
	owner, ok, err = Keys.Find(tx, card.ID())
	if err == nil && !ok {
		owner, ok, err = Keys.Find(tx, card.KeyID())
	}
	return owner, ok, err
}

// AddChannel keeps a new channel and remembers whose key its partner's is. A
// key that is known under another name is a Conflict: whoever was expelled
// does not come back as somebody else.
func (tx *Tx) AddChannel(channel partner.Channel) error {
	owner, known, err := tx.KeysOf(channel.Card)
	if err != nil {
		return err
	}
	if known && owner.Partner != channel.Name {
		return problem.New(problem.Conflict, "see tocsin partner show "+owner.Partner, "the key of %s is known here as that of %s", channel.Name, owner.Partner)
	}
	if err := tx.notAgain(channel); err != nil {
		return err
	}
	for _, id := range slices.Compact([]string{channel.Card.ID(), channel.Card.KeyID()}) {
		if err := Keys.Put(tx, id, KeyOwner{Partner: channel.Name}); err != nil {
			return err
		}
	}
	return Channels.Put(tx, channel.Name, channel)
}

// Cut is what a draft would say to one partner, cut and ready: what was
// previewed is, byte for byte, what leaves. Body is the policy's result as JSON.
type Cut struct {
	Draft   string         `json:"draft"`
	Partner string         `json:"partner"`
	Body    jsontext.Value `json:"body"`
	// IDs maps the ids that attached objects have here to those the partner
	// gets: a leak can be traced by us, and by nobody else.
	IDs map[string]string `json:"ids,omitempty"`
}

// CutID names the copy of a draft for a partner.
func CutID(draft, partner string) string { return draft + "/" + partner }

// Person is somebody who may sign in.
type Person struct {
	Name  string    `json:"name"`
	Title string    `json:"title"`
	Roles []string  `json:"roles"`
	Added time.Time `json:"added"`
	Left  time.Time `json:"left,omitzero"`
	// Links are the sign-in links that were made for the person lately: the person is
	// told at a sign-in.
	Links []LinkMade `json:"links,omitempty"`
}

// LinkMade is a sign-in link that somebody made for somebody.
type LinkMade struct {
	At time.Time `json:"at"`
	By string    `json:"by"`
}

// CredKind is what a credential is for.
type CredKind string

const (
	CredLink    CredKind = "link"    // one sign-in
	CredSession CredKind = "session" // a browser
	CredPerson  CredKind = "person"  // a person's own command line
	CredMachine CredKind = "machine" // a tool's, for the JSON API; never a person
)

// Cred is a secret somebody holds, kept under its SHA-256: the secret itself
// is not kept.
type Cred struct {
	Kind    CredKind  `json:"kind"`
	Name    string    `json:"name"` // of the person, or of the machine
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"`
	// Keyed says that an overseer's own key opened it.
	Keyed bool `json:"keyed,omitzero"`
}

// Gap is a message that its chain says there must be and that has not come.
type Gap struct {
	Channel string    `json:"channel"`
	Partner string    `json:"partner"`
	Ours    bool      `json:"ours"` // in our direction: the partner has not got it
	Seq     uint64    `json:"seq"`
	Hash    string    `json:"hash,omitempty"`
	Why     string    `json:"why"`
	Found   time.Time `json:"found"`
	State   string    `json:"state"` // open or closed
}

// Case is one matter between us and a partner: a warning and all that followed.
type Case struct {
	ID         string `json:"id"` // the id of the warning, as both sides know it
	Partner    string `json:"partner"`
	Ours       bool   `json:"ours"` // we warned
	Draft      string `json:"draft,omitempty"`
	Title      string `json:"title"`
	Precedence string `json:"precedence"`
	TLP        string `json:"tlp"`
	// Handling is that of the warning that holds; what an older program kept has
	// none, see [Tx.HandlingOf].
	Handling handling.Handling `json:"handling,omitzero"`
	ToLife   bool              `json:"threat_to_life"`
	Opened   time.Time         `json:"opened"`
	Updated  time.Time         `json:"updated"`
	AnswerBy time.Time         `json:"answer_by,omitzero"`
	State    CaseState         `json:"state"`
	Result   string            `json:"result,omitempty"`
	// Newest is the hash of the newest version of the warning, and Version its
	// number, once it was corrected.
	Newest string `json:"newest,omitempty"`
	// Corrections are the drafts of our corrections, oldest first.
	Corrections []string `json:"corrections,omitempty"`
	Version     int64    `json:"version,omitzero"`
	// Awaits is the hash of the version before the first that came.
	Awaits   string `json:"awaits,omitempty"`
	Disputed bool   `json:"disputed,omitzero"`
	Overdue  bool   `json:"overdue,omitzero"`
	// Questions are the ids of the partner's questions to which nobody has replied,
	// at most [maxQuestions].
	Questions []string `json:"questions,omitempty"`
	// Purpose and Review are those of the warning that holds: what it is kept for,
	// and the day by which people must decide anew whether it is kept.
	Purpose string       `json:"purpose,omitempty"`
	Review  warning.Date `json:"review,omitempty"`
	// Erased is when the texts of the case were erased, and Destroyed when the version
	// that holds was destroyed on recall: beside the state that it had reached. A
	// correction that comes later has a text again.
	Erased    time.Time `json:"erased,omitzero"`
	Destroyed time.Time `json:"destroyed,omitzero"`
	// Recipients are the persons that a TLP:RED warning of a partner's names, and
	// LifeSaving says that it may be acted on at once to save life.
	Recipients []string `json:"recipients,omitempty"`
	LifeSaving bool     `json:"life_saving,omitzero"`
}

// CaseState says how far a case is.
type CaseState string

const (
	CaseOpen         CaseState = "open"
	CaseQuarantined  CaseState = "quarantined"
	CaseAcknowledged CaseState = "acknowledged"
	CaseActed        CaseState = "acted"
	CaseOutcome      CaseState = "outcome"
	// CaseDestroyed: a partner's, whose warning was destroyed when it was recalled
	// before anybody here had answered it. It waits for nobody.
	CaseDestroyed CaseState = "destroyed"
	// CaseUnanswered is how a case is listed whose texts were erased before it was
	// answered. Its own state stays what it was.
	CaseUnanswered CaseState = "unanswered"
)

// Wish is something the desk decided that the outbox must say.
type Wish struct {
	ID      string    `json:"id"`
	Partner string    `json:"partner"`
	Kind    string    `json:"kind"`
	Payload []byte    `json:"payload"`
	Made    time.Time `json:"made"`
	// Redress is the request that it serves, if it serves one.
	Redress string `json:"redress,omitempty"`
}

// Collection is a TAXII collection.
type Collection struct {
	ID          string `json:"id"` // a UUID
	Alias       string `json:"alias,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	// Purpose is what its objects are kept for: the rule of it says for how long.
	Purpose string    `json:"purpose,omitempty"`
	Made    time.Time `json:"made"`
}

// Account is a tool at the STIX door. Of its secrets their SHA-256 is kept, in
// hex; they are long and random, so that nothing slower is needed.
type Account struct {
	Name string `json:"name"`
	// TLP is the widest label it may read.
	TLP string `json:"tlp"`
	// Passive says that the tool checks passively, and takes no other action: it is
	// shown what came under PAP:AMBER, too.
	Passive bool `json:"passive,omitzero"`
	// Collections are what it may do with each, by its id, or [Received].
	Collections map[string]caller.Right `json:"collections"`
	Password    string                  `json:"password"`
	Token       string                  `json:"token"`
	// Key is the SHA-256 of the public key of its certificate (RFC 7469 §2.4), in
	// hex; empty if it has none.
	Key string `json:"key,omitempty"`
	// Partner is whose tool it is; empty for one of our own. It opens nothing while
	// the channel is not active, and ends for good when the partner is expelled.
	Partner string `json:"partner,omitempty"`
	// Reason is the id of why it reads; empty if nobody said it.
	Reason string    `json:"reason,omitempty"`
	Ended  time.Time `json:"ended,omitzero"`
	Made   time.Time `json:"made"`
}

// EndAccounts ends the accounts of a partner's tools for good: their secrets are
// not kept any more.
func (tx *Tx) EndAccounts(partner string) error {
	accounts, err := Accounts.List(tx, 0)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if account.Partner != partner || !account.Ended.IsZero() {
			continue
		}
		account.Password, account.Token, account.Key, account.Ended = "", "", "", tx.Now
		if err := Accounts.Put(tx, account.Name, account); err != nil {
			return err
		}
	}
	return nil
}

// Received is where the inbox keeps what partners attach. It is no record of
// its own and nobody adds to it through a door.
const Received = "received"

// ReceivedID is the id by which [Received] is known at the STIX door: the same
// for the life of the node's log, another for every node, and formed as a
// random UUID. TAXII 2.1 §2
func ReceivedID(log string) string {
	sum := sha256.Sum256([]byte("tocsin/collection/received/" + log))
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // RFC 9562 §5.4
	return id.String()
}

// Status is what became of the objects of one request, for whoever made it.
type Status struct {
	Owner  string       `json:"owner"`
	Kept   time.Time    `json:"kept"`
	Status taxii.Status `json:"status"`
}

// Setting is one value of the node itself.
type Setting struct {
	Value string `json:"value"`
}

// InquiriesNamed are as what the questions are kept that people name so: one by the name
// of a list, or those of either side, and of each partner, that have an id. Of each
// partner one row is looked at, however many it asked.
func (tx *Tx) InquiriesNamed(name string) (found []string, err error) {
	add := func(key string) error {
		_, there, err := Inquiries.Find(tx, key)
		if there {
			found = append(found, key)
		}
		return err
	}
	if _, key, ok := KeptAs(name); ok && key != name {
		err := add(key)
		return found, err
	}
	if err := add(InquiryID("", true, name)); err != nil {
		return nil, err
	}
	const theirs = "in/"
	for after := theirs; after != ""; {
		behind := after
		after = ""
		err := tx.each(`SELECT id FROM records WHERE kind = ? AND id > ? AND id < ? ORDER BY id LIMIT 1`, []any{Inquiries.kind, behind, "in0"}, func(stmt *sqlite3.Stmt) (bool, error) {
			partner, _, _ := strings.Cut(strings.TrimPrefix(stmt.ColumnText(0), theirs), "/")
			after = theirs + partner + "0" // behind every one of that partner's
			return false, nil
		})
		if err != nil || after == "" {
			return found, err
		}
		if err := add(strings.TrimSuffix(after, "0") + "/" + name); err != nil {
			return nil, err
		}
	}
	return found, nil
}
