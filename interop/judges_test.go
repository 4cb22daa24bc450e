// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file has stix2-validator look at the STIX that we make and serve.

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/internal/nodetest"
	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// judged is a text of STIX, and what the judge says of it.
type judged struct {
	Name     string   `json:"name"`
	STIX     string   `json:"stix,omitempty"`
	Valid    bool     `json:"valid,omitempty"`
	Errors   []string `json:"errors,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

// A difference is something the judge says of what we make that we let stand.
type difference struct{ name, says, because string }

// differences are all there are; one that is no longer said must go.
var differences = []difference{
	{"leaving with a warning", "is not a valid UUIDv5 ID", "2.9 allows a random id, and what leaves says nothing of what is kept at home"},
}

// TestWhatWeMakeIsValid has stix2-validator look at everything that this
// program writes as STIX, and at what it serves.
func TestWhatWeMakeIsValid(t *testing.T) {
	var all []judged
	add := func(name string, text []byte) { all = append(all, judged{Name: name, STIX: string(text)}) }
	add("control: no object", []byte(`{"type":"indicator","spec_version":"2.1","id":"indicator--1"}`))
	definitions, err := stix.TLPDefinitions()
	must(t, err)
	for _, object := range definitions {
		add("TLP definition", object.Raw())
	}
	n := start(t)
	article, err := filepath.Abs("../docs/examples/article.txt")
	must(t, err)
	add("press bundle", n.tocsin("read", article, "--published", "2025-03-05", "--stix"))
	older, err := filepath.Abs("testdata/two-zero.json")
	must(t, err)
	add("upgraded", n.tocsin("stix", "upgrade", older))
	for object, err := range stix.ReadBundle(bytes.NewReader(sightings(t, n))) {
		must(t, err)
		add("sighting", object.Raw())
	}
	for _, object := range edited(t) {
		add("edited", object.Raw())
	}
	for _, raw := range leaving(t) {
		add("leaving with a warning", raw)
	}
	add("served", served(t, n))

	answers := ask[judged, judged](t, "judge.py", all)
	if answers[0].Valid {
		t.Error("the judge lets anything pass")
	}
	used := make([]bool, len(differences))
	known := func(name, says string) bool {
		at := slices.IndexFunc(differences, func(d difference) bool { return d.name == name && strings.Contains(says, d.says) })
		if at >= 0 {
			used[at] = true
		}
		return at >= 0
	}
	for i, answer := range answers[1:] {
		says := answer.Errors
		if answer.Name != "served" { // how another should have made it is not ours to say
			says = append(says, answer.Warnings...)
		}
		for _, text := range says {
			if !known(answer.Name, text) {
				t.Errorf("%s: %s\n%.500s", answer.Name, text, all[i+1].STIX)
			}
		}
	}
	for i, d := range differences {
		if !used[i] || d.because == "" {
			t.Errorf("the judge no longer says of a %s: %s", d.name, d.says)
		}
	}
	t.Logf("%d texts judged", len(all)-1)
}

// sightings is what detect writes of an event that an indicator meets.
func sightings(t *testing.T, n *node) []byte {
	t.Helper()
	indicators, err := filepath.Abs("testdata/attached.json")
	must(t, err)
	event := `{"_path":"conn","ts":1775001600.5,"uid":"C1","id.orig_h":"192.0.2.1","id.orig_p":51000,"id.resp_h":"198.51.100.7","id.resp_p":443,"proto":"tcp"}`
	must(t, os.WriteFile(filepath.Join(n.dir, "conn.log"), []byte(event+"\n"), 0o600))
	n.tocsin("detect", "--indicators", indicators, "--events", "conn.log", "--map", "zeek", "--sightings", "sightings.json")
	raw, err := os.ReadFile(filepath.Join(n.dir, "sightings.json"))
	must(t, err)
	if !bytes.Contains(raw, []byte(`"sighting"`)) {
		t.Fatalf("no sighting in\n%s", raw)
	}
	return raw
}

// edited is what the verbs of package stix make of objects.
func edited(t *testing.T) (objects []stix.Object) {
	t.Helper()
	raw, err := os.ReadFile("testdata/attached.json")
	must(t, err)
	for object, err := range stix.ReadBundle(bytes.NewReader(raw)) {
		must(t, err)
		if !object.Versioned() {
			continue
		}
		edit := stix.Edit{At: object.Modified().Add(24 * time.Hour)}
		newer, err := object.NewVersion(edit, map[string]any{"confidence": 50})
		must(t, err)
		red, _ := stix.TLPMarking(stix.TLPRed)
		marked, err := object.AddMarkings(edit, []string{red}, "created")
		must(t, err)
		revoked, err := object.Revoke(edit)
		must(t, err)
		objects = append(objects, newer, marked, revoked)
	}
	return objects
}

// leaving is what leaves attached to a warning: cut down to what its partner
// may have, under new ids.
func leaving(t *testing.T) (objects []jsontext.Value) {
	t.Helper()
	alpha, bravo := nodetest.New(t, "alpha"), nodetest.New(t, "bravo")
	nodetest.Pair(t, alpha, bravo)
	draft := nodetest.Draft("Somebody has said that the market square in Bergen is to be attacked.", "bravo")
	raw, err := os.ReadFile("testdata/attached.json")
	must(t, err)
	for object, err := range stix.ReadBundle(bytes.NewReader(raw)) {
		must(t, err)
		draft.Objects = append(draft.Objects, object.Raw())
	}
	ctx := context.Background()
	draft, err = alpha.Outbox.Compose(ctx, nodetest.Analyst(), draft)
	must(t, err)
	preview, err := alpha.Outbox.Preview(ctx, nodetest.First(), draft.ID)
	must(t, err)
	objects = preview.Copies[0].Leaves.Objects
	if len(objects) < 8 {
		t.Fatalf("%d objects leave: %+v", len(objects), preview.Copies[0])
	}
	return objects
}

// served is a bundle of what a collection serves that was filled with objects
// of another's making.
func served(t *testing.T, n *node) []byte {
	t.Helper()
	n.collection("The feed", "feed")
	account := n.account("feeder", "--read", "feed", "--write", "feed", "--tlp", "TLP:RED")
	address := n.address + "/taxii2/root/collections/feed/objects/"
	status, _ := n.request(t, account, http.MethodPost, address, stixtest.Bundle(1, 300))
	if status != http.StatusAccepted {
		t.Fatalf("answered %d", status)
	}
	_, body := n.request(t, account, http.MethodGet, address+"?limit=1000", nil)
	envelope, err := taxii.ParseEnvelope(body)
	must(t, err)
	if len(envelope.Objects) != 300 {
		t.Fatalf("%d objects are served", len(envelope.Objects))
	}
	var objects []stix.Object
	for _, raw := range envelope.Objects {
		object, err := stix.Parse(raw)
		must(t, err)
		objects = append(objects, object)
	}
	bundle, err := stix.Bundle(stix.NewID("bundle"), objects...)
	must(t, err)
	return bundle
}
