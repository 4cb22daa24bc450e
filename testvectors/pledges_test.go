// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds the vectors of pledges: what one may promise, and what is none.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// pledgeVector is the payload of a pledge.
type pledgeVector struct {
	What    string `json:"what"`
	Payload string `json:"payload"`
}

type pledgeFile struct {
	Good []pledgeVector `json:"good"`
	Bad  []pledgeVector `json:"bad"`
	// Ends are those of the first good pledge, and BadEnds are none.
	Ends    []pledgeVector `json:"ends"`
	BadEnds []pledgeVector `json:"bad_ends"`
}

// pledges are the vectors of pledges.json. The bad ones are edits of a good one.
func pledges(t *testing.T) (f pledgeFile) {
	t.Helper()
	base := `{"at":"2026-03-02T07:41:00.12Z","by":{"name":"Releaser 1","role":"releaser"},"id":"pledge--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a06",COVERS,"text":"We tell you."}`
	good := func(what, covers string) {
		raw := strings.Replace(base, "COVERS", covers, 1)
		read, err := warning.Decode(envelope.Pledge, []byte(raw))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		canonical, err := warning.Encode(read)
		if err != nil {
			t.Fatal(err)
		}
		f.Good = append(f.Good, pledgeVector{what, string(canonical)})
	}
	bad := func(what, covers string) {
		f.Bad = append(f.Bad, pledgeVector{what, strings.Replace(base, "COVERS", covers, 1)})
	}

	good("a country and a region", `"places":["IS","IS-6"]`)
	good("a city", `"cities":[{"name":"Akureyri","place":"IS-6"},{"name":"Reykjavík"}]`)
	good("a circle", `"areas":[{"centre":{"latitude":64.15,"longitude":-21.94},"km":2.5,"name":"the harbour"}]`)
	good("a circle on the 180th meridian, and one on the pole", `"areas":[{"centre":{"latitude":-16.8,"longitude":180},"km":5000},{"centre":{"latitude":90,"longitude":0},"km":0.1}]`)
	good("a polygon", `"areas":[{"ring":[[-22.8,63.9],[-22.5,63.9],[-22.5,64.05],[-22.8,63.9]]}]`)
	good("nationals", `"nationals":["IS"]`)
	good("an organisation, an event and a sector", `"events":["The Fishing Fair"],"organisations":["Harbour Line"],"sectors":["energy","government-local"]`)
	good("words of several scripts", `"words":["brú*","bridge* of the harbour","мост*","大橋","don't"]`)
	good("for a time", `"from":"2026-03-01","places":["IS"],"until":"2026-03-01"`)

	bad("nothing is covered", `"places":[]`)
	bad("a country's name", `"places":["Iceland"]`)
	bad("a code in small letters", `"nationals":["is"]`)
	bad("a region as a nationality", `"nationals":["IS-6"]`)
	bad("a city without a name", `"cities":[{"place":"IS"}]`)
	bad("a city in a place that is no code", `"cities":[{"name":"Akureyri","place":"the north"}]`)
	bad("a circle without a radius", `"areas":[{"centre":{"latitude":64,"longitude":-21}}]`)
	bad("a circle of no size", `"areas":[{"centre":{"latitude":64,"longitude":-21},"km":0}]`)
	bad("a circle around the world", `"areas":[{"centre":{"latitude":64,"longitude":-21},"km":5001}]`)
	bad("latitude and longitude the other way around", `"areas":[{"centre":{"latitude":-121,"longitude":64},"km":1}]`)
	bad("a circle and a polygon at once", `"areas":[{"centre":{"latitude":64,"longitude":-21},"km":1,"ring":[[0,0],[1,0],[1,1],[0,0]]}]`)
	bad("neither", `"areas":[{"name":"here"}]`)
	bad("a polygon that is not closed", `"areas":[{"ring":[[0,0],[1,0],[1,1],[0,1]]}]`)
	bad("a polygon of two corners", `"areas":[{"ring":[[0,0],[1,0],[0,0]]}]`)
	bad("a polygon with a radius", `"areas":[{"km":1,"ring":[[0,0],[1,0],[1,1],[0,0]]}]`)
	bad("a polygon across the 180th meridian", `"areas":[{"ring":[[179,0],[-179,0],[-179,1],[179,0]]}]`)
	bad("a sector nobody knows", `"sectors":["banks"]`)
	bad("a star alone", `"words":["*"]`)
	bad("a star after two letters", `"words":["a br*"]`)
	bad("a star inside a word", `"words":["br*dge"]`)
	bad("an empty word", `"words":[" "]`)
	bad("over before it begins", `"from":"2026-03-02","places":["IS"],"until":"2026-03-01"`)
	bad("a member nobody knows", `"places":["IS"],"regions":["IS-6"]`)
	f.ends(t)
	return f
}

// ends makes the vectors of ends. The bad ones are edits of a good one.
func (f *pledgeFile) ends(t *testing.T) {
	t.Helper()
	base := `{"at":"2026-09-01T10:00:00Z","by":{"name":"Releaser 1","role":"releaser"},"ended":"2026-09-01T10:00:00Z","pledge":"pledge--5d0a5b5c-7a0e-4b0e-8c5e-0b8f2f1f9a06","why":"withdrawn"}`
	edit := func(pairs ...string) string {
		said := strings.NewReplacer(pairs...).Replace(base)
		if said == base {
			t.Fatalf("%q changes nothing", pairs)
		}
		return said
	}
	nobody := edit(`"by":{"name":"Releaser 1","role":"releaser"},`, "", `"withdrawn"`, `"review"`)
	for _, v := range []pledgeVector{{"withdrawn", base}, {"by its review date", nobody}, {"by its review date, with who let it go", edit(`"withdrawn"`, `"review"`)},
		{"after a time to come", edit(`"ended":"2026-09-01`, `"ended":"2026-12-31`)}} {
		read, err := warning.Decode(envelope.PledgeEnd, []byte(v.Payload))
		if err != nil {
			t.Fatalf("%s: %v", v.What, err)
		}
		if canonical, err := warning.Encode(read); err != nil || string(canonical) != v.Payload {
			t.Fatalf("%s is not canonical: %s, %v", v.What, canonical, err)
		}
		f.Ends = append(f.Ends, v)
	}
	f.BadEnds = []pledgeVector{
		{"of no pledge", edit(`"pledge":"pledge--`, `"pledge":"inquiry--`)},
		{"without when", edit(`"ended":"2026-09-01T10:00:00Z",`, "")},
		{"on a day", edit(`"ended":"2026-09-01T10:00:00Z"`, `"ended":"2026-09-01"`)},
		{"without when it was said", edit(`"at":"2026-09-01T10:00:00Z",`, "")},
		{"for a reason nobody knows", edit(`"withdrawn"`, `"annulled"`)},
		{"withdrawn by nobody", edit(`"by":{"name":"Releaser 1","role":"releaser"},`, "")},
		{"withdrawn by a name alone", edit(`,"role":"releaser"`, "")},
		{"with a reason, which stays home", edit(`"why":"withdrawn"`, `"reason":"They told us nothing.","why":"withdrawn"`)},
	}
}

// TestPledges compares pledges.json with what the code makes, and reads it.
func TestPledges(t *testing.T) {
	same(t, "pledges.json", encoded(t, pledges(t)))
	var f pledgeFile
	read(t, "pledges.json", &f)
	for _, v := range f.Good {
		if _, err := warning.Decode(envelope.Pledge, []byte(v.Payload)); err != nil {
			t.Errorf("%s: %v", v.What, err)
		}
	}
	for _, v := range f.Bad {
		if _, err := warning.Decode(envelope.Pledge, []byte(v.Payload)); err == nil {
			t.Errorf("%s: accepted", v.What)
		}
	}
	for _, v := range f.Ends {
		if _, err := warning.Decode(envelope.PledgeEnd, []byte(v.Payload)); err != nil {
			t.Errorf("%s: %v", v.What, err)
		}
	}
	for _, v := range f.BadEnds {
		if _, err := warning.Decode(envelope.PledgeEnd, []byte(v.Payload)); err == nil {
			t.Errorf("an end %s: accepted", v.What)
		}
	}
}
