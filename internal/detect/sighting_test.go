// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

const (
	green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
	red   = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
)

// sightingsOf are the objects written for hits, all of them valid.
func sightingsOf(t *testing.T, set *Set, hits []Hit, now time.Time) []stix.Object {
	t.Helper()
	s := NewSightings(set, idOf("identity", 1))
	for _, hit := range hits {
		s.Add(hit)
	}
	objects, err := s.Objects(now)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Objects(now)
	if err != nil || !slices.EqualFunc(objects, again, stix.Object.Equal) {
		t.Errorf("written anew, they are others: %v", err)
	}
	for _, violation := range stix.CheckBundle(objects) {
		if violation.Level == stix.Must {
			t.Errorf("%s: %s", violation.Path, violation.Rule)
		}
	}
	return objects
}

func byType(objects []stix.Object, objectType string) (of []stix.Object) {
	for _, object := range objects {
		if object.Type() == objectType {
			of = append(of, object)
		}
	}
	return of
}

// TestSightings writes what two events of a log and two indicators come to.
func TestSightings(t *testing.T) {
	set, _ := setOf(t,
		indicatorText(1, "[domain-name:value = 'a.example.org']", `,"object_marking_refs":["`+green+`"]`),
		indicatorText(2, "[domain-name:value LIKE 'a.%']", `,"granular_markings":[{"marking_ref":"`+red+`","selectors":["pattern"]}]`),
	)
	_, hits := run(t, NewDetector(set), zeek(t), `{"_path":"dns","ts":1767225600.5,"uid":"C1","id.orig_h":"192.0.2.10","id.orig_p":5353,"id.resp_h":"198.51.100.53","id.resp_p":53,"proto":"udp","query":"a.example.org","answers":["203.0.113.5"]}
{"_path":"ssl","ts":1767225610,"uid":"C2","id.orig_h":"192.0.2.10","id.resp_h":"203.0.113.5","id.resp_p":443,"server_name":"a.example.org"}`)
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	objects := sightingsOf(t, set, hits, now)

	sightings := byType(objects, "sighting")
	if len(sightings) != 2 || len(byType(objects, "observed-data")) != 2 || len(byType(objects, "marking-definition")) != 2 {
		t.Fatalf("%d sightings, %d observed data, %d markings", len(sightings), len(byType(objects, "observed-data")), len(byType(objects, "marking-definition")))
	}
	first := sightings[0].Map()
	refs, _ := first["observed_data_refs"].([]any)
	delete(first, "observed_data_refs")
	want := map[string]any{
		"type": "sighting", "spec_version": "2.1", "id": sightings[0].ID(), "created": "2026-02-03T04:05:06.000Z", "modified": "2026-02-03T04:05:06.000Z",
		"created_by_ref": idOf("identity", 1), "where_sighted_refs": []any{idOf("identity", 1)}, "sighting_of_ref": idOf("indicator", 1),
		"count": int64(2), "first_seen": "2026-01-01T00:00:00.500Z", "last_seen": "2026-01-01T00:00:10.000Z", "object_marking_refs": []any{green},
	}
	if diff := cmp.Diff(want, first); diff != "" || len(refs) != 2 {
		t.Errorf("%d refs, %s", len(refs), diff)
	}
	// A marking on the pattern alone marks what repeats it.
	if diff := cmp.Diff([]string{red}, sightings[1].Markings()); diff != "" {
		t.Error(diff)
	}
	for _, object := range objects {
		switch object.Type() {
		case "sighting", "marking-definition":
		case "observed-data":
			if !slices.Contains(refs, any(object.ID())) || !slices.Contains(object.Markings(), red) || !slices.Contains(object.Markings(), green) {
				t.Errorf("%s", object.Raw())
			}
		default:
			id, err := stix.DeterministicID(object)
			if err != nil || id != object.ID() || !slices.Contains(object.Markings(), red) {
				t.Errorf("%v: %s", err, object.Raw())
			}
		}
	}
}

// TestSightingsOfSTIX refers to the observed data there is, and keeps its bytes.
func TestSightingsOfSTIX(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	name := `{ "type": "domain-name", "spec_version": "2.1", "id": "domain-name--a166aae3-0776-5701-a19d-6c15b2277b6d", "value": "a.example.org" }`
	seen := `{ "type": "observed-data", "spec_version": "2.1", "id": "` + idOf("observed-data", 1) + `", "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z", "first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:05Z", "number_observed": 3, "object_refs": ["domain-name--a166aae3-0776-5701-a19d-6c15b2277b6d"] }`
	_, hits := run(t, NewDetector(set), Source{}, `{"type":"bundle","id":"`+idOf("bundle", 1)+`","objects":[`+seen+","+name+"]}")
	objects := sightingsOf(t, set, hits, time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
	if len(objects) != 3 || string(objects[0].Raw()) != seen || string(objects[1].Raw()) != name {
		t.Fatalf("%d objects, %s", len(objects), objects[0].Raw())
	}
	refs, _ := objects[2].Get("observed_data_refs", "0")
	if count, _ := objects[2].Get("count"); count != int64(3) || refs != idOf("observed-data", 1) {
		t.Errorf("%s", objects[2].Raw())
	}
}

// TestSightingsOfEverything writes every event that the maps are tested with: no
// map makes what the standard refuses.
func TestSightingsOfEverything(t *testing.T) {
	set, _ := setOf(t,
		indicatorText(1, "[EXISTS network-traffic:src_ref OR EXISTS network-traffic:extensions OR EXISTS file:hashes OR EXISTS file:name]", ""),
		indicatorText(2, "[x509-certificate:subject LIKE '%' OR email-message:subject LIKE '%' OR process:pid > 0 OR windows-registry-key:key LIKE '%']", ""),
	)
	for _, name := range []string{"zeek", "ecs"} {
		raw, err := os.ReadFile("testdata/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		m, _ := ShippedMap(name)
		var events strings.Builder
		for line := range strings.Lines(string(raw)) {
			if strings.HasPrefix(line, "{") {
				events.WriteString(line)
			}
		}
		told, hits := run(t, NewDetector(set), Source{Map: m}, events.String())
		if len(hits) < 6 || len(told) != len(hits) {
			t.Errorf("%s: %v", name, told)
		}
		objects := sightingsOf(t, set, hits, time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
		for objectType, least := range map[string]int{"network-traffic": 2, "observed-data": len(hits) / 2, "ipv4-addr": 2} {
			if n := len(byType(objects, objectType)); n < least {
				t.Errorf("%s: %d objects of type %s", name, n, objectType)
			}
		}
	}
}

// TestSightingsWithoutTime says how often, and not when.
func TestSightingsWithoutTime(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value = 'a.example.org']", ""))
	_, hits := run(t, NewDetector(set), zeek(t), strings.Repeat(`{"_path":"dns","query":"a.example.org"}`+"\n", 3))
	objects := sightingsOf(t, set, hits, time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC))
	if len(objects) != 1 {
		t.Fatalf("%d objects", len(objects))
	}
	if count, _ := objects[0].Get("count"); count != int64(3) {
		t.Errorf("%s", objects[0].Raw())
	}
	if _, said := objects[0].Get("first_seen"); said {
		t.Errorf("%s", objects[0].Raw())
	}
}
