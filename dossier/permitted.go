// SPDX-License-Identifier: Apache-2.0

package dossier

// This file puts beside each version of a warning what whoever gave it permits of it.

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/warning"
)

// permitted puts above the text of each version what its originator granted of it by
// a message that is here, and whether it withdrew that. What the other side says of
// itself grants nothing.
func (c *checking) permitted() {
	withdrawn := make(map[string]time.Time) // by the sender and the request
	for _, p := range c.parts {
		if a, is := p.payload.(*warning.Permission); is && a.Answer == warning.PermissionWithdrawn {
			withdrawn[p.opened.Header.From+a.Request] = p.opened.Header.Sent
		}
	}
	for _, p := range c.parts {
		a, is := p.payload.(*warning.Permission)
		if !is || a.Answer != warning.PermissionGranted {
			continue
		}
		h := p.opened.Header
		text := fmt.Sprintf("%s permits %s %s, until %s (number %d)", c.keys.Name(h.From), c.keys.Name(h.To), strconv.Quote(a.Used.Words()), stamp(a.Until), h.Seq)
		if a.Conditions != "" {
			text += ", on these conditions: " + strconv.Quote(a.Conditions)
		}
		if at, gone := withdrawn[h.From+a.Request]; gone {
			text += "; withdrawn at " + stamp(at)
		}
		for _, about := range append([]string{a.About}, a.Earlier...) {
			c.permits(h.From, about, text)
		}
	}
}

// permits puts it to the version of that hash, if that is of whoever permits it.
func (c *checking) permits(from, about, text string) {
	its := func(p part) bool {
		h := p.opened.Header
		return p.hash == about && h.From == from && (h.Kind == envelope.Warning || h.Kind == envelope.Update)
	}
	if !slices.ContainsFunc(c.parts, its) {
		return
	}
	for i := range c.Timeline {
		if e := &c.Timeline[i]; e.Message == about && e.Kind != "" {
			e.Permitted = append(e.Permitted, text)
		}
	}
}
