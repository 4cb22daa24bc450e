// SPDX-License-Identifier: Apache-2.0

package inbox

// This file plays days of sending against a quota.

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/internal/partner"
)

// A row: at what time, who sends how many messages of how many kilobytes, and
// what is answered. The quota is 240 messages a day, 20 at once, 1 MB a day and
// at once.
func TestQuota(t *testing.T) {
	const table = `
		0s     bravo  20 1     taken
		0s     bravo  1  1     again in 6m1s
		0s     carol  20 1     taken
		5m     bravo  1  1     again in 1m1s
		6m     bravo  1  1     taken
		6m     bravo  1  1     again in 6m1s
		1h     bravo  10 1     again in 6m1s
		66m    bravo  10 1     taken
		24h    bravo  20 1     taken
		24h    bravo  1  1     again in 6m1s
		72h    bravo  1  1024  taken
		72h    bravo  1  1     again in 1m25s
		96h    bravo  30 1     taken
		96h    bravo  1  1     again in 1h0m0s
		120h   delta  2  1     taken
		120h   delta  1  1     again in 1h0m0s
		119h   bravo  1  1     taken`
	m := newMeter(Quota{Messages: 240, MessagesBurst: 20, Megabytes: 1, MegabytesOnce: 1})
	start := time.Date(2031, 5, 8, 0, 0, 0, 0, time.UTC)
	for line := range strings.Lines(strings.Trim(table, "\n\t")) {
		var at, name string
		var n, kilobytes int
		fields := strings.Fields(line)
		if _, err := fmt.Sscan(strings.Join(fields[:4], " "), &at, &name, &n, &kilobytes); err != nil {
			t.Fatal(err)
		}
		passed, err := time.ParseDuration(at)
		if err != nil {
			t.Fatal(err)
		}
		channel := partner.Channel{Name: name, State: partner.Active}
		if name == "delta" {
			channel.State = partner.Suspended // a tenth is left to it
		}
		got := "taken"
		if again := m.take(&channel, n, kilobytes<<10, start.Add(passed)); again > 0 {
			got = "again in " + again.Round(time.Second).String()
		}
		if want := strings.Join(fields[4:], " "); got != want {
			t.Errorf("%s: %s", strings.TrimSpace(line), got)
		}
	}
}

func TestGivingBack(t *testing.T) {
	m := newMeter(Quota{Messages: 1, MessagesBurst: 4, Megabytes: -1, MegabytesOnce: -1})
	now, bravo := time.Now(), partner.Channel{Name: "bravo", State: partner.Active}
	for range 100 {
		if again := m.take(&bravo, 4, 1<<30, now); again > 0 {
			t.Fatalf("put off for %v", again)
		}
		m.giveBack(&bravo, 4, 1<<30)
		m.giveBack(&bravo, 4, 1<<30) // no more than full
	}
	m.take(&bravo, 4, 1, now)
	if m.take(&bravo, 1, 1, now) == 0 {
		t.Error("it was more than full")
	}
}

func TestNoBound(t *testing.T) {
	m := newMeter(Quota{Messages: -1, MessagesBurst: -1, Megabytes: -1, MegabytesOnce: -1})
	bravo := partner.Channel{Name: "bravo", State: partner.Active}
	for range 1000 {
		if again := m.take(&bravo, 256, 8<<20, time.Now()); again > 0 {
			t.Fatalf("put off for %v", again)
		}
	}
}

// People are told at once, and then by the minute.
func TestTelling(t *testing.T) {
	m := newMeter(DefaultQuota())
	start := time.Now()
	for _, test := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {time.Second, 0}, {2 * time.Second, 0}, {time.Minute, 3}, {61 * time.Second, 0}, {time.Hour, 2}} {
		if got := m.tell("bravo", start.Add(test.after)); got != test.want {
			t.Errorf("after %v: %d", test.after, got)
		}
	}
}
