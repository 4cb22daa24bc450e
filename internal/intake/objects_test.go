// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file tests how objects, collections and statuses are taken in.

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

func open(t testing.TB) (*store.Store, *intake.Intake) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ring, err := keys.Generate("alpha", "NL")
	must(t, err)
	s, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s, intake.New(log, s)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var (
	administrator = caller.Caller{Kind: caller.Person, Name: "root", Roles: []caller.Role{caller.Administrator}}
	tool          = caller.Caller{Kind: caller.Account, Name: "tool"}
)

func TestAddCollection(t *testing.T) {
	_, in := open(t)
	tests := []struct {
		title, alias string
		want         problem.Code
	}{
		{"A feed", "feed", ""},
		{"Another", "feed", problem.Conflict},
		{"One without an alias", "", ""},
		{"Another without", "", ""},
		{"What partners sent", "received", problem.Conflict},
		{" ", "blank", problem.Invalid},
		{strings.Repeat("x", 201), "long", problem.Invalid},
		{"A path", "a/b", problem.Invalid},
		{"In capitals", "Feed", problem.Invalid},
		{"As if it were an id", "a0b8d3e0-0c57-4a52-9d0c-6b1f6b0a7c11", problem.Invalid},
	}
	for _, test := range tests {
		collection, err := in.AddCollection(t.Context(), administrator, test.title, "", test.alias, "")
		if test.want != "" {
			if !problem.Is(err, test.want) {
				t.Errorf("%s: %v", test.title, err)
			}
			continue
		}
		if err != nil || uuid.Validate(collection.ID) != nil || collection.Alias != test.alias {
			t.Errorf("%s: %+v, %v", test.title, collection, err)
		}
	}
	if _, err := in.AddCollection(t.Context(), tool, "A feed", "", "", ""); !problem.Is(err, problem.Denied) {
		t.Errorf("an account: %v", err)
	}
}

// bound is the tool with the right to add to one collection.
func bound(collection string) caller.Caller {
	return caller.Caller{Kind: caller.Account, Name: "tool", Collections: map[string]caller.Right{collection: {Write: true}}}
}

// A stream that breaks, or whose source does, keeps what came before and says why.
func TestAcceptBrokenStream(t *testing.T) {
	s, in := open(t)
	collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
	must(t, err)
	object := func(i int) string {
		return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":"n"}`, i)
	}
	broken := errors.New("the line is cut")
	tool := bound(collection.ID)
	for want, end := range map[error]error{stix.ErrBundle: nil, broken: broken} {
		var good, bad int
		begun := `{"objects":[` + object(1) + `,` + object(2) + `,{"type":"campaign"},` + object(3) + `,{"ty`
		err = in.Accept(t.Context(), tool, collection.ID, stix.ReadBundle(&cut{strings.NewReader(begun), end}), func(k intake.Kept) {
			if k.Problem == nil {
				good++
			} else {
				bad++
			}
		})
		if !errors.Is(err, want) || good != 3 || bad != 1 {
			t.Errorf("%v: %d kept, %d not, %v", want, good, bad, err)
		}
	}
	must(t, s.Glance(t.Context(), tool, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		n := 0
		err := tx.EachObject(store.ObjectQuery{Collection: collection.ID}, func(found *store.Found) (bool, error) {
			n++
			if o, err := found.Object(); err != nil || o.Origin != tool.Name {
				t.Errorf("it came from %q, %v", o.Origin, err)
			}
			return true, nil
		})
		if n != 3 {
			t.Errorf("%d objects are kept", n)
		}
		return err
	}))
	if err := in.Accept(t.Context(), bound("none"), "none", stix.ReadBundle(strings.NewReader(object(1))), func(intake.Kept) {}); !problem.Is(err, problem.Missing) {
		t.Errorf("no collection: %v", err)
	}
	if err := in.Accept(t.Context(), bound("none"), collection.ID, stix.ReadBundle(strings.NewReader(object(1))), func(intake.Kept) {}); !problem.Is(err, problem.Denied) {
		t.Errorf("another's collection: %v", err)
	}
}

// cut is a reader that ends with an error of its own; with the end of the file if it is nil.
type cut struct {
	*strings.Reader
	end error
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err != nil && c.end != nil {
		err = c.end
	}
	return n, err
}

// The status of a request is kept with the last of its objects, or not at all.
func TestAcceptRequest(t *testing.T) {
	s, in := open(t)
	collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
	must(t, err)
	tool := bound(collection.ID)
	refused := errors.New("it is none")
	const one = `{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":"n"}`
	request := func(body string, end error) (taxii.Status, error) {
		return in.AcceptRequest(t.Context(), tool, collection.ID, strings.NewReader(body),
			func(k intake.Kept) { t.Logf("reported: %+v", k) },
			func(last []intake.Kept) (taxii.Status, error) {
				return taxii.Status{Status: taxii.StatusComplete, TotalCount: len(last)}, end
			})
	}
	count := func() (n int) {
		must(t, s.Glance(t.Context(), tool, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) (err error) {
			err = tx.EachObject(store.ObjectQuery{Collection: collection.ID}, func(*store.Found) (bool, error) { n++; return true, nil })
			statuses, err2 := store.Statuses.Count(tx)
			n += 100 * statuses
			return errors.Join(err, err2)
		}))
		return n
	}
	if _, err := request(`{"objects":[`+fmt.Sprintf(one, 1)+`]}`, refused); !errors.Is(err, refused) || count() != 0 {
		t.Errorf("a request without a status: %v, %d", err, count())
	}
	if _, err := request(`{"objects":[`+fmt.Sprintf(one, 1)+`,`, nil); !errors.Is(err, stix.ErrBundle) || count() != 1 {
		t.Errorf("a broken one: %v, %d", err, count())
	}
	first, err := request(`{"objects":[`+fmt.Sprintf(one, 2)+`,`+fmt.Sprintf(one, 3)+`]}`, nil)
	if err != nil || first.TotalCount != 2 || count() != 103 {
		t.Errorf("%+v, %v, %d", first, err, count())
	}
	second, err := request(`{"objects":[]}`, nil)
	must(t, err)
	if uuid.Validate(first.ID) != nil || first.ID == second.ID {
		t.Errorf("the ids are %q and %q", first.ID, second.ID)
	}
	// One that is past its time goes when the next is kept.
	must(t, s.Change(t.Context(), tool, store.What{Act: caller.KeepObjects}, func(tx *store.Tx) error {
		kept, err := store.Statuses.Get(tx, first.ID)
		kept.Kept = tx.Now.Add(-intake.StatusFor - 1)
		return errors.Join(err, store.Statuses.Put(tx, first.ID, kept))
	}))
	_, err = request(`{"objects":[]}`, nil)
	must(t, err)
	must(t, s.Glance(t.Context(), tool, store.What{Act: caller.ReadObjects}, func(tx *store.Tx) error {
		_, stale, err := store.Statuses.Find(tx, first.ID)
		if stale {
			t.Error("it is still there")
		}
		kept, fresh, err2 := store.Statuses.Find(tx, second.ID)
		if !fresh || kept.Owner != "account:tool" {
			t.Errorf("the other one: %v, %+v", fresh, kept)
		}
		return errors.Join(err, err2)
	}))
}
