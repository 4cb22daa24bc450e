// SPDX-License-Identifier: Apache-2.0

package store

// This file tests that an alarm is raised once, found without a search, and
// that nobody buries the others; and that a verification is in nobody's way.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (k *kit) raise(alarms ...warning.Alarm) {
	k.Helper()
	k.must(k.Change(k.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) error {
		for _, alarm := range alarms {
			if err := tx.Raise(alarm); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (k *kit) alarms(states ...string) (alarms []warning.Alarm) {
	k.Helper()
	k.must(k.Glance(k.Context(), caller.Self(), What{Act: caller.Send}, func(tx *Tx) (err error) {
		alarms, err = Alarms.List(tx, 0, states...)
		return err
	}))
	return alarms
}

func TestAnAlarmIsRaisedOnce(t *testing.T) {
	k := newKit(t)
	fork := warning.Alarm{Kind: warning.AlarmFork, Partner: "bravo", Subject: "bravo", Text: "two logs", Level: handling.Flash}
	other := fork
	other.Partner, other.Subject = "brav", "obravo" // the same letters in a row
	k.raise(fork, fork, other)
	k.raise(fork)
	first := k.alarms(Raised)
	if len(first) != 2 {
		t.Fatalf("%d alarms stand: %v", len(first), first)
	}
	for _, alarm := range first {
		if alarm.Partner == "bravo" {
			alarm.DismissedBy, alarm.Reason = "ines", "they called"
			k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return Alarms.Put(tx, alarm.ID, alarm) }))
		}
	}
	k.raise(fork)
	if raised, dismissed := k.alarms(Raised), k.alarms(Dismissed); len(raised) != 2 || len(dismissed) != 1 || dismissed[0].Reason != "they called" {
		t.Errorf("after a dismissal: raised %v, dismissed %v", raised, dismissed)
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Error(audit.Wrong)
	}
}

// What a partner can cause at will is one alarm, which counts and is as urgent
// as the most urgent of them.
func TestAFloodIsOneAlarm(t *testing.T) {
	k := newKit(t)
	var flood []warning.Alarm
	for i := range 2048 {
		level := handling.Routine
		if i == 700 {
			level = handling.Flash
		}
		flood = append(flood, warning.Alarm{Kind: warning.AlarmUnreadable, Partner: "bravo", Subject: fmt.Sprint("hash ", i), Level: level, Text: "it cannot be read"})
	}
	start := time.Now()
	for len(flood) > 0 {
		k.raise(flood[:256]...)
		flood = flood[256:]
	}
	t.Log("2,048 alarms in eight changes took", time.Since(start))
	k.raise(warning.Alarm{Kind: warning.AlarmUnreadable, Partner: "carol", Subject: "hash", Text: "it cannot be read"})
	alarms := k.alarms(Raised)
	if len(alarms) != 2 {
		t.Fatalf("%d alarms stand", len(alarms))
	}
	for _, alarm := range alarms {
		want := warning.Alarm{Text: "it cannot be read", Subject: "carol"}
		if alarm.Partner == "bravo" {
			want = warning.Alarm{Text: "it cannot be read; since then 2047 more", Subject: "bravo", Level: handling.Flash}
		}
		if alarm.Text != want.Text || alarm.Subject != want.Subject || alarm.Level != want.Level {
			t.Errorf("the alarm is %+v", alarm)
		}
	}
	if audit := k.audit(); len(audit.Wrong) > 0 {
		t.Error(audit.Wrong)
	}
}

// Of every kind twenty stand about one partner, then one that counts; another
// partner's, another kind, and what concerns no partner, stand by themselves.
func TestAlarmsOfEveryKindAreCapped(t *testing.T) {
	k := newKit(t)
	life := func(partner string, i int) warning.Alarm {
		return warning.Alarm{Kind: warning.AlarmThreatToLife, Partner: partner, Subject: fmt.Sprintf("warning %s %d", partner, i), Level: handling.Flash, Text: "read it now"}
	}
	for i := range 200 {
		k.raise(life("bravo", i))
		k.raise(life("bravo", 0)) // the same again is no more of it
		if i < 30 {
			k.raise(warning.Alarm{Kind: warning.AlarmReviewDue, Subject: fmt.Sprint("draft ", i), Text: "review"})
		}
	}
	k.raise(life("carol", 0), warning.Alarm{Kind: warning.AlarmCaseTaken, Partner: "bravo", Subject: "case", Text: "taken"})
	of := make(map[string]int)
	var more, first warning.Alarm
	for _, alarm := range k.alarms(Raised) {
		of[string(alarm.Kind)+" "+alarm.Partner]++
		if alarm.Subject == "bravo" {
			more = alarm
		} else if alarm.Partner == "bravo" && alarm.Kind == warning.AlarmThreatToLife {
			first = alarm
		}
	}
	want := map[string]int{"threat_to_life_quarantined bravo": mostAlarms + 1, "threat_to_life_quarantined carol": 1, "case_repeated bravo": 1, "exigent_review_overdue ": 30}
	if diff := cmp.Diff(want, of); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(more.Text, "; since then 179 more") || more.Level != handling.Flash {
		t.Errorf("the one that counts is %+v", more)
	}
	// Dismissed, each by itself, they make room again.
	for _, alarm := range []warning.Alarm{more, first} {
		alarm.DismissedBy, alarm.Reason = "ines", "read"
		k.must(k.Change(t.Context(), officer, note, func(tx *Tx) error { return Alarms.Put(tx, alarm.ID, alarm) }))
	}
	k.raise(life("bravo", 300), life("bravo", 301))
	n := 0
	for _, alarm := range k.alarms(Raised) {
		if alarm.Partner == "bravo" && alarm.Kind == warning.AlarmThreatToLife {
			n++
		}
	}
	if n != mostAlarms+1 {
		t.Errorf("%d stand afterwards", n)
	}
}

// A key that is known under one name is not taken under another.
func TestAKeyHasOneName(t *testing.T) {
	k := newKit(t)
	add := func(name string) error {
		card := k.ring.Card("http://127.0.0.1:1")
		card.Name = name
		return k.Change(t.Context(), officer, note, func(tx *Tx) error { return tx.AddChannel(partner.Channel{Name: name, Card: card}) })
	}
	k.must(add("bravo"))
	if err := add("charlie"); !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), "bravo") {
		t.Errorf("the same key as charlie: %v", err)
	}
	k.must(k.Glance(t.Context(), officer, note, func(tx *Tx) error {
		owner, err := Keys.Get(tx, k.ring.ID())
		if owner.Partner != "bravo" {
			t.Errorf("the key is that of %q", owner.Partner)
		}
		return err
	}))
}

// While a verification runs there is no second one, every reading goes on, and
// the log says who verified.
func TestAVerificationIsInNobodysWay(t *testing.T) {
	k := newKit(t)
	what := What{Act: caller.VerifyLedger}
	machine := caller.Caller{Kind: caller.Machine, Name: "tool"}
	nothing := func(*Tx) error { return nil }
	k.must(k.Inspect(t.Context(), machine, what, func(*Tx) error {
		for range 20 {
			if err := k.Inspect(t.Context(), machine, what, nothing); !problem.Is(err, problem.Busy) {
				t.Errorf("a second verification: %v", err)
			}
		}
		inside := 0
		var read func(*Tx) error
		read = func(*Tx) error {
			if inside++; inside == readers {
				return nil
			}
			return k.Glance(t.Context(), officer, note, read)
		}
		if err := k.Glance(t.Context(), officer, note, read); err != nil || inside != readers {
			t.Errorf("%d readings at once: %v", inside, err)
		}
		return k.put(t.Context(), "1", "a change goes on, too")
	}))
	k.must(k.Inspect(t.Context(), machine, what, nothing))
	if err := k.Inspect(t.Context(), caller.Anyone(), what, nothing); !problem.Is(err, problem.Denied) {
		t.Errorf("a stranger verifies: %v", err)
	}
	want := "read machine:tool verify the ledger|act person:ines keep a source report|read machine:tool verify the ledger"
	if got := strings.Join(k.lines(), "|"); got != want {
		t.Errorf("the log says %s", got)
	}
	k.sound(3)
}
