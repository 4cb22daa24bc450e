// SPDX-License-Identifier: Apache-2.0

package courier_test

// This file wires the trips of two nodes over pipes, in fake time, with a real
// store each: what passes between alpha and bravo when the network misbehaves.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/peerserver"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
	"github.com/tocsin-exchange/tocsin/witness"
)

var (
	admin    = caller.Caller{Kind: caller.Person, Name: "admin", Title: "Administrator", Roles: []caller.Role{caller.Administrator}}
	analyst  = caller.Caller{Kind: caller.Person, Name: "ann", Title: "Analyst 1", Roles: []caller.Role{caller.Analyst}}
	first    = caller.Caller{Kind: caller.Person, Name: "rob", Title: "Releaser 1", Roles: []caller.Role{caller.Releaser}}
	second   = caller.Caller{Kind: caller.Person, Name: "sue", Title: "Releaser 2", Roles: []caller.Role{caller.Releaser}}
	duty     = caller.Caller{Kind: caller.Person, Name: "dan", Title: "Duty officer 1", Roles: []caller.Role{caller.DutyOfficer}}
	overseer = caller.Caller{Kind: caller.Person, Name: "ova", Title: "Overseer", Roles: []caller.Role{caller.Overseer}}
)

// side is one node's trips.
type side struct {
	t       *testing.T
	name    string
	dir     string
	network *network
	ring    *keys.Ring
	card    envelope.Card
	store   *store.Store
	desk    *desk.Desk
	intake  *intake.Intake
	outbox  *outbox.Outbox
	inbox   *inbox.Inbox
	shelf   *shelf.Shelf
	policy  *witness.Policy
	carry   *courier.Courier
	judge   func(courier.Judge) courier.Judge // in the place of the outbox
	stop    func()
}

// network carries posts between the sides through memory, and misbehaves on request.
type network struct {
	sides map[string]*side
	// down answers nothing; lost does the post and loses the answer.
	down, lost atomic.Bool
	posts      atomic.Int64
	// tamper changes a request on its way.
	tamper func(*http.Request)
	// line is what becomes of a connection, answered of an answer.
	line     func(net.Conn) net.Conn
	answered func(body []byte) []byte
	hang     *hanging
	// mute is what becomes of a post to somebody who is no side.
	mute func(*http.Request) error
	// witness answers for witness.example.org.
	witness http.RoundTripper
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.posts.Add(1)
	if n.down.Load() {
		return nil, errors.New("network: down")
	}
	if n.witness != nil && r.URL.Hostname() == "witness.example.org" {
		return n.witness.RoundTrip(r)
	}
	to := n.sides[strings.TrimSuffix(r.URL.Hostname(), ".example.org")]
	if to == nil && n.mute != nil {
		return nil, n.mute(r)
	}
	if to == nil || to.store == nil {
		return nil, errors.New("network: nobody there")
	}
	if n.tamper != nil {
		n.tamper(r)
	}
	if err := n.hang.stage("begun", r); err != nil {
		return nil, err
	}
	here, there := net.Pipe()
	server := &http.Server{Handler: peerserver.New(slog.New(slog.NewTextHandler(to.t.Output(), nil)), to.inbox)}
	listener := &oneConn{conn: there, done: make(chan struct{})}
	go server.Serve(listener)
	defer server.Close()
	if n.line != nil {
		here = n.line(here)
	}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return here, nil }, DisableKeepAlives: true}
	plain := r.Clone(r.Context())
	plain.URL.Scheme = "http" // the pipe needs no TLS
	response, err := transport.RoundTrip(plain)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if err := n.hang.stage("heard", r); err != nil {
		return nil, err
	}
	if n.lost.Load() {
		return nil, errors.New("network: the answer was lost")
	}
	if n.answered != nil {
		body = n.answered(body)
	}
	response.Body = io.NopCloser(strings.NewReader(string(body)))
	return response, nil
}

type oneConn struct {
	conn net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if conn := l.conn; conn != nil {
		l.conn = nil
		return conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

func newSide(t *testing.T, n *network, name string) *side {
	t.Helper()
	ring, err := keys.Generate(name, "NO")
	if err != nil {
		t.Fatal(err)
	}
	s := &side{t: t, name: name, dir: t.TempDir(), network: n, ring: ring, card: ring.Card("https://" + name + ".example.org")}
	n.sides[name] = s
	s.start()
	t.Cleanup(s.close)
	check(t, s.store.Change(t.Context(), caller.Self(), store.What{Act: caller.Tick}, func(tx *store.Tx) error {
		for _, who := range []caller.Caller{analyst, first, second, third(), duty} {
			if err := store.Persons.Put(tx, who.Name, store.Person{Name: who.Name, Title: who.Title, Roles: []string{string(who.Roles[0])}, Added: tx.Now}); err != nil {
				return err
			}
		}
		return nil
	}))
	return s
}

// start opens the store and starts the trips, as a process would.
func (s *side) start() {
	s.t.Helper()
	log := slog.New(slog.NewTextHandler(s.t.Output(), nil)).With("node", s.name)
	kept, err := store.Open(log, s.dir, s.ring.SignCheckpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	s.store = kept
	s.desk, s.intake, s.outbox = desk.New(log, kept, s.card), intake.New(log, kept), outbox.New(log, kept, s.ring)
	s.inbox, s.shelf = inbox.New(log, kept, s.ring, s.card), shelf.New(log, kept, s.card, "test")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 5)
	carry, clocks := courier.New(log, kept, s.ring, &http.Client{Transport: s.network}, s.card.Address), keeper.New(log, kept)
	s.carry = carry
	s.desk.Judge(s.outbox.JudgeFor)
	if carry.JudgeBy(s.outbox); s.judge != nil {
		carry.JudgeBy(s.judge(s.outbox))
	}
	runs := []func(context.Context) error{s.outbox.Run, s.outbox.RunDays, s.inbox.Run, carry.Run}
	if s.policy != nil {
		carry.Witnesses(s.policy)
		s.inbox.Require(s.policy)
		clocks.Require(s.policy)
		runs = append(runs, clocks.Run)
	}
	for _, run := range runs {
		go func() { _ = run(ctx); done <- struct{}{} }()
	}
	s.stop = func() {
		cancel()
		for range runs {
			<-done
		}
	}
}

func (s *side) close() {
	if s.store == nil {
		return
	}
	s.stop()
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
	s.store = nil
}

// pair brings the two from strangers to an active channel.
func pair(t *testing.T, alpha, bravo *side) {
	t.Helper()
	ctx := t.Context()
	text, err := alpha.desk.Invite(ctx, admin, nil)
	check(t, err)
	_, err = bravo.desk.Accept(ctx, admin, text)
	check(t, err)
	eventually(t, func() bool {
		_, err := alpha.shelf.Partner(ctx, admin, bravo.name)
		return err == nil
	})
	for _, p := range [][2]*side{{alpha, bravo}, {bravo, alpha}} {
		seen, err := p[0].shelf.Partner(ctx, admin, p[1].name)
		check(t, err)
		_, err = p[0].desk.Confirm(ctx, admin, p[1].name, seen.Digits)
		check(t, err)
		_, err = p[0].outbox.SignTerms(ctx, admin, p[1].name)
		check(t, err)
	}
	eventually(t, func() bool { return alpha.state(bravo) == "active" && bravo.state(alpha) == "active" })
}

func (s *side) state(other *side) string {
	p, err := s.shelf.Partner(s.t.Context(), admin, other.name)
	check(s.t, err)
	return p.State
}

// eventually waits in fake time, an hour at the most. One synctest.Wait is not
// enough for what passes through a store: SQLite may be waiting for a lock, in
// fake time, and to the bubble that looks like the end of the work.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 3600 {
		synctest.Wait()
		if ok() {
			return
		}
		time.Sleep(time.Second) // fake: the bubble jumps
	}
	t.Fatal("did not happen within an hour")
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func draft(partner, text string) warning.Draft {
	return warning.Draft{
		Warning: warning.Warning{
			Target:     warning.Target{Kind: "location", Name: "Market square", Place: warning.Place{Country: "NO", City: "Bergen"}},
			ThreatType: warning.MassCasualtyAttack, Precedence: handling.Flash, Probability: "likely", Confidence: handling.Moderate,
			Handling: handling.Handling{TLP: handling.AmberStrict}, Purpose: "prevention of a threat to life",
		},
		Releases: map[string]string{partner: text}, ReleasableTo: []string{partner},
	}
}

// warn composes and releases by two people; it returns the draft.
func (s *side) warn(d warning.Draft) warning.Draft {
	s.t.Helper()
	ctx := s.t.Context()
	d, err := s.outbox.Compose(ctx, analyst, d)
	check(s.t, err)
	p, err := s.outbox.Preview(ctx, analyst, d.ID) // its author: no reason is asked
	check(s.t, err)
	_, err = s.outbox.Release(ctx, first, d.ID, p.Hash, "")
	check(s.t, err)
	d, err = s.outbox.Release(ctx, second, d.ID, p.Hash, "")
	check(s.t, err)
	return d
}

// sound checks that the whole log and every receipt verify.
func (s *side) sound() {
	s.t.Helper()
	audit, err := s.shelf.Verify(s.t.Context(), overseer, nil)
	check(s.t, err)
	if !audit.OK {
		s.t.Errorf("%s: %s", s.name, strings.Join(audit.Wrong, "\n"))
	}
}

func (s *side) cases() int {
	cases, err := s.shelf.Cases(s.t.Context(), duty, "", 0)
	check(s.t, err)
	return len(cases)
}

// caseOf is the one case that other opened.
func (s *side) caseOf(other *side) api.CaseSummary {
	cases, err := s.shelf.Cases(s.t.Context(), duty, other.name, 0)
	check(s.t, err)
	for _, c := range cases {
		if !c.Ours {
			return c
		}
	}
	return api.CaseSummary{}
}

func bubble(t *testing.T, play func(t *testing.T, n *network, alpha, bravo *side)) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{sides: make(map[string]*side)}
		alpha, bravo := newSide(t, n, "alpha"), newSide(t, n, "bravo")
		pair(t, alpha, bravo)
		play(t, n, alpha, bravo)
		alpha.sound()
		bravo.sound()
	})
}

// A warning is carried, receipted and answered; both see one thread.
func TestAWarningAndItsAnswers(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		ctx := t.Context()
		d := alpha.warn(draft("bravo", "An attack on the market square is planned."))
		id := d.Sent["bravo"]
		eventually(t, func() bool { return bravo.cases() == 1 })
		check(t, bravo.outbox.Acknowledge(ctx, duty, warning.Acknowledgement{Case: id, Answer: warning.Understood}))
		check(t, bravo.outbox.Ask(ctx, duty, warning.Request{Case: id, Question: "Which entrance?"}))
		check(t, bravo.outbox.Report(ctx, duty, warning.Outcome{Case: id, Result: "attack_prevented", Counters: map[string]int64{"persons_detained": 7}}))
		check(t, bravo.outbox.Thank(ctx, duty, warning.Thanks{Case: id, Text: "Thank you."}))
		eventually(t, func() bool {
			ours, err := alpha.shelf.Case(ctx, duty, id)
			check(t, err)
			return len(ours.Thread) == 5 && ours.State == "outcome"
		})
		ours, err := alpha.shelf.Case(ctx, duty, id)
		check(t, err)
		theirs, err := bravo.shelf.Case(ctx, duty, id)
		check(t, err)
		for i := range ours.Thread {
			if ours.Thread[i].Hash != theirs.Thread[i].Hash || ours.Thread[i].Ours == theirs.Thread[i].Ours || !ours.Thread[i].Receipted || !theirs.Thread[i].Receipted {
				t.Errorf("message %d: %+v on one side, %+v on the other", i, ours.Thread[i], theirs.Thread[i])
			}
		}
		sameSteps(t, alpha, bravo, ours, theirs, "", "acknowledged", "", "outcome", "")
	})
}

// The post failed; the post failed but happened. Either way the warning has
// arrived once in the end, and the receipt is the one bravo gave first.
func TestEveryFaultTwice(t *testing.T) {
	for _, fault := range []string{"failed", "failed but happened"} {
		t.Run(fault, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
				broken := &n.down
				if fault == "failed but happened" {
					broken = &n.lost
				}
				broken.Store(true)
				start := time.Now()
				d := alpha.warn(draft("bravo", "Danger."))
				time.Sleep(6 * time.Hour)
				synctest.Wait()
				if want := map[string]int{"failed": 0, "failed but happened": 1}[fault]; bravo.cases() != want {
					t.Fatalf("bravo has %d cases, want %d", bravo.cases(), want)
				}
				tried := n.posts.Load()
				if tried < 100 || tried > 2000 {
					t.Errorf("alpha tried %d times in six hours", tried)
				}
				broken.Store(false)
				eventually(t, func() bool {
					c, err := alpha.shelf.Case(t.Context(), duty, d.Sent["bravo"])
					check(t, err)
					return c.Thread[0].State == "delivered"
				})
				if late := time.Since(start) - 6*time.Hour; late > time.Minute {
					t.Errorf("delivered %v after the partner was back: a FLASH is tried twice a minute at least", late)
				}
				if bravo.cases() != 1 {
					t.Errorf("bravo has %d cases", bravo.cases())
				}
			})
		})
	}
}

// A node that is stopped and started goes on where it was.
func TestRestart(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		n.down.Store(true)
		for i := range 10 {
			alpha.warn(draft("bravo", fmt.Sprintf("Danger %d.", i)))
		}
		alpha.close()
		bravo.close()
		n.down.Store(false)
		alpha.start()
		bravo.start()
		eventually(t, func() bool { return bravo.cases() == 10 })
	})
}

// A node that was started anew does not wait out the pauses of the failures before.
func TestAStartTriesAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		n.down.Store(true)
		alpha.warn(draft("bravo", "Danger."))
		time.Sleep(10 * time.Minute) // of the bubble: the pauses have become long
		alpha.close()
		n.down.Store(false)
		alpha.start()
		synctest.Wait()
		if bravo.cases() != 1 {
			t.Error("what was put off still waits after a start")
		}
	})
}

// What was not delivered in time expires visibly on both sides, and what comes
// after it arrives all the same.
func TestExpiryIsAGapThatBothSee(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		n.down.Store(true)
		alpha.warn(draft("bravo", "Too late."))
		alpha.close()
		time.Sleep(outbox.DeliverFor + time.Hour)
		alpha.start()
		n.down.Store(false)
		alpha.warn(draft("bravo", "In time."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		for _, p := range [][2]*side{{alpha, bravo}, {bravo, alpha}} {
			seen, err := p[0].shelf.Partner(ctx, admin, p[1].name)
			check(t, err)
			if len(seen.Gaps) != 1 || seen.Gaps[0].Why != "expired" || seen.Gaps[0].Seq != 2 {
				t.Errorf("%s sees the gaps %+v", p[0].name, seen.Gaps)
			}
		}
	})
}

// Suspended: nothing leaves, what comes is quarantined and receipted, and a
// threat to life raises an alarm. Restored: everything goes on, in order.
func TestSuspendAndRestore(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		ctx := t.Context()
		sent := alpha.warn(draft("bravo", "Before."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Suspended, "test")
		check(t, err)
		check(t, alpha.outbox.Thank(ctx, duty, warning.Thanks{Case: sent.Sent["bravo"], Text: "Held."}))
		bravo.warn(draft("alpha", "From a suspended partner."))
		time.Sleep(time.Hour)
		synctest.Wait()
		theirs, err := bravo.shelf.Case(ctx, duty, sent.Sent["bravo"])
		check(t, err)
		if len(theirs.Thread) != 1 {
			t.Errorf("a suspended channel let %d messages out", len(theirs.Thread)-1)
		}
		alarms, err := alpha.shelf.Alarms(ctx, duty, false)
		check(t, err)
		if len(alarms) != 1 || alarms[0].Kind != warning.AlarmThreatToLife || alarms[0].Level != handling.Flash {
			t.Errorf("alarms: %+v", alarms)
		}
		if got := alpha.caseOf(bravo).State; got != "quarantined" {
			t.Errorf("the case is %s", got)
		}
		_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "test over")
		check(t, err)
		eventually(t, func() bool {
			theirs, err := bravo.shelf.Case(ctx, duty, sent.Sent["bravo"])
			check(t, err)
			return len(theirs.Thread) == 2 && alpha.caseOf(bravo).State == "open"
		})
	})
}

// Limited: a threat to life leaves ahead of what is held, and the held ones
// fill their gaps when the channel is open again.
func TestLimited(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		ctx := t.Context()
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Limited, "test")
		check(t, err)
		time.Sleep(time.Minute)
		_, err = alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "Held."})
		check(t, err)
		alpha.warn(draft("bravo", "Danger to life."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		pledges, err := bravo.shelf.Pledges(ctx, duty)
		check(t, err)
		if len(pledges) != 0 {
			t.Error("a pledge left through a limited channel")
		}
		seen, err := bravo.shelf.Partner(ctx, admin, "alpha")
		check(t, err)
		if len(seen.Gaps) != 1 || seen.Gaps[0].Why != "held" {
			t.Errorf("bravo sees the gaps %+v", seen.Gaps)
		}
		_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
		check(t, err)
		eventually(t, func() bool {
			pledges, err := bravo.shelf.Pledges(ctx, duty)
			check(t, err)
			seen, err := bravo.shelf.Partner(ctx, admin, "alpha")
			check(t, err)
			return len(pledges) == 1 && len(seen.Gaps) == 0
		})
	})
}

// However much waits before it, a threat to life leaves a limited channel; and
// however much was missed, what comes after it arrives.
func TestLimitedWithALongQueue(t *testing.T) {
	bubble(t, func(t *testing.T, _ *network, alpha, bravo *side) {
		ctx := t.Context()
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Limited, "test")
		check(t, err)
		for range 1100 {
			_, err := alpha.outbox.Pledge(ctx, first, "bravo", warning.Pledge{Places: []string{"NO"}, Text: "Held."})
			check(t, err)
		}
		alpha.warn(draft("bravo", "Danger to life."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
		check(t, err)
		eventually(t, func() bool {
			pledges, err := bravo.shelf.Pledges(ctx, duty)
			check(t, err)
			return len(pledges) == 1100
		})
	})
}

// A partner that does not answer for long is an alarm, not silence.
func TestNothingReachesThem(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		n.down.Store(true)
		alpha.warn(draft("bravo", "Danger."))
		eventually(t, func() bool {
			alarms, err := alpha.shelf.Alarms(t.Context(), duty, false)
			check(t, err)
			return len(alarms) == 1 && alarms[0].Kind == warning.AlarmNotDelivered && alarms[0].Level == handling.Flash
		})
		n.down.Store(false)
		eventually(t, func() bool { return bravo.cases() == 1 })
	})
}

// Expelled: the queue is dropped, visibly; to come back, the digits are compared anew.
func TestExpelAndComeBack(t *testing.T) {
	bubble(t, func(t *testing.T, n *network, alpha, bravo *side) {
		ctx := t.Context()
		n.down.Store(true)
		alpha.warn(draft("bravo", "Never leaves."))
		_, err := alpha.desk.SetState(ctx, admin, "bravo", partner.Expelled, "test")
		check(t, err)
		synctest.Wait() // a post that was on its way already has failed by now
		n.down.Store(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		if bravo.cases() != 0 {
			t.Fatal("a message left to an expelled partner")
		}
		_, err = alpha.desk.SetState(ctx, admin, "bravo", partner.Active, "over")
		check(t, err)
		if got := alpha.state(bravo); got != "pending" {
			t.Fatalf("an expelled partner came back as %s without a check of its digits", got)
		}
		seen, err := alpha.shelf.Partner(ctx, admin, "bravo")
		check(t, err)
		_, err = alpha.desk.Confirm(ctx, admin, "bravo", seen.Digits)
		check(t, err)
		alpha.warn(draft("bravo", "After."))
		eventually(t, func() bool { return bravo.cases() == 1 })
		told, err := bravo.shelf.Partner(ctx, admin, "alpha")
		check(t, err)
		if len(told.Gaps) != 1 || told.Gaps[0].Why != "dropped" {
			t.Errorf("bravo sees the gaps %+v", told.Gaps)
		}
	})
}
