// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file plays the scenes in testdata against a door with a real store.

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/desk"
	"github.com/tocsin-exchange/tocsin/internal/intake"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/policy"
	"github.com/tocsin-exchange/tocsin/internal/shelf"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/internal/taxiiserver"
	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// door is a STIX door with what stands behind it.
type door struct {
	testing.TB
	store   *store.Store
	intake  *intake.Intake
	handler http.Handler
	// tokens are secrets by name: an account for each TLP label, and people by their role.
	tokens map[string]string
	// passwords are those of the accounts.
	passwords map[string]api.AccountSecrets
	// ids are collections by name.
	ids map[string]string
}

func newDoor(t testing.TB) *door {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	ring, err := keys.Generate("alpha", "NL")
	must(t, err)
	s, err := store.Open(log, t.TempDir(), ring.SignCheckpoint)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	card := ring.Card("https://alpha.example.org")
	d := &door{TB: t, store: s, intake: intake.New(log, s), tokens: map[string]string{}, passwords: map[string]api.AccountSecrets{}, ids: map[string]string{}}
	people, shelves := desk.New(log, s, card), shelf.New(log, s, card, "test")
	d.handler = taxiiserver.New(log, people, shelves, d.intake)

	_, _, err = people.Install(t.Context(), "root")
	must(t, err)
	administrator := caller.Caller{Kind: caller.Person, Name: "root", Roles: []caller.Role{caller.Administrator}}
	for _, role := range caller.Roles() {
		link, err := people.AddPerson(t.Context(), administrator, string(role)+"-1", "", []string{string(role)})
		must(t, err)
		d.tokens[string(role)], _, err = people.Enrol(t.Context(), link)
		must(t, err)
	}
	for _, name := range []string{"feed", "other"} {
		collection, err := d.intake.AddCollection(t.Context(), administrator, "The "+name, "", name)
		must(t, err)
		d.ids[name] = collection.ID
	}
	for _, label := range handling.TLPs() {
		name := strings.ToLower(strings.TrimPrefix(string(label), "TLP:"))
		d.account(people, name, api.NewAccount{
			Name: strings.ReplaceAll(name, "+", "-") + "-tool", TLP: label, Read: []string{"feed", "other", "received"}, Write: []string{"feed", "other"},
		})
	}
	received, err := shelves.Collection(t.Context(), person(caller.Overseer), handling.Red, "received")
	must(t, err)
	d.ids["received"] = received.ID
	return d
}

// account makes an account whose secrets scenes know by a name.
func (d *door) account(people *desk.Desk, name string, asked api.NewAccount) {
	d.Helper()
	made, err := people.AddAccount(d.Context(), person(caller.Administrator), asked)
	must(d, err)
	d.tokens[name], d.passwords[name] = made.Token, made
}

func person(roles ...caller.Role) caller.Caller {
	return caller.Caller{Kind: caller.Person, Name: "ines", Title: "Officer", Roles: roles}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// receive keeps an object as the inbox does when a partner attaches it.
func (d *door) receive(partner, label string, raw string) {
	d.Helper()
	words := strings.Split(label, "/")
	given := &handling.Handling{TLP: handling.TLP(words[0])}
	for _, caveat := range words[1:] {
		given.Caveats = append(given.Caveats, handling.Caveat(caveat))
	}
	object, err := stix.Parse([]byte(raw))
	must(d, err)
	must(d, d.store.Change(d.Context(), caller.FromPartner(partner), store.What{Act: caller.Receive}, func(tx *store.Tx) error {
		row, err := store.NewObject(store.Received, partner, given, object)
		if err == nil {
			_, _, err = tx.KeepObject(row, policy.Audience)
		}
		return err
	}))
}

// object is an object by a short name, number-label[-version]: each number is
// one id, and a version is the day of March on which it was modified.
func object(name string) string {
	parts := strings.Split(name, "-")
	day := "01"
	if len(parts) > 2 {
		day = parts[2]
	}
	marking := ""
	if label, err := handling.ParseTLP(parts[1]); err == nil {
		id, _ := stix.TLPMarking(string(label))
		marking = fmt.Sprintf(`,"object_marking_refs":[%q]`, id)
	} else if parts[1] == "odd" {
		marking = `,"object_marking_refs":["marking-definition--0f1f2f3f-0000-4000-8000-000000000001"]`
	}
	number := 0
	_, _ = fmt.Sscan(parts[0], &number)
	return fmt.Sprintf(`{"type":"campaign","spec_version":"2.1","id":"campaign--00000000-0000-4000-8000-%012d",`+
		`"created":"2026-03-01T00:00:00.000Z","modified":"2026-03-%sT00:00:00.000Z","name":"n%s"%s}`, number, day, parts[0], marking)
}

// scene is one file of testdata being played. Its lines are:
//
//	as WHO            who asks from here on: nobody, a label's token, a role's person
//	basic WHO         the same, with the token as the password of Basic
//	received L NAMES  objects that came in a warning of that TLP label and caveats, as TLP:RED/display_only
//	METHOD ADDRESS    a request; $NAME is a collection's id, or what a line "keep" kept
//	Header: value     sent with it
//	< BODY            its body; {NAME} is an object
//	= STATUS          the answer's status, then what its body holds, a line each:
//	+ TEXT            it has the text; {NAME} is an object
//	- TEXT            it has not
//	: Header: REGEXP  the whole header of the answer matches; nothing, if it has none
//	keep NAME REGEXP  keeps the first group of what matches in the body
type scene struct {
	*door
	file    string
	values  map[string]string
	request *http.Request
	secret  func(*http.Request)
	body    string
	answer  *http.Response
	text    string
}

func TestScenes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no scenes")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			must(t, err)
			s := &scene{door: newDoor(t), file: file, values: map[string]string{}, secret: func(*http.Request) {}}
			for name, id := range s.ids {
				s.values[name] = id
			}
			for i, line := range strings.Split(string(text), "\n") {
				s.play(fmt.Sprintf("%s:%d", file, i+1), strings.TrimSpace(line))
			}
		})
	}
}

var (
	variable = regexp.MustCompile(`\$[a-z]+`)
	named    = regexp.MustCompile(`\{[0-9]+-[a-z0-9+-]+\}`)
)

func (s *scene) expand(text string) string {
	text = variable.ReplaceAllStringFunc(text, func(name string) string {
		value, known := s.values[name[1:]]
		if !known {
			s.Fatalf("%s: %s is not kept", s.file, name)
		}
		return value
	})
	return named.ReplaceAllStringFunc(text, func(name string) string { return object(name[1 : len(name)-1]) })
}

func (s *scene) play(at, line string) {
	word, rest, _ := strings.Cut(line, " ")
	rest = s.expand(rest)
	switch {
	case line == "" || word == "#":
	case word == "as" || word == "basic":
		s.identify(word, rest)
	case word == "received":
		label, names, _ := strings.Cut(rest, " ")
		for _, name := range strings.Fields(names) {
			s.receive("bravo", label, object(name))
		}
	case word == "GET" || word == "POST" || word == "DELETE" || word == "HEAD" || word == "PUT":
		s.request, s.body = httptest.NewRequestWithContext(s.Context(), word, rest, nil), ""
		s.secret(s.request)
	case word == "<":
		s.body += rest
	case word == "=":
		s.send(at, rest)
	case word == "+" && !strings.Contains(s.text, rest):
		s.Errorf("%s: %s is not in\n%s", at, rest, s.text)
	case word == "-" && strings.Contains(s.text, rest):
		s.Errorf("%s: %s is in\n%s", at, rest, s.text)
	case word == "+" || word == "-":
	case word == ":":
		name, pattern, _ := strings.Cut(rest, ":")
		pattern = "^(" + strings.TrimSpace(pattern) + ")$"
		if got := strings.Join(s.answer.Header.Values(name), ", "); !regexp.MustCompile(pattern).MatchString(got) {
			s.Errorf("%s: %s is %q", at, name, got)
		}
	case word == "keep":
		name, pattern, _ := strings.Cut(rest, " ")
		found := regexp.MustCompile(pattern).FindStringSubmatch(s.text)
		if found == nil {
			s.Fatalf("%s: %s is not in\n%s", at, pattern, s.text)
		}
		s.values[name] = found[1]
	case strings.HasSuffix(word, ":"):
		s.request.Header.Set(strings.TrimSuffix(word, ":"), rest)
	default:
		s.Fatalf("%s: %q is no line of a scene", at, line)
	}
}

func (s *scene) identify(how, name string) {
	token, known := s.tokens[name]
	if !known && name != "nobody" {
		token = name
	}
	switch {
	case name == "nobody":
		s.secret = func(*http.Request) {}
	case how == "basic":
		s.secret = func(r *http.Request) { r.SetBasicAuth("anything", token) }
	default:
		s.secret = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
}

func (s *scene) send(at, status string) {
	s.request.Body = io.NopCloser(strings.NewReader(s.body))
	if s.request.Method == http.MethodPost && s.request.Header.Get("Content-Type") == "" {
		s.request.Header.Set("Content-Type", taxii.MediaType)
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, s.request)
	s.answer, s.text = recorder.Result(), recorder.Body.String()
	if fmt.Sprint(recorder.Code) != status {
		s.Errorf("%s: answered %d\n%s", at, recorder.Code, s.text)
	}
	if got := recorder.Header().Get("Content-Type"); got != taxii.MediaType {
		s.Errorf("%s: answered as %q", at, got)
	}
	if recorder.Code >= 400 && !strings.Contains(s.text, `"http_status":"`+fmt.Sprint(recorder.Code)+`"`) {
		s.Errorf("%s: the body is no error message:\n%s", at, s.text)
	}
}
