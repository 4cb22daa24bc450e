// SPDX-License-Identifier: Apache-2.0

package api

// This file holds what a client sends, and what is answered that has no noun of
// its own.

import (
	"time"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// Base is the path under which the API stands on a node.
const Base = "/api/v1"

// Where the STIX door stands on a node. TAXII 2.1 §4.1, §4.2
const (
	DiscoveryPath = "/taxii2/"
	RootPath      = "/taxii2/root/"
)

// SignInPath is what stands between a node's address and the secret in a
// one-time sign-in link.
const SignInPath = "/signin/"

// Media types of what is answered as a file. RFC 8259, C2SP tlog-proof, CAP 1.2
const (
	JSONType    = "application/json"
	LinesType   = "application/jsonl"
	ReceiptType = "text/plain; charset=utf-8"
	CAPType     = "application/cap+xml"
	TarType     = "application/x-tar"
)

// MaxBody is the largest request, in bytes.
const MaxBody = 8 << 20

// List is how several of a thing are answered.
type List[T any] struct {
	Items []T `json:"items"`
}

// Me is whom the node takes the caller for.
type Me struct {
	Kind  string   `json:"kind"` // person or machine
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Roles []string `json:"roles,omitempty"`
}

// Enrol spends a one-time sign-in link. The link is the secret at its end.
type Enrol struct {
	Link string `json:"link"`
}

// Enrolled is a person's own credential for tools.
type Enrolled struct {
	Token  string `json:"token"`
	Person Person `json:"person"`
}

// NewPerson is somebody who may sign in.
type NewPerson struct {
	Name  string   `json:"name"`
	Title string   `json:"title,omitempty"`
	Roles []string `json:"roles"`
}

// NewRoles are the roles a person has from now on, in place of those before.
type NewRoles struct {
	Roles []string `json:"roles"`
}

// Link is a one-time sign-in link, to be handed to that person alone.
type Link struct {
	Name string `json:"name"`
	Link string `json:"link"`
}

// NewToken is a tool that may call.
type NewToken struct {
	Name string `json:"name"`
}

// Token is a tool's secret. It is shown once.
type Token struct {
	Name  string `json:"name"`
	Token string `json:"token"`
}

// Invite asks for an invitation. Without terms the default ones are proposed.
type Invite struct {
	Terms *warning.Terms `json:"terms,omitempty"`
}

// Invitation is the text that is handed to the partner-to-be.
type Invitation struct {
	Text string `json:"text"`
}

// Confirm gives the 60 digits as the partner read them; what is not a digit
// does not matter.
type Confirm struct {
	Digits string `json:"digits"`
}

// Propose puts terms on a channel's table: these, or with Theirs the ones the
// partner has signed.
type Propose struct {
	Terms  *warning.Terms `json:"terms,omitempty"`
	Theirs bool           `json:"theirs,omitempty"`
}

// SetState changes a channel's state.
type SetState struct {
	State string `json:"state"` // active, limited, suspended, frozen or expelled
	Why   string `json:"why"`
}

// Limits are how exactly a partner may be told.
type Limits struct {
	Place string `json:"place,omitempty"`  // exact, city, region or country
	Time  string `json:"time,omitempty"`   // second, minute, hour, day, month or year
	SetBy string `json:"set_by,omitempty"` // in answers: who said so
	// Asked are looser ones, in answers: they hold once another releaser sets the same.
	Asked *Limits `json:"asked,omitempty"`
}

// Trace asks whose copy a text is.
type Trace struct {
	Text string `json:"text"`
}

// Traced is one partner's copy that a text may be.
type Traced struct {
	Partner string   `json:"partner"`
	Draft   string   `json:"draft"`
	Sent    bool     `json:"sent"`          // it was released to the partner
	IDs     []string `json:"ids,omitempty"` // of this copy alone, that stand in the text
	Runs    int      `json:"runs,omitzero"` // of words that the text shares with this copy
}

// Freeze freezes channels, or returns those that are frozen to the state they had.
type Freeze struct {
	Why string `json:"why"`
}

// KeptSource is a source report as it was kept, and the duties it opened.
type KeptSource struct {
	Source warning.Source `json:"source"`
	Duties []warning.Duty `json:"duties"`
}

// Release approves a draft as a preview showed it.
type Release struct {
	Preview string `json:"preview"` // the preview's hash
	// Exigent is why one person releases it alone.
	Exigent string `json:"exigent,omitempty"`
}

// Review is a second person's finding on an exigent release.
type Review struct {
	Finding string `json:"finding"`
}

// Acknowledge is what a human makes of a warning.
type Acknowledge struct {
	Answer warning.Answer `json:"answer"`
	Note   string         `json:"note,omitempty"`
}

// Ask asks back.
type Ask struct {
	Question string `json:"question"`
}

// Reply answers the partner's question.
type Reply struct {
	Request string `json:"request"` // the question's id
	Text    string `json:"text"`
	// Handling is the case's own if no label is given.
	Handling handling.Handling `json:"handling,omitzero"`
}

// Outcome reports what came of a warning.
type Outcome struct {
	Result       warning.Result       `json:"result"`
	Counters     map[string]int64     `json:"counters,omitempty"`
	Contribution warning.Contribution `json:"contribution,omitempty"`
	Treatment    string               `json:"treatment_assurance_confirmed,omitempty"`
	Public       string               `json:"may_be_made_public,omitempty"`
	Text         string               `json:"text,omitempty"`
}

// Thank says thanks.
type Thank struct {
	Text string `json:"text"`
}

// Dispute puts another view beside the partner's.
type Dispute struct {
	About    string   `json:"about"`
	View     string   `json:"view"`
	Messages []string `json:"messages,omitempty"` // hashes of what is disputed
	To       string   `json:"to,omitempty"`       // id of the dispute that it answers
	Settled  bool     `json:"settled,omitzero"`   // it calls that dispute settled
}

// Said is the answer to what is said in a case: it is queued, or held as long
// as the state of the channel lets nothing like it leave.
type Said struct {
	Case    string `json:"case"`
	Kind    string `json:"kind"`
	Partner string `json:"partner,omitempty"`
	Channel string `json:"channel,omitempty"` // the channel's state
	Held    bool   `json:"held,omitzero"`
}

// EndPledge is why a pledge of ours ends. It stays home.
type EndPledge struct {
	Reason string `json:"reason"`
}

// EndWatch is why a watch ends before its window does.
type EndWatch struct {
	Reason string `json:"reason"`
}

// NewPledge is a promise to a partner.
type NewPledge struct {
	Partner string         `json:"partner"`
	Pledge  warning.Pledge `json:"pledge"`
}

// NewDuty is a duty opened by hand.
type NewDuty struct {
	Partner    string              `json:"partner"`
	Title      string              `json:"title"`
	Precedence handling.Precedence `json:"precedence"`
	Subject    string              `json:"subject,omitempty"` // the source report or case
	ToLife     bool                `json:"threat_to_life,omitempty"`
	AcquiredAt time.Time           `json:"info_acquired_at,omitzero"` // when we learnt of it
}

// ClearStatement makes a statement public as it was read: Seen is what it was shown
// with ([warning.Statement].As).
type ClearStatement struct {
	Seen string `json:"seen"`
}

// NewInquiry asks a partner what it holds.
type NewInquiry struct {
	Partner string          `json:"partner"`
	Inquiry warning.Inquiry `json:"inquiry"`
}

// Rota is whom duties call, in this order, by their sign-in names.
type Rota struct {
	People []string `json:"people"`
}

// Decide decides a duty.
type Decide struct {
	Choice        warning.Choice `json:"choice"`
	Ground        warning.Ground `json:"ground,omitempty"`
	Justification string         `json:"justification,omitempty"`
	Until         time.Time      `json:"until,omitzero"`
	// Seen is as what the duty was seen; needed unless the choice is to warn.
	Seen string `json:"seen,omitempty"`
}

// Affirm is the second officer's word on a waiver, or a deferral.
type Affirm struct {
	Affirmed bool   `json:"affirmed"`
	Seen     string `json:"seen"` // as what the duty was seen
}

// Dismiss ends an alarm.
type Dismiss struct {
	Reason string `json:"reason"`
}

// NewAccount is a tool's account at the STIX door. Collections are named by id
// or alias; those of See it may know of, no more. Without a label it reads up to
// TLP:AMBER+STRICT. Certificate is PEM, and may be empty.
type NewAccount struct {
	Name        string       `json:"name"`
	TLP         handling.TLP `json:"tlp,omitempty"`
	Actions     Actions      `json:"actions,omitempty"`
	Read        []string     `json:"read,omitempty"`
	Write       []string     `json:"write,omitempty"`
	See         []string     `json:"see,omitempty"`
	Certificate string       `json:"certificate,omitempty"`
	// Partner is whose tool it is, by name; empty for one of our own.
	Partner string `json:"partner,omitempty"`
	// Reason is why the tool reads, in 3 to 500 characters: it stands in the list of
	// readings with each of its own.
	Reason string `json:"reason,omitempty"`
}

// Actions is what a tool does with what it is shown.
type Actions string

const (
	// Active may be noticed by those whom an indicator names: a block, a scan, a
	// look-up at them. It is what is not said.
	Active Actions = "active"
	// Passive cross-checks with others' data, and never touches what an indicator
	// names. MISP taxonomy PAP
	Passive Actions = "passive"
)

// AccountSecrets open an account: the password by HTTP Basic under the
// account's name, the token as a bearer's. They are shown once.
type AccountSecrets struct {
	Name      string `json:"name"`
	Password  string `json:"password"`
	Token     string `json:"token"`
	Discovery string `json:"discovery"` // where a client begins
	APIRoot   string `json:"api_root"`  // for one that asks for this instead
}

// NewCollection is a collection of the STIX door. TAXII 2.1 §5.2
type NewCollection struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Alias       string `json:"alias,omitempty"`
	// Purpose is what its objects are kept for: its rule says for how long.
	Purpose string `json:"purpose,omitempty"`
}

// Checkpoint is the signed head of the node's log. C2SP tlog-checkpoint
type Checkpoint struct {
	Checkpoint string `json:"checkpoint"`
}

// VerifyStep is one line of a ledger verification that is being followed: how
// far it is, or at the end what it found or why it failed.
type VerifyStep struct {
	Done    int64    `json:"done,omitzero"`
	Total   int64    `json:"total,omitzero"`
	Audit   *Audit   `json:"audit,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}
