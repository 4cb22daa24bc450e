// SPDX-License-Identifier: Apache-2.0

package shelf

// This file writes the reciprocity record as a file that can leave the house. No
// file says that a duty was waived, found not to be met, or not decided: that
// only the overseer's has.

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/warning"
)

// RecordMarking is how a record is handled that leaves the house.
const RecordMarking = policy.RecordLabel

// ReciprocityCSV is the record as lines, a line for each exchange, times in UTC.
// The first column is the record's handling. RFC 4180
func (s *Shelf) ReciprocityCSV(ctx context.Context, who caller.Caller, name string, period api.Period) ([]byte, error) {
	record, err := s.recordToLeave(ctx, who, name, period)
	if err != nil {
		return nil, err
	}
	whole := whole(who)
	head := []string{"handling", "partner", "who_warned", "case", "title", "precedence", "threat_to_life", "sent", "received", "answered", "reported", "result", "thanked", "disputed"}
	if whole {
		head = append(head, "duty", "by_pledge", "opened", "choice", "decided")
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.Write(head) // into memory; Error says it below
	for _, line := range record.Partners {
		for _, e := range line.Exchanges {
			by := line.Partner
			if e.Ours {
				by = s.card.Name
			}
			cells := []string{
				recordHandling(e).Short(), line.Partner, by, e.Case, e.Title, string(e.Precedence), strconv.FormatBool(e.ToLife),
				moment(e.Sent), moment(e.Received), moment(e.Answered), moment(e.Reported), e.Result, moment(e.Thanked), strconv.FormatBool(e.Disputed),
			}
			if whole {
				cells = append(cells, e.Duty, strconv.FormatBool(e.Pledged), moment(e.Opened), e.Choice, moment(e.Decided))
			}
			for i := range cells {
				cells[i] = inert(cells[i])
			}
			_ = w.Write(cells)
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// recordHandling is how a line of the record is handled: no wider than the record,
// and as what its title is taken from.
func recordHandling(e api.Exchange) handling.Handling {
	h := e.Handling
	if h.TLP.Rank() < RecordMarking.Rank() {
		h.TLP = RecordMarking
	}
	return h
}

// inert keeps a spreadsheet from taking a text that begins like a formula for one.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// ReciprocitySTIX is the record as a STIX 2.1 bundle: an identity for each side,
// and for each partner a note about both that holds the figures in words and as
// an extension. The same record gives the same bytes. STIX 2.1 §4.13, §7.3
func (s *Shelf) ReciprocitySTIX(ctx context.Context, who caller.Caller, name string, period api.Period) ([]byte, error) {
	record, err := s.recordToLeave(ctx, who, name, period)
	if err != nil {
		return nil, err
	}
	b := recordBundle{shelf: s, from: record.From, at: record.Until}
	label, _ := stix.TLPDefinition(string(RecordMarking))
	b.marking = label.ID()
	us := b.add("identity", s.card.ID(), map[string]any{"name": s.card.Name, "identity_class": "organization"})
	b.add("extension-definition", "tocsin reciprocity v1", map[string]any{
		"name": "reciprocity record", "created_by_ref": us, "version": "1.0.0", "extension_types": []any{"property-extension"},
		"schema": "https://github.com/tocsin-exchange/tocsin/blob/main/docs/reciprocity.md", "description": "What one service promised and did for another in a period, and how long each step took.",
	})
	for _, line := range record.Partners {
		b.partner(us, line, whole(who))
	}
	if b.err != nil {
		return nil, b.err
	}
	return stix.Bundle(b.id("bundle", strings.Join([]string{s.card.ID(), name, moment(record.From), moment(record.Until)}, "\x00")), append([]stix.Object{label}, b.objects...)...)
}

type recordBundle struct {
	shelf   *Shelf
	from    time.Time
	at      time.Time
	marking string
	objects []stix.Object
	err     error
}

// records names everything that such bundles hold. RFC 9562 §5.5
var recordSpace = uuid.MustParse("6b1d9c0e-0f5c-5d0b-9f57-4f3f6b3c2a11")

// recordEpoch is when the objects were made that every record repeats: who the
// sides are, and what the extension means.
var recordEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (b *recordBundle) id(objectType, name string) string {
	return objectType + "--" + uuid.NewSHA1(recordSpace, []byte(objectType+"\x00"+name)).String()
}

func (b *recordBundle) add(objectType, name string, properties map[string]any) string {
	at := recordEpoch
	if objectType == "note" {
		at, name = b.at, name+"\x00"+moment(b.from)+"\x00"+moment(b.at)
	}
	id := b.id(objectType, name)
	properties["type"], properties["spec_version"], properties["id"] = objectType, "2.1", id
	properties["created"], properties["modified"] = stix.FormatTime(at), stix.FormatTime(at)
	properties["object_marking_refs"] = []any{b.marking}
	object, err := stix.FromMap(properties)
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("shelf: writing a record: %w", err)
	}
	b.objects = append(b.objects, object)
	return id
}

func (b *recordBundle) partner(us string, line api.PartnerRecord, whole bool) {
	them := b.add("identity", b.shelf.card.ID()+" partner "+line.Partner, map[string]any{"name": line.Partner, "identity_class": "organization"})
	definition := b.id("extension-definition", "tocsin reciprocity v1")
	b.add("note", b.shelf.card.ID()+" record "+line.Partner, map[string]any{
		"abstract": "Reciprocity record of " + b.shelf.card.Name + " and " + line.Partner,
		"content":  "gave: " + inWords(line.Gave, whole) + "\ngot: " + inWords(line.Got, false), "created_by_ref": us, "object_refs": []any{us, them},
		"extensions": map[string]any{definition: map[string]any{
			"extension_type": "property-extension", "gave": figures(line.Gave, whole), "got": figures(line.Got, false),
		}},
	})
}

type figure struct {
	name string
	n    int64
}

// counted are the figures of a balance, in one order.
func counted(b api.Balance, whole bool) []figure {
	all := []figure{
		{"pledges", int64(b.Pledges)}, {"pledges_ended", int64(b.PledgesEnded)}, {"warnings", int64(b.Warnings)}, {"received", int64(b.Received)}, {"answered", int64(b.Answered)},
		{"outcomes", int64(b.Outcomes)}, {"thanks", int64(b.Thanks)}, {"disputed", int64(b.Disputed)},
	}
	if whole {
		all = append(all, figure{"duties", int64(b.Duties)}, figure{"matched", int64(b.Matched)}, figure{"warn", int64(b.Warn)},
			figure{"waived", int64(b.Waived)}, figure{"threshold_not_met", int64(b.NotMet)}, figure{"waiting", int64(b.Waiting)},
			figure{"decide_median_seconds", b.Decide.Median}, figure{"send_median_seconds", b.Send.Median})
	}
	return append(all, figure{"receive_median_seconds", b.Receive.Median}, figure{"answer_median_seconds", b.Answer.Median}, figure{"outcome_median_seconds", b.Outcome.Median})
}

func figures(b api.Balance, whole bool) map[string]any {
	all := make(map[string]any)
	for _, f := range counted(b, whole) {
		all[f.name] = f.n
	}
	return all
}

func inWords(b api.Balance, whole bool) string {
	var words []string
	for _, f := range counted(b, whole) {
		words = append(words, fmt.Sprintf("%s %d", strings.ReplaceAll(f.name, "_", " "), f.n))
	}
	return strings.Join(words, ", ")
}

// whole reports whether somebody's file holds what was decided.
func whole(who caller.Caller) bool { return slices.Contains(who.Roles, caller.Overseer) }

// recordToLeave is the record, without the exchanges that are a duty alone,
// unless it is the overseer's. An open end is now, so that the file says until when.
//
// What its label keeps narrower than the record's has no title in it.
func (s *Shelf) recordToLeave(ctx context.Context, who caller.Caller, name string, period api.Period) (record api.Reciprocity, err error) {
	what := store.What{Act: caller.WriteRecord, Subject: name}
	err = s.store.Show(ctx, who, what, func(tx *store.Tx) (err error) {
		if period.Until.IsZero() {
			period.Until = tx.Now.UTC().Truncate(time.Second).Add(time.Second) // what was done this second is in it
		}
		if err := s.mayTake(tx, who, policy.File{Kind: policy.FileRecord, Partner: name, Label: RecordMarking, Text: true}); err != nil {
			return err
		}
		record.Period = period
		record.Partners, err = records(tx, name, period, leaves)
		return err
	})
	if err != nil || whole(who) {
		return record, s.refused(ctx, who, what, err)
	}
	for i := range record.Partners {
		record.Partners[i].Exchanges = slices.DeleteFunc(record.Partners[i].Exchanges, func(e api.Exchange) bool {
			return e.Case == "" || e.Choice != "" && e.Choice != string(warning.Warn)
		})
	}
	return record, nil
}
