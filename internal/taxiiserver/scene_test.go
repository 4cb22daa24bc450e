// SPDX-License-Identifier: Apache-2.0

package taxiiserver_test

// This file plays the scenes in testdata.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// scene is one file of testdata being played. Its lines are:
//
//	collection ALIAS  makes another collection, whose id is $ALIAS
//	account NAME R W S [LABEL]  makes an account that reads the collections R, writes to W and sees S,
//	                  each a list with commas or -
//	remove NAME       takes an account away
//	as WHO            who asks from here on: nobody, an account or a label's by its token, a role's person
//	basic WHO         the same, with the token as the password of Basic
//	login WHO         an account by its name and password
//	certificate WHO   an account that was made in the scene, by its certificate
//	received L NAMES  objects that came in a warning of that TLP label and caveats, as TLP:RED/display_only
//	METHOD ADDRESS    a request; $NAME is a collection's id, or what a line "keep" kept
//	Header: value     sent with it
//	also Header: V    sent with it, once more
//	< BODY            its body; {NAME} is an object
//	many N BODY       goes on with so many of these
//	= STATUS          the answer's status, then what its body holds, a line each:
//	+ TEXT            it has the text; {NAME} is an object
//	- TEXT            it has not
//	: Header: REGEXP  the whole header of the answer matches; nothing, if it has none
//	keep NAME REGEXP  keeps the first group of what matches in the body
//	header NAME H     keeps a header
//	sorted REGEXP     the first groups of what matches stand in order
//	why PERSON SUBJECT TEXT  an overseer says why something is opened
//	log               reads who did what out of the node's log, in place of an answer, and verifies the log
type scene struct {
	*door
	file   string
	values map[string]string
	// certificates are those of the accounts that were made in the scene.
	certificates map[string]*x509.Certificate
	request      *http.Request
	secret       func(*http.Request)
	body         string
	answer       *http.Response
	text         string
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
			s := &scene{door: newDoor(t), file: file, values: map[string]string{}, certificates: map[string]*x509.Certificate{}, secret: func(*http.Request) {}}
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
	variable = regexp.MustCompile(`\$[a-z]+(-[a-z]+)*`)
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
	case line == "" || word == "#" || word == "##":
	case word == "as" || word == "basic" || word == "login" || word == "certificate":
		s.identify(word, rest)
	case word == "collection":
		collection, err := s.intake.AddCollection(s.Context(), person(caller.Administrator), "The "+rest, "", rest, "")
		must(s, err)
		s.values[rest] = collection.ID
	case word == "account":
		s.bind(strings.Fields(rest))
	case word == "remove":
		_, err := s.people.RemoveAccount(s.Context(), person(caller.Administrator), rest)
		must(s, err)
	case word == "why":
		words := strings.SplitN(rest, " ", 3)
		_, err := s.people.GiveReason(s.Context(), caller.Caller{Kind: caller.Person, Name: words[0], Roles: []caller.Role{caller.Overseer}}, words[1], words[2])
		must(s, err)
	case line == "log":
		s.readLog(at)
	case word == "received":
		label, names, _ := strings.Cut(rest, " ")
		for _, name := range strings.Fields(names) {
			s.receive("bravo", label, object(name))
		}
	case word == "GET" || word == "POST" || word == "DELETE" || word == "HEAD" || word == "PUT" || word == "PATCH" || word == "OPTIONS":
		s.request, s.body = httptest.NewRequestWithContext(s.Context(), word, rest, nil), ""
		s.secret(s.request)
	case word == "<":
		s.body += rest
	case word == "many":
		count, text, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		must(s, err)
		s.body += strings.Repeat(text, n)
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
	case word == "header":
		name, header, _ := strings.Cut(rest, " ")
		s.values[name] = s.answer.Header.Get(header)
	case word == "sorted":
		var all []string
		for _, found := range regexp.MustCompile(rest).FindAllStringSubmatch(s.text, -1) {
			all = append(all, found[1])
		}
		if len(all) < 2 || !slices.IsSorted(all) {
			s.Errorf("%s: they stand as %q", at, all)
		}
	case word == "also":
		name, value, _ := strings.Cut(rest, ": ")
		s.request.Header.Add(name, value)
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
	case how == "certificate":
		state := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{s.certificates[name]}}
		s.secret = func(r *http.Request) { r.TLS = state }
	case how == "login":
		account := s.passwords[name]
		s.secret = func(r *http.Request) { r.SetBasicAuth(account.Name, account.Password) }
	default:
		s.secret = func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
}

// bind makes an account that is bound to collections.
func (s *scene) bind(words []string) {
	names := func(list string) []string {
		return slices.DeleteFunc(strings.Split(list, ","), func(name string) bool { return name == "-" })
	}
	asked := api.NewAccount{Name: words[0], Read: names(words[1]), Write: names(words[2]), See: names(words[3]), TLP: handling.Red}
	if len(words) > 4 {
		asked.TLP = handling.TLP(words[4])
	}
	s.certificates[asked.Name], asked.Certificate = s.certify()
	s.account(s.people, words[0], asked)
}

// certify makes a certificate, and writes it as PEM.
func (s *scene) certify() (*x509.Certificate, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(s, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(s, err)
	certificate, err := x509.ParseCertificate(raw)
	must(s, err)
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// readLog makes who did what the text that the next lines look at, and checks
// that everything in the store is as the log says.
func (s *scene) readLog(at string) {
	s.text = ""
	must(s, s.store.Glance(s.Context(), person(caller.Overseer), store.What{Act: caller.ReadLog}, func(tx *store.Tx) error {
		lines, err := tx.Lines(0, 1000)
		for _, line := range lines {
			s.text += strings.Join([]string{line.Line.Who, line.Line.Act, line.Line.Subject, line.Line.Note}, " ") + "\n"
		}
		if err != nil {
			return err
		}
		audit, err := tx.Verify(func(store.Message, *envelope.Message) error { return nil }, nil)
		if err == nil && len(audit.Wrong) > 0 {
			s.Errorf("%s: the log is not verified: %q", at, audit.Wrong)
		}
		return err
	}))
}

func (s *scene) send(at, status string) {
	s.request.Body = io.NopCloser(strings.NewReader(s.body))
	if _, said := s.request.Header["Content-Type"]; s.request.Method == http.MethodPost && !said {
		s.request.Header.Set("Content-Type", taxii.MediaType)
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, s.request)
	s.answer, s.text = recorder.Result(), recorder.Body.String()
	if fmt.Sprint(recorder.Code) != status {
		s.Errorf("%s: answered %d\n%s", at, recorder.Code, s.text)
	}
	if got := recorder.Header().Get("Content-Type"); got != taxii.MediaType && recorder.Code != http.StatusNoContent {
		s.Errorf("%s: answered as %q", at, got)
	}
	if recorder.Code >= 400 && !strings.Contains(s.text, `"http_status":"`+fmt.Sprint(recorder.Code)+`"`) {
		s.Errorf("%s: the body is no error message:\n%s", at, s.text)
	}
}
