// SPDX-License-Identifier: Apache-2.0

package apiserver_test

// This file knocks at the door with real trips and a real store behind it.

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/apiserver"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
	"github.com/tocsin-exchange/tocsin/warning"
)

// house is one node without its network: a door in front of real trips and a
// real store.
type house struct {
	url   string
	log   *strings.Builder
	admin *api.Client
}

func open(t *testing.T, name string) *house {
	t.Helper()
	h := &house{log: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	ring, err := keys.Generate(name, "NO")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	card := ring.Card("https://" + name + ".example.org")
	people := desk.New(log, kept, card)
	_, token, err := people.Install(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(apiserver.New(log, people, outbox.New(log, kept, ring), intake.New(log, kept), shelf.New(log, kept, card, "test"), feeds.New(log, kept, ring, taxiiclient.New, "test"), apiserver.Carrier{}, nil))
	t.Cleanup(func() {
		door.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	h.url, h.admin = door.URL, api.NewClient(door.URL, token, door.Client())
	return h
}

// person adds somebody and returns that person's own client.
func (h *house) person(t *testing.T, name string, roles ...string) *api.Client {
	t.Helper()
	link, err := h.admin.AddPerson(t.Context(), api.NewPerson{Name: name, Title: "Officer " + name, Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	return h.enrol(t, link.Link)
}

func (h *house) enrol(t *testing.T, link string) *api.Client {
	t.Helper()
	enrolled, err := api.NewClient(h.url, "", nil).Enrol(t.Context(), link)
	if err != nil {
		t.Fatal(err)
	}
	return api.NewClient(h.url, enrolled.Token, nil)
}

// problem is what the node answered, or a failed test.
func problem(t *testing.T, err error) *api.Problem {
	t.Helper()
	var p *api.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a problem", err)
	}
	return p
}

func source() warning.Source {
	return warning.Source{Title: "A cell plans an attack", Fields: []warning.Field{{Name: "report", Text: "Heard on the line of the courier in the old harbour."}}}
}

func TestAnyoneSeesTheCardAndNothingElse(t *testing.T) {
	h := open(t, "alpha")
	stranger := api.NewClient(h.url, "", nil)
	node, err := stranger.Node(t.Context())
	if err != nil || node.Name != "alpha" || node.Card.Check() != nil || node.Version != "test" {
		t.Fatalf("node: %+v, %v", node, err)
	}
	if _, err := stranger.Public(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "guess"} {
		_, err := api.NewClient(h.url, token, nil).Board(t.Context())
		if p := problem(t, err); p.Status != http.StatusUnauthorized || p.Code != "denied" {
			t.Errorf("token %q: %+v", token, p)
		}
	}
	response, err := http.Get(h.url + api.Base + "/board")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("WWW-Authenticate") == "" || response.Header.Get("Content-Type") != api.ProblemType {
		t.Errorf("headers: %v", response.Header)
	}
}

func TestALinkIsGoodOnceAndForOnePerson(t *testing.T) {
	h := open(t, "alpha")
	link, err := h.admin.AddPerson(t.Context(), api.NewPerson{Name: "anna", Title: "Duty officer 1", Roles: []string{"duty-officer", "releaser"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(link.Link, "https://alpha.example.org/signin/") {
		t.Errorf("link: %s", link.Link)
	}
	me, err := h.enrol(t, link.Link).Me(t.Context())
	want := api.Me{Kind: "person", Name: "anna", Title: "Duty officer 1", Roles: []string{"duty-officer", "releaser"}}
	if diff := cmp.Diff(want, me); err != nil || diff != "" {
		t.Errorf("me: %v\n%s", err, diff)
	}
	_, err = api.NewClient(h.url, "", nil).Enrol(t.Context(), link.Link)
	if p := problem(t, err); p.Status != http.StatusForbidden || p.Hint == "" {
		t.Errorf("a link spent twice: %+v", p)
	}
}

func TestPeopleAndToolsAreTakenAway(t *testing.T) {
	h := open(t, "alpha")
	ctx := t.Context()
	dan := h.person(t, "dan", "releaser")
	changed, err := h.admin.SetRoles(ctx, "dan", api.NewRoles{Roles: []string{"analyst"}})
	if err != nil || !slices.Equal(changed.Roles, []string{"analyst"}) {
		t.Errorf("%+v, %v", changed, err)
	}
	if me, err := dan.Me(ctx); err != nil || !slices.Equal(me.Roles, []string{"analyst"}) {
		t.Errorf("%+v, %v", me, err)
	}
	if left, err := h.admin.RemovePerson(ctx, "dan"); err != nil || left.Left.IsZero() {
		t.Errorf("%+v, %v", left, err)
	}
	var refused *api.Problem
	if _, err := dan.Me(ctx); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		t.Errorf("who was removed: %v", err)
	}
	if _, err := h.admin.RemovePerson(ctx, "admin"); !errors.As(err, &refused) || refused.Status != http.StatusConflict {
		t.Errorf("the last administrator: %v", err)
	}
	token, err := h.admin.AddToken(ctx, api.NewToken{Name: "siem"})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := h.admin.Tokens(ctx)
	if err != nil || len(tokens) != 1 || tokens[0].Name != "siem" {
		t.Errorf("%+v, %v", tokens, err)
	}
	if _, err := h.admin.RevokeToken(ctx, "siem"); err != nil {
		t.Error(err)
	}
	if _, err := api.NewClient(h.url, token.Token, nil).Me(ctx); !errors.As(err, &refused) || refused.Status != http.StatusUnauthorized {
		t.Errorf("a revoked token: %v", err)
	}
}

func TestSigningOutEndsTheToken(t *testing.T) {
	h := open(t, "alpha")
	anna := h.person(t, "anna", "analyst")
	if err := anna.SignOut(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := anna.Me(t.Context())
	if p := problem(t, err); p.Status != http.StatusUnauthorized {
		t.Errorf("after signing out: %+v", p)
	}
}

// TestEveryCodeHasItsStatus asks for one failure of each kind a caller can cause.
func TestEveryCodeHasItsStatus(t *testing.T) {
	h := open(t, "alpha")
	anna := h.person(t, "anna", "analyst", "releaser", "duty-officer")
	for _, test := range []struct {
		name   string
		ask    func() error
		status int
		code   string
	}{
		{"invalid", func() error { _, err := anna.KeepSource(t.Context(), warning.Source{}); return err }, 422, "invalid"},
		{"denied", func() error { _, err := anna.Invite(t.Context(), nil); return err }, 403, "denied"},
		{"missing", func() error { _, err := anna.Case(t.Context(), "warning--none"); return err }, 404, "missing"},
		{"missing partner", func() error { _, err := h.admin.Partner(t.Context(), "nobody"); return err }, 404, "missing"},
		{"conflict", func() error {
			_, err := h.admin.AddPerson(t.Context(), api.NewPerson{Name: "anna", Roles: []string{"analyst"}})
			return err
		}, 409, "conflict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := problem(t, test.ask())
			if p.Status != test.status || p.Code != test.code || p.Detail == "" {
				t.Errorf("got %+v, want %d %s", p, test.status, test.code)
			}
		})
	}
}

// TestWhatCannotBeRead sends bodies as a broken or hostile tool would.
func TestWhatCannotBeRead(t *testing.T) {
	h := open(t, "alpha")
	anna := h.person(t, "anna", "analyst")
	token := tokenOf(t, h, "tool")
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"no JSON", "POST", "/sources", "hello", 422, "not well-formed JSON, near line 1"},
		{"nothing at all", "POST", "/sources", "", 422, "not well-formed JSON"},
		{"an unknown field", "POST", "/sources", `{"title":"x","colour":"red"}`, 422, `"colour" is not a field`},
		{"an unknown field deep down", "POST", "/sources", `{"target":{"place":{"street":"x"}}}`, 422, `"street" is not a field at target.place`},
		{"a name twice", "POST", "/sources", `{"title":"x","title":"y"}`, 422, "a name stands twice"},
		{"a number for a text", "POST", "/sources", `{"title":7}`, 422, "a number is not expected at title"},
		{"two values", "POST", "/sources", `{} {}`, 422, "not well-formed JSON"},
		{"too large", "POST", "/sources", `{"title":"` + strings.Repeat("x", api.MaxBody) + `"}`, 422, "at most"},
		{"no such path", "GET", "/nothing", "", 404, "no such thing"},
		{"the wrong method", "DELETE", "/sources", "", 404, "method DELETE"},
		{"not a number", "GET", "/log?before=x", "", 422, "before is not a number"},
		{"not yes or no", "GET", "/duties?all=perhaps", "", 422, "neither true nor false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequest(test.method, h.url+api.Base+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			raw, err := io.ReadAll(response.Body)
			var p api.Problem
			if err := errors.Join(err, json.Unmarshal(raw, &p)); err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
			said := strings.Join(append(p.Details, p.Detail), "\n")
			if response.StatusCode != test.status || !strings.Contains(said, test.says) {
				t.Errorf("got %d %q, want %d with %q", response.StatusCode, said, test.status, test.says)
			}
			if strings.Contains(string(raw), "Go ") {
				t.Errorf("the answer speaks of Go types: %s", raw)
			}
		})
	}
	if sources, err := anna.Sources(t.Context()); err != nil || len(sources) != 0 {
		t.Errorf("something was kept: %v, %v", sources, err)
	}
}

func tokenOf(t *testing.T, h *house, name string) string {
	t.Helper()
	token, err := h.admin.AddToken(t.Context(), api.NewToken{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

func TestAMachineBringsThingsInAndDecidesNothing(t *testing.T) {
	h := open(t, "alpha")
	machine := api.NewClient(h.url, tokenOf(t, h, "feed"), nil)
	kept, err := machine.KeepSource(t.Context(), source())
	if err != nil || kept.Source.KeptBy != "feed" {
		t.Fatalf("kept: %+v, %v", kept, err)
	}
	_, err = machine.Source(t.Context(), kept.Source.ID)
	if p := problem(t, err); p.Status != http.StatusForbidden {
		t.Errorf("reading it back: %+v", p)
	}
	_, err = machine.Release(t.Context(), "draft--x", api.Release{Preview: "x"})
	if p := problem(t, err); p.Status != http.StatusForbidden || !strings.Contains(p.Detail, "a machine token may not release") {
		t.Errorf("releasing: %+v", p)
	}
}

func TestPairingAsFarAsOneSideGoes(t *testing.T) {
	alpha, bravo := open(t, "alpha"), open(t, "bravo")
	invitation, err := alpha.admin.Invite(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	partner, err := bravo.admin.Accept(t.Context(), "  "+invitation.Text+"\n")
	if err != nil || partner.Name != "alpha" || partner.State != "pending" || len(partner.Missing) == 0 {
		t.Fatalf("accepted: %+v, %v", partner, err)
	}
	_, err = bravo.admin.Confirm(t.Context(), "alpha", "00000 00000")
	if p := problem(t, err); p.Status != 422 {
		t.Errorf("wrong digits: %+v", p)
	}
	_, err = bravo.admin.SignTerms(t.Context(), "alpha")
	if p := problem(t, err); p.Status != 409 || !strings.Contains(p.Hint, "partner confirm") {
		t.Errorf("terms before digits: %+v", p)
	}
	if partner, err = bravo.admin.Confirm(t.Context(), "alpha", partner.Digits); err != nil || partner.ConfirmedBy != "admin" {
		t.Fatalf("confirmed: %+v, %v", partner, err)
	}
	if partner, err = bravo.admin.SignTerms(t.Context(), "alpha"); err != nil || len(partner.OurTerms) == 0 || partner.Queued != 1 {
		t.Fatalf("signed: %+v, %v", partner, err)
	}
	if partner.Digits != envelope.SafetyNumber(card(t, alpha), card(t, bravo)) {
		t.Error("the digits are not those of the two cards")
	}
}

func card(t *testing.T, h *house) envelope.Card {
	t.Helper()
	node, err := h.admin.Node(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return node.Card
}

func TestACollectionIsMadeOnceAndSeen(t *testing.T) {
	h := open(t, "alpha")
	made, err := h.admin.AddCollection(t.Context(), api.NewCollection{Title: "Feeds", Alias: "feeds"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.admin.AddCollection(t.Context(), api.NewCollection{Title: "Feeds again", Alias: "feeds"})
	if p := problem(t, err); p.Status != 409 {
		t.Errorf("the same alias again: %+v", p)
	}
	for who, may := range map[*api.Client]bool{h.admin: false, h.person(t, "anna", "analyst"): true} {
		seen, err := who.Collections(t.Context())
		if err != nil || !slices.ContainsFunc(seen, func(c taxii.Collection) bool { return c.ID == made.ID && c.CanRead == may && c.CanWrite == may }) {
			t.Errorf("seen: %+v, %v", seen, err)
		}
	}
	machine := api.NewClient(h.url, tokenOf(t, h, "feed"), nil)
	_, err = machine.AddCollection(t.Context(), api.NewCollection{Title: "x"})
	if p := problem(t, err); p.Status != 403 {
		t.Errorf("a machine: %+v", p)
	}
	_, err = machine.Collections(t.Context())
	if p := problem(t, err); p.Status != 403 {
		t.Errorf("a machine lists: %+v", p)
	}
}

// An account is shown with its secrets once, and opens nothing here.
func TestAnAccountIsForTheOtherDoor(t *testing.T) {
	h := open(t, "alpha")
	ctx := t.Context()
	if _, err := h.admin.AddCollection(ctx, api.NewCollection{Title: "Feeds", Alias: "feeds"}); err != nil {
		t.Fatal(err)
	}
	asked := api.NewAccount{Name: "siem", TLP: "green", Read: []string{"received", "feeds"}, Write: []string{"feeds"}}
	made, err := h.admin.AddAccount(ctx, asked)
	if err != nil || !strings.HasSuffix(made.APIRoot, "/taxii2/root/") || !strings.HasSuffix(made.Discovery, "/taxii2/") {
		t.Fatalf("%+v, %v", made, err)
	}
	for what, secret := range map[string]string{"password": made.Password, "token": made.Token} {
		_, err := api.NewClient(h.url, secret, nil).Me(ctx)
		if p := problem(t, err); p.Status != http.StatusUnauthorized {
			t.Errorf("its %s: %+v", what, p)
		}
	}
	accounts, err := h.admin.Accounts(ctx)
	if err != nil || len(accounts) != 1 || accounts[0].TLP != handling.Green || !slices.Contains(accounts[0].Read, "received") || !slices.Equal(accounts[0].Write, []string{"feeds"}) {
		t.Errorf("%+v, %v", accounts, err)
	}
	if removed, err := h.admin.RemoveAccount(ctx, "siem"); err != nil || removed.Name != "siem" {
		t.Errorf("%+v, %v", removed, err)
	}
	_, err = h.person(t, "anna", "analyst").AddAccount(ctx, asked)
	if p := problem(t, err); p.Status != http.StatusForbidden {
		t.Errorf("an analyst: %+v", p)
	}
}

func TestTheLedgerIsVerifiedWithAndWithoutLines(t *testing.T) {
	h := open(t, "alpha")
	anna := h.person(t, "anna", "overseer")
	steps := 0
	audit, err := anna.VerifyLedger(t.Context(), func(done, total int64) { steps++ })
	if err != nil || !audit.OK || audit.Leaves == 0 || steps == 0 {
		t.Fatalf("audit: %+v, %d steps, %v", audit, steps, err)
	}
	request, err := http.NewRequest("POST", h.url+api.Base+"/ledger/verify", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(t, h, "checker"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var again api.Audit
	if err := json.UnmarshalRead(response.Body, &again); err != nil || !again.OK || again.Leaves <= audit.Leaves-1 {
		t.Errorf("audit without lines: %+v, %v", again, err)
	}
	lines, err := anna.Log(t.Context(), 0, 3)
	if err != nil || len(lines) == 0 || len(lines) > 3 {
		t.Errorf("log: %+v, %v", lines, err)
	}
}

func TestANodeThatStopsIsBusy(t *testing.T) {
	h := &house{log: &strings.Builder{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	ring, err := keys.Generate("broken", "NO")
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	if err != nil {
		t.Fatal(err)
	}
	card := ring.Card("https://broken.example.org")
	people := desk.New(log, kept, card)
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(apiserver.New(log, people, outbox.New(log, kept, ring), intake.New(log, kept), shelf.New(log, kept, card, "test"), feeds.New(log, kept, ring, taxiiclient.New, "test"), apiserver.Carrier{}, nil))
	defer door.Close()
	_, err = api.NewClient(door.URL, "x", nil).Me(t.Context())
	if p := problem(t, err); p.Status != http.StatusServiceUnavailable || p.Code != "busy" || p.Hint == "" {
		t.Errorf("got %+v", p)
	}
}
