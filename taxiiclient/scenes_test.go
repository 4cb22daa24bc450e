// SPDX-License-Identifier: Apache-2.0

package taxiiclient_test

// This file plays the scenes in testdata against the client. A scene is what is
// called, each request that the client must make with what a server answers,
// and what must come of it.
//
//	# words about it
//	scene: its name
//	call: objects limit=2            see calls
//	options: exact                   see options
//	> GET /root/collections/c/objects/?limit=2
//	= Authorization: Basic dTpw      a header the request must have
//	| {"objects":[…]}                the body the request must have
//	< 200                            or "< lost": the answer never comes
//	Content-Type: …                  a header of the answer; TAXII's own type if none is named
//	{"objects":[…]}                  the body of the answer
//	yields: a b                      what comes out, in order
//	waits: 30s                       how long the pauses were together
//	remark: …                        what is told, by its beginning
//	error: …                         what the error says somewhere
//
// A scene must make its requests, all of them, in this order.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
	"github.com/tocsin-exchange/tocsin/taxiiclient"
)

const server = "https://taxii.example.org"

// exchange is one request and its answer.
type exchange struct {
	request  string
	headers  http.Header // the request's
	body     string
	lost     bool
	status   int
	answered http.Header
	answer   string
}

type scene struct {
	name, call, options, waits, err string
	exchanges                       []exchange
	yields, remarks                 []string
	done                            int // exchanges
}

func TestScenes(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		for _, s := range readScenes(t, file) {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+s.name, func(t *testing.T) {
				synctest.Test(t, s.play)
			})
		}
	}
}

// readScenes reads the scenes of a file.
func readScenes(t *testing.T, file string) (scenes []*scene) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s *scene
	var x *exchange
	answering := false
	for i, line := range strings.Split(string(raw), "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "#"), strings.TrimSpace(line) == "":
		case name == "scene":
			s, x = &scene{name: value}, nil
			scenes = append(scenes, s)
		case name == "call":
			s.call = value
		case name == "options":
			s.options = value
		case name == "yields":
			s.yields = strings.Fields(value)
		case name == "waits":
			s.waits = value
		case name == "remark":
			s.remarks = append(s.remarks, value)
		case name == "error":
			s.err = value
		case strings.HasPrefix(line, "> "):
			s.exchanges = append(s.exchanges, exchange{request: line[2:], headers: http.Header{}, answered: http.Header{}})
			x, answering = &s.exchanges[len(s.exchanges)-1], false
		case strings.HasPrefix(line, "= "):
			name, value, _ := strings.Cut(line[2:], ": ")
			x.headers.Add(name, value)
		case strings.HasPrefix(line, "| "):
			x.body += line[2:]
		case strings.HasPrefix(line, "< "):
			x.lost, answering = line == "< lost", true
			x.status, _ = strconv.Atoi(line[2:])
		case answering && !strings.HasPrefix(line, "{") && strings.Contains(line, ": ") && x.answer == "":
			name, value, _ := strings.Cut(line, ": ")
			x.answered.Add(name, value)
		case answering:
			x.answer += line
		default:
			t.Fatalf("%s:%d: %s", file, i+1, line)
		}
	}
	return scenes
}

// RoundTrip answers the next request of the scene.
func (s *scene) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.done == len(s.exchanges) {
		return nil, fmt.Errorf("%w: %s is one request too many", errScript, plain(r.URL))
	}
	x := s.exchanges[s.done]
	s.done++
	if got := r.Method + " " + plain(r.URL); got != x.request {
		return nil, fmt.Errorf("%w: got %s, want %s", errScript, got, x.request)
	}
	for name, values := range x.headers {
		if got := strings.Join(r.Header.Values(name), ", "); got != values[0] {
			return nil, fmt.Errorf("%w: %s: got %s %q, want %q", errScript, x.request, name, got, values[0])
		}
	}
	body := []byte{}
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if x.body != "" && x.body != string(body) {
		return nil, fmt.Errorf("%w: %s: got the body %s", errScript, x.request, body)
	}
	if x.lost {
		return nil, io.ErrUnexpectedEOF
	}
	header := x.answered.Clone()
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", taxii.MediaType)
	}
	return &http.Response{StatusCode: x.status, Header: header, Body: io.NopCloser(strings.NewReader(x.answer)), ContentLength: int64(len(x.answer)), Request: r}, nil
}

var errScript = errors.New("off the script")

// plain is an address as scenes write it, its query in order and not escaped.
func plain(at *url.URL) string {
	text, _ := url.QueryUnescape(at.Query().Encode())
	if at.Host != "taxii.example.org" {
		return at.String()
	}
	if text == "" {
		return at.EscapedPath()
	}
	return at.EscapedPath() + "?" + text
}

// options of scenes. TAXII 2.1 §1.6.9
var options = map[string]func(*taxiiclient.Options){
	"":      func(*taxiiclient.Options) {},
	"basic": func(o *taxiiclient.Options) { o.Credentials.User, o.Credentials.Password = "u", "p" },
	"token": func(o *taxiiclient.Options) { o.Credentials.Token = "secret" },
	"exact": func(o *taxiiclient.Options) { o.ExactDates = true },
	"small": func(o *taxiiclient.Options) { o.MaxPage = 150 },
	"agent": func(o *taxiiclient.Options) { o.UserAgent = "reader/1.0" },
}

// play calls what the scene calls and compares what comes of it.
func (s *scene) play(t *testing.T) {
	var remarks []string
	set := taxiiclient.Options{Transport: s, Remark: func(r taxiiclient.Remark) { remarks = append(remarks, r.Text) }}
	change, known := options[s.options]
	if !known {
		t.Fatalf("no options %q", s.options)
	}
	change(&set)
	client, err := taxiiclient.New(server, set)
	if err != nil {
		t.Fatal(err)
	}
	root, err := client.Root("/root/")
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	words := strings.Fields(s.call)
	call, known := calls[words[0]]
	if !known {
		t.Fatalf("no call %q", words[0])
	}
	yields, err := call(t.Context(), client, root, words[1:])
	var answered *taxiiclient.Error
	if errors.As(err, &answered) && len(answered.Challenges) > 0 {
		yields = append(yields, fmt.Sprintf("challenges=%d", len(answered.Challenges)))
	}
	waited := time.Since(begin).Round(time.Second).String()

	if errors.Is(err, errScript) {
		t.Fatal(err)
	}
	if (err == nil) != (s.err == "") || err != nil && !strings.Contains(err.Error(), s.err) {
		t.Errorf("error: got %v\nwant %q", err, s.err)
	}
	if diff := cmp.Diff(s.yields, yields, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("yields (-want +got):\n%s", diff)
	}
	if s.waits != "" && s.waits != waited {
		t.Errorf("waits: got %s, want %s", waited, s.waits)
	}
	same := slices.EqualFunc(s.remarks, remarks, func(want, got string) bool { return strings.HasPrefix(got, want) })
	if !same {
		t.Errorf("remarks: got %q\nwant %q", remarks, s.remarks)
	}
	if s.done != len(s.exchanges) {
		t.Errorf("made %d of %d requests", s.done, len(s.exchanges))
	}
}

// calls are what a scene can call, with what its words mean.
var calls = map[string]func(context.Context, *taxiiclient.Client, *taxiiclient.Root, []string) ([]string, error){
	"discovery": func(ctx context.Context, client *taxiiclient.Client, _ *taxiiclient.Root, _ []string) ([]string, error) {
		d, err := client.Discovery(ctx)
		return d.APIRoots, err
	},
	"root": func(ctx context.Context, client *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		if len(args) > 0 {
			var err error
			if root, err = client.Root(args[0]); err != nil {
				return nil, err
			}
		}
		r, err := root.Information(ctx)
		return r.Versions, err
	},
	"collections": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, _ []string) (ids []string, err error) {
		all, err := root.Collections(ctx)
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		return ids, err
	},
	"collection": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		collection, err := root.Collection(args[0])
		if err != nil {
			return nil, err
		}
		c, err := collection.Information(ctx)
		if err != nil {
			return nil, err
		}
		return []string{c.ID, fmt.Sprintf("read=%v", c.CanRead), fmt.Sprintf("write=%v", c.CanWrite)}, nil
	},
	"status": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		s, err := root.Status(ctx, args[0])
		if err != nil {
			return nil, err
		}
		yields := []string{s.Status, fmt.Sprintf("%d/%d/%d/%d", s.TotalCount, s.SuccessCount, s.FailureCount, s.PendingCount)}
		for _, list := range [][]taxii.StatusDetail{s.Successes, s.Failures, s.Pendings} {
			for _, detail := range list {
				yields = append(yields, detail.ID+"@"+detail.Version)
			}
		}
		return yields, nil
	},
	"objects": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		return ids(collect(root, "c", func(c *taxiiclient.Collection) iter.Seq2[stix.Object, error] { return c.Objects(ctx, filter(args)) }))
	},
	"object": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		return ids(collect(root, "c", func(c *taxiiclient.Collection) iter.Seq2[stix.Object, error] {
			return c.Object(ctx, args[0], filter(args[1:]))
		}))
	},
	"manifest": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) (yields []string, err error) {
		records, err := collect(root, "c", func(c *taxiiclient.Collection) iter.Seq2[taxii.ManifestRecord, error] {
			return c.Manifest(ctx, filter(args))
		})
		for _, record := range records {
			yields = append(yields, record.ID+"@"+record.Version)
		}
		return yields, err
	},
	"versions": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		return collect(root, "c", func(c *taxiiclient.Collection) iter.Seq2[string, error] {
			return c.Versions(ctx, args[0], filter(args[1:]))
		})
	},
	"delete": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		c, err := root.Collection("c")
		if err != nil {
			return nil, err
		}
		return nil, c.Delete(ctx, args[0], filter(args[1:]))
	},
	// add OBJECT…: ids, each with bytes of padding behind a star
	"add": func(ctx context.Context, _ *taxiiclient.Client, root *taxiiclient.Root, args []string) ([]string, error) {
		c, err := root.Collection("c")
		if err != nil {
			return nil, err
		}
		added, err := c.Add(ctx, func(yield func(stix.Object, error) bool) {
			for _, arg := range args {
				id, padding, _ := strings.Cut(arg, "*")
				n, _ := strconv.Atoi(padding)
				text := fmt.Sprintf(`{"id":%q}`, id)
				if n > 0 {
					text = fmt.Sprintf(`{"id":%q,"x":%q}`, id, bytes.Repeat([]byte("x"), n))
				}
				if object, err := stix.Parse([]byte(text)); !yield(object, err) {
					return
				}
			}
		})
		yields := []string{fmt.Sprintf("%d/%d/%d/%d", added.Total, added.Succeeded, added.Failed, added.Pending)}
		for _, failure := range added.Failures {
			yields = append(yields, failure.ID)
		}
		return yields, err
	},
}

// filter reads the query of a call with the server's own reader.
func filter(args []string) taxii.Filter {
	query, _ := url.ParseQuery(strings.Join(args, "&"))
	filter, _ := taxii.ParseFilter(query)
	return filter
}

// collect walks over a sequence until its error.
func collect[T any](root *taxiiclient.Root, id string, walk func(*taxiiclient.Collection) iter.Seq2[T, error]) (all []T, err error) {
	c, err := root.Collection(id)
	if err != nil {
		return nil, err
	}
	for item, err := range walk(c) {
		var one *stix.ObjectError
		if err != nil && !errors.As(err, &one) {
			return all, err
		}
		all = append(all, item)
	}
	return all, nil
}

// ids names objects; one that cannot be read is a dash.
func ids(objects []stix.Object, err error) (all []string, _ error) {
	for _, object := range objects {
		id := object.ID()
		if id == "" {
			id = "-"
		}
		all = append(all, id)
	}
	return all, err
}
