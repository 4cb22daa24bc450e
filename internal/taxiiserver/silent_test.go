// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file asks the STIX door of a node that was restored from a backup.

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
)

// While the node recovers, or is halted, no tool is given anything, be it ours or
// a partner's: what was destroyed since may be here again. It is told to come
// again, and when the recovery has ended it is answered as before.
func TestNothingIsGivenOutInARecovery(t *testing.T) {
	d := newDoor(t)
	d.befriend()
	objects := api.RootPath + "collections/" + d.ids["feed"] + "/objects/"
	added := d.do("POST", objects, "red", strings.NewReader(`{"objects":[`+object("1-clear")+`]}`))
	if added.Code != http.StatusAccepted {
		t.Fatalf("added: %d %s", added.Code, added.Body)
	}
	read := func(when string, want int) {
		t.Helper()
		for _, who := range []string{"red", "bravo-siem", string(caller.DutyOfficer)} {
			for _, address := range []string{objects, strings.Replace(objects, "objects", "manifest", 1), api.RootPath + "collections/" + d.ids["received"] + "/objects/"} {
				if who == "bravo-siem" && address != objects {
					continue
				}
				got := d.do("GET", address, who, nil)
				if got.Code != want || want == http.StatusServiceUnavailable && (got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "nothing is given out now")) {
					t.Errorf("%s: %s is answered %d %s", when, who, got.Code, got.Body)
				}
			}
		}
	}
	read("before", http.StatusOK)
	must(t, d.store.BeginRecovery(t.Context(), store.Restored{ID: "recovery--1"}))
	read("in the recovery", http.StatusServiceUnavailable)
	if got := d.do("GET", objects, "guess", nil); got.Code != http.StatusUnauthorized {
		t.Errorf("a stranger is answered %d", got.Code)
	}
	must(t, d.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
		r, err := store.Recoveries.Get(tx, "recovery--1")
		if err != nil {
			return err
		}
		r.Ended = tx.Now
		return store.Recoveries.Put(tx, r.ID, r)
	}))
	read("after it", http.StatusOK)
	must(t, d.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Recover}, func(tx *store.Tx) error {
		return store.Forks.Put(tx, "1", store.Fork{ID: "1", Ours: true})
	}))
	read("halted", http.StatusServiceUnavailable)
}
