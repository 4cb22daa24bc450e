// SPDX-License-Identifier: Apache-2.0

package interop_test

// This file plays the habits of clients that cannot be run here: the requests
// that their source or documentation says they send, in testdata/habits.

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// request sends what no client of ours would, and returns what is answered.
func (n *node) request(t *testing.T, who account, method, address string, body []byte) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	must(t, err)
	request.SetBasicAuth(who.Name, who.Password)
	request.Header.Set("Accept", taxii.MediaType)
	if body != nil {
		request.Header.Set("Content-Type", taxii.MediaType)
	}
	answer, err := n.client.Do(request)
	must(t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer.StatusCode, raw
}

// indicator is the n-th of a feed.
func indicator(n int) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--%s","created":"2026-03-01T00:00:00.000Z","modified":"2026-03-01T00:00:00.000Z",`+
		`"name":"Example %d","indicator_types":["malicious-activity"],"pattern":"[ipv4-addr:value = '198.51.100.%d']","pattern_type":"stix","valid_from":"2026-03-01T00:00:00Z",`+
		`"object_marking_refs":["marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"]}`, uuid.UUID{0: 1, 6: 0x40, 8: 0x80, 14: byte(n >> 8), 15: byte(n)}, n, n%256)
}

// habit is one file of testdata/habits being played. Its lines are:
//
//	# TEXT              a remark
//	given N             N indicators that are new are added to the collection
//	every Header: value is sent with each request from here on
//	METHOD ADDRESS      a request; $NAME is a value, an address without a scheme stands under the node's
//	Header: value       is sent with it
//	< BODY              its body; {N..M} are indicators
//	= STATUS            the answer's status, then
//	+ TEXT              its body has the text
//	- TEXT              its body has it not
//	: Header: REGEXP    the whole header matches
//	keep NAME REGEXP    keeps the first group of what matches in the body
//	header NAME HEADER  keeps a header of the answer
//	cut NAME            cuts a time that was kept to milliseconds
//	follow NAMES        repeats the last GET with next, and those parameters of its query that are named, while there is more
//	objects N           the pages since the last request of another kind held N objects, each once
//
// Known from the start are $root, $discovery, $collection, $title, $user, $password,
// $token and $basic, which is user and password as HTTP Basic has them.
type habit struct {
	*testing.T
	node    *node
	values  map[string]string
	every   http.Header
	added   int
	request *http.Request
	body    string
	answer  *http.Response
	text    string
	seen    []string
}

func TestHabits(t *testing.T) {
	files, err := filepath.Glob("testdata/habits/*.txt")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are none")
	}
	n := start(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			must(t, err)
			collection := n.collection("Feed for "+name, name)
			who := n.account(name, "--read", name, "--write", name)
			h := &habit{node: n, T: t, every: http.Header{}, values: map[string]string{
				"root": n.address + "/taxii2/root/", "discovery": n.address + "/taxii2/", "collection": collection, "title": "Feed for " + name,
				"user": who.Name, "password": who.Password, "token": who.Token, "basic": base64.StdEncoding.EncodeToString([]byte(who.Name + ":" + who.Password)),
			}}
			for i, line := range strings.Split(string(text), "\n") {
				h.play(who, fmt.Sprintf("%s:%d", file, i+1), strings.TrimSpace(line))
			}
		})
	}
}

var (
	variable = regexp.MustCompile(`\$[a-z]+`)
	span     = regexp.MustCompile(`\{(\d+)\.\.(\d+)\}`)
)

func (h *habit) expand(at, text string) string {
	text = variable.ReplaceAllStringFunc(text, func(name string) string {
		value, known := h.values[name[1:]]
		if !known {
			h.Fatalf("%s: %s is not known", at, name)
		}
		return value
	})
	return span.ReplaceAllStringFunc(text, func(found string) string {
		ends := span.FindStringSubmatch(found)
		from, _ := strconv.Atoi(ends[1])
		to, _ := strconv.Atoi(ends[2])
		return indicators(from, to)
	})
}

func indicators(from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, indicator(i))
	}
	return strings.Join(all, ",")
}

func (h *habit) play(who account, at, line string) {
	h.Helper()
	word, rest, _ := strings.Cut(line, " ")
	rest = h.expand(at, strings.TrimSpace(rest))
	switch {
	case line == "" || word == "#":
	case word == "given":
		count, err := strconv.Atoi(rest)
		must(h, err)
		body := `{"objects":[` + indicators(h.added+1, h.added+count) + `]}`
		if status, answer := h.node.request(h.T, who, http.MethodPost, h.values["root"]+"collections/"+h.values["collection"]+"/objects/", []byte(body)); status != http.StatusAccepted {
			h.Fatalf("%s: %d %s", at, status, answer)
		}
		h.added += count
	case word == "every":
		name, value, _ := strings.Cut(rest, ":")
		h.every.Set(name, strings.TrimSpace(value))
	case word == "GET" || word == "POST" || word == "DELETE" || word == "HEAD":
		if !strings.Contains(rest, "://") {
			rest = h.node.address + rest
		}
		request, err := http.NewRequestWithContext(h.T.Context(), word, rest, nil)
		must(h, err)
		request.Header = h.every.Clone()
		h.request, h.body, h.seen = request, "", nil
	case word == "<":
		h.body += rest
	case word == "=":
		h.send(at, rest)
	case word == "+" && !strings.Contains(h.text, rest):
		h.Errorf("%s: %s is not in\n%s", at, rest, h.text)
	case word == "-" && strings.Contains(h.text, rest):
		h.Errorf("%s: %s is in\n%s", at, rest, h.text)
	case word == "+" || word == "-":
	case word == ":":
		name, pattern, _ := strings.Cut(rest, ":")
		pattern = "^(" + strings.TrimSpace(pattern) + ")$"
		if got := strings.Join(h.answer.Header.Values(name), ", "); !regexp.MustCompile(pattern).MatchString(got) {
			h.Errorf("%s: %s is %q", at, name, got)
		}
	case word == "keep":
		name, pattern, _ := strings.Cut(rest, " ")
		found := regexp.MustCompile(pattern).FindStringSubmatch(h.text)
		if found == nil {
			h.Fatalf("%s: %s is not in\n%s", at, pattern, h.text)
		}
		h.values[name] = found[1]
	case word == "header":
		name, header, _ := strings.Cut(rest, " ")
		h.values[name] = h.answer.Header.Get(header)
	case word == "cut":
		h.values[rest] = regexp.MustCompile(`(\.\d{3})\d*Z$`).ReplaceAllString(h.values[rest], "${1}Z")
	case word == "follow":
		h.follow(at, strings.Fields(rest))
	case word == "objects":
		h.objects(at, rest)
	case strings.HasSuffix(word, ":"):
		h.request.Header.Set(strings.TrimSuffix(word, ":"), rest)
	default:
		h.Fatalf("%s: %q is no line of a habit", at, line)
	}
}

func (h *habit) send(at, status string) {
	h.Helper()
	if h.body != "" {
		h.request.Body, h.request.ContentLength = io.NopCloser(strings.NewReader(h.body)), int64(len(h.body))
	}
	answer, err := h.node.client.Do(h.request)
	must(h, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	must(h, err)
	h.answer, h.text = answer, string(raw)
	if strconv.Itoa(answer.StatusCode) != status {
		h.Errorf("%s: answered %d\n%s", at, answer.StatusCode, h.text)
	}
	if got := answer.Header.Get("Content-Type"); got != taxii.MediaType {
		h.Errorf("%s: answered as %q", at, got)
	}
	envelope, err := taxii.ParseEnvelope(raw)
	if err != nil {
		return // another resource
	}
	for _, object := range envelope.Objects {
		read, err := stix.Parse(object)
		must(h, err)
		h.seen = append(h.seen, read.ID())
	}
}

// follow goes on while the answer says that there is more, a hundred pages at most.
func (h *habit) follow(at string, kept []string) {
	h.Helper()
	for range 100 {
		envelope, err := taxii.ParseEnvelope([]byte(h.text))
		must(h, err)
		if !envelope.More {
			return
		}
		query, old := url.Values{"next": {envelope.Next}}, h.request.URL.Query()
		for _, name := range kept {
			if old.Has(name) {
				query.Set(name, old.Get(name))
			}
		}
		address := *h.request.URL
		address.RawQuery = query.Encode()
		request, err := http.NewRequestWithContext(h.T.Context(), http.MethodGet, address.String(), nil)
		must(h, err)
		request.Header = h.request.Header
		h.request = request
		h.send(at, "200")
	}
	h.Fatalf("%s: it goes on for ever", at)
}

func (h *habit) objects(at, count string) {
	h.Helper()
	once := make(map[string]bool)
	for _, id := range h.seen {
		if once[id] {
			h.Errorf("%s: %s came twice", at, id)
		}
		once[id] = true
	}
	if strconv.Itoa(len(once)) != count {
		h.Errorf("%s: %d objects", at, len(once))
	}
}
