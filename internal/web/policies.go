// SPDX-License-Identifier: Apache-2.0

package web

// This file shows the rules by which it is decided what may leave, and lets two
// people change them, each after seeing what would leave differently.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
)

func (s *site) policyRoutes(mux *http.ServeMux) {
	mux.Handle("GET /policy", s.page(s.policy))
	mux.Handle("GET /policy/{hash}", s.page(s.policy))
	mux.Handle("POST /policy/compare", s.post("policy", s.compareTyped, s.policy))
	mux.Handle("POST /policy/propose", s.post("policy", s.proposePolicy, s.policy))
	mux.Handle("POST /policy/{hash}/compare", s.post("compare", s.compareProposed, s.policy))
	mux.Handle("POST /policy/{hash}/approve", s.post("approve", s.approvePolicy, s.policy))
	mux.Handle("POST /policy/{hash}/withdraw", s.post("withdraw", s.withdrawPolicy, s.policy))
}

// inForce names the policy in force to the comparison.
const inForce = "in-force"

// rulebook is a policy to show, and all there are.
type rulebook struct {
	shown api.Policy
	all   []api.Policy
	// text and why are what is typed of a proposal, and seen names the text whose
	// differences were shown.
	text, why, seen string
	// offer says that the differences of the shown policy stand above: it can be
	// decided.
	offer bool
}

func (s *site) rulebook(v *visit, hash string) (b rulebook, err error) {
	if b.shown, err = s.shelf.Policy(v.r.Context(), v.who, hash); err != nil {
		return b, err
	}
	b.text, b.seen = b.shown.Text, v.value("policy", "seen", "")
	if b.seen != hashOf(v.value("policy", "text", "")) {
		b.seen = ""
	}
	b.all, err = s.shelf.Policies(v.r.Context(), v.who)
	v.section = "policy"
	return b, err
}

// policy shows the policy in force, or another by its hash.
func (s *site) policy(v *visit) error {
	b, err := s.rulebook(v, v.r.PathValue("hash"))
	if err != nil {
		return err
	}
	return v.show("Policy", policyPage(v, b, nil))
}

// compareTyped shows what would leave differently by a text that was typed, or
// chosen as a file.
func (s *site) compareTyped(v *visit) (string, error) {
	text, err := v.typedPolicy()
	if err != nil {
		return shown, err
	}
	b, err := s.rulebook(v, "")
	if err != nil {
		return shown, err
	}
	b.text, b.why, b.seen = text, v.input().text("why"), hashOf(text)
	return shown, s.compare(v, b, text, "/policy")
}

// typedPolicy is the text of a proposal, of a file or as it was typed, with the line
// ends of everywhere else. A form loses a line that is empty at its beginning.
func (v *visit) typedPolicy() (string, error) {
	text, err := v.fileOrText()
	if err != nil {
		return "", err
	}
	text = strings.TrimLeft(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	v.r.PostForm.Set("text", text)
	return text, nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// compareProposed shows what would leave differently by a policy that is kept.
func (s *site) compareProposed(v *visit) (string, error) {
	hash := v.r.PathValue("hash")
	b, err := s.rulebook(v, hash)
	if err != nil {
		return shown, err
	}
	b.offer = true
	return shown, s.compare(v, b, hash, "/policy/"+hash)
}

func (s *site) compare(v *visit, b rulebook, renewed, stop string) error {
	var found api.PolicyDiff
	err := v.watched("Policy", task{
		doing: "Comparing", of: "objects", stop: stop,
		do: func(ctx context.Context, progress func(done, total int64)) error {
			compared, err := s.out.ComparePolicies(ctx, v.who, inForce, renewed, progress)
			found = compared.Shown()
			return err
		},
		found: func() templ.Component { return differencesPart(v, found) },
	}, func(part templ.Component) templ.Component { return policyPage(v, b, part) })
	return policyFaults(err)
}

// proposePolicy keeps a proposal. Who may see what would leave differently has
// seen it of exactly this text.
func (s *site) proposePolicy(v *visit) (string, error) {
	text, err := v.typedPolicy()
	if err != nil {
		return shown, err
	}
	in := v.input()
	if v.may(caller.ComparePolicy) && in.text("seen") != hashOf(text) {
		return shown, problem.New(problem.Conflict, "look at what would leave differently, and propose it then",
			"what would leave differently was not shown for this text")
	}
	proposed, err := s.out.ProposePolicy(v.r.Context(), v.who, text, in.text("why"))
	return "/policy/" + proposed.Hash + "?done=policy", besideField("why", policyFaults(err))
}

// approvePolicy takes a proposal into force, and says what became of what was here.
func (s *site) approvePolicy(v *visit) (string, error) {
	hash := v.r.PathValue("hash")
	v.section = "policy"
	var done outbox.Enforced
	return shown, v.watched("Policy", task{
		doing: "Deciding anew what is here", stop: "/policy/" + hash,
		do: func(ctx context.Context, _ func(done, total int64)) (err error) {
			done, err = s.out.ApprovePolicy(ctx, v.who, hash)
			return err
		},
		found: func() templ.Component { return enforcedPart(done) },
	}, func(part templ.Component) templ.Component { return enforcedPage(v, part) })
}

func (s *site) withdrawPolicy(v *visit) (string, error) {
	hash := v.r.PathValue("hash")
	_, err := s.out.WithdrawPolicy(v.r.Context(), v.who, hash)
	return "/policy/" + hash + "?done=policy-withdrawn", err
}

// policyFaults puts what is wrong with a text beside it, with the line and column.
func policyFaults(err error) error {
	p := problem.Of(err)
	if p == nil || p.Code != problem.Invalid {
		return err
	}
	faults := problem.New(problem.Invalid, p.Hint, "%s", p.Text).Because(err)
	for _, detail := range p.Details {
		if parts := strings.SplitN(detail, ":", 4); len(parts) == 4 && parts[0] == "policy" {
			detail = "text: line " + parts[1] + ", column " + parts[2] + ":" + parts[3]
		}
		faults = faults.With(detail)
	}
	return faults
}

// ways are the ways out, in words.
var ways = []choice{
	{"send", "A warning leaves for a partner"}, {"draw", "It rests on a report"}, {"attach", "An object leaves with it"},
	{"say", "Something is said in a case after its warning"}, {"read", "A tool reads an object"}, {"push", "An object leaves by a schedule"},
	{"publish", "A statement is public"}, {"export", "A person takes a file out of the house"},
}

// wayWords is a way out in words.
func wayWords(action string) string {
	for _, way := range ways {
		if way.value == action {
			return way.words
		}
	}
	return action
}

// rulesOf are the rules about one way out, in the order of the text.
func rulesOf(p api.Policy, action string) (all []api.PolicyRule) {
	for _, rule := range p.Rules {
		if slices.Contains(rule.Actions, action) {
			all = append(all, rule)
		}
	}
	return all
}

// lastTurn is the newest step of a policy.
func lastTurn(p api.Policy) (turn api.PolicyTurn) {
	if len(p.Turns) > 0 {
		turn = p.Turns[len(p.Turns)-1]
	}
	return turn
}

// proposer is who proposed a policy that waits; empty if it does not.
func proposer(p api.Policy) string {
	if p.State != "proposed" {
		return ""
	}
	return lastTurn(p).By
}

// turnWords is who took a step of a policy.
func turnWords(turn api.PolicyTurn) string {
	if turn.By == "" {
		return "the program"
	}
	return turn.By
}

// exampleLink is the page of a thing that a comparison names; empty if it has none.
func exampleLink(id string) string {
	for prefix, path := range map[string]string{"draft--": "/warnings/", "warning--": "/cases/"} {
		if strings.HasPrefix(id, prefix) {
			return path + id
		}
	}
	return ""
}

// things are what a comparison looks at: one of them, and several.
var things = map[string][2]string{
	"draft": {"open draft", "open drafts"}, "sent": {"sent warning", "sent warnings"}, "object": {"object", "objects"},
	"statement": {"statement", "statements"}, "case": {"case", "cases"},
}

func thingWords(n int, what string) string {
	if words, known := things[what]; known {
		return plural(n, words[0], words[1])
	}
	return plural(n, what, what)
}
