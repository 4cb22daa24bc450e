// SPDX-License-Identifier: Apache-2.0

package partner_test

// This file shows that a channel keeps every state it had.

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/internal/partner"
)

func TestEveryStateIsKept(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 8, 0, 0, 0, time.UTC) }
	terms := []byte("{}")
	c := partner.Channel{Name: "bravo", State: partner.Pending, Since: day(1), By: "ann", Epoch: 1, ConfirmedBy: "ann", OurTerms: terms, TheirTerms: terms}
	if !c.Settle("", day(2)) {
		t.Fatal("it does not open")
	}
	for _, err := range []error{
		c.Turn(partner.Frozen, "rolf", "An inquiry.", day(3)),
		c.Thaw("ruth", "It is over.", day(4)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Turn(partner.Active, "ann", "Again.", day(5)); err == nil {
		t.Error("it takes the state that it has")
	}
	c.Distrust("ann", "A call.", day(6))
	want := []partner.Past{
		{State: partner.Pending, Since: day(1), By: "ann", Epoch: 1},
		{State: partner.Active, Since: day(2), Epoch: 1},
		{State: partner.Frozen, Since: day(3), By: "rolf", Why: "An inquiry.", Epoch: 2},
		{State: partner.Active, Since: day(4), By: "ruth", Why: "It is over.", Epoch: 3},
	}
	if diff := cmp.Diff(want, c.Past); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if c.State != partner.Suspended || c.By != "ann" || c.Since != day(6) || c.Epoch != 4 {
		t.Errorf("now %+v", c)
	}
}
