// SPDX-License-Identifier: Apache-2.0

package press

// Every bundle keeps the rules of STIX 2.1.

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
)

func checkBundle(t *testing.T, article Article, options BundleOptions) map[string]int {
	t.Helper()
	raw, err := Bundle(article, options)
	if err != nil {
		t.Fatal(err)
	}
	var objects []stix.Object
	types := map[string]int{}
	ids := map[string]bool{}
	for object, err := range stix.ReadBundle(bytes.NewReader(raw)) {
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
		types[object.Type()]++
		ids[object.ID()] = true
	}
	for _, each := range stix.CheckBundle(objects) {
		t.Errorf("%s: §%s %s %s", each.Level, each.Section, each.Path, each.Rule)
	}
	for _, object := range objects {
		for _, ref := range object.Refs() {
			if !ids[ref.ID] && ref.ID != options.CreatedBy && stix.MarkingTLPVersion(ref.ID) == 0 {
				t.Errorf("%s refers to %s, which is not in the bundle", object.ID(), ref.ID)
			}
		}
		if object.Type() == "report" {
			if refs, _ := object.Get("object_refs"); len(refs.([]any)) != len(objects)-1 {
				t.Errorf("the report refers to %d of %d objects", len(refs.([]any)), len(objects)-1)
			}
		}
	}
	return types
}

func TestBundle(t *testing.T) {
	text := "OSLO — A bombing at a market in Bergen killed seven people on Friday, the FSB said. Central Asia, it added, was calm. Jane Roe said she left Nowhereville."
	now := time.Date(2024, 3, 13, 12, 0, 0, 0, time.UTC)
	article, err := Read([]byte(text), Options{Published: now})
	if err != nil {
		t.Fatal(err)
	}
	types := checkBundle(t, article, BundleOptions{Published: now, Publisher: "Example Times", Now: now})
	for kind, least := range map[string]int{"report": 1, "identity": 3, "location": 3, "incident": 1, "note": 3} {
		if types[kind] < least {
			t.Errorf("%d of %s, want %d or more: %v", types[kind], kind, least, types)
		}
	}
	amber, _ := stix.TLPMarking(stix.TLPAmber)
	checkBundle(t, article, BundleOptions{Now: now, CreatedBy: stix.NewID("identity"), Markings: []string{amber}})
	nothing, err := Read([]byte("hello"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	checkBundle(t, nothing, BundleOptions{Now: now})
}

func TestBundleOfTheRealArticle(t *testing.T) {
	input, err := os.ReadFile("../../../shared/input/article.txt")
	if err != nil {
		t.Skip("the article is not here")
	}
	published := time.Date(2017, 12, 18, 0, 0, 0, 0, time.UTC)
	article, err := Read(input, Options{Published: published})
	if err != nil {
		t.Fatal(err)
	}
	types := checkBundle(t, article, BundleOptions{Published: published, Now: published.Add(time.Hour)})
	if types["report"] != 1 || types["incident"] != 2 || types["note"] != len(article.Claims) {
		t.Errorf("%v", types)
	}
}
