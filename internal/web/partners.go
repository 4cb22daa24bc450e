// SPDX-License-Identifier: Apache-2.0

package web

// This file shows partners, and does what people decide about them.

import (
	"net/http"
	"slices"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (s *site) partnerRoutes(mux *http.ServeMux) {
	mux.Handle("GET /partners", s.page(s.partners))
	mux.Handle("POST /partners/invite", s.post("invite", s.invite, s.partners))
	mux.Handle("POST /partners/accept", s.post("accept", s.accept, s.partners))
	mux.Handle("GET /partners/{name}", s.page(s.partner))
	mux.Handle("POST /partners/{name}/confirm", s.post("confirm", s.confirm, s.partner))
	mux.Handle("POST /partners/{name}/propose", s.post("propose", s.propose, s.partner))
	mux.Handle("POST /partners/{name}/sign", s.post("sign", s.sign, s.partner))
	mux.Handle("POST /partners/{name}/state", s.post("state", s.setState, s.partner))
	mux.Handle("POST /partners/{name}/key-stolen", s.post("stolen", s.keyStolen, s.partner))
	mux.Handle("POST /partners/{name}/key-safe", s.post("safe", s.keySafe, s.partner))
	mux.Handle("POST /partners/{name}/limits", s.post("limits", s.setLimits, s.partner))
	mux.Handle("POST /partners/{name}/voice", s.post("voice", s.shareVoice, s.partner))
	mux.Handle("POST /freeze", s.post("freeze", s.freezeAll(false), s.partners))
	mux.Handle("POST /unfreeze", s.post("unfreeze", s.freezeAll(true), s.partners))
}

func (s *site) partners(v *visit) error {
	partners, err := s.shelf.Partners(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	v.section = "partners"
	return v.show("Partners", partnersPage(v, partners))
}

func (s *site) partner(v *visit) error {
	p, err := s.shelf.Partner(v.r.Context(), v.who, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	heads, err := s.shelf.Heads(v.r.Context(), v.who)
	if err != nil {
		return err
	}
	history, err := s.shelf.KeyHistory(v.r.Context(), v.who, p.Name)
	if err != nil {
		return err
	}
	v.section = "partners"
	return v.show(p.Name, partnerPage(v, p, logOf(heads, p.Name), history.Eras()))
}

// invite shows the invitation's text once: it holds a secret.
func (s *site) invite(v *visit) (string, error) {
	in := v.input()
	var terms *warning.Terms
	if in.bool("own_terms") {
		own := in.terms()
		if err := in.err(); err != nil {
			return shown, err
		}
		terms = &own
	}
	text, err := s.desk.Invite(v.r.Context(), v.who, terms)
	if err != nil {
		return shown, err
	}
	v.section = "partners"
	return shown, v.show("Invitation", invitationPage(v, text))
}

func (in *input) terms() warning.Terms {
	return warning.Terms{
		LegalBasis: in.text("legal_basis"), Purposes: in.lines("purposes"), RetentionDays: in.count("retention_days"), Onward: in.text("onward"),
		OverseerIsThirdParty: in.bool("overseer_is_third_party"), OwnIdentifiers: in.bool("identifiers_per_recipient"),
		Review: warning.Date(in.text("review")), Note: in.text("note"),
	}
}

func (s *site) accept(v *visit) (string, error) {
	channel, err := s.desk.Accept(v.r.Context(), v.who, v.input().text("invitation"))
	return "/partners/" + channel.Name + "?done=accept", err
}

func (s *site) confirm(v *visit) (string, error) {
	name := v.r.PathValue("name")
	_, err := s.desk.Confirm(v.r.Context(), v.who, name, v.input().text("digits"))
	return "/partners/" + name + "?done=confirm", err
}

// propose puts on the table what the partner signed.
func (s *site) propose(v *visit) (string, error) {
	name := v.r.PathValue("name")
	_, err := s.desk.Propose(v.r.Context(), v.who, name, nil)
	return "/partners/" + name + "?done=propose", err
}

func (s *site) sign(v *visit) (string, error) {
	name := v.r.PathValue("name")
	_, err := s.out.SignTerms(v.r.Context(), v.who, name)
	return "/partners/" + name + "?done=sign", err
}

func (s *site) setState(v *visit) (string, error) {
	in := v.input()
	name := v.r.PathValue("name")
	var err error
	if to := in.text("state"); to == thaw {
		_, err = s.desk.Unfreeze(v.r.Context(), v.who, name, in.text("why"))
	} else {
		_, err = s.desk.SetState(v.r.Context(), v.who, name, partner.State(to), in.text("why"))
	}
	return "/partners/" + name + "?done=state", err
}

// thaw is the choice that returns a frozen channel to what it was.
const thaw = "unfreeze"

// freezeAll stops every channel at once, or lets each be again what it was.
func (s *site) freezeAll(undo bool) action {
	return func(v *visit) (string, error) {
		_, err := s.desk.FreezeAll(v.r.Context(), v.who, v.input().text("why"), undo)
		if undo {
			return "/partners?done=unfreeze", err
		}
		return "/partners?done=freeze", err
	}
}

func (s *site) keyStolen(v *visit) (string, error) {
	in := v.input()
	name, since := v.r.PathValue("name"), in.time("since")
	if err := in.err(); err != nil {
		return shown, err
	}
	_, err := s.desk.KeyStolen(v.r.Context(), v.who, name, since, in.text("why"))
	return "/partners/" + name + "?done=key-stolen", err
}

func (s *site) keySafe(v *visit) (string, error) {
	name := v.r.PathValue("name")
	_, err := s.desk.KeySafe(v.r.Context(), v.who, name, v.input().text("why"))
	return "/partners/" + name + "?done=key-safe", err
}

// setLimits says how exactly the partner may be told where and when.
func (s *site) setLimits(v *visit) (string, error) {
	in := v.input()
	name := v.r.PathValue("name")
	_, err := s.desk.SetLimits(v.r.Context(), v.who, name, partner.Limits{Place: in.text("place"), Time: in.text("time")})
	return "/partners/" + name + "?done=limits", err
}

// stolen reports whether the keys in force are in doubt.
func stolen(p api.Partner) bool {
	return slices.ContainsFunc(p.InDoubt, func(d api.InDoubt) bool { return d.KeyID == p.Card.KeyID() })
}

func (s *site) shareVoice(v *visit) (string, error) {
	name := v.r.PathValue("name")
	return "/partners/" + name + "?done=share-voice", s.out.ShareVoice(v.r.Context(), v.who, name)
}

// changes are the states a channel can be put in from the one it has, with a
// sentence what each does.
func changes(p api.Partner) (all []choice) {
	if p.State == "frozen" {
		all = append(all, choice{thaw, "Unfreeze: it is " + p.Before + " again, as it was before it was frozen."})
	}
	for _, c := range []choice{
		{"active", restoring(p)},
		{"limited", "Limited: only threats to life leave. Everything else waits in the queue."},
		{"suspended", "Suspended: nothing leaves; what is queued waits. What arrives is receipted and kept apart; a threat to life raises an alarm."},
		{"frozen", "Frozen: as suspended, and nothing is dropped, expired or erased, for as long as the evidence is read."},
		{"expelled", "Expelled: as suspended, and the keys are not trusted any more. What is queued is dropped, visibly; to restore it, the digits must be compared again."},
	} {
		pending := p.State == "pending" && (c.value == "active" || c.value == "limited")
		if c.value != p.State && !pending {
			all = append(all, c)
		}
	}
	return all
}

// restoring says what a restored channel needs before anything passes.
func restoring(p api.Partner) string {
	if p.State == "expelled" {
		return "Active: restored in a new epoch. Nothing passes until the digits are compared again; what was dropped stays dropped."
	}
	return "Active: everything passes again. What waited leaves at once."
}

// anyFrozen reports whether there is a channel to unfreeze, and one to freeze.
func anyFrozen(partners []api.PartnerLine) (frozen, other bool) {
	for _, p := range partners {
		frozen = frozen || p.State == "frozen"
		other = other || p.State != "frozen"
	}
	return frozen, other
}

// voiceWords is how far the secret for the voice is agreed on.
func voiceWords(word string) string {
	return map[string]string{
		"agreed": "agreed: a warning can be said in digits", "ours": "ours is given, theirs has not come", "theirs": "theirs is here, ours is not given",
	}[word]
}

// sides are the terms of a channel to show: one column where all agree.
type side struct {
	whose string
	terms *warning.Terms
}

func sides(p api.Partner) (all []side) {
	ours, theirs, proposed := readTerms(p.OurTerms), readTerms(p.TheirTerms), readTerms(p.Proposed)
	switch {
	case ours != nil && theirs != nil && string(p.OurTerms) == string(p.TheirTerms):
		return []side{{"Signed by both", ours}}
	case proposed != nil && string(p.Proposed) == string(p.TheirTerms):
		return []side{{"Signed by " + p.Name + ", on the table", proposed}}
	case ours != nil:
		all = append(all, side{"Signed by us", ours})
	case proposed != nil:
		all = append(all, side{"On the table", proposed})
	}
	if theirs != nil {
		all = append(all, side{"Signed by " + p.Name, theirs})
	}
	return all
}

// differ reports whether the partner signed other terms than those on the table.
func differ(p api.Partner) bool {
	return p.State == "pending" && len(p.TheirTerms) > 0 && string(p.Proposed) != string(p.TheirTerms)
}
