// SPDX-License-Identifier: Apache-2.0

package nodetest

// This file holds what is carried by hand between two whole nodes: what is in a
// file, and what comes of one that is cut off, doubled, out of order, or eve's.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// out writes a file as somebody who then says that it is on the disk.
func out(t *testing.T, from, to *House, ask api.CarryOut) ([]byte, api.CarriedOut) {
	t.Helper()
	var file bytes.Buffer
	made, err := from.Courier.CarryOut(t.Context(), Officer(), to.Name, ask, func() {}, &file)
	Check(t, err)
	Check(t, from.Courier.CarryWritten(t.Context(), Officer(), made.File))
	return file.Bytes(), made
}

func in(t *testing.T, to *House, file []byte) api.CarriedIn {
	t.Helper()
	taken, err := to.Inbox.CarryIn(t.Context(), Officer(), bytes.NewReader(file), to.Courier.TakeReceipts)
	Check(t, err)
	return taken
}

// apart is two paired nodes with a line that is cut from now on: they sit at the
// addresses they were paired at, and nobody answers there.
func apart(t *testing.T) (alpha, bravo *House) {
	t.Helper()
	alpha, bravo = New(t, "alpha"), New(t, "bravo")
	Pair(t, alpha, bravo)
	alpha.Delivered(bravo)
	bravo.Delivered(alpha)
	alpha.Cut()
	bravo.Cut()
	return alpha, bravo
}

// long is a warning that fills most of a record.
func long(n int) string {
	return strings.Repeat("An attack is planned. ", 900) + fmt.Sprint(n)
}

func sent(t *testing.T, h *House, to string) (seqs map[string]int) {
	t.Helper()
	seqs = make(map[string]int)
	cases, err := h.Shelf.Cases(t.Context(), Officer(), to, 100)
	Check(t, err)
	for _, c := range cases {
		whole, err := h.Shelf.Case(t.Context(), Officer(), c.ID)
		Check(t, err)
		for _, m := range whole.Thread {
			if m.Ours {
				seqs[m.State]++
			}
		}
	}
	return seqs
}

// Out, in, the receipts back: the messages are delivered, and both logs verify.
// A file that was cut off is taken to its last whole record; twice is once.
func TestThereAndBack(t *testing.T) {
	alpha, bravo := apart(t)
	for i := range 6 {
		alpha.Warn(Draft(long(i), "bravo"))
	}
	file, made := out(t, alpha, bravo, api.CarryOut{})
	if made.Messages != 6 || made.Receipts != 0 || made.More || made.Last-made.First != 5 {
		t.Fatalf("made %+v", made)
	}
	part := in(t, bravo, file[:len(file)*3/4])
	if part.Whole || part.Cut == "" || part.New == 0 || part.New == 6 || part.OK() {
		t.Errorf("of a part: %+v", part)
	}
	whole := in(t, bravo, file)
	if !whole.OK() || whole.New+part.New != 6 || whole.Known != part.New || whole.Carry != 6 {
		t.Errorf("of the whole, after the part: %+v", whole)
	}
	if twice := in(t, bravo, file); !twice.OK() || twice.New != 0 || twice.Known != 6 {
		t.Errorf("of the same file again: %+v", twice)
	}
	if states := sent(t, alpha, "bravo"); states["queued"] != 6 {
		t.Errorf("before the receipts come back: %v", states)
	}
	back, madeBack := out(t, bravo, alpha, api.CarryOut{})
	if madeBack.Receipts != 6 || madeBack.Messages != 0 {
		t.Errorf("back %+v", madeBack)
	}
	if taken := in(t, alpha, back); !taken.OK() || taken.Receipts != 6 || taken.Carry != 0 {
		t.Errorf("taken back: %+v", taken)
	}
	if taken := in(t, alpha, back); !taken.OK() || taken.Receipts != 6 {
		t.Errorf("taken back twice: %+v", taken)
	}
	if states := sent(t, alpha, "bravo"); states["delivered"] != 6 {
		t.Errorf("after the receipts: %v", states)
	}
	for _, h := range []*House{alpha, bravo} {
		_, err := h.Courier.CarryOut(t.Context(), Officer(), map[string]string{"alpha": "bravo", "bravo": "alpha"}[h.Name], api.CarryOut{}, func() {}, io.Discard)
		if !problem.Is(err, problem.Conflict) {
			t.Errorf("%s has more to carry: %v", h.Name, err)
		}
		h.Sound()
	}
}

// A file that nobody says is on the disk was none: the next holds the same. One
// whose receipts were lost is carried again, and answered again.
func TestNothingIsLost(t *testing.T) {
	alpha, bravo := apart(t)
	alpha.Warn(Draft("An attack is planned.", "bravo"))
	failed := errors.New("the stick is full")
	if _, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", api.CarryOut{OneWay: true}, func() {}, fullStick{failed}); !errors.Is(err, failed) {
		t.Fatalf("written onto a full stick: %v", err)
	}
	var unsaid bytes.Buffer
	if _, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", api.CarryOut{OneWay: true}, func() {}, &unsaid); err != nil {
		t.Fatal(err)
	}
	file, made := out(t, alpha, bravo, api.CarryOut{})
	if made.Messages != 1 {
		t.Fatalf("made %+v", made)
	}
	if taken := in(t, bravo, unsaid.Bytes()); taken.New != 1 || taken.Carry != 0 {
		t.Errorf("a file that failed and happened all the same: %+v", taken)
	}
	in(t, bravo, file)
	out(t, bravo, alpha, api.CarryOut{}) // and it is lost on the way
	file, _ = out(t, alpha, bravo, api.CarryOut{})
	if taken := in(t, bravo, file); taken.Known != 1 || taken.Carry != 1 {
		t.Errorf("carried again: %+v", taken)
	}
	back, _ := out(t, bravo, alpha, api.CarryOut{})
	if taken := in(t, alpha, back); taken.Receipts != 1 || sent(t, alpha, "bravo")["delivered"] != 1 {
		t.Errorf("the receipts: %+v", taken)
	}
	alpha.Sound()
	bravo.Sound()
}

type fullStick struct{ err error }

func (f fullStick) Write([]byte) (int, error) { return 0, f.err }

// Files in a row, each no larger than it was told to be: what comes too early is
// refused with the number of the file to take first, and nothing is lost.
func TestInARow(t *testing.T) {
	alpha, bravo := apart(t)
	const warnings = 24
	for i := range warnings {
		alpha.Warn(Draft(long(i), "bravo"))
	}
	var files [][]byte
	ask := api.CarryOut{MaxSize: 600 << 10} // the door asks for more
	for {
		file, made := out(t, alpha, bravo, ask)
		if int64(len(file)) > ask.MaxSize {
			t.Errorf("file %d has %d bytes", made.Number, len(file))
		}
		files = append(files, file)
		if !made.More {
			break
		}
		ask.After, ask.Back = made.After, made.Back
	}
	if len(files) < 2 {
		t.Fatalf("%d files", len(files))
	}
	early := in(t, bravo, files[1])
	if early.OK() || early.New != 0 || len(early.Waits) != 1 || !strings.Contains(early.Waits[0], "take file 1 of alpha first") {
		t.Errorf("the second first: %+v", early)
	}
	for _, file := range files {
		if taken := in(t, bravo, file); !taken.OK() {
			t.Errorf("in order: %+v", taken)
		}
	}
	back, made := out(t, bravo, alpha, api.CarryOut{})
	if taken := in(t, alpha, back); made.Receipts != warnings || taken.Receipts != warnings {
		t.Errorf("back %+v", made)
	}
	bravo.Sound()
}

// The channel's state is read when a file is written, and what has expired stays.
func TestStateOfTheChannel(t *testing.T) {
	alpha, bravo := apart(t)
	alpha.Warn(Draft("An attack is planned.", "bravo"))
	other := Draft("A server is attacked.", "bravo")
	other.Warning.ThreatType = "cyber"
	alpha.Warn(other)
	set := func(state partner.State) {
		t.Helper()
		_, err := alpha.Desk.SetState(t.Context(), Officer(), "bravo", state, "a test")
		Check(t, err)
	}
	refused := func(words string) {
		t.Helper()
		begun := false
		_, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", api.CarryOut{}, func() { begun = true }, io.Discard)
		if !problem.Is(err, problem.Conflict) || !strings.Contains(err.Error(), words) || begun {
			t.Errorf("got %v, want %q", err, words)
		}
	}
	set(partner.Limited)
	Until(t, "the notice of the state is queued", func() bool {
		n := 0
		Check(t, alpha.Store.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, func(tx *store.Tx) (err error) {
			n, err = tx.QueueLength("bravo")
			return err
		}))
		return n == 3
	})
	if _, made := out(t, alpha, bravo, api.CarryOut{}); made.Messages != 2 || made.Held != 1 {
		t.Errorf("limited: %+v", made)
	}
	set(partner.Suspended)
	refused("nothing may leave for bravo now: its channel is suspended, and")
	set(partner.Expelled)
	refused("bravo is expelled")
}

// One way: what left counts as carried, is carried again when somebody says so,
// and a gap shows at the other end until it is filled, in whatever order.
func TestOneWay(t *testing.T) {
	alpha, bravo := apart(t)
	var files [][]byte
	for i := range 3 {
		alpha.Warn(Draft(fmt.Sprintf("Attack %d is planned.", i), "bravo"))
		file, made := out(t, alpha, bravo, api.CarryOut{OneWay: true})
		if made.Messages != 1 || !made.OneWay {
			t.Errorf("file %d: %+v", i, made)
		}
		files = append(files, file)
	}
	if states := sent(t, alpha, "bravo"); states["carried"] != 3 {
		t.Errorf("sent: %v", states)
	}
	gaps := func() []uint64 {
		seen, err := bravo.Shelf.Partner(t.Context(), Admin(), "alpha")
		Check(t, err)
		var places []uint64
		for _, gap := range seen.Gaps {
			if gap.Why != "carried" {
				t.Errorf("a gap because of %q", gap.Why)
			}
			places = append(places, gap.Seq)
		}
		return places
	}
	if taken := in(t, bravo, files[2]); !taken.OK() || taken.New != 1 || taken.Carry != 0 {
		t.Errorf("the last first: %+v", taken)
	}
	if got := gaps(); len(got) != 2 {
		t.Errorf("gaps %v", got)
	}
	in(t, bravo, files[0])
	if got := gaps(); len(got) != 1 {
		t.Errorf("gaps %v", got)
	}
	again, made := out(t, alpha, bravo, api.CarryOut{OneWay: true, Again: "all"})
	if made.Messages != 3 {
		t.Errorf("again: %+v", made)
	}
	if taken := in(t, bravo, again); !taken.OK() || taken.New != 1 || taken.Known != 2 {
		t.Errorf("again: %+v", taken)
	}
	if got := gaps(); len(got) != 0 {
		t.Errorf("gaps %v", got)
	}
	for _, bad := range []api.CarryOut{{Again: "all"}, {OneWay: true, Again: "0"}, {OneWay: true, Again: "some"}} {
		if _, err := alpha.Courier.CarryOut(t.Context(), Officer(), "bravo", bad, func() {}, io.Discard); !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	alpha.Sound()
	bravo.Sound()
}

// Receipts in a file are signed with keys of which the recipient reads in the same
// file only behind them: the changes come with the receipts.
func TestKeysChangeBetweenFiles(t *testing.T) {
	alpha, bravo := apart(t)
	bravo.Warn(Draft("Receipted with the old keys.", "alpha"))
	first, _ := out(t, bravo, alpha, api.CarryOut{})
	in(t, alpha, first)
	_, err := alpha.Outbox.ChangeKeys(t.Context(), Admin(), outbox.KeyOrder{Reason: "The year is over."})
	Check(t, err)
	bravo.Warn(Draft("Receipted with the new ones.", "alpha"))
	second, _ := out(t, bravo, alpha, api.CarryOut{})
	in(t, alpha, second)
	back, made := out(t, alpha, bravo, api.CarryOut{})
	if taken := in(t, bravo, back); !taken.OK() || taken.Receipts != 2 || made.Messages != 1 || taken.New != 1 {
		t.Errorf("taken back: %+v of %+v", taken, made)
	}
	if states := sent(t, bravo, "alpha"); states["delivered"] != 2 {
		t.Errorf("sent: %v", states)
	}
	alarms, err := bravo.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	if slices.ContainsFunc(alarms, func(a warning.Alarm) bool { return a.Kind == warning.AlarmBadReceipt || a.Kind == warning.AlarmFork }) {
		t.Errorf("alarms %+v", alarms)
	}
	alpha.Sound()
	bravo.Sound()
}

// Eve can seal a file for anybody. What she can make of it changes nothing.
func TestEvesFiles(t *testing.T) {
	alpha, bravo := apart(t)
	eve := NewEve(t, "eve")
	alpha.Warn(Draft("An attack is planned.", "bravo"))
	good, _ := out(t, alpha, bravo, api.CarryOut{})
	head := carry.Head{Version: 1, File: carry.NewFile(), From: alpha.Card().ID(), To: bravo.Card().ID(), Number: 9, Made: time.Now().UTC()}
	byEve := func(input []byte) string {
		return envelope.SenderValue(alpha.Card().ID(), eve.Ring.SignDelivery(input))
	}
	byAlpha := func(input []byte) string {
		return envelope.SenderValue(alpha.Card().ID(), alpha.Ring().SignDelivery(input))
	}
	write := func(head carry.Head, signed func([]byte) string, fill func(*carry.Writer)) []byte {
		recipient, err := bravo.Card().Recipient()
		Check(t, err)
		var file bytes.Buffer
		w, err := carry.NewWriter(&file, recipient, head, signed)
		Check(t, err)
		fill(w)
		Check(t, w.Close())
		return file.Bytes()
	}
	nothing := func(*carry.Writer) {}
	ofEve := head
	ofEve.From = eve.Ring.ID()
	toAlpha := head
	toAlpha.To = alpha.Card().ID()
	request, err := json.Marshal(partner.PairRequest{Card: eve.Ring.Card("https://eve.example.org"), Secret: "guessed"})
	Check(t, err)
	ring := func(input []byte) string { return envelope.SenderValue(eve.Ring.ID(), eve.Ring.SignDelivery(input)) }
	for name, file := range map[string][]byte{
		"no file":                      []byte("eve"),
		"alpha's name, eve's key":      write(head, byEve, nothing),
		"of nobody":                    write(ofEve, ring, nothing),
		"for alpha, sealed for bravo":  write(toAlpha, byAlpha, nothing),
		"an invitation nobody made":    write(ofEve, ring, func(w *carry.Writer) { Check(t, w.Add(carry.KindPair, request)) }),
		"an answer that is no pairing": write(ofEve, ring, func(w *carry.Writer) { Check(t, w.Add(carry.KindPair, []byte("{}"))) }),
	} {
		if taken, err := bravo.Inbox.CarryIn(t.Context(), Officer(), bytes.NewReader(file), bravo.Courier.TakeReceipts); !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Conflict) {
			t.Errorf("%s: %+v, %v", name, taken, err)
		}
	}
	// Records of others in a file of alpha's: it ends there, and keeps what came before.
	for name, kind := range map[string]carry.Kind{"a delivery": carry.KindDelivery, "receipts": carry.KindAnswer} {
		mixed := func(input []byte) string {
			if bytes.HasPrefix(input, []byte("tocsin-carry/v1\nhead")) {
				return byAlpha(input)
			}
			return byEve(input)
		}
		head.File = carry.NewFile()
		taken := in(t, bravo, write(head, mixed, func(w *carry.Writer) { Check(t, w.Add(kind, []byte(`{"results":[]}`))) }))
		if taken.OK() || !strings.Contains(taken.Cut, "is not right") {
			t.Errorf("%s of eve's: %+v", name, taken)
		}
	}
	// A receipt for nothing, by alpha's own key: it is told.
	head.File = carry.NewFile()
	in(t, bravo, write(head, byAlpha, func(w *carry.Writer) { Check(t, w.Add(carry.KindAnswer, []byte(`{"results":[{"receipt":"none"}]}`))) }))
	alarms, err := bravo.Shelf.Alarms(t.Context(), Officer(), false)
	Check(t, err)
	if !slices.ContainsFunc(alarms, func(a warning.Alarm) bool { return a.Kind == warning.AlarmBadReceipt }) {
		t.Errorf("alarms %+v", alarms)
	}
	if taken := in(t, bravo, good); !taken.OK() || taken.New != 1 {
		t.Errorf("alpha's own file afterwards: %+v", taken)
	}
	if _, err := bravo.Inbox.CarryIn(t.Context(), Overseer(), bytes.NewReader(good), bravo.Courier.TakeReceipts); !problem.Is(err, problem.Denied) {
		t.Errorf("an overseer takes a file: %v", err)
	}
	if _, err := alpha.Courier.CarryOut(t.Context(), Overseer(), "bravo", api.CarryOut{}, func() {}, io.Discard); !problem.Is(err, problem.Denied) {
		t.Errorf("an overseer writes a file: %v", err)
	}
	bravo.Sound()
}
