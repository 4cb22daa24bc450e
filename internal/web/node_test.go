// SPDX-License-Identifier: Apache-2.0

package web_test

// This file holds whole nodes for the tests, with real stores, keys and HTTP
// between them, and browsers to look at them with.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/net/html"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/courier"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/feeds"
	"github.com/tocsin-exchange/tocsin/internal/inbox"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keeper"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/outbox"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/internal/web"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

// node is one node with its people's door and a partners' door just wide
// enough for a courier.
type node struct {
	*testing.T
	name   string
	card   envelope.Card
	desk   *desk.Desk
	shelf  *shelf.Shelf
	keeper *keeper.Keeper
	intake *intake.Intake
	feeds  *feeds.Feeds
	carry  *courier.Courier
	server *httptest.Server
	people map[string]*browser
	deaf   atomic.Bool  // hears nothing by network
	close  func() error // the store
}

func newNode(t *testing.T, name, country string) *node {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ring, err := keys.Generate(name, country)
	must(t, err)
	kept, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	must(t, err)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	card := ring.Card(server.URL)
	n := &node{
		T: t, name: name, card: card, desk: desk.New(log, kept, card), shelf: shelf.New(log, kept, card, "test").SignWith(ring.SignDossier),
		keeper: keeper.New(log, kept), intake: intake.New(log, kept), feeds: feeds.New(log, kept, ring, taxiiclient.New, "test"),
		server: server, people: make(map[string]*browser), close: sync.OnceValue(kept.Close),
	}
	hear := inbox.New(log, kept, ring, card)
	carry := courier.New(log, kept, ring, &http.Client{}, server.URL)
	carry.Standing(hear)
	n.carry = carry
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = carry.Run(ctx) })
	running.Go(func() { _ = hear.Run(ctx) })
	out := outbox.New(log, kept, ring).WithKeyFile(memory{}, server.URL).WithUndo(time.Minute)
	running.Go(func() { _ = out.RunRecovery(ctx) })
	mux.Handle("/", web.New(log, n.desk, out, n.intake, hear, n.shelf, n.feeds, web.Until(ctx), web.CarryBy(carry), web.BackUpBy(backUp)))
	mux.HandleFunc("POST /peer/v1/messages", partnersDoor(hear, &n.deaf))
	mux.HandleFunc("POST /peer/v1/pair", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if hear.Pair(r.Context(), r.Header.Get(envelope.SenderHeader), body) != nil {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		server.Close()
		must(t, n.close())
	})
	link, _, err := n.desk.Install(t.Context(), "ada")
	must(t, err)
	n.people["ada"] = n.browse()
	n.people["ada"].signIn("/signin/" + link)
	return n
}

// backUp seals a line in place of a node, as the roof seals a node: for whoever says
// the passphrase. A passphrase that ends in "…" breaks off.
func backUp(_ context.Context, who caller.Caller, order api.Backup, begin func(), w io.Writer) (api.BackedUp, error) {
	if err := who.May(caller.BackUp); err != nil {
		return api.BackedUp{}, err
	}
	if !strings.HasPrefix(order.Passphrase, safePassphrase) && len(order.To) == 0 {
		return api.BackedUp{}, problem.New(problem.Denied, "give the passphrase of the key file", "a backup is sealed with the passphrase of the key file")
	}
	begin()
	if _, err := io.WriteString(w, "age-encryption.org/v1\n"); err != nil {
		return api.BackedUp{}, err
	}
	if strings.HasSuffix(order.Passphrase, "…") {
		return api.BackedUp{}, errors.New("the disk is full")
	}
	return api.BackedUp{}, nil
}

// memory is where the keys of a test's node are kept: nowhere else.
type memory struct{}

func (memory) Prepare(*keys.Ring) error { return nil }
func (memory) Promote() error           { return nil }
func (memory) Discard() error           { return nil }
func (memory) Write(*keys.Ring) error   { return nil }

const safePassphrase = "six words that nobody will guess"

func partnersDoor(hear *inbox.Inbox, deaf *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if deaf.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, _ := io.ReadAll(r.Body)
		answer, err := hear.Receive(r.Context(), r.Header.Get(envelope.SenderHeader), body)
		if err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_ = json.MarshalWrite(w, answer)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// add adds a person by the page, and signs in by the link it shows.
func (n *node) add(name, title string, roles ...string) *browser {
	n.Helper()
	page := n.people["ada"].submit("/people", "/people", url.Values{"name": {name}, "title": {title}, "roles": roles})
	link := text(page.one("pre.secret"))
	b := n.browse()
	b.signIn(strings.TrimPrefix(link, n.server.URL))
	n.people[name] = b
	return b
}

// staff is everybody a desk needs.
func (n *node) staff() {
	n.add("ines", "Analyst 4", "analyst")
	n.add("ruth", "Releaser 1", "releaser")
	n.add("omar", "Releaser 2", "releaser")
	n.add("dana", "Duty officer 2", "duty-officer")
	n.add("vera", "Overseer", "overseer")
}

// await waits for the store until something is so.
func (n *node) await(what string, so func() bool) {
	n.Helper()
	late := time.After(30 * time.Second)
	for {
		changed := n.shelf.Changed()
		if so() {
			return
		}
		select {
		case <-changed:
		case <-late:
			n.Fatalf("%s: %s did not come to pass", n.name, what)
		}
	}
}

// browser is one person's browser: it keeps cookies and knows no script.
type browser struct {
	*testing.T
	base   string
	client *http.Client
}

func (n *node) browse() *browser {
	jar, err := cookiejar.New(nil)
	must(n.T, err)
	return &browser{n.T, n.server.URL, &http.Client{Jar: jar}}
}

// page is an answer, parsed.
type page struct {
	*testing.T
	path     string // where it was found, after redirects
	status   int
	header   http.Header
	body     []byte
	document *html.Node
}

func (b *browser) do(request *http.Request) *page {
	b.Helper()
	response, err := b.client.Do(request)
	must(b.T, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(b.T, err)
	p := &page{T: b.T, path: response.Request.URL.RequestURI(), status: response.StatusCode, header: response.Header, body: body}
	p.document, err = html.Parse(strings.NewReader(string(body)))
	must(b.T, err)
	return p
}

func (b *browser) get(path string) *page {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.base+path, nil)
	must(b.T, err)
	return b.do(request)
}

func (b *browser) post(path string, values url.Values) *page {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.base+path, strings.NewReader(values.Encode()))
	must(b.T, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(request)
}

// upload sends a form with one file in it.
func (b *browser) upload(path, field string, content []byte) *page {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if content != nil {
		part, err := form.CreateFormFile(field, "a file")
		must(b.T, err)
		_, err = part.Write(content)
		must(b.T, err)
	}
	must(b.T, form.Close())
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.base+path, &body)
	must(b.T, err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(request)
}

func (b *browser) signIn(path string) {
	b.Helper()
	if p := b.submit(path, path, nil); p.status != http.StatusOK || len(p.all("nav#menu")) != 1 {
		b.Fatalf("signing in: %d %s", p.status, text(p.one("main")))
	}
}

// submit opens a page, fills in the form of that action, and sends it with
// everything the form holds. A field that the form does not offer is a failure.
func (b *browser) submit(path, action string, values url.Values) *page {
	b.Helper()
	p := b.get(path)
	form := p.form(action)
	if form == nil {
		b.Fatalf("%s has no form for %s; it says: %s", path, action, text(p.one("main")))
	}
	filled := offered(form)
	for name, value := range values {
		if !slices.ContainsFunc(all(form, "[name="+name+"]"), func(*html.Node) bool { return true }) {
			b.Fatalf("%s: the form for %s has no field %q", path, action, name)
		}
		filled[name] = value
	}
	return b.post(action, filled)
}

// offered is what a form sends when nobody types anything.
func offered(form *html.Node) url.Values {
	values := make(url.Values)
	for _, input := range all(form, "input[name]") {
		_, checked := attribute(input, "checked")
		if kind := attr(input, "type"); kind != "checkbox" && kind != "radio" && kind != "file" || checked {
			values.Add(attr(input, "name"), attr(input, "value"))
		}
	}
	for _, area := range all(form, "textarea[name]") {
		values.Add(attr(area, "name"), raw(area))
	}
	for _, list := range all(form, "select[name]") {
		options := all(list, "option")
		if chosen := all(list, "option[selected]"); len(chosen) > 0 {
			options = chosen
		}
		if len(options) > 0 {
			values.Add(attr(list, "name"), attr(options[0], "value"))
		}
	}
	return values
}

func (p *page) all(selector string) []*html.Node { return all(p.document, selector) }

func (p *page) one(selector string) *html.Node {
	p.Helper()
	found := p.all(selector)
	if len(found) == 0 {
		p.Fatalf("%s has no %s; it says: %s", p.path, selector, text(p.document))
	}
	return found[0]
}

func (p *page) form(action string) *html.Node {
	for _, form := range p.all("form") {
		if attr(form, "action") == action {
			return form
		}
	}
	return nil
}

// says reports whether one of the elements has these words.
func (p *page) says(selector, words string) bool {
	return slices.ContainsFunc(p.all(selector), func(n *html.Node) bool { return strings.Contains(text(n), words) })
}

// want fails unless the page came well and one of the elements has these words.
func (p *page) want(selector, words string) *page {
	p.Helper()
	if p.status != http.StatusOK || !p.says(selector, words) {
		p.Fatalf("%s: %d, no %s says %q; the page says: %s", p.path, p.status, selector, words, text(p.one("body")))
	}
	return p
}

// refused fails unless the page is a problem of that status in these words.
func (p *page) refused(status int, words string) *page {
	p.Helper()
	if p.status != status || !p.says(".trouble", words) {
		p.Fatalf("%s: %d, want %d with %q; the page says: %s", p.path, p.status, status, words, text(p.one("body")))
	}
	return p
}
