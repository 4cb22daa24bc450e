// SPDX-License-Identifier: Apache-2.0

package shelf

// This file says a cleared statement in the words of the Common Alerting Protocol.

import (
	"context"
	"net/url"
	"strings"

	"github.com/tocsin-exchange/tocsin/capalert"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// CAP is a statement of ours that was cleared, as a CAP 1.2 alert in XML: the
// same bytes each time. Anyone may have it. A statement that is not cleared,
// and a partner's account, are Missing in the same words as one that is not
// there. One whose words CAP cannot carry, such as markup or a severity of its
// own making, is a Conflict that names them. CAP 1.2 §3.2
func (s *Shelf) CAP(ctx context.Context, who caller.Caller, statementID string) (raw []byte, err error) {
	what := store.What{Act: caller.ReadPublic, Subject: statementID}
	err = s.store.Glance(ctx, who, what, func(tx *store.Tx) error {
		missing := problem.New(problem.Missing, "", "there is no such statement")
		statement, ok, err := store.Statements.Find(tx, statementID)
		if err != nil {
			return err
		}
		rules, err := s.force.Rules(tx)
		if err != nil {
			return err
		}
		if !ok || !public(rules, &statement) {
			return missing
		}
		alert := s.alert(&statement)
		if err := alert.Validate(); err != nil {
			_, lines, _ := strings.Cut(err.Error(), "\n")
			return problem.New(problem.Conflict, "write and clear another version without it", "the statement cannot be said as a CAP 1.2 alert").
				With(strings.Split(lines, "\n")...).Because(err)
		}
		raw, err = capalert.Marshal(alert)
		return err
	})
	return raw, err
}

// alert is the statement as an alert. It names no person and no case.
func (s *Shelf) alert(statement *warning.Statement) capalert.Alert {
	info := capalert.Info{
		Language: statement.Language, Categories: []string{"Security"}, Event: capText(statement.Event),
		Urgency: capWord(statement.Urgency), Severity: capWord(statement.Severity), Certainty: capWord(statement.Certainty),
		SenderName: s.card.Name, Headline: capText(statement.Headline), Description: capText(statement.Text),
		Instruction: capText(statement.Instruction),
	}
	for _, link := range statement.Links {
		// CAP has room for one page: the first that can be opened is it.
		if info.Web == "" && isWebLink(link) {
			info.Web = link
			continue
		}
		info.Parameters = append(info.Parameters, capalert.Named{ValueName: "link", Value: capText(link)})
	}
	for _, area := range statement.Areas {
		info.Areas = append(info.Areas, capalert.Area{AreaDesc: capText(area)})
	}
	return capalert.Alert{
		Identifier: capName(statement.ID), Sender: s.capSender(), Sent: capalert.FormatTime(statement.ClearedAt.UTC()),
		Status: "Actual", MsgType: "Alert", Scope: "Public", Infos: []capalert.Info{info},
	}
}

// capSender names this node among all: two nodes of one name and country have
// different keys.
func (s *Shelf) capSender() string {
	name := s.card.Name + "." + strings.ToLower(s.card.Country) + "." + s.card.ID()[:16]
	return capName(name)
}

// capName leaves out what an identifier and a sender may not hold. CAP 1.2 §3.2.1
func capName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ,<&\t\r\n", r) {
			return -1
		}
		return r
	}, text)
}

// capWord is a word of a vocabulary with its capital letter; "Unknown" if empty.
func capWord(word string) string {
	word = strings.TrimSpace(word)
	if word == "" {
		return "Unknown"
	}
	return strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
}

// capText ends lines the one way that a reader of XML leaves alone.
func capText(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func isWebLink(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != "" && !strings.ContainsAny(text, " \t\r\n")
}
