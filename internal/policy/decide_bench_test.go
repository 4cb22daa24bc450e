// SPDX-License-Identifier: Apache-2.0

package policy

// This file measures a decision with its explanation, beside a floor: the SHA-256
// of 2 KB, which is about a copy with its reasons.

import (
	"crypto/sha256"
	"testing"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/warning"
)

func benchDraft(b *testing.B) *warning.Draft {
	b.Helper()
	return &warning.Draft{
		ID: "draft--1", Releases: map[string]string{"bravo": "An attack on the market is planned."}, ReleasableTo: []string{"bravo"}, ComposedBy: "ann",
		Warning: warning.Warning{
			Target:     warning.Target{Kind: "location", Name: "Old Market", Place: warning.Place{Country: "XB", City: "Riverton"}},
			ThreatType: warning.MassCasualtyAttack, Method: "a vehicle", Precedence: handling.Immediate, Probability: "likely", Confidence: "moderate",
			Handling: handling.Handling{TLP: handling.Amber, Codes: []handling.Code{handling.H1}}, Purpose: "protection of life", Review: "2031-12-31",
		},
	}
}

func BenchmarkDecide(b *testing.B) {
	draft, to := benchDraft(b), Partner{"bravo", "XB", partner.Active}
	rules, facts := Shipped(), Own(draft)
	b.Run("looked at once", func(b *testing.B) {
		b.ReportAllocs()
		matter := rules.About(draft, facts, today)
		for b.Loop() {
			if plan := matter.Decide(to); !plan.Allowed || len(plan.Reasons) < 10 {
				b.Fatal(plan.Blocked())
			}
		}
	})
	b.Run("from the draft", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if plan := rules.Decide(draft, to, facts, today); !plan.Allowed {
				b.Fatal(plan.Blocked())
			}
		}
	})
	b.Run("for a reader", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !rules.MaySee(handling.Amber, handling.Green).Allowed {
				b.Fatal("it is not shown")
			}
		}
	})
	b.Run("floor, SHA-256 of 2 KB", func(b *testing.B) {
		text := make([]byte, 2<<10)
		for b.Loop() {
			sha256.Sum256(text)
		}
	})
}
