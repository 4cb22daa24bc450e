// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file tests how objects are taken out of a collection again.

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// More versions than fit one transaction go all the same; the log still speaks
// for everything that is kept.
func TestDeleteManyVersions(t *testing.T) {
	s, in := open(t)
	collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
	must(t, err)
	const id, versions = "campaign--00000000-0000-4000-8000-000000000001", 230
	var objects []string
	for i := range versions {
		objects = append(objects, fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":%q,"created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.%03dZ","name":"n"}`, id, i))
	}
	who := caller.Caller{Kind: caller.Account, Name: "tool", Collections: map[string]caller.Right{collection.ID: {Read: true, Write: true}}}
	kept := 0
	must(t, in.Accept(t.Context(), who, collection.ID, stix.ReadBundle(strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`)), func(k intake.Kept) {
		if k.Problem == nil {
			kept++
		}
	}))
	if kept != versions {
		t.Fatalf("%d are kept", kept)
	}
	all := taxii.Filter{Versions: taxii.VersionFilter{All: true}}
	for what, test := range map[string]struct {
		who       caller.Caller
		clearance handling.TLP
		id        string
		code      problem.Code
	}{
		"who may only add":  {bound(collection.ID), handling.Red, id, problem.Denied},
		"who may only read": {caller.Caller{Kind: caller.Account, Collections: map[string]caller.Right{collection.ID: {Read: true}}}, handling.Red, id, problem.Denied},
		"another's account": {bound("none"), handling.Red, id, problem.Denied},
		"a narrower label":  {who, handling.Green, id, problem.Missing},
		"no label":          {who, "", id, problem.Missing},
		"another object":    {who, handling.Red, "campaign--none", problem.Missing},
		"an administrator":  {administrator, handling.Red, id, problem.Denied},
	} {
		if count, err := in.Delete(t.Context(), test.who, test.clearance, collection.ID, test.id, all); count != 0 || !problem.Is(err, test.code) {
			t.Errorf("%s: %d, %v", what, count, err)
		}
	}
	if count, err := in.Delete(t.Context(), who, handling.AmberStrict, collection.ID, id, all); count != versions || err != nil {
		t.Errorf("%d, %v", count, err)
	}
	must(t, s.Glance(t.Context(), administrator, store.What{Act: caller.ReadLog}, func(tx *store.Tx) error {
		audit, err := tx.Verify(func(store.Message, *envelope.Message) error { return nil }, nil)
		if err == nil && len(audit.Wrong) > 0 {
			t.Errorf("the log: %q", audit.Wrong)
		}
		return err
	}))
}
