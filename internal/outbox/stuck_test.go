// SPDX-License-Identifier: Apache-2.0

package outbox_test

// This file plays drafts that cannot leave, approvals of people who are gone, and
// copies that tell by nothing that they were made at once.

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// heavy is a draft whose copies no message holds.
func heavy(partners ...string) warning.Draft {
	d := draft("Danger on the square.", partners...)
	random := rand.NewChaCha8([32]byte{7})
	for i := range 8 {
		noise := make([]byte, 320<<10)
		random.Read(noise)
		d.Objects = append(d.Objects, jsontext.Value(fmt.Sprintf(`{"type":"note","spec_version":"2.1","id":"note--00000000-0000-4000-8000-00000000000%d","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","content":"%s","object_refs":["note--00000000-0000-4000-8000-00000000000%d"]}`,
			i, base64.StdEncoding.EncodeToString(noise), (i+1)%8)))
	}
	return d
}

// A copy that is larger than a message is not released, and the others are.
func TestACopyThatIsTooLarge(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		d, hash := alpha.compose(heavy("bravo"))
		p, err := alpha.Preview(t.Context(), first, d.ID)
		if err != nil || !p.Blocked || p.Copies[0].Allowed || p.Copies[0].Reasons[0].Rule != string(policy.RuleSize) {
			t.Errorf("the preview: %+v, %v", p.Copies[0].Reasons[0], err)
		}
		_, err = alpha.Release(t.Context(), first, d.ID, hash, "")
		refuses(t, "the release", err, problem.Conflict, "attach fewer objects")
	})
}

// What cannot leave is a draft again, with an alarm, and keeps no other waiting.
func TestOneThatIsStuckKeepsNoOther(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.WithUndo(5 * time.Minute)
		alpha.sheet(warning.RiskNone)
		stuck := naming(2)
		stuck.Warning.Precedence = handling.Routine
		stuck, hash := alpha.compose(stuck)
		for _, who := range []caller.Caller{first, second} {
			_, err := alpha.Release(t.Context(), who, stuck.ID, hash, "")
			check(t, err)
		}
		time.Sleep(time.Second)
		other := alpha.released(handling.Routine, "carol")
		alpha.put(func(tx *store.Tx) error { // a draft whose copies are gone
			return store.Drafts.Put(tx, "draft--broken", warning.Draft{ID: "draft--broken", Stage: warning.Waiting, LeavesAt: tx.Now, ComposedAt: tx.Now.Add(time.Hour),
				Releases: map[string]string{"carol": "x"}})
		})
		alpha.works()
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		if alpha.kinds("carol") != "warning" || alpha.kinds("bravo") != "warning" {
			t.Errorf("carol has %q, bravo %q, though %s waits for nothing", alpha.kinds("carol"), alpha.kinds("bravo"), other.ID)
		}
		alpha.show(func(tx *store.Tx) error {
			broken, err := store.Drafts.Get(tx, "draft--broken")
			if broken.Stage != warning.Composed {
				t.Errorf("what cannot leave is %s", broken.Stage)
			}
			alarms, failed := store.Alarms.List(tx, 0, store.Raised)
			if failed != nil || len(alarms) != 1 || alarms[0].Kind != warning.AlarmNotLeft || alarms[0].Subject != broken.ID {
				t.Errorf("alarms: %+v, %v", alarms, failed)
			}
			return err
		})
	})
}

// leaves takes somebody away, or the role.
func (h *house) leaves(who caller.Caller, roles ...string) {
	h.t.Helper()
	h.put(func(tx *store.Tx) error {
		person, err := store.Persons.Get(tx, who.Name)
		if err != nil {
			return err
		}
		if person.Roles = roles; len(roles) == 0 {
			person.Left = tx.Now
		}
		return store.Persons.Put(tx, who.Name, person)
	})
}

// The approval of somebody who is gone, or no longer releases, counts no more: not
// for the second person, not for what waits, and not for a policy.
func TestTheApprovalOfSomebodyGone(t *testing.T) {
	for name, roles := range map[string][]string{"removed": nil, "an analyst now": {"analyst"}} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, alpha *house) {
				ctx := t.Context()
				alpha.WithUndo(5 * time.Minute)
				waits := alpha.released(handling.Routine, "bravo")
				d, hash := alpha.compose(draft("Danger on the square.", "carol"))
				_, err := alpha.Release(ctx, first, d.ID, hash, "")
				check(t, err)
				proposed, err := alpha.ProposePolicy(ctx, first, narrower(notCarol), "why")
				check(t, err)
				alpha.leaves(first, roles...)
				d, err = alpha.Release(ctx, second, d.ID, hash, "")
				if err != nil || d.Stage != warning.Approved || len(d.Approvals) != 1 || d.Approvals[0].By != "sue" {
					t.Errorf("the release: %s by %+v, %v", d.Stage, d.Approvals, err)
				}
				_, err = alpha.ApprovePolicy(ctx, second, proposed.Hash)
				refuses(t, "the policy", err, problem.Conflict, "rob, who proposed it, no longer proposes")
				alpha.works()
				time.Sleep(6 * time.Minute)
				synctest.Wait()
				if got := alpha.kinds("bravo") + alpha.kinds("carol"); got != "" {
					t.Errorf("left: %s", got)
				}
				alpha.show(func(tx *store.Tx) error {
					waits, err = store.Drafts.Get(tx, waits.ID)
					if waits.Stage != warning.Composed {
						t.Errorf("what waited is %s", waits.Stage)
					}
					return err
				})
				d, err = alpha.Release(ctx, third, d.ID, hash, "")
				if err != nil || d.Stage != warning.Released {
					t.Errorf("by two who are here: %s, %v", d.Stage, err)
				}
			})
		})
	}
}

// Two partners who lay their copies side by side find no time in common that only
// one warning has.
func TestCopiesDoNotTellByTheTime(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		seen := make(map[string]int)
		for range 5 {
			d := draft("Danger on the square.", "bravo", "carol")
			d.Objects = []jsontext.Value{jsontext.Value(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z","name":"c","object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`)}
			d = alpha.warn(d)
			var created, sent []string
			for _, name := range []string{"bravo", "carol"} {
				messages := alpha.queued(name)
				m := messages[len(messages)-1]
				w, err := warning.Decode(m.Header.Kind, m.Payload)
				check(t, err)
				told := w.(*warning.Warning)
				if !told.AnswerBy.Equal(told.AnswerBy.Truncate(time.Minute)) {
					t.Errorf("answer_by %s", told.AnswerBy)
				}
				_, rest, _ := strings.Cut(string(told.Objects[0]), `"created":"`)
				created, sent = append(created, rest[:24]), append(sent, m.Header.Sent.String())
			}
			if created[0] == created[1] {
				seen["created"]++
			}
			if sent[0] == sent[1] {
				seen["sent"]++
			}
			time.Sleep(time.Minute)
		}
		if seen["created"] > 2 || seen["sent"] > 2 { // by chance one in a thousand is the same
			t.Errorf("the same time in both copies: %v", seen)
		}
	})
}

// A wish that cannot be said keeps no other from being said.
func TestAWishThatIsStuckKeepsNoOther(t *testing.T) {
	bubble(t, func(t *testing.T, alpha *house) {
		alpha.put(func(tx *store.Tx) error {
			if err := store.Wishes.Put(tx, "wish--a", store.Wish{ID: "wish--a", Partner: "nobody", Kind: "voice", Made: tx.Now}); err != nil {
				return err
			}
			if err := store.Wishes.Put(tx, "wish--b", store.Wish{ID: "wish--b", Partner: "bravo", Kind: "voice", Made: tx.Now}); err != nil {
				return err
			}
			return store.Wishes.Put(tx, "wish--c", store.Wish{ID: "wish--c", Partner: "nobody", Kind: "voice", Made: tx.Now})
		})
		alpha.run()
		if got := alpha.kinds("bravo"); got != "voice" {
			t.Errorf("%q was said", got)
		}
	})
}
