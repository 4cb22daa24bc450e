// SPDX-License-Identifier: Apache-2.0

package shelf

// This file shows who looked at what, and why; what went to whom; and what was
// erased.

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// maxUses is how many lines are answered at most.
const maxUses = 10000

// Reads lists what was done with content, newest first: to an overseer everybody's,
// to anybody else their own. Looking at the list is a reading, too. Where it is about
// a person, held are the ids of what is held about that one.
func (s *Shelf) Reads(ctx context.Context, who caller.Caller, about api.ReadsOf, held ...string) (reads []api.Read, err error) {
	what := store.What{Act: caller.SeeReads, Note: about.Words()}
	if who.May(caller.SeeReads) != nil && who.Kind == caller.Person && (about.By == "" || about.By == who.Name) {
		what.Act, about.By = caller.SeeOwnReads, who.Name
	}
	sought := store.Sought{By: about.By, Since: about.Since, Limit: min(max(about.Limit, 0), maxUses), Before: about.Before, After: about.After}
	if sought.Limit == 0 {
		sought.Limit = maxUses
	}
	switch {
	case about.Before > 0 && about.After > 0:
		return nil, problem.New(problem.Invalid, "ask for one of the two", "lines before one and behind another were asked for")
	case about.Case != "" && about.Person != "":
		return nil, problem.New(problem.Invalid, "ask for one of the two", "a case and a person were given")
	case about.Case != "":
		sought.Subjects = []string{about.Case}
		if _, id, ok := store.KeptAs(about.Case); ok && id != about.Case {
			sought.Subjects = append(sought.Subjects, id) // a question of a partner's, a collection
		}
	case about.Person != "" && len(held) == 0:
		return nil, nil // nothing that could have been read
	}
	sought.Subjects = append(sought.Subjects, held...)
	for _, word := range about.Kinds {
		kind, ok := store.ParseProcessing(word)
		if !ok {
			return nil, problem.New(problem.Invalid, "use consultation, disclosure, combination or erasure", "%q is no kind of processing", word)
		}
		sought.Kinds = append(sought.Kinds, kind)
	}
	err = s.store.Show(ctx, who, what, func(tx *store.Tx) error {
		uses, err := tx.Uses(sought)
		for _, u := range uses {
			reads = append(reads, api.Read{
				Index: u.Index, At: u.Line.At, Processing: string(u.Processing), Who: u.Line.Who, Act: u.Line.Act, Subject: u.Line.Subject,
				Reason: u.Why, Way: u.Line.Way, Recipients: u.Recipients, Note: u.Line.Note,
			})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return reads, nil
}

// ReadsCSV is Reads as lines for a spreadsheet, times in UTC. The first column is
// how the list is handled. RFC 4180
func (s *Shelf) ReadsCSV(ctx context.Context, who caller.Caller, about api.ReadsOf, held ...string) ([]byte, error) {
	reads, err := s.Reads(ctx, who, about, held...)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.UseCRLF = true
	_ = w.Write([]string{"handling", "time", "processing", "who", "act", "subject", "reason", "way", "recipients", "note"}) // into memory; Error says it below
	for _, r := range reads {
		cells := []string{string(RecordMarking), moment(r.At), r.Processing, r.Who, r.Act, r.Subject, r.Reason, r.Way, strings.Join(r.Recipients, " "), r.Note}
		for i := range cells {
			cells[i] = inert(cells[i])
		}
		_ = w.Write(cells)
	}
	w.Flush()
	return out.Bytes(), w.Error()
}
