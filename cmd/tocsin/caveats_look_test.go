// SPDX-License-Identifier: Apache-2.0

package main

// This file looks for the words of a warning in whatever shows them, and for what
// must stand before.

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/stix"
)

// word is any word of the warning that is played: one of its name, its text, its
// method, its actor, its advice and its objects.
var word = regexp.MustCompile(`(?i)larkhaven|quillfire|mossgate|briarcote|thornwick|hazelmere`)

// A mark is one thing that must stand before, in the field's word or in words.
type mark struct {
	name string
	is   *regexp.Regexp
}

var (
	marks = []mark{
		{"TLP:AMBER+STRICT", regexp.MustCompile(`TLP:AMBER\+STRICT`)},
		{"PAP:AMBER", regexp.MustCompile(`PAP:AMBER`)},
		{"H1", regexp.MustCompile(`\bH1\b`)},
		{"originator_control", regexp.MustCompile(`originator[_ ]control|no onward passing without the originator's permission`)},
		{"no_court_use", regexp.MustCompile(`no[_ ]court[_ ]use|not to be used in court`)},
	}
	// toTools are those of what a tool is given, which gets nothing under PAP:AMBER.
	toTools = slices.DeleteFunc(slices.Clone(marks), func(m mark) bool { return m.name == "PAP:AMBER" })
)

// lacking names the marks that a text does not have.
func lacking(before string, wanted []mark) string {
	var all []string
	for _, m := range wanted {
		if !m.is.MatchString(before) {
			all = append(all, m.name)
		}
	}
	return strings.Join(all, ", ")
}

// aboveIn says what is wrong with one thing that is shown.
func aboveIn(text string, wanted []mark) string {
	at := word.FindStringIndex(text)
	if at == nil {
		return ""
	}
	if lack := lacking(text[:at[0]], wanted); lack != "" {
		return fmt.Sprintf("before %q there is no %s:\n%.2000s", text[at[0]:at[1]], lack, text)
	}
	return ""
}

var (
	between = regexp.MustCompile(`<(tr|section|article|li|h2)\b`)
	tag     = regexp.MustCompile(`<[^>]*>`)
)

// fault says what is wrong with an output, empty if nothing is.
func (f form) fault(text string, wanted []mark) string {
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		text = html.UnescapeString(text)
	}
	switch f {
	case members:
		l := looker{wanted: wanted}
		if _, err := l.value(jsontext.NewDecoder(strings.NewReader(text)), ""); err != nil {
			return err.Error()
		}
		return l.fault
	case lines:
		for line := range strings.Lines(text) {
			if fault := aboveIn(line, wanted); fault != "" {
				return fault
			}
		}
		return ""
	case parts:
		for at := 0; at < len(text); {
			next := between.FindStringIndex(text[at+1:])
			end := len(text)
			if next != nil {
				end = at + 1 + next[0]
			}
			if fault := aboveIn(tag.ReplaceAllString(text[at:end], " "), wanted); fault != "" {
				return fault
			}
			at = end
		}
		return ""
	}
	return aboveIn(tag.ReplaceAllString(text, " "), wanted)
}

// looker looks through JSON: what stands before a word in its object or in one
// around it is in force for it. What stands in one entry of a list is not in force
// for the next, nor behind the list.
type looker struct {
	wanted []mark
	fault  string
}

// value reads one value. It returns what of it is in force for what follows.
func (l *looker) value(d *jsontext.Decoder, before string) (said string, err error) {
	switch d.PeekKind() {
	case '{', '[':
		open, err := d.ReadToken()
		if err != nil {
			return "", err
		}
		isObject, objects := open.Kind() == '{', false
		for d.PeekKind() != '}' && d.PeekKind() != ']' {
			if isObject {
				if _, err := d.ReadToken(); err != nil {
					return "", err
				}
			}
			objects = objects || d.PeekKind() == '{'
			around := before
			if isObject {
				around += said
			}
			text, err := l.value(d, around)
			if err != nil {
				return "", err
			}
			said += "\n" + text
		}
		if !isObject && objects {
			said = ""
		}
		_, err = d.ReadToken()
		return said, err
	}
	token, err := d.ReadToken()
	if err != nil {
		return "", err
	}
	said = token.String()
	if at := word.FindStringIndex(said); at != nil && token.Kind() == '"' && l.fault == "" {
		if lack := lacking(before+"\n"+said[:at[0]], l.wanted); lack != "" {
			l.fault = fmt.Sprintf("before %q at %s there is no %s", said, d.StackPointer(), lack)
		}
	}
	return said, nil
}

// Each form finds what is missing, and what stands too late.
func TestTheLook(t *testing.T) {
	two := marks[:2]
	for _, test := range []struct {
		how  form
		text string
		good bool
	}{
		{whole, "TLP:AMBER+STRICT PAP:AMBER\nLarkhaven", true},
		{whole, "TLP:AMBER+STRICT\nLarkhaven\nPAP:AMBER", false},
		{whole, "<title>TLP:AMBER+STRICT PAP:AMBER Larkhaven</title>", true},
		{whole, "<p title='TLP:AMBER+STRICT PAP:AMBER'>Larkhaven</p>", false},
		{lines, "TLP:AMBER+STRICT PAP:AMBER Larkhaven\nLarkhaven", false},
		{lines, "a TLP:AMBER+STRICT PAP:AMBER Larkhaven\nb TLP:AMBER+STRICT PAP:AMBER Quillfire", true},
		{parts, "<table><tr><td>TLP:AMBER+STRICT PAP:AMBER Larkhaven</td></tr><tr><td>Larkhaven", false},
		{parts, "<table><tr><td>TLP:AMBER&#43;STRICT PAP:AMBER Larkhaven</td></tr>", true},
		{members, `{"handling":{"tlp":"TLP:AMBER+STRICT","pap":"PAP:AMBER"},"text":"Larkhaven","list":[{"text":"Larkhaven"}]}`, true},
		{members, `{"items":[{"tlp":"TLP:AMBER+STRICT","pap":"PAP:AMBER","text":"Larkhaven"},{"text":"Larkhaven"}]}`, false},
		{members, `{"items":[{"tlp":"TLP:AMBER+STRICT","pap":"PAP:AMBER"}],"text":"Larkhaven"}`, false},
		{members, `{"text":"Larkhaven","tlp":"TLP:AMBER+STRICT","pap":"PAP:AMBER"}`, false},
		{members, `{"tlp":["TLP:AMBER+STRICT","PAP:AMBER"],"text":"Larkhaven"}`, true},
	} {
		if fault := test.how.fault(test.text, two); (fault == "") != test.good {
			t.Errorf("%s: %q", test.text, fault)
		}
	}
}

// walk asks every address of a node that there is, in the API and among the
// pages, as a person, for each of the ids, and looks at what is answered.
func walk(ts *testscript.TestScript, name, person string, ids []string, seen map[string]bool) {
	link := func() (address, secret string) {
		full := said(ts, "link", name, "--json", "person", "link", person)
		at := strings.LastIndex(full, api.SignInPath)
		return full[:at], full[at+len(api.SignInPath):]
	}
	jar, err := cookiejar.New(nil)
	ts.Check(err)
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	base, secret := link()
	answer, err := browser.PostForm(base+api.SignInPath+secret, url.Values{})
	ts.Check(err)
	ts.Check(answer.Body.Close())
	_, secret = link()
	enrolled, err := api.NewClient(base, "", nil).Enrol(context.Background(), secret)
	ts.Check(err)
	var faults []string
	ask := func(way, address, token string) {
		text := asked(ts, browser, "GET", address, token)
		if !word.MatchString(text) {
			return
		}
		how, known := shown[way]
		if !known {
			faults = append(faults, way+" shows words of a warning, and is not in the table")
		} else if fault := how.fault(text, marks); fault != "" {
			faults = append(faults, fmt.Sprintf("%s as %s: %s", way, person, fault))
		}
		seen[way] = true
	}
	each := func(paths []string, under, token string) {
		for _, path := range paths {
			if strings.Contains(path, "signout") {
				continue
			}
			for _, id := range ids {
				filled := placeholder.ReplaceAllString(path, id)
				ask("GET "+under+path, base+under+filled, token)
				if filled == path {
					break
				}
			}
		}
	}
	each(addresses(ts, "../../internal/apiserver/routes.go", `\{"GET (/[^"]*)", `), api.Base, enrolled.Token)
	each(addresses(ts, "../../internal/web/*.go", `Handle\("GET (/[^"]*)"`), "", "")
	for _, id := range ids {
		if !strings.HasPrefix(id, "warning--") {
			continue
		}
		text := asked(ts, browser, "POST", base+"/cases/"+id+"/say", "")
		if !strings.Contains(text, "read aloud") || !word.MatchString(text) {
			continue
		}
		if fault := whole.fault(text, marks); fault != "" {
			faults = append(faults, "the page of what is said by voice: "+fault)
		}
		seen["POST /cases/{id}/say"] = true
	}
	slices.Sort(faults)
	if faults = slices.Compact(faults); len(faults) > 0 {
		ts.Fatalf("%s", strings.Join(faults, "\n"))
	}
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// addresses finds the paths of a node in its sources, so that none is forgotten.
func addresses(ts *testscript.TestScript, files, pattern string) (all []string) {
	found, err := filepath.Glob(files)
	ts.Check(err)
	for _, file := range found {
		raw, err := os.ReadFile(file)
		ts.Check(err)
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(raw), -1) {
			all = append(all, strings.TrimSuffix(match[1], "{$}"))
		}
	}
	if len(all) < 30 {
		ts.Fatalf("only %d addresses are in %s", len(all), files)
	}
	return all
}

// asked is what is answered; what came of a stream counts.
func asked(ts *testscript.TestScript, client *http.Client, method, address, token string) string {
	patience := 10 * time.Second
	if strings.HasSuffix(address, "/events") {
		patience = 300 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	ts.Check(err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(request)
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	raw, _ := io.ReadAll(answer.Body)
	return string(raw)
}

// objectsMarked looks at objects as a tool has them: each that says a word of the
// warning refers to its label and to a statement that is there too and says the rest.
func objectsMarked(ts *testscript.TestScript, file string, ids []string) {
	var bundle struct {
		Objects []jsontext.Value `json:"objects"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &bundle))
	statements := make(map[string]string)
	var objects []stix.Object
	for _, raw := range bundle.Objects {
		object, err := stix.Parse(raw)
		ts.Check(err)
		if said, is := object.Get("definition", "statement"); is {
			statements[object.ID()] = fmt.Sprint(said)
		}
		objects = append(objects, object)
	}
	found := 0
	for _, object := range objects {
		if !word.Match(object.Raw()) {
			continue
		}
		found++
		var before []string
		for _, id := range object.Markings() {
			label, _ := stix.MarkingTLP(id)
			before = append(before, label, statements[id])
		}
		if lack := lacking(strings.Join(before, "\n"), toTools); lack != "" {
			ts.Fatalf("%s is not marked with %s: %s", object.ID(), lack, object.Raw())
		}
	}
	if found == 0 {
		ts.Fatalf("no object of the warning is in %s", file)
	}
}
