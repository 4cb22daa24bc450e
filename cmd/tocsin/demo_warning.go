// SPDX-License-Identifier: Apache-2.0

package main

// This file plays the first half of the story: from a source report to a
// pledge that is kept.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (d *demo) steps() []step {
	return []step{
		{"paired", d.us, d.paired},
		{"source_kept", d.us, d.sourceKept},
		{"duty_opened", d.us, d.dutyOpened},
		{"previewed", d.us, d.previewed},
		{"released", d.us, d.released},
		{"delivered", d.ru, d.delivered},
		{"acknowledged", d.ru, d.acknowledged},
		{"outcome", d.ru, d.outcome},
		{"thanked", d.ru, d.thanked},
		{"pledged", d.ru, d.pledged},
		{"reciprocated", d.ru, d.reciprocated},
		{"stated", d.us, d.stated},
		{"disputed", d.ru, d.disputed},
		{"suspended", d.us, d.suspended},
		{"quarantined", d.us, d.quarantined},
		{"restored", d.us, d.restored},
		{"verified", d.us, d.verified},
		{"done", d.us, d.done},
	}
}

// The source report is invented. Its fields are source-sensitive.
const (
	sourceReport = "Overheard in a chat group that our contact KESTREL-7 reads: a man will wear the belt himself among the evening crowd near the cathedral, the others wait with rifles in a parked van, grid 59.9342, 30.3245, at 18:40."
	sourceNumber = "HR-2017-55821"
	leakingText  = "A man will wear the belt himself among the evening crowd. The others wait nearby. See HR-2017-55821."
	releaseText  = "A cell that follows ISIS prepares a suicide bombing and attacks on people in crowded places of Saint Petersburg. The day named is 16 December. It has explosives and automatic weapons. Look for a group of about seven. Please say what you need and what you find."
)

func december(day int) time.Time { return time.Date(2017, time.December, day, 0, 0, 0, 0, time.UTC) }

func (d *demo) paired(ctx context.Context) (string, map[string]any, error) {
	invitation, err := d.us.admin.Invite(ctx, nil)
	if err != nil {
		return "", nil, err
	}
	if _, err := d.ru.admin.Accept(ctx, invitation.Text); err != nil {
		return "", nil, err
	}
	err = until(ctx, "the answer to the invitation", func() (bool, error) {
		partners, err := d.us.admin.Partners(ctx)
		return len(partners) == 1, err
	})
	if err != nil {
		return "", nil, err
	}
	digits := make(map[string]string)
	for _, p := range [][2]*house{{d.us, d.ru}, {d.ru, d.us}} {
		seen, err := p[0].admin.Partner(ctx, p[1].name)
		if err != nil {
			return "", nil, err
		}
		digits[p[0].name] = seen.Digits
	}
	if digits[d.us.name] != digits[d.ru.name] {
		return "", nil, errors.New("the two sides see different digits")
	}
	for _, p := range [][2]*house{{d.us, d.ru}, {d.ru, d.us}} {
		// Each reads the other's digits, as two people would by telephone.
		if _, err := p[0].admin.Confirm(ctx, p[1].name, digits[p[1].name]); err != nil {
			return "", nil, err
		}
		if _, err := p[0].admin.SignTerms(ctx, p[1].name); err != nil {
			return "", nil, err
		}
	}
	if err := d.bothSee(ctx, "active"); err != nil {
		return "", nil, err
	}
	// What the one side owes the other from the first day on.
	pledge := warning.Pledge{Places: []string{"RU"}, Nationals: []string{"RU"}, Text: "What concerns the life of people in Russia, whatever else divides us."}
	if _, err := d.us.first.Pledge(ctx, api.NewPledge{Partner: d.ru.name, Pledge: pledge}); err != nil {
		return "", nil, err
	}
	return "Two wary services compared 60 digits by voice and signed the same terms: the channel is open.",
		map[string]any{"digits": digits[d.us.name], "partner": d.ru.name, "state": "active"}, nil
}

func (d *demo) bothSee(ctx context.Context, state string) error {
	return until(ctx, "both sides to see the channel "+state, func() (bool, error) {
		ours, err := d.us.admin.Partner(ctx, d.ru.name)
		if err != nil {
			return false, err
		}
		theirs, err := d.ru.admin.Partner(ctx, d.us.name)
		return ours.State == state && theirs.State == state, err
	})
}

func (d *demo) sourceKept(ctx context.Context) (string, map[string]any, error) {
	kept, err := d.us.analyst.KeepSource(ctx, warning.Source{
		Title: "Planned bombing, Saint Petersburg",
		Fields: []warning.Field{
			{Name: "report number", Text: sourceNumber},
			{Name: "report", Text: sourceReport},
			{Name: "assessment", Text: "Credible and specific.", Open: true},
		},
		Target:     warning.Target{Kind: "location", Name: "Crowded places of Saint Petersburg", Place: warning.Place{Country: "RU", Region: "RU-SPE", City: "Saint Petersburg"}},
		ThreatType: warning.MassCasualtyAttack, Precedence: handling.Immediate,
		Window:   warning.Window{Start: december(16), End: december(16), Fidelity: "day"},
		Handling: handling.Handling{TLP: handling.Red},
	})
	if err != nil {
		return "", nil, err
	}
	d.source = kept.Source.ID
	if len(kept.Duties) != 1 || kept.Duties[0].Partner != d.ru.name {
		return "", nil, fmt.Errorf("%d duties were opened", len(kept.Duties))
	}
	d.duty = kept.Duties[0].ID
	return "The US service keeps a secret report: a bombing is planned in another country's second city. It will never leave.",
		map[string]any{"source": d.source, "sensitive_fields": 2}, nil
}

func (d *demo) dutyOpened(ctx context.Context) (string, map[string]any, error) {
	duty, err := d.us.officer.Duty(ctx, d.duty)
	if err != nil {
		return "", nil, err
	}
	if duty.State != warning.DutyOpen || !duty.ToLife || duty.Subject != d.source || len(duty.Reasons) == 0 {
		return "", nil, fmt.Errorf("the duty is %s", duty.State)
	}
	if _, err = d.us.officer.Decide(ctx, d.duty, api.Decide{Choice: warning.Warn}); err != nil {
		return "", nil, err
	}
	return "It meets what is owed to the other side: a duty to warn opens with a clock, and the duty officer decides to warn.",
		map[string]any{"duty": d.duty, "reasons": duty.Reasons, "due": duty.Due, "decision": "warn"}, nil
}

func (d *demo) compose(text string) warning.Draft {
	return warning.Draft{
		ID: d.draft, Source: d.source, Duty: d.duty,
		Warning: warning.Warning{
			Target:     warning.Target{Kind: "location", Name: "Crowded places of Saint Petersburg", Place: warning.Place{Country: "RU", Region: "RU-SPE", City: "Saint Petersburg"}},
			ThreatType: warning.MassCasualtyAttack, Method: "suicide bombing, automatic weapons", Actor: "a cell that follows ISIS",
			Window:     warning.Window{Start: december(16), End: december(16), Fidelity: "day"},
			Precedence: handling.Immediate, Probability: "very likely", Confidence: handling.High, Grade: "B2",
			Handling: handling.Handling{TLP: handling.AmberStrict, Codes: []handling.Code{handling.H1, handling.H2},
				Caveats: []handling.Caveat{handling.Sanitised, handling.LifeSavingException}},
			Purpose: "prevention of a threat to life",
		},
		Releases: map[string]string{d.ru.name: text}, ReleasableTo: []string{d.ru.name},
	}
}

func (d *demo) previewed(ctx context.Context) (string, map[string]any, error) {
	draft, err := d.us.analyst.Compose(ctx, d.compose(leakingText))
	if err != nil {
		return "", nil, err
	}
	d.draft = draft.ID
	leaking, err := d.us.first.Preview(ctx, d.draft)
	if err != nil {
		return "", nil, err
	}
	leaks := len(leaking.Copies[0].Leaks)
	if !leaking.Blocked || leaks < 2 {
		return "", nil, fmt.Errorf("the leak check found %d leaks", leaks)
	}
	if _, err := d.us.first.Release(ctx, d.draft, api.Release{Preview: leaking.Hash}); err == nil {
		return "", nil, errors.New("a leaking text could be released")
	}
	if _, err := d.us.analyst.Compose(ctx, d.compose(releaseText)); err != nil {
		return "", nil, err
	}
	clean, err := d.us.first.Preview(ctx, d.draft)
	if err != nil {
		return "", nil, err
	}
	if clean.Blocked || len(clean.Copies) != 1 || !clean.Copies[0].Allowed {
		return "", nil, errors.New("the mended text is blocked")
	}
	leaves, err := warning.Encode(clean.Copies[0].Leaves)
	if err != nil {
		return "", nil, err
	}
	for _, secret := range []string{d.source, d.draft, sourceNumber, "KESTREL", "18:40", "59.93"} {
		if bytes.Contains(leaves, []byte(secret)) {
			return "", nil, errors.New("what would leave names the source")
		}
	}
	withheld := 0
	for _, reason := range clean.Copies[0].Reasons {
		if reason.Effect == "withhold" {
			withheld++
		}
	}
	d.hash = clean.Hash
	return fmt.Sprintf("The first text repeats the report in %d places and is blocked. The tear line is rewritten; the preview shows exactly what would leave.", leaks),
		map[string]any{"draft": d.draft, "leaks_blocked": leaks, "withheld": withheld, "preview": d.hash, "bytes": len(leaves)}, nil
}

func (d *demo) released(ctx context.Context) (string, map[string]any, error) {
	token, err := d.us.admin.AddToken(ctx, api.NewToken{Name: "scanner"})
	if err != nil {
		return "", nil, err
	}
	release := api.Release{Preview: d.hash}
	if _, err := d.us.client(token.Token).Release(ctx, d.draft, release); err == nil {
		return "", nil, errors.New("a machine could release a warning")
	}
	draft, err := d.us.first.Release(ctx, d.draft, release)
	if err != nil || draft.Stage != warning.Approved {
		return "", nil, fmt.Errorf("after one release the draft is %q: %w", draft.Stage, err)
	}
	if _, err := d.us.first.Release(ctx, d.draft, release); err == nil {
		return "", nil, errors.New("one person could release twice")
	}
	draft, err = d.us.second.Release(ctx, d.draft, release)
	if err != nil || draft.Stage != warning.Released {
		return "", nil, fmt.Errorf("after two releases the draft is %q: %w", draft.Stage, err)
	}
	d.warned = draft.Sent[d.ru.name]
	duty, err := d.us.officer.Duty(ctx, d.duty)
	if err != nil || duty.State != warning.DutyWarned {
		return "", nil, fmt.Errorf("the duty is %q: %w", duty.State, err)
	}
	return "Two different people release it; a machine may not, and neither may the same person twice. The duty is met.",
		map[string]any{"by": []string{draft.Approvals[0].By, draft.Approvals[1].By}, "warning": d.warned, "duty": string(duty.State)}, nil
}

// said waits until the newest message of that kind in a case is delivered, and
// verifies its receipt offline with the recipient's card alone.
func (d *demo) said(ctx context.Context, from, to *house, id, kind string) (api.Message, error) {
	var found api.Message
	err := until(ctx, "the receipt of a "+kind, func() (bool, error) {
		c, err := from.officer.Case(ctx, id)
		if err != nil {
			return false, err
		}
		for _, message := range c.Thread {
			if message.Kind == kind && message.Ours {
				found = message
			}
		}
		return found.State == "delivered", nil
	})
	if err != nil {
		return found, err
	}
	raw, err := from.officer.Receipt(ctx, found.Hash)
	if err != nil {
		return found, err
	}
	r, err := receipt.Parse(raw)
	if err != nil {
		return found, err
	}
	if r.Statement.Header != found.Hash {
		return found, receipt.ErrMismatch
	}
	return found, r.Verify(receipt.Keys{Sign: to.card.Public(), Log: to.card.Log})
}

func (d *demo) delivered(ctx context.Context) (string, map[string]any, error) {
	message, err := d.said(ctx, d.us, d.ru, d.warned, "warning")
	if err != nil {
		return "", nil, err
	}
	c, err := d.ru.officer.Case(ctx, d.warned)
	if err != nil {
		return "", nil, err
	}
	text := string(c.Thread[0].Payload)
	if c.Ours || len(c.Thread) != 1 || c.Thread[0].Hash != message.Hash || !strings.Contains(text, "16 December") {
		return "", nil, errors.New("the warning did not arrive as it was released")
	}
	return "The warning is at the Russian service; its signed receipt, with the proof from its log, verifies with its public keys alone.",
		map[string]any{"message": message.Hash, "received": message.ReceivedAt, "seq": message.Seq, "precedence": c.Precedence}, nil
}

func (d *demo) acknowledged(ctx context.Context) (string, map[string]any, error) {
	if _, err := d.ru.officer.Acknowledge(ctx, d.warned, api.Acknowledge{Answer: warning.Understood, Note: "We act at once."}); err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.ru, d.us, d.warned, "acknowledgement"); err != nil {
		return "", nil, err
	}
	if err := d.inState(ctx, "acknowledged"); err != nil {
		return "", nil, err
	}
	return "A named human at the Russian service acknowledges: understood. That is another receipt than the node's.",
		map[string]any{"by": "Duty officer", "answer": "understood"}, nil
}

// inState waits until the warning side sees its case in a state.
func (d *demo) inState(ctx context.Context, state string) error {
	return until(ctx, "the case to be "+state, func() (bool, error) {
		c, err := d.us.officer.Case(ctx, d.warned)
		return c.State == state, err
	})
}

func (d *demo) outcome(ctx context.Context) (string, map[string]any, error) {
	counters := map[string]int64{"persons_detained": 7, "explosives_seized": 1}
	_, err := d.ru.officer.Report(ctx, d.warned, api.Outcome{
		Result: "attack_prevented", Counters: counters, Contribution: "decisive", Public: "ask",
		Text: "Seven members of the cell were arrested on 15 December. A large quantity of explosives, automatic rifles, ammunition and extremist writings was seized.",
	})
	if err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.ru, d.us, d.warned, "outcome"); err != nil {
		return "", nil, err
	}
	if err := d.inState(ctx, "outcome"); err != nil {
		return "", nil, err
	}
	return "The outcome: seven people arrested the day before, explosives and rifles seized, the attack prevented.",
		map[string]any{"result": "attack_prevented", "counters": counters, "contribution": "decisive"}, nil
}

func (d *demo) thanked(ctx context.Context) (string, map[string]any, error) {
	if _, err := d.ru.officer.Thank(ctx, d.warned, api.Thank{Text: "We thank you. What you passed on was enough to find and arrest them."}); err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.ru, d.us, d.warned, "thanks"); err != nil {
		return "", nil, err
	}
	return "The Russian service says thanks, on the record.", map[string]any{"warning": d.warned}, nil
}

func (d *demo) pledged(ctx context.Context) (string, map[string]any, error) {
	given, err := d.ru.first.Pledge(ctx, api.NewPledge{Partner: d.us.name, Pledge: warning.Pledge{
		Places: []string{"US"}, Nationals: []string{"US"}, Text: "What we learn of attacks planned against the US or its people, we pass on.",
	}})
	if err != nil {
		return "", nil, err
	}
	d.pledge = given.Pledge.ID
	err = until(ctx, "the pledge to arrive", func() (bool, error) {
		pledges, err := d.us.officer.Pledges(ctx)
		for _, p := range pledges {
			if p.Pledge.ID == d.pledge && !p.Ours && p.Partner == d.ru.name {
				return true, nil
			}
		}
		return false, err
	})
	return "It pledges to return the favour: threats to the other country and its citizens will be passed on.",
		map[string]any{"pledge": d.pledge, "places": []string{"US"}, "nationals": []string{"US"}}, err
}
