// SPDX-License-Identifier: Apache-2.0

package warning

// This file gathers what a partner said in free words, so that it is not said on
// in them.

import "strings"

// FromPartner is a warning that a partner gave us as a source report: what it
// says in free words, of persons and in its objects is source-sensitive, and it is
// handled as it came. Whom it threatens, where and when is no secret from those
// whom it may go on to.
func FromPartner(w *Warning, partner string) Source {
	return Source{ID: w.ID, Origin: partner, Handling: w.Handling, Target: w.Target, Window: w.Window, Fields: Said(w), Objects: w.Objects}
}

// Said are the free texts of a payload, each under the name of its field. What has
// none, and what is not known here, says nothing; nor does the purpose of a
// warning, whose words stand in the terms of many channels.
func Said(payload Payload) (said []Field) {
	add := func(name, text string) {
		if strings.TrimSpace(text) != "" {
			said = append(said, Field{Name: name, Text: text})
		}
	}
	switch p := payload.(type) {
	case *Warning:
		add("text", p.Text)
		add("method", p.Method)
		add("threat_actor", p.Actor)
		add("recommended_action", p.Action)
		add("handling.note", p.Handling.Note)
		add("recipients", strings.Join(p.Recipients, "; "))
		for _, person := range p.Persons {
			add("persons.name", person.Name)
			add("persons.text", person.Text)
			add("persons.reason", person.Reason)
		}
	case *Update:
		said = Said(&p.Warning)
		add("change", p.Change)
	case *Acknowledgement:
		add("note", p.Note)
	case *Request:
		add("question", p.Question)
	case *Reply:
		add("text", p.Text)
		add("handling.note", p.Handling.Note)
	case *Outcome:
		add("text", p.Text)
	case *Thanks:
		add("text", p.Text)
	case *Dispute:
		add("about", p.About)
		add("view", p.View)
	case *Recall:
		add("reason", p.Reason)
	case *RecallAnswer:
		add("reason", p.Reason)
		add("passed_on", strings.Join(p.PassedOn, "; "))
	case *PermissionRequest:
		add("reason", p.Reason)
	case *Permission:
		add("reason", p.Reason) // the conditions go wherever what is permitted goes
	case *Inquiry:
		add("question", p.Question)
	}
	return said
}
