// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file holds that what was promised before a report came is met by it, at
// whatever moment, and measures what a change of the promises costs a report.

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// promise keeps pledges to a partner, each by a word of its own.
func promise(t testing.TB, s *store.Store, partner string, words ...string) {
	t.Helper()
	must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, word := range words {
			p := warning.Pledge{ID: "pledge--" + partner + word, Words: []string{word}, Text: "Whatever concerns it."}
			if err := store.Pledges.Put(tx, p.ID, warning.KeptPledge{Pledge: p, Partner: partner, Ours: true}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// owed keeps a report that says the words, and returns to whom it is owed.
func owed(t testing.TB, in *intake.Intake, words string) (partners []string) {
	t.Helper()
	_, duties, err := in.KeepSource(t.Context(), analyst, warning.Source{Title: "A report", Fields: []warning.Field{{Name: "text", Text: words}}})
	must(t, err)
	for _, duty := range duties {
		partners = append(partners, duty.Partner)
	}
	return partners
}

// Many promise while many report, and the book is made anew several times
// meanwhile: no report comes after a promise and does not meet it, and none meets
// what was withdrawn before it.
func TestAReportMeetsWhatWasPromisedBefore(t *testing.T) {
	s, in := open(t)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 200 {
				partner, word := fmt.Sprintf("partner%d", worker), fmt.Sprintf("word%dx%d", worker, i)
				promise(t, s, partner, word, "other"+word)
				if i%10 != 0 {
					continue
				}
				if got := owed(t, in, "There is "+word+"."); !slices.Equal(got, []string{partner}) {
					t.Errorf("%s is owed to %q, want %s", word, got, partner)
				}
				promise(t, s, partner+"x", word)
				must(t, s.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
					return store.Pledges.Delete(tx, "pledge--"+partner+word)
				}))
				if got := owed(t, in, "There is "+word+"."); !slices.Equal(got, []string{partner + "x"}) {
					t.Errorf("after it was withdrawn from one and promised to another, %s is owed to %q", word, got)
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkAReportAfterAPromise is how long a report takes that comes after a
// promise while 100,000 others stand, and how long other changes wait meanwhile.
// Now and then the book is made anew beside them.
func BenchmarkAReportAfterAPromise(b *testing.B) {
	const many = 100_000
	s, in := open(b)
	for i := range 100 {
		words := make([]string, many/100)
		for k := range words {
			words[k] = fmt.Sprintf("name%dof%d", k, i)
		}
		promise(b, s, fmt.Sprintf("partner%d", i), words...)
	}
	owed(b, in, "name1of1 is the first")
	var reports, others []time.Duration
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			begun := time.Now()
			promise(b, s, "dan", fmt.Sprintf("dan%d", i))
			others = append(others, time.Since(begun))
		}
	}()
	for i := 0; b.Loop(); i++ {
		begun := time.Now()
		owed(b, in, fmt.Sprintf("report %d was seen with name2of2", i))
		reports = append(reports, time.Since(begun))
	}
	close(stop)
	<-stopped
	for name, all := range map[string][]time.Duration{"report": reports, "other": others} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "ms-"+name+"-median")
		b.ReportMetric(float64(all[len(all)-1].Microseconds())/1000, "ms-"+name+"-longest")
	}
}
