// SPDX-License-Identifier: Apache-2.0

package api

// This file holds the types of the JSON API that are not nouns of package warning.

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Node is what a node says of itself.
type Node struct {
	Name       string        `json:"name"`
	Country    string        `json:"country"`
	Address    string        `json:"address"`
	Version    string        `json:"version"`
	Digits     string        `json:"digits"` // its own 30 digits
	Card       envelope.Card `json:"card"`
	Checkpoint string        `json:"checkpoint"`
}

// Person is somebody who may sign in.
type Person struct {
	Name  string    `json:"name"`
	Title string    `json:"title"`
	Roles []string  `json:"roles"`
	Added time.Time `json:"added"`
	// Left is when the person was removed; the history stays.
	Left time.Time `json:"left,omitzero"`
	// Links are, at a sign-in, the sign-in links that were made for the person within
	// thirty days.
	Links []LinkMade `json:"links,omitempty"`
}

// LinkMade is a sign-in link that somebody made for somebody.
type LinkMade struct {
	At time.Time `json:"at"`
	By string    `json:"by"`
}

// TokenLine is a tool's token as it is listed: never its secret.
type TokenLine struct {
	Name string    `json:"name"`
	Made time.Time `json:"made"`
}

// Account is a tool's account at the STIX door as it is listed: never its
// secrets. Collections are named by their alias, or id.
type Account struct {
	Name string       `json:"name"`
	TLP  handling.TLP `json:"tlp"` // the widest label it may read
	// Actions is what the tool does with what it reads.
	Actions Actions  `json:"actions"`
	Read    []string `json:"read,omitempty"`
	Write   []string `json:"write,omitempty"`
	See     []string `json:"see,omitempty"` // those it may neither read nor write
	// Key is the SHA-256 of the public key of its certificate, in hex.
	Key string `json:"key,omitempty"`
	// Partner is whose tool it is: the account opens nothing while that channel is
	// not active, and has ended for good when the partner was expelled.
	Partner string    `json:"partner,omitempty"`
	Reason  string    `json:"reason,omitempty"` // why it reads
	Ended   time.Time `json:"ended,omitzero"`
	Made    time.Time `json:"made"`
}

// Partner is a partner as people see it.
type Partner struct {
	Name        string         `json:"name"`
	Country     string         `json:"country"`
	Address     string         `json:"address"`
	State       string         `json:"state"` // pending, active, limited, suspended, frozen or expelled
	Since       time.Time      `json:"since"`
	By          string         `json:"by,omitempty"` // the person here who put it in that state; empty where what the partner sent did it
	Why         string         `json:"why,omitempty"`
	Past        []PastState    `json:"past,omitempty"` // the states before, newest first
	Epoch       uint64         `json:"epoch"`
	TheirEpoch  uint64         `json:"their_epoch,omitzero"` // the newest the partner has named
	Before      string         `json:"before,omitempty"`     // what a frozen channel was, and returns to
	Revoked     time.Time      `json:"revoked,omitzero"`     // since when its keys are not trusted
	Digits      string         `json:"digits"`               // the 60 to compare by voice
	ConfirmedBy string         `json:"confirmed_by,omitempty"`
	ConfirmedAt time.Time      `json:"confirmed_at,omitzero"`
	Proposed    jsontext.Value `json:"proposed_terms,omitempty"`
	OurTerms    jsontext.Value `json:"our_terms,omitempty"`
	TheirTerms  jsontext.Value `json:"their_terms,omitempty"`
	Missing     []string       `json:"missing,omitempty"` // what a pending channel still needs
	Queued      int            `json:"queued"`
	Quarantined int            `json:"quarantined"`
	Sent        uint64         `json:"sent"`            // messages in our direction
	Received    uint64         `json:"received"`        // in theirs
	Voice       string         `json:"voice,omitempty"` // of the secret for the voice: agreed, ours (given), theirs; else none
	Gaps        []Gap          `json:"gaps,omitempty"`
	Dropped     []Dropped      `json:"dropped,omitempty"`  // what expulsions took out of the queue, newest first
	Accounts    []string       `json:"accounts,omitempty"` // of its tools at the STIX door, those that have not ended
	Limits      Limits         `json:"limits,omitzero"`    // how exactly it may be told where and when
	Card        envelope.Card  `json:"card"`
	// KeysChanged is when its keys, and so the digits, became others; until
	// somebody compares them anew.
	KeysChanged time.Time `json:"keys_changed,omitzero"`
	// OurKeysChanged is when ours did, if nobody has compared the digits since.
	OurKeysChanged time.Time `json:"our_keys_changed,omitzero"`
	InDoubt        []InDoubt `json:"in_doubt,omitempty"`
	// Withdrawn are reports of stolen keys that were mistaken.
	Withdrawn []Withdrawn `json:"withdrawn,omitempty"`
}

// PastState is a state that a channel had.
type PastState struct {
	State string    `json:"state"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	By    string    `json:"by,omitempty"` // the person here; empty where what the partner sent did it
	Why   string    `json:"why,omitempty"`
	Epoch uint64    `json:"epoch"`
}

// Gap is a message of a chain that has not come.
type Gap struct {
	Ours  bool      `json:"ours"` // the partner has not got ours
	Seq   uint64    `json:"seq"`
	Hash  string    `json:"hash,omitempty"`
	Why   string    `json:"why"`
	Found time.Time `json:"found"`
}

// Dropped is a message of ours that was taken out of the queue.
type Dropped struct {
	Hash string    `json:"hash"`
	Seq  uint64    `json:"seq"`
	Kind string    `json:"kind"`
	Case string    `json:"case,omitempty"`
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	Why  string    `json:"why"`
	// OnItsWay says that it was leaving at that very moment, Tries how often it had
	// been posted before, Receipted that it had arrived, by the partner's receipt.
	OnItsWay  bool `json:"on_its_way,omitzero"`
	Tries     int  `json:"tries,omitzero"`
	Receipted bool `json:"receipted,omitzero"`
}

// CaseSummary is one matter between us and a partner.
type CaseSummary struct {
	ID      string `json:"id"`
	Partner string `json:"partner"`
	Ours    bool   `json:"ours"` // we warned
	Draft   string `json:"draft,omitempty"`
	TLP     string `json:"tlp"`
	// Handling is that of the newest version of the warning; it stands above the
	// title wherever that is shown.
	Handling   handling.Handling `json:"handling"`
	Title      string            `json:"title"`
	Precedence string            `json:"precedence"`
	ToLife     bool              `json:"threat_to_life"`
	State      string            `json:"state"` // how far it came: open, quarantined, acknowledged, acted, outcome, or destroyed: on recall, before anybody answered
	Result     string            `json:"result,omitempty"`
	Disputed   bool              `json:"disputed,omitzero"`
	Overdue    bool              `json:"overdue,omitzero"`
	Questions  int               `json:"questions,omitzero"` // of the partner, to which nobody has replied
	Opened     time.Time         `json:"opened"`
	Updated    time.Time         `json:"updated"`
	AnswerBy   time.Time         `json:"answer_by,omitzero"`
	// Erased is when the texts of the case were erased here, and Destroyed when the
	// version that holds was destroyed on recall: beside the state.
	Erased    time.Time `json:"erased,omitzero"`
	Destroyed time.Time `json:"destroyed,omitzero"`
	// For are the persons whom a TLP:RED warning of a partner's names: nobody else
	// but the overseer opens it.
	For []string `json:"for,omitempty"`
}

// Waits reports whether the case waits for an answer to its warning: not when its
// texts were erased.
func (c CaseSummary) Waits() bool {
	return (c.State == "open" || c.State == "quarantined") && c.Erased.IsZero()
}

// Reached is how far the case came, in words, whatever became of its texts.
func (c CaseSummary) Reached() string {
	switch unanswered := c.State == "open" || c.State == "quarantined"; {
	case unanswered && !c.Waits():
		return "never answered"
	case c.State == "destroyed":
		return "destroyed on recall"
	}
	return c.State
}

// Gone says what became of its texts and when, if they are not here any more and that
// is known; empty if not.
func (c CaseSummary) Gone() string {
	switch {
	case !c.Erased.IsZero():
		return "destroyed on " + c.Erased.UTC().Format(time.DateOnly)
	case c.Destroyed.IsZero():
		return ""
	case c.State == "destroyed":
		return "on " + c.Destroyed.UTC().Format(time.DateOnly)
	}
	return "destroyed on recall on " + c.Destroyed.UTC().Format(time.DateOnly)
}

// HandlingNote is a note that H3 demands, and who read it; nobody yet, and nothing
// that works by itself is given what came under it.
type HandlingNote struct {
	Text   string    `json:"text"`
	ReadBy string    `json:"read_by,omitempty"`
	ReadAt time.Time `json:"read_at,omitzero"`
}

// Case is a case with its thread.
type Case struct {
	CaseSummary
	// Version is that of the newest version of the warning, if it was corrected,
	// and Newest the hash of the message that holds it.
	Version int64  `json:"version,omitzero"`
	Newest  string `json:"newest,omitempty"`
	// Corrections are the drafts of our corrections, oldest first.
	Corrections []string     `json:"corrections,omitempty"`
	Disputes    []Disputed   `json:"disputes,omitempty"`
	OlderViews  int          `json:"older_views,omitzero"` // of disputes: they stand in the thread alone
	Recalls     []Recall     `json:"recalls,omitempty"`
	Permissions []Permission `json:"permissions,omitempty"` // what originators were asked
	// Thread is what was said, oldest first. Where it is too much to be shown at once it
	// is one page: see CasePart. The newest version of the warning is on each.
	Thread []Message `json:"thread"`
	// Messages is how many there are in all, and Bytes how long their texts are. Earlier
	// were before those of the page, and are asked for with Before; Later are behind.
	Messages int    `json:"messages"`
	Bytes    int64  `json:"bytes"`
	Earlier  int    `json:"earlier,omitzero"`
	Later    int    `json:"later,omitzero"`
	Before   string `json:"before,omitempty"`
	// Alone says that one message was asked for, and no other is shown.
	Alone bool `json:"alone,omitzero"`
	// Asked are the ids of the partner's questions to which nobody has replied, at most 100.
	Asked      []string            `json:"asked,omitempty"`
	Statements []warning.Statement `json:"statements,omitempty"` // ours and theirs, side by side
	Dropped    []Dropped           `json:"dropped,omitempty"`    // what an expulsion took out of the queue
	Notes      []HandlingNote      `json:"notes,omitempty"`      // of H3
}

// Size is a number of bytes as people read it.
func Size(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(bytes)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// CasePart says which messages of a case are wanted: the newest, or those right before
// one, or one alone, by its hash.
type CasePart struct {
	Before  string
	Message string
}

// Message is one message of a thread.
type Message struct {
	Hash      string    `json:"hash"`
	Kind      string    `json:"kind"`
	Ours      bool      `json:"ours"`
	Seq       uint64    `json:"seq"`
	At        time.Time `json:"at"`
	Sent      time.Time `json:"sent"`
	State     string    `json:"state"` // queued, held, carried, delivered, expired, dropped, kept, quarantined or destroyed
	Handling  string    `json:"handling"`
	Receipted bool      `json:"receipted"`
	// Disposition is what the recipient did with it, as its receipt says: kept, or
	// quarantined if the channel was shut on that side.
	Disposition string `json:"disposition,omitempty"`
	// InDoubt says why the message, or its receipt, may be somebody else's.
	InDoubt string `json:"in_doubt,omitempty"`
	// AffirmedBy is who let a message in doubt take effect, and AffirmedWhy for what.
	AffirmedBy  string `json:"affirmed_by,omitempty"`
	AffirmedWhy string `json:"affirmed_why,omitempty"`
	// ReceivedAt is when the recipient says, under its signature, that it had it.
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// Step is the kind of step that the message says, such as acknowledged; empty
	// if it says none. StepReceipted says that the receipt of the step is here.
	Step          string `json:"step,omitempty"`
	StepReceipted bool   `json:"step_receipted,omitzero"`
	// CarriedAt is when it left by hand, in the file CarriedIn, from which no
	// receipt comes back.
	CarriedAt time.Time `json:"carried_at,omitzero"`
	CarriedIn uint64    `json:"carried_in,omitzero"`
	// Withheld says why the text is not shown to who asks: it is for others.
	Withheld string `json:"withheld,omitempty"`
	// LeftOut is how many bytes the text has, where a page of the case holds too much
	// for it: it is shown when the message is asked for alone.
	LeftOut int64 `json:"left_out,omitzero"`
	// Payload is the noun of package warning that the kind names; absent once
	// erased, where it is withheld, and where it is left out.
	Payload jsontext.Value `json:"payload,omitempty"`
}

// Board is what a desk must see at once.
type Board struct {
	Alarms  []warning.Alarm `json:"alarms"`
	Duties  []warning.Duty  `json:"duties"`            // not closed
	Cases   []CaseSummary   `json:"cases"`             // not acknowledged, or the newest
	Recalls []Recall        `json:"recalls,omitempty"` // not answered, ours and theirs
	// Permissions are those asked for and not answered, ours and theirs.
	Permissions []Permission `json:"permissions,omitempty"`
	// Proposals are what one person proposed, and another must say, too.
	Proposals []Proposal      `json:"proposals,omitempty"`
	Drafts    []DraftSummary  `json:"drafts"` // not released, or to be reviewed
	Watches   []warning.Watch `json:"watches"`
	Partners  []PartnerLine   `json:"partners"`
	Feeds     []FeedLine      `json:"feeds,omitempty"` // failing, or waiting for a release
	// Trouble is why the node keeps nothing new: partners' messages wait with
	// them meanwhile. Of this there can be no alarm, since it could not be kept.
	Trouble *Trouble `json:"trouble,omitempty"`
}

// Proposal is what holds once a second person says the same.
type Proposal struct {
	Kind    string    `json:"kind"`              // policy, assurance, or detail: how exactly a partner is told
	Policy  string    `json:"policy,omitempty"`  // its hash
	Partner string    `json:"partner,omitempty"` // whom a sheet, or the detail, is about
	Country string    `json:"country,omitempty"` // of a sheet
	Words   string    `json:"words,omitempty"`   // why, what a sheet rests on, or how exactly
	By      string    `json:"by"`
	At      time.Time `json:"at,omitzero"` // of a detail it is not kept
}

// Trouble is what is wrong with the node itself.
type Trouble struct {
	Text  string    `json:"text"`
	Hint  string    `json:"hint"`
	Since time.Time `json:"since"`
}

// FeedLine is a feed that somebody should look at.
type FeedLine struct {
	Name    string    `json:"name"`
	Push    bool      `json:"push,omitzero"`
	Waits   bool      `json:"waits_for_release,omitzero"`
	Held    string    `json:"held,omitempty"`    // why it sends nothing before people have decided
	WayOut  string    `json:"way_out,omitempty"` // and what they do about it
	Silent  string    `json:"silent,omitempty"`  // why a push that was released waits
	Fails   int       `json:"fails,omitzero"`    // in a row
	Failure string    `json:"failure,omitempty"`
	Failing time.Time `json:"failing_since,omitzero"`
	Next    time.Time `json:"next,omitzero"`
}

// PartnerLine is a partner in a line.
type PartnerLine struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Queued int    `json:"queued"`
	// Quarantined is how many of its messages wait in quarantine here.
	Quarantined int `json:"quarantined,omitzero"`
	// Compare says that the digits became others since they were compared.
	Compare bool `json:"compare_digits,omitzero"`
	// CarryBack is how many receipts for what the partner sent by hand are still to
	// be carried back.
	CarryBack int `json:"carry_back,omitzero"`
	// Asks is when the partner, which was restored, asked in a file what this node
	// holds of it; the next file for it answers.
	Asks time.Time `json:"asks,omitzero"`
}

// DraftSummary is a draft in a line.
type DraftSummary struct {
	ID         string            `json:"id"`
	Handling   handling.Handling `json:"handling"` // above the title, wherever that is shown
	Title      string            `json:"title"`
	Stage      string            `json:"stage"`
	Precedence string            `json:"precedence"`
	Partners   []string          `json:"partners"`
	ComposedBy string            `json:"composed_by"`
	ComposedAt time.Time         `json:"composed_at"`
	ReviewDue  time.Time         `json:"review_due,omitzero"` // of an exigent release that nobody reviewed
	LeavesAt   time.Time         `json:"leaves_at,omitzero"`  // of one that was released and can be taken back
}

// SourceSummary is a source report in a line.
type SourceSummary struct {
	ID       string            `json:"id"`
	Handling handling.Handling `json:"handling"` // above the title, wherever that is shown
	Title    string            `json:"title"`
	KeptAt   time.Time         `json:"kept_at"`
	KeptBy   string            `json:"kept_by"`
}

// LogLine is one audit line with its leaf.
type LogLine struct {
	Index   int64     `json:"index"`
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Act     string    `json:"act"`
	Subject string    `json:"subject,omitempty"`
	Note    string    `json:"note,omitempty"`
}

// Audit is what a verification of the ledger found.
type Audit struct {
	OK         bool     `json:"ok"`
	Leaves     int64    `json:"leaves"`
	Rows       int      `json:"rows"`
	Messages   int      `json:"messages"`
	Receipts   int      `json:"receipts"` // verified, in both directions
	Root       string   `json:"root"`
	Checkpoint string   `json:"checkpoint"`
	Wrong      []string `json:"wrong,omitempty"`
}

// Problem is how every failure is answered. RFC 9457
type Problem struct {
	Type    string   `json:"type"`
	Title   string   `json:"title"`
	Status  int      `json:"status"`
	Detail  string   `json:"detail,omitempty"`
	Code    string   `json:"code"`
	Hint    string   `json:"hint,omitempty"`
	Details []string `json:"details,omitempty"`
	// Subject is what a reason is asked for, where the code is reason.
	Subject string `json:"subject,omitempty"`
	// Reference finds the cause in the node's log.
	Reference string `json:"reference,omitempty"`
}

// ProblemType is the media type of a Problem. RFC 9457
const ProblemType = "application/problem+json"
