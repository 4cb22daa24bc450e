// SPDX-License-Identifier: Apache-2.0

package intake_test

// This file tests streams of things that are no objects.

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// counted is a body that counts how much of it was read.
type counted struct {
	*strings.Reader
	read int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += n
	return n, err
}

// Eve sends millions of things that have no id, between objects that are right: ten
// thousand of them fail one by one, and behind those nothing is read any more.
// What has an id and is not right fails alone, however many do.
func TestThingsWithoutAnID(t *testing.T) {
	object := func(n int) string {
		return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z","name":"n"}`, n)
	}
	many := func(thing string, n int) string { return strings.Repeat(thing+",", n) }
	const named = `{"type":"campaign","id":"campaign--00000000-0000-4000-8000-000000000000"}`
	for what, test := range map[string]struct {
		things               string
		total, kept          int
		refused, readsLittle bool
	}{
		"as many as may be":       {things: many(`1`, 10_000), total: 10_002, kept: 2},
		"one more":                {things: many(`null`, 10_001), total: 10_001, kept: 1, refused: true},
		"with a word for an id":   {things: many(`{"id":"x"}`, 10_001), total: 10_001, kept: 1, refused: true},
		"damaged ones":            {things: many(`{c}`, 10_001), total: 10_001, kept: 1, refused: true},
		"millions":                {things: many(`1`, 3_300_000), total: 10_001, kept: 1, refused: true, readsLittle: true},
		"with ids, and not right": {things: many(named, 12_000), total: 12_002, kept: 2},
	} {
		t.Run(what, func(t *testing.T) {
			_, in := open(t)
			collection, err := in.AddCollection(t.Context(), administrator, "A feed", "", "", "")
			must(t, err)
			body := &counted{Reader: strings.NewReader(`{"objects":[` + object(1) + `,` + test.things + object(2) + `]}`)}
			total, kept := 0, 0
			count := func(k intake.Kept) {
				if total++; k.Problem == nil {
					kept++
				}
			}
			_, err = in.AcceptRequest(t.Context(), bound(collection.ID), collection.ID, body, count, func(last []intake.Kept) (taxii.Status, error) {
				for _, k := range last {
					count(k)
				}
				return taxii.Status{Status: taxii.StatusComplete, TotalCount: total}, nil
			})
			if errors.Is(err, stix.ErrBundle) != test.refused || err != nil && !test.refused {
				t.Errorf("answered %v", err)
			}
			if total != test.total || kept != test.kept {
				t.Errorf("%d of %d were kept, not %d of %d", kept, total, test.kept, test.total)
			}
			if test.readsLittle && body.read > 256<<10 {
				t.Errorf("%d bytes were read", body.read)
			}
		})
	}
}
