// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests objects that are made to cost more than their bytes.

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Eve fills an object with the smallest values there are: it may hold as many as
// the limit, itself among them, and not one more.
func TestValuesAreCounted(t *testing.T) {
	for _, test := range []struct {
		item   string
		values int
	}{{`0`, 1}, {`{}`, 1}, {`[]`, 1}, {`{"":0}`, 2}} {
		// The object and its list are two.
		items := (MaxValues - 2) / test.values
		text := func(items int) []byte {
			return []byte(`{"a":[` + strings.Repeat(test.item+",", items-1) + test.item + `]}`)
		}
		if _, err := Parse(text(items)); err != nil {
			t.Errorf("%d of %s: %v", items, test.item, err)
		}
		if _, err := Parse(text(items + 1)); !errors.Is(err, ErrTooMany) {
			t.Errorf("%d of %s: %v", items+1, test.item, err)
		}
	}
}

// breaking is an object in which many values break a MUST or, as names do, a
// SHOULD.
func breaking(t *testing.T, empty, custom int, name string) Object {
	t.Helper()
	var customs strings.Builder
	for i := range custom {
		fmt.Fprintf(&customs, `,"a_%05d":1`, i)
	}
	object, err := Parse([]byte(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z",` +
		`"modified":"2026-01-01T00:00:00.000Z","name":"n"` + customs.String() + `,"` + name + `":[` + strings.Repeat("{},", empty) + `1]}`))
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// The first by path are listed, whatever the order in which they were found, and
// the last says that there are more and whether a MUST is among those.
func TestViolationsAreBounded(t *testing.T) {
	for what, test := range map[string]struct {
		object Object
		level  string
	}{
		"a MUST after many a SHOULD": {breaking(t, 1, 3000, "x_a"), Must},
		"many a SHOULD":              {breaking(t, 0, 3000, "x_a"), Should},
		"many a MUST":                {breaking(t, 300_000, 0, "x_a"), Must},
	} {
		found := Check(test.object)
		if len(found) != MaxViolations+1 {
			t.Fatalf("%s: %d", what, len(found))
		}
		last := found[MaxViolations]
		if last.Level != test.level || last.Path != "" || last.Hint == "" {
			t.Errorf("%s: %+v", what, last)
		}
		if again := Check(test.object); again[MaxViolations-1] != found[MaxViolations-1] {
			t.Errorf("%s: %+v, then %+v", what, found[MaxViolations-1], again[MaxViolations-1])
		}
		if err := Valid(test.object); (err != nil) != (test.level == Must) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if found := Check(breaking(t, 0, MaxViolations-1, "x_a")); len(found) != MaxViolations || found[MaxViolations-1].Path != "x_a" {
		t.Errorf("as many as are listed: %d, the last %+v", len(found), found[len(found)-1])
	}
}

// A name of megabytes is not repeated with each of a hundred thousand faults
// below it.
func TestLongNamesAreCut(t *testing.T) {
	object := breaking(t, 100_000, 0, strings.Repeat("é", 1<<20))
	for _, violation := range Check(object) {
		if len(violation.Path) > 2*maxStep {
			t.Fatalf("a path of %d bytes", len(violation.Path))
		}
	}
	if err := Valid(object); err == nil || len(err.Error()) > 1000 {
		t.Errorf("%.100v", err)
	}
}
