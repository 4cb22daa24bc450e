// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what is put on a duty's record: the assessment, who was asked
// and told, how the warning was given; and the rota.

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) assessCommand() *cobra.Command {
	var a warning.Assessment
	var credible, specific, impending, threat, kind, start, end, fidelity string
	c := t.onDuty("assess ID --credible yes|no --credible-why TEXT … --threat TYPE --target-kind KIND", "say whether the threshold of a duty is met, and what is known", func(ctx context.Context, c *api.Client, id string) (warning.Duty, error) {
		for _, one := range []struct {
			flag, value string
			finding     *warning.Finding
		}{{"--credible", credible, &a.Credible}, {"--specific", specific, &a.Specific}, {"--impending", impending, &a.Impending}} {
			switch one.value {
			case "yes", "no":
				one.finding.Yes = one.value == "yes"
			default:
				return warning.Duty{}, usage("say "+one.flag+" yes or "+one.flag+" no, and why with "+one.flag+"-why", "%s is missing", one.flag)
			}
		}
		for _, one := range [][3]string{
			{"--credible-why", a.Credible.Reason, "TEXT"}, {"--specific-why", a.Specific.Reason, "TEXT"}, {"--impending-why", a.Impending.Reason, "TEXT"},
			{"--threat", threat, strings.Join(warning.ThreatTypes(), ", ")}, {"--target-kind", kind, strings.Join(warning.TargetKinds(), ", ")},
		} {
			if err := needed(one[0], one[1], one[2]); err != nil {
				return warning.Duty{}, err
			}
		}
		var err error
		if a.Window, err = window(start, end, fidelity); err != nil {
			return warning.Duty{}, err
		}
		a.ThreatType, a.Target.Kind = warning.ThreatType(threat), warning.TargetKind(kind)
		return c.Assess(ctx, id, a)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&credible, "credible", "", "yes or no: the information can be believed")
	flags.StringVar(&a.Credible.Reason, "credible-why", "", "why")
	flags.StringVar(&specific, "specific", "", "yes or no: it says who or what, where or when; an identified person or group")
	flags.StringVar(&a.Specific.Reason, "specific-why", "", "why")
	flags.StringVar(&impending, "impending", "", "yes or no: it is about to happen; a real and immediate risk")
	flags.StringVar(&a.Impending.Reason, "impending-why", "", "why")
	flags.StringVar(&threat, "threat", "", strings.Join(warning.ThreatTypes(), ", "))
	flags.StringVar(&kind, "target-kind", "", strings.Join(warning.TargetKinds(), ", "))
	flags.StringVar(&a.Target.Name, "target", "", "who or what is threatened")
	flags.StringVar(&a.Target.Place.Country, "country", "", "where: ISO 3166-1 code")
	flags.StringVar(&a.Target.Place.Region, "region", "", "where: ISO 3166-2 code")
	flags.StringVar(&a.Target.Place.City, "city", "", "where")
	flags.StringSliceVar(&a.Target.Nationalities, "national", nil, "a victim is a national of this country; may be repeated")
	flags.StringVar(&start, "from", "", "when: not before")
	flags.StringVar(&end, "until", "", "when: not after")
	flags.StringVar(&fidelity, "fidelity", "", "how exact that is: "+strings.Join(warning.Fidelities(), ", "))
	flags.StringVar(&a.Method, "method", "", "by what means")
	flags.StringVar(&a.Actor, "actor", "", "by whom")
	flags.StringVar(&a.OwnCitizen, "own-citizen", "unknown", "yes, no or unknown: a victim is a national of ours")
	flags.StringVar(&a.Protector, "protector", "", "the authority that is responsible for protecting the victim")
	flags.StringVar(&a.Measures, "measures", "", "what may reasonably be expected to be done to avoid the risk")
	return c
}

func (t *tool) recordCommand() *cobra.Command {
	var add warning.Addition
	var consulted warning.Consultation
	var given warning.Given
	var notified warning.Notice
	var dispute warning.Difference
	var consultedAt, givenBy, givenAt, notifiedAt, review string
	c := t.onDuty("record ID", "add to a duty's record: who was asked and told, how the warning was given", func(ctx context.Context, c *api.Client, id string) (duty warning.Duty, err error) {
		if consulted.Body != "" {
			if consulted.When, err = timeOf("--consulted-at", consultedAt); err != nil {
				return duty, err
			}
			add.Consulted = &consulted
		}
		if givenBy != "" {
			if given.DeliveredAt, err = timeOf("--given-at", givenAt); err != nil {
				return duty, err
			}
			given.Method, add.Given = warning.GivenBy(givenBy), &given
		}
		if notified.Who != "" {
			if notified.When, err = timeOf("--told-at", notifiedAt); err != nil {
				return duty, err
			}
			add.Notified = &notified
		}
		if dispute.Level != "" {
			add.Dispute = &dispute
		}
		add.RetentionReview = warning.Date(review)
		return c.AddToDuty(ctx, id, add)
	})
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&consulted.Body, "consulted", "", "a body that may hold related information")
	flags.StringVar(&consulted.View, "view", "", "its view")
	flags.StringVar(&consultedAt, "consulted-at", "", "when it was asked")
	flags.StringVar(&add.Consent, "consent", "", "where the consent of the originator is, if the information is a third party's")
	flags.StringVar(&givenBy, "given", "", "how the warning was given: "+strings.Join(warning.Methods()[1:], ", "))
	flags.StringVar(&given.Means, "means", "", "by what means, such as the number that was called")
	flags.StringVar(&given.Authority, "authority", "", "which authority was told")
	flags.StringVar(&given.Role, "to", "", "in which role, or by name")
	flags.StringVar(&given.Substance, "substance", "", "what was said")
	flags.StringVar(&givenAt, "given-at", "", "when")
	flags.BoolVar(&add.Confirmed, "confirm", false, "it was given as another person put on record")
	flags.StringVar(&notified.Who, "told", "", "who was told that a warning was given")
	flags.StringVar(&notifiedAt, "told-at", "", "when")
	flags.StringVar(&dispute.Level, "dispute", "", "the level on which it is disputed")
	flags.StringVar(&dispute.Party, "party", "", "with whom")
	flags.StringVar(&dispute.Resolution, "resolution", "", "how it was resolved")
	flags.StringVar(&add.Outcome, "outcome", "", "where the outcome is")
	flags.StringVar(&review, "review", "", "the day on which to look at the record again")
	return c
}

// timeOf reads a time of a flag; zero if it is empty.
func timeOf(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, _, err := parseTime(text, false)
	if err != nil {
		return at, usage("write it as 2026-12-31 15:04Z", "%s: %v", flag, err)
	}
	return at, nil
}

func (t *tool) rotaCommand() *cobra.Command {
	show := func(rota warning.Rota) error {
		return t.show(rota, func(p *page) {
			if len(rota.People) == 0 {
				p.line("nobody is called; next: tocsin duty rota set NAME…")
				return
			}
			p.line("called, one after the other: %s", strings.Join(rota.People, ", "))
			p.field("set by", rota.By)
			p.field("at", rota.At)
		})
	}
	list := t.ask("show", "show whom duties call, one after the other", func(ctx context.Context, c *api.Client, _ []string) error {
		rota, err := c.Rota(ctx)
		if err != nil {
			return err
		}
		return show(rota)
	})
	set := t.ask("set [NAME…]", "say whom duties call, by sign-in names, in this order; nobody, if none is named", func(ctx context.Context, c *api.Client, people []string) error {
		rota, err := c.SetRota(ctx, people)
		if err != nil {
			return err
		}
		return show(rota)
	})
	return t.group("rota", "whom duties call, one after the other, until somebody decides", list, set)
}

func printAssessment(p *page, a *warning.Assessment) {
	if a == nil {
		return
	}
	met := "the threshold is not met"
	if a.Met() {
		met = "the threshold is met"
	}
	p.field("assessed", fmt.Sprintf("%s, by %s", met, a.By))
	for _, one := range []struct {
		name string
		warning.Finding
	}{{"credible", a.Credible}, {"specific", a.Specific}, {"impending", a.Impending}} {
		p.field(one.name, yesNo(one.Yes)+": "+one.Reason)
	}
	p.field("threat", join(string(a.ThreatType), a.Method, a.Actor))
	p.field("target", join(string(a.Target.Kind), a.Target.Name, a.Target.Place.String(), strings.Join(a.Target.Nationalities, " ")))
	if !a.Window.IsZero() {
		p.field("when", span(a.Window))
	}
	p.field("own citizen", a.OwnCitizen)
	p.field("protector", a.Protector)
	p.field("measures", a.Measures)
}

func printRecord(p *page, d warning.Duty) {
	for _, c := range d.Consulted {
		p.field("consulted", join(c.Body, when(c.When), c.View))
	}
	p.field("consent", d.Consent)
	if e := d.Exigent; e != nil {
		p.field("exigent", join(e.By, e.Reason))
		p.field("review due", e.ReviewDue)
		p.field("reviewed by", e.ReviewedBy)
	}
	for _, g := range d.Given {
		p.field("given", join(string(g.Method), g.Means, g.Authority, g.Role))
		p.field("recorded by", g.By)
		p.field("confirmed by", g.ConfirmedBy)
		p.field("delivered", g.DeliveredAt)
		p.field("substance", g.SubstanceHash)
		p.field("salt", g.Salt)
		p.field("receipt", g.Receipt)
		p.field("acknowledged", g.Ack)
	}
	for _, n := range d.Notified {
		p.field("told", join(n.Who, when(n.When)))
	}
	for _, one := range d.Disputes {
		p.field("disputed", join(one.Level, one.Party, one.Resolution))
	}
	p.field("outcome", d.Outcome)
	p.field("look again", string(d.RetentionReview))
}
