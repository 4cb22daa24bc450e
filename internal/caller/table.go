// SPDX-License-Identifier: Apache-2.0

package caller

// This file holds the table of who may do what.

// Act is one thing a caller may want of the node, in the words of the log.
type Act string

// What can be done. The words stand in the log for good: do not rename one.
const (
	// People and machines at the door.
	Install      Act = "install the node"
	AddPerson    Act = "add a person"
	LinkPerson   Act = "make a sign-in link"
	SignIn       Act = "sign in"
	SignOut      Act = "sign out"
	AddToken     Act = "add a machine token"
	AddAccount   Act = "add a TAXII account"
	ListPersons  Act = "list the persons"
	RemovePerson Act = "remove a person"
	ChangeRoles  Act = "change a person's roles"
	ListTokens   Act = "list the machine tokens"
	RevokeToken  Act = "revoke a machine token"
	ListAccounts Act = "list the TAXII accounts"
	SetAccount   Act = "change a TAXII account"
	DropAccount  Act = "remove a TAXII account"
	ChangeKeys   Act = "change the node's keys"
	SeeKeys      Act = "see the node's keys"
	// An overseer's own key.
	AddOverseer     Act = "put forward an overseer's key"
	ConfirmOverseer Act = "confirm an overseer's key"
	SeeOverseers    Act = "see the overseers' keys"

	SeeNode      Act = "see the node's card and state"
	VerifyLedger Act = "verify the ledger"
	ReadLog      Act = "read the log"
	ExportLedger Act = "export the ledger"
	BackUp       Act = "back up the node"
	Recover      Act = "recover from a backup"

	// Partners.
	Invite         Act = "invite a partner"
	AcceptInvite   Act = "accept an invitation"
	Pair           Act = "answer an invitation"
	ConfirmPartner Act = "confirm a partner's digits"
	SignTerms      Act = "sign a channel's terms"
	SetState       Act = "change a channel's state"
	SeePartners    Act = "see the partners"
	DistrustKeys   Act = "distrust a partner's keys"
	WithdrawDoubt  Act = "withdraw a doubt of a partner's keys"
	AffirmDoubted  Act = "affirm a message in doubt"

	// What stays home, and what may leave.
	KeepSource      Act = "keep a source report"
	ReadSource      Act = "read a source report"
	KeepObjects     Act = "keep objects"
	ReadObjects     Act = "read objects"
	DeleteObjects   Act = "delete objects"
	AddCollection   Act = "add a collection"
	ListCollections Act = "list the collections"
	AddFeed         Act = "add a TAXII feed"
	ListFeeds       Act = "list the TAXII feeds"
	RunFeed         Act = "run a TAXII feed"
	ReleaseFeed     Act = "release a TAXII feed"
	TakeFeed        Act = "take over a TAXII feed"
	DropFeed        Act = "remove a TAXII feed"
	Pull            Act = "pull objects by TAXII"
	Push            Act = "push objects by TAXII"
	Compose         Act = "compose a warning"
	Preview         Act = "preview a warning"
	Release         Act = "release a warning"
	Review          Act = "review an exigent release"
	WithdrawAct     Act = "withdraw a draft"
	TakeBack        Act = "take back a release"
	Leave           Act = "let a released warning leave"
	LimitDetail     Act = "limit what a partner is told"
	Trace           Act = "trace a copy to its partner"

	// By which rules.
	SeePolicies    Act = "see the policies"
	ProposePolicy  Act = "propose a policy"
	ApprovePolicy  Act = "approve a policy"
	WithdrawPolicy Act = "withdraw a policy"
	ComparePolicy  Act = "compare policies"

	// What is said and heard.
	Send         Act = "send what is queued"
	Receive      Act = "receive a message"
	Acknowledge  Act = "acknowledge"
	Ask          Act = "ask back"
	Reply        Act = "reply"
	Report       Act = "report an outcome"
	Thank        Act = "thank"
	Dispute      Act = "dispute"
	Recall       Act = "recall a message"
	AnswerRecall Act = "answer a recall"

	AskPermission    Act = "ask an originator for permission"
	AnswerPermission Act = "answer a request for permission"
	SettlePermission Act = "say what was done about a withdrawn permission"

	ReadCase  Act = "read a case"
	ReadNote  Act = "record that a handling note was read"
	SeeBoard  Act = "see the board"
	ReadProof Act = "read a receipt"

	WriteDossier Act = "write a dossier"

	// What is said by voice.
	ShareVoice Act = "agree on the voice"
	Speak      Act = "say a warning by voice"
	Hear       Act = "hear a warning by voice"

	// What is carried by hand.
	CarryOut Act = "write a carry file"
	CarryIn  Act = "take a carry file"

	// What is owed.
	Pledge     Act = "pledge"
	EndPledge  Act = "end a pledge"
	SeePledges Act = "see the pledges"
	Watch      Act = "set a watch"
	EndWatch   Act = "end a watch"
	OpenDuty   Act = "open a duty"
	ReadDuty   Act = "read a duty"
	DecideDuty Act = "decide a duty"
	AffirmDuty Act = "affirm a waiver"
	AssessDuty Act = "assess a duty"
	RecordDuty Act = "add to a duty's record"
	SetRota    Act = "set the rota"

	Inquire       Act = "ask what a partner holds"
	AnswerInquiry Act = "answer what a partner asks"
	Dismiss       Act = "dismiss an alarm"

	// What was promised and done, added up.
	ReadRecord  Act = "read the reciprocity record"
	WriteRecord Act = "write a reciprocity record"
	ReadFigures Act = "read the figures of duties"

	// What is said in public.
	WriteStatement Act = "write a statement"
	ClearStatement Act = "clear a statement"
	ReadStatement  Act = "read a statement"
	ReadPublic     Act = "read what is public"

	// What is seen of logs.
	CosignLog  Act = "cosign a partner's checkpoint"
	AskWitness Act = "have the node's checkpoint cosigned"
	SeeHeads   Act = "see the heads of logs"
	DecideFork Act = "go on after a fork"

	// What time decides.
	Tick  Act = "keep the clocks"
	Erase Act = "erase what is due"

	// Why content is opened, and who opened it.
	GiveReason  Act = "say why something is opened"
	SeeReads    Act = "see who read what"
	SeeOwnReads Act = "see what one has read"

	// What a person may ask about what is held about them.
	OpenRedress   Act = "open a request for redress"
	SeeRedress    Act = "see the requests for redress"
	ReadRedress   Act = "read what a request for redress found"
	DecideRedress Act = "decide a request for redress"
	AnswerRedress Act = "answer a request for redress"

	// Until when something is kept.
	SeeRetention Act = "see the review dates"
	KeepOn       Act = "keep something longer"
	HoldErasure  Act = "hold an erasure"
	SetRetention Act = "set how long a purpose keeps"

	// Whom we name to a partner, and how they may fare there.
	SeeAssurances Act = "see the assurances"
	SetAssurance  Act = "judge an assurance"
)

type rule struct {
	roles []Role
	kinds []Kind
}

var (
	desk    = []Role{Analyst, Releaser, DutyOfficer}
	content = []Role{Analyst, Releaser, DutyOfficer, Overseer}
	signed  = Roles()
)

// table is default deny: an act that is not in it nobody may do.
var table = map[Act]rule{
	Install:         {kinds: []Kind{Node}},
	AddPerson:       {roles: []Role{Administrator}, kinds: []Kind{Node}},
	LinkPerson:      {roles: []Role{Administrator}, kinds: []Kind{Node}},
	SignIn:          {roles: signed, kinds: []Kind{Public}},
	SignOut:         {roles: signed},
	AddToken:        {roles: []Role{Administrator}},
	ListPersons:     {roles: []Role{Administrator, Overseer}},
	RemovePerson:    {roles: []Role{Administrator}},
	ChangeRoles:     {roles: []Role{Administrator}},
	ListTokens:      {roles: []Role{Administrator}},
	RevokeToken:     {roles: []Role{Administrator}},
	AddAccount:      {roles: []Role{Administrator}},
	ListAccounts:    {roles: []Role{Administrator}},
	SetAccount:      {roles: []Role{Administrator}},
	DropAccount:     {roles: []Role{Administrator}},
	ChangeKeys:      {roles: []Role{Administrator}, kinds: []Kind{Node}},
	SeeKeys:         {roles: []Role{Administrator, Overseer}},
	AddOverseer:     {roles: []Role{Administrator}},
	ConfirmOverseer: {roles: []Role{Releaser}},
	SeeOverseers:    {roles: signed},

	SeeNode:      {roles: signed, kinds: []Kind{Machine, Account, Partner, Node, Public}},
	VerifyLedger: {roles: signed, kinds: []Kind{Machine, Node}},
	ReadLog:      {roles: []Role{Overseer, Administrator}},
	ExportLedger: {roles: []Role{Overseer, Administrator}},
	BackUp:       {roles: []Role{Administrator}, kinds: []Kind{Node}},
	Recover:      {roles: []Role{Administrator}, kinds: []Kind{Node}},

	Invite:         {roles: []Role{Administrator}},
	AcceptInvite:   {roles: []Role{Administrator}},
	Pair:           {kinds: []Kind{Partner, Public, Node}},
	ConfirmPartner: {roles: []Role{Administrator}},
	SignTerms:      {roles: []Role{Administrator, Releaser}},
	SetState:       {roles: []Role{Administrator, Releaser, DutyOfficer}},
	SeePartners:    {roles: signed, kinds: []Kind{Machine}},
	DistrustKeys:   {roles: []Role{Administrator, Releaser, DutyOfficer}},
	WithdrawDoubt:  {roles: []Role{Administrator, Releaser}},
	AffirmDoubted:  {roles: []Role{Releaser, DutyOfficer}},

	KeepSource:      {roles: desk, kinds: []Kind{Machine}},
	ReadSource:      {roles: content},
	KeepObjects:     {roles: desk, kinds: []Kind{Account, Node}},
	ReadObjects:     {roles: content, kinds: []Kind{Account}},
	DeleteObjects:   {roles: desk, kinds: []Kind{Account}},
	AddCollection:   {roles: []Role{Administrator}, kinds: []Kind{Node}},
	ListCollections: {roles: signed},
	AddFeed:         {roles: []Role{Administrator}},
	ListFeeds:       {roles: []Role{Administrator, Releaser, Overseer}},
	RunFeed:         {roles: []Role{Administrator, Releaser}},
	ReleaseFeed:     {roles: []Role{Releaser}},
	TakeFeed:        {roles: []Role{Administrator}},
	DropFeed:        {roles: []Role{Administrator, Releaser}},
	Pull:            {kinds: []Kind{Node}},
	Push:            {kinds: []Kind{Node}},
	Compose:         {roles: desk},
	Preview:         {roles: content},
	Release:         {roles: []Role{Releaser}},
	Review:          {roles: []Role{Releaser}},
	WithdrawAct:     {roles: desk},
	TakeBack:        {roles: []Role{Releaser}},
	Leave:           {kinds: []Kind{Node}}, // what two people released, and nothing else
	LimitDetail:     {roles: []Role{Releaser}},
	Trace:           {roles: []Role{Releaser, Overseer}},

	SeePolicies:    {roles: signed},
	ProposePolicy:  {roles: []Role{Releaser, Administrator}},
	ApprovePolicy:  {roles: []Role{Releaser}},
	WithdrawPolicy: {roles: []Role{Releaser, Administrator}},
	ComparePolicy:  {roles: []Role{Releaser, Overseer}}, // it names what is held

	Send:         {kinds: []Kind{Node}},
	Receive:      {kinds: []Kind{Partner}},
	Acknowledge:  {roles: []Role{DutyOfficer, Releaser}},
	Ask:          {roles: desk},
	Reply:        {roles: []Role{Releaser, DutyOfficer}},
	Report:       {roles: []Role{DutyOfficer, Releaser}},
	Thank:        {roles: []Role{DutyOfficer, Releaser}},
	Dispute:      {roles: []Role{Releaser}},
	Recall:       {roles: []Role{Releaser}},
	AnswerRecall: {roles: []Role{DutyOfficer, Releaser}},

	AskPermission:    {roles: desk},
	AnswerPermission: {roles: []Role{DutyOfficer, Releaser}},
	SettlePermission: {roles: desk},

	ReadCase:  {roles: content},
	ReadNote:  {roles: desk},
	SeeBoard:  {roles: signed},
	ReadProof: {roles: signed, kinds: []Kind{Machine}},

	WriteDossier: {roles: []Role{Releaser, Overseer}}, // it is made to leave the house

	ShareVoice: {roles: []Role{Administrator, Releaser}},
	Speak:      {roles: []Role{Releaser, DutyOfficer}},
	Hear:       {roles: desk},

	CarryOut: {roles: []Role{Analyst, Releaser, DutyOfficer, Administrator}, kinds: []Kind{Machine}},
	CarryIn:  {roles: []Role{Analyst, Releaser, DutyOfficer, Administrator}, kinds: []Kind{Machine}},

	Pledge:     {roles: []Role{Releaser}},
	EndPledge:  {roles: []Role{Releaser}}, // whoever may give one
	SeePledges: {roles: content},
	Watch:      {roles: []Role{DutyOfficer, Releaser}},
	EndWatch:   {roles: []Role{DutyOfficer, Releaser}}, // whoever may set one
	OpenDuty:   {roles: desk, kinds: []Kind{Machine, Partner, Node}},
	ReadDuty:   {roles: content},
	DecideDuty: {roles: []Role{DutyOfficer, Releaser}},
	AffirmDuty: {roles: []Role{Releaser}},
	AssessDuty: {roles: desk},
	RecordDuty: {roles: []Role{DutyOfficer, Releaser}},
	SetRota:    {roles: []Role{Releaser}},

	Inquire:       {roles: []Role{DutyOfficer, Releaser}}, // it leaves at once
	AnswerInquiry: {roles: []Role{DutyOfficer, Releaser}},
	Dismiss:       {roles: []Role{DutyOfficer, Releaser}},

	ReadRecord:  {roles: content},
	WriteRecord: {roles: []Role{Releaser, Overseer}}, // it is made to leave the house
	ReadFigures: {roles: content},

	WriteStatement: {roles: desk},
	ClearStatement: {roles: []Role{Releaser}},
	ReadStatement:  {roles: content},
	ReadPublic:     {roles: signed, kinds: []Kind{Machine, Account, Partner, Node, Public}},

	CosignLog:  {kinds: []Kind{Partner}},
	AskWitness: {kinds: []Kind{Node}},
	SeeHeads:   {roles: signed, kinds: []Kind{Machine}},
	DecideFork: {roles: []Role{Administrator, Releaser}},

	Tick:  {kinds: []Kind{Node}},
	Erase: {kinds: []Kind{Node}},

	GiveReason:  {roles: content},
	SeeReads:    {roles: []Role{Overseer}},
	SeeOwnReads: {roles: signed},

	OpenRedress:   {roles: desk},
	SeeRedress:    {roles: content},
	ReadRedress:   {roles: []Role{Releaser, Overseer}}, // of those, nobody who opened it or let it out
	DecideRedress: {roles: []Role{Releaser}},
	AnswerRedress: {roles: []Role{Releaser}},

	SeeRetention: {roles: content},
	KeepOn:       {roles: []Role{Releaser, DutyOfficer}},
	HoldErasure:  {roles: []Role{Releaser}},
	SetRetention: {roles: []Role{Releaser}},

	SeeAssurances: {roles: content},
	SetAssurance:  {roles: []Role{Releaser}},
}
