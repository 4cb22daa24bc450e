// SPDX-License-Identifier: Apache-2.0

package main

// This file plays the second half: the favour returned, two accounts of one
// event, a dispute, a parting, and the proof at the end.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/capalert"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// warn plays a whole warning of the Russian service: a report, a draft, two people.
func (d *demo) warn(ctx context.Context, title, report, name, text string) (id string, duties []warning.Duty, err error) {
	target := warning.Target{Kind: "group", Name: name, Nationalities: []string{"US"}}
	kept, err := d.ru.analyst.KeepSource(ctx, warning.Source{
		Title: title, Fields: []warning.Field{{Name: "report", Text: report}}, Target: target,
		ThreatType: warning.MassCasualtyAttack, Precedence: handling.Flash,
	})
	if err != nil {
		return "", nil, err
	}
	draft := warning.Draft{
		Source: kept.Source.ID,
		Warning: warning.Warning{
			Target: target, ThreatType: warning.MassCasualtyAttack, Precedence: handling.Flash, Probability: "likely", Confidence: handling.Moderate,
			Handling: handling.Handling{TLP: handling.AmberStrict}, Purpose: "prevention of a threat to life",
		},
		Releases: map[string]string{d.us.name: text}, ReleasableTo: []string{d.us.name},
	}
	if len(kept.Duties) > 0 {
		draft.Duty = kept.Duties[0].ID
	}
	if draft, err = d.ru.analyst.Compose(ctx, draft); err != nil {
		return "", nil, err
	}
	preview, err := d.ru.first.Preview(ctx, draft.ID)
	if err != nil {
		return "", nil, err
	}
	for _, releaser := range []*api.Client{d.ru.first, d.ru.second} {
		if draft, err = releaser.Release(ctx, draft.ID, api.Release{Preview: preview.Hash}); err != nil {
			return "", nil, err
		}
	}
	return draft.Sent[d.us.name], kept.Duties, nil
}

func (d *demo) reciprocated(ctx context.Context) (string, map[string]any, error) {
	id, duties, err := d.warn(ctx, "Interest in a coach", "Seen in a closed forum by our own officer: two men ask for the timetable of a coach.",
		"Travellers of a tour group",
		"Two men show interest in a coach party of your citizens abroad. The week after Christmas is named.")
	if err != nil {
		return "", nil, err
	}
	d.back = id
	if len(duties) != 1 || !strings.Contains(strings.Join(duties[0].Reasons, " "), "US") {
		return "", nil, errors.New("the pledge did not open a duty")
	}
	if _, err := d.said(ctx, d.ru, d.us, id, "warning"); err != nil {
		return "", nil, err
	}
	if _, err := d.us.officer.Acknowledge(ctx, id, api.Acknowledge{Answer: warning.Understood}); err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.us, d.ru, id, "acknowledgement"); err != nil {
		return "", nil, err
	}
	return "The pledge is kept: what the Russian service then learns meets it, opens a duty, and is passed on.",
		map[string]any{"warning": id, "duty": duties[0].ID, "reasons": duties[0].Reasons}, nil
}

func (d *demo) stated(ctx context.Context) (string, map[string]any, error) {
	accounts := map[*house]warning.Statement{
		d.us: {Case: d.warned, Event: "Foiled attack in Saint Petersburg, December 2017", Headline: "An attack was prevented",
			Text: "Our service passed on what it knew. Many could have died. Two countries that work together can prevent such a thing."},
		d.ru: {Case: d.warned, Event: "Foiled attack in Saint Petersburg, December 2017", Headline: "Thanks for information that helped",
			Text: "What we were told was enough to find the group and stop it. We have promised to return the favour."},
	}
	facts := map[string]any{}
	for h, other := range map[*house]*house{d.us: d.ru, d.ru: d.us} {
		ours, err := h.analyst.WriteStatement(ctx, accounts[h])
		if err != nil {
			return "", nil, err
		}
		// A second account that is never cleared, and the other side's beside it:
		// neither may be seen from outside.
		hidden := accounts[h]
		hidden.Headline = "Not cleared"
		if _, err := h.analyst.WriteStatement(ctx, hidden); err != nil {
			return "", nil, err
		}
		theirs := accounts[other]
		theirs.Theirs = other.name
		if _, err := h.analyst.WriteStatement(ctx, theirs); err != nil {
			return "", nil, err
		}
		read, err := h.first.Statement(ctx, ours.ID)
		if err != nil {
			return "", nil, err
		}
		if _, err := h.first.ClearStatement(ctx, ours.ID, api.ClearStatement{Seen: read.As}); err != nil {
			return "", nil, err
		}
		if err := h.public(ctx, accounts[h].Headline, "Not cleared", accounts[other].Headline); err != nil {
			return "", nil, err
		}
		alert, err := h.analyst.CAP(ctx, ours.ID)
		if err != nil {
			return "", nil, err
		}
		parsed, err := capalert.Parse(alert)
		if err != nil {
			return "", nil, err
		}
		if err := parsed.Validate(); err != nil {
			return "", nil, err
		}
		facts[h.name] = h.address + "/public/" + ours.ID
	}
	return "Each capital publishes its own account, cleared by a second person; the public page, the feed and CAP show nothing else.", facts, nil
}

// public looks at the house's public pages as a stranger would.
func (h *house) public(ctx context.Context, shown string, hidden ...string) error {
	for _, path := range []string{"/public", "/public/feed.atom"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.address+path, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		if err = errors.Join(err, response.Body.Close()); err != nil {
			return err
		}
		page := string(raw)
		if response.StatusCode != http.StatusOK || !strings.Contains(page, shown) {
			return fmt.Errorf("%s of %s does not show its statement", path, h.name)
		}
		for _, text := range hidden {
			if strings.Contains(page, text) {
				return fmt.Errorf("%s of %s shows what was not cleared", path, h.name)
			}
		}
	}
	return nil
}

func (d *demo) disputed(ctx context.Context) (string, map[string]any, error) {
	about := "Whether the warning named a day."
	if _, err := d.ru.first.Dispute(ctx, d.warned, api.Dispute{About: about, View: "It was general. The day was found by our own work."}); err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.ru, d.us, d.warned, "dispute"); err != nil {
		return "", nil, err
	}
	if _, err := d.us.first.Dispute(ctx, d.warned, api.Dispute{About: about, View: "It named 16 December. The receipt proves the text."}); err != nil {
		return "", nil, err
	}
	if _, err := d.said(ctx, d.us, d.ru, d.warned, "dispute"); err != nil {
		return "", nil, err
	}
	for _, h := range []*house{d.us, d.ru} {
		c, err := h.officer.Case(ctx, d.warned)
		if err != nil {
			return "", nil, err
		}
		views := 0
		for _, message := range c.Thread {
			if message.Kind == "dispute" {
				views++
			}
		}
		if views != 2 || !c.Disputed {
			return "", nil, fmt.Errorf("%s holds %d views", h.name, views)
		}
	}
	return "Years later they dispute how specific it was. Both views stand side by side for good, and beside them the receipt for the text.",
		map[string]any{"warning": d.warned, "views": 2}, nil
}

func (d *demo) suspended(ctx context.Context) (string, map[string]any, error) {
	partner, err := d.us.first.SetState(ctx, d.ru.name, api.SetState{State: "suspended", Why: "diplomats are being expelled"})
	if err != nil {
		return "", nil, err
	}
	if _, err := d.us.officer.Thank(ctx, d.back, api.Thank{Text: "For the warning about the coach party."}); err != nil {
		return "", nil, err
	}
	c, err := d.us.officer.Case(ctx, d.back)
	if err != nil {
		return "", nil, err
	}
	last := c.Thread[len(c.Thread)-1]
	if partner.State != "suspended" || last.State != "held" {
		return "", nil, fmt.Errorf("in a %s channel a message is %s", partner.State, last.State)
	}
	return "The two states expel diplomats; the US service suspends the channel. What is written now is held: nothing leaves.",
		map[string]any{"state": partner.State, "epoch": partner.Epoch, "held": last.Hash}, nil
}

func (d *demo) quarantined(ctx context.Context) (string, map[string]any, error) {
	id, _, err := d.warn(ctx, "A lorry was sold", "Heard from a man who sells lorries: one was bought in cash for a market abroad.",
		"Visitors of a Christmas market",
		"A lorry may be driven into a Christmas market that your citizens visit.")
	if err != nil {
		return "", nil, err
	}
	message, err := d.said(ctx, d.ru, d.us, id, "warning")
	if err != nil {
		return "", nil, err
	}
	raw, err := d.ru.officer.Receipt(ctx, message.Hash)
	if err != nil {
		return "", nil, err
	}
	r, err := receipt.Parse(raw)
	if err != nil {
		return "", nil, err
	}
	c, err := d.us.officer.Case(ctx, id)
	if err != nil {
		return "", nil, err
	}
	alarms, err := d.us.officer.Alarms(ctx, false)
	if err != nil {
		return "", nil, err
	}
	alarmed := ""
	for _, alarm := range alarms {
		if alarm.Kind == warning.AlarmThreatToLife && alarm.Subject == id {
			alarmed = alarm.ID
		}
	}
	if r.Statement.Disposition != receipt.Quarantined || c.State != "quarantined" || alarmed == "" {
		return "", nil, fmt.Errorf("the case is %s, the receipt says %s", c.State, r.Statement.Disposition)
	}
	if _, err := d.us.officer.Dismiss(ctx, alarmed, "read at once; the market was closed"); err != nil {
		return "", nil, err
	}
	return "A threat to life comes from the suspended side all the same: quarantined, receipted, and an alarm rings at once.",
		map[string]any{"warning": id, "disposition": string(r.Statement.Disposition), "alarm": alarmed}, nil
}

func (d *demo) restored(ctx context.Context) (string, map[string]any, error) {
	partner, err := d.us.first.SetState(ctx, d.ru.name, api.SetState{State: "active", Why: "it saved lives before"})
	if err != nil {
		return "", nil, err
	}
	held, err := d.said(ctx, d.us, d.ru, d.back, "thanks")
	if err != nil {
		return "", nil, err
	}
	err = until(ctx, "what was in quarantine to be let out", func() (bool, error) {
		seen, err := d.us.admin.Partner(ctx, d.ru.name)
		return seen.Quarantined == 0, err
	})
	if err != nil {
		return "", nil, err
	}
	if err := d.bothSee(ctx, "active"); err != nil {
		return "", nil, err
	}
	return "The channel is restored in a new epoch. What was held leaves, in order; what was quarantined is let in.",
		map[string]any{"state": partner.State, "epoch": partner.Epoch, "delivered": held.Hash}, nil
}

func (d *demo) verified(ctx context.Context) (string, map[string]any, error) {
	receipts, leaves := 0, int64(0)
	facts := map[string]any{}
	for h, other := range map[*house]*house{d.us: d.ru, d.ru: d.us} {
		err := until(ctx, "the queue to be empty", func() (bool, error) {
			partner, err := h.admin.Partner(ctx, other.name)
			return partner.Queued == 0 && len(partner.Gaps) == 0, err
		})
		if err != nil {
			return "", nil, err
		}
		audit, err := h.overseer.VerifyLedger(ctx, nil)
		if err != nil {
			return "", nil, err
		}
		if !audit.OK {
			return "", nil, fmt.Errorf("the ledger of %s: %s", h.name, strings.Join(audit.Wrong, "; "))
		}
		n, err := h.verifyReceipts(ctx, other)
		if err != nil {
			return "", nil, err
		}
		receipts, leaves = receipts+n, leaves+audit.Leaves
		facts[h.name] = map[string]any{"leaves": audit.Leaves, "rows": audit.Rows, "receipts": n, "root": audit.Root}
	}
	return fmt.Sprintf("%d receipts verified offline, both logs (%d leaves) recomputed with every row they speak for: nothing is missing, nothing was changed.", receipts, leaves), facts, nil
}

// verifyReceipts verifies, with the other side's card alone, the receipt of
// every message this house has sent in a case.
func (h *house) verifyReceipts(ctx context.Context, other *house) (int, error) {
	cases, err := h.officer.Cases(ctx, "", 0)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, summary := range cases {
		c, err := h.officer.Case(ctx, summary.ID)
		if err != nil {
			return n, err
		}
		for _, message := range c.Thread {
			if !message.Ours {
				continue
			}
			raw, err := h.officer.Receipt(ctx, message.Hash)
			if err != nil {
				return n, err
			}
			r, err := receipt.Parse(raw)
			if err != nil {
				return n, err
			}
			if err := r.Verify(receipt.Keys{Sign: other.card.Public(), Log: other.card.Log}); err != nil || r.Statement.Header != message.Hash {
				return n, errors.Join(err, fmt.Errorf("the receipt of %s", message.Hash))
			}
			n++
		}
	}
	return n, nil
}

func (d *demo) done(context.Context) (string, map[string]any, error) {
	return "Neither side can deny what it sent, what it received, or when.",
		map[string]any{d.us.name: d.us.address, d.ru.name: d.ru.address}, nil
}
