// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file plays a hostile partner that says of what is not its own that it was
// erased.

import (
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/warning"
)

// A notice of destruction erases nothing here, and one that names what is not of
// this very case and partner rings and is not shown as a notice.
func TestNoticesThatDoNotFit(t *testing.T) {
	s := newScene(t)
	alpha, carol := newHostile(t, s, s.alpha), newHostile(t, s, s.carol)
	id := newID()
	alpha.warns(id, "a crowd", handling.Flash, warning.MassCasualtyAttack)
	first := alpha.prev
	notice := func(of, hash string) warning.Destruction {
		return warning.Destruction{ID: "destruction--" + strings.TrimPrefix(newID(), "warning--"), Case: of, Messages: []string{hash}, Ground: warning.DestroyedByDate, At: moment()}
	}
	carol.say(envelope.Destruction, notice(id, first))
	alpha.say(envelope.Destruction, notice(newID(), first))
	alpha.say(envelope.Destruction, notice(id, envelope.FirstPrev))
	notices, err := s.bravo.Shelf.Destructions(t.Context(), Overseer())
	Check(t, err)
	if len(notices) != 0 || carol.alarms(warning.AlarmDestruction) != 3 {
		t.Errorf("%d notices were taken, %d alarms", len(notices), carol.alarms(warning.AlarmDestruction))
	}
	alpha.say(envelope.Destruction, notice(id, first))
	notices, err = s.bravo.Shelf.Destructions(t.Context(), Overseer())
	Check(t, err)
	if len(notices) != 1 || notices[0].Partner != "alpha" || notices[0].Ours || !notices[0].Receipted {
		t.Errorf("the right notice: %+v", notices)
	}
	if c := alpha.onBoard(id); c.Title != "a crowd" || !c.Erased.IsZero() {
		t.Errorf("a notice erased something here: %+v", c)
	}
	shown, err := s.bravo.Shelf.Case(t.Context(), Officer(), id)
	Check(t, err)
	if len(shown.Thread[0].Payload) == 0 || len(shown.Thread) != 3 {
		t.Errorf("the case: %d messages, the first of %d bytes", len(shown.Thread), len(shown.Thread[0].Payload))
	}
	s.bravo.Sound()
}
