// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStories follows patterns over several events, from one source to the next.
func TestStories(t *testing.T) {
	set, _ := setOf(t,
		indicatorText(1, "[domain-name:value = 'a.example.org'] FOLLOWEDBY [network-traffic:dst_ref.value = '203.0.113.5']", ""),
		indicatorText(2, "([domain-name:value = 'a.example.org'] AND [network-traffic:dst_ref.value = '203.0.113.5']) WITHIN 10 SECONDS", ""),
		indicatorText(3, "[domain-name:value = 'a.example.org'] REPEATS 2 TIMES", ""),
		indicatorText(4, "[network-traffic:dst_ref.value = '203.0.113.5'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-01T00:00:10Z'", ""),
	)
	dns := func(second int) string {
		return fmt.Sprintf(`{"_path":"dns","ts":%d,"uid":"C1","query":"a.example.org"}`, 1767225600+second)
	}
	conn := func(second int) string {
		return fmt.Sprintf(`{"_path":"conn","ts":%d,"uid":"C1","id.resp_h":"203.0.113.5","proto":"tcp"}`, 1767225600+second)
	}
	d := NewDetector(set)
	told, _ := run(t, d, zeek(t), strings.Join([]string{conn(20), dns(5), dns(15)}, "\n"))
	traffic, name := "network-traffic:dst_ref.value = '203.0.113.5'", "domain-name:value = 'a.example.org'"
	// The first connection was after the first name, though told of before.
	want := []string{"events:2: 1: " + name, "events:3: 1: " + name, "events:3: 2: " + name, "events:3: 3: " + name}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	told, hits := run(t, d, zeek(t), conn(9))
	want = []string{"events:1: 1: " + traffic, "events:1: 2: " + traffic, "events:1: 4: " + traffic}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if hit := hits[1]; len(hit.With) != 1 || hit.With[0].Line != 2 || hit.Last.Sub(hit.First).Seconds() != 4 {
		t.Errorf("the hit is with %v, from %s to %s", hit.With, hit.First, hit.Last)
	}
}

// TestStoriesAreBounded floods one pattern with events that may each begin a
// match: the oldest are dropped and counted, and the newest still match.
func TestStoriesAreBounded(t *testing.T) {
	set, _ := setOf(t, indicatorText(1, "[domain-name:value LIKE '%.example.org'] FOLLOWEDBY [url:value = 'http://example.net/']", ""))
	s := set.stories[0].begin()
	matched := []Matched{{"domain-name:value", "a"}}
	m := zeek(t).Map
	flood := wholeOf(t, []byte(`{"_path":"dns","ts":1767225600,"query":"a.example.org"}`), m)
	dropped := 0
	for range MaxKept + MaxKept/2 {
		one := *flood
		hit, gone, err := s.take(&one, matched)
		if hit != nil || err != nil {
			t.Fatal(hit, err)
		}
		dropped += gone
	}
	if dropped < MaxKept/2 || s.matcher.Kept() > MaxKept || len(s.events) > 2*MaxKept {
		t.Errorf("%d dropped, %d kept, %d remembered", dropped, s.matcher.Kept(), len(s.events))
	}
	if gone := s.halve(); gone == 0 && flood.First.IsZero() {
		t.Error("nothing was let go of")
	}
	last := wholeOf(t, []byte(`{"_path":"http","ts":1767225601,"method":"GET","host":"example.net","uri":"/","id.resp_p":80}`), m)
	hit, _, err := s.take(last, matched)
	if err != nil || hit == nil || len(hit.With) != 1 {
		t.Errorf("%+v, %v", hit, err)
	}
}
