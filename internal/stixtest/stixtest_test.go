// SPDX-License-Identifier: Apache-2.0

package stixtest_test

// This file holds the objects made to what is promised of them.

import (
	"bytes"
	"slices"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/stixtest"
	"github.com/tocsin-exchange/tocsin/stix"
)

func TestObjectsAreValid(t *testing.T) {
	total, n := 0, 0
	types := map[string]int{}
	for raw := range stixtest.Objects(1, 5000) {
		object, err := stix.Parse(raw)
		if err != nil {
			t.Fatalf("%v: %s", err, raw)
		}
		for _, violation := range stix.Check(object) {
			if violation.Level == stix.Must {
				t.Fatalf("%+v: %s", violation, raw)
			}
		}
		types[object.Type()]++
		total, n = total+len(raw), n+1
	}
	if mean := total / n; mean < 1300 || mean > 1440 {
		t.Errorf("an object has %d bytes on average", mean)
	}
	for _, objectType := range []string{"relationship", "attack-pattern", "malware", "intrusion-set", "course-of-action", "x-mitre-analytic", "x-mitre-data-component"} {
		if types[objectType] == 0 {
			t.Errorf("there is no %s", objectType)
		}
	}
	t.Logf("%d bytes on average, of %v", total/n, types)
}

func TestBundleHoldsTheObjects(t *testing.T) {
	var want [][]byte
	for raw := range stixtest.Objects(7, 200) {
		want = append(want, raw)
	}
	var got [][]byte
	for object, err := range stix.ReadBundle(bytes.NewReader(stixtest.Bundle(7, 200))) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, object.Raw())
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Error("the bundle holds other objects")
	}
	if bytes.Equal(stixtest.Bundle(7, 10), stixtest.Bundle(8, 10)) {
		t.Error("two seeds give the same objects")
	}
}
