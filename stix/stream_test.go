// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests bundles: written, and read as a stream.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readAll tells a stream in words: the bytes of each object, or what failed.
func readAll(r io.Reader) []string {
	var told []string
	for object, err := range ReadBundle(r) {
		var one *ObjectError
		switch {
		case errors.As(err, &one):
			told = append(told, fmt.Sprintf("object %d failed", one.Index))
		case errors.Is(err, ErrBundle):
			told = append(told, "bundle failed")
		case err != nil:
			told = append(told, err.Error())
		default:
			told = append(told, string(object.Raw()))
		}
	}
	return told
}

func TestReadBundle(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want []string
	}{
		{"a bundle", `{"type":"bundle","id":"bundle--1","objects":[{"a": 1},  {"b":"]},"} ]}`, []string{`{"a": 1}`, `{"b":"]},"}`}},
		{"objects first", `{"objects":[{"a":1}],"id":"x","type":"bundle"}`, []string{`{"a":1}`}},
		{"an envelope", `{"more":false,"objects":[{"a":1}]}`, []string{`{"a":1}`}},
		{"an escaped name", `{"type":"bundle","\u006fbjects":[{"a":1}]}`, []string{`{"a":1}`}},
		{"no objects", `{"type":"bundle","id":"bundle--1"}`, nil},
		{"an empty list", `{"type":"bundle","objects":[ ]}`, nil},
		{"a single object", "\n{ \"type\":\"note\", \"id\" : 1 }\n", []string{`{ "type":"note", "id" : 1 }`}},
		{"a single object with a property named objects", `{"type":"observed-data","objects":{"0":{}}}`, []string{`{"type":"observed-data","objects":{"0":{}}}`}},
		{"JSON lines", "{\"a\":1}\n{\"b\":2}\n", []string{`{"a":1}`, `{"b":2}`}},
		{"duplicate keys fail alone", `{"objects":[{"a":1,"a":1},{"b":2}]}`, []string{"object 0 failed", `{"b":2}`}},
		{"damage inside braces fails alone", `{"objects":[{"a":tru e},{"b":2},{c},{"d":3}]}`, []string{"object 0 failed", `{"b":2}`, "object 2 failed", `{"d":3}`}},
		{"other values fail alone", `{"objects":[1,"x",null,[],{"a":1}]}`, []string{"object 0 failed", "object 1 failed", "object 2 failed", "object 3 failed", `{"a":1}`}},
		{"cut in an object", `{"objects":[{"a":1},{"b":`, []string{`{"a":1}`, "bundle failed"}},
		{"cut after an object", `{"objects":[{"a":1}`, []string{`{"a":1}`, "bundle failed"}},
		{"two lists", `{"objects":[{"a":1}],"objects":[{"b":1}]}`, []string{`{"a":1}`, "bundle failed"}},
		{"objects not a list", `{"type":"bundle","objects":{}}`, []string{"bundle failed"}},
		{"a list of another type", `{"objects":[{"a":1}],"type":"note"}`, []string{`{"a":1}`, "bundle failed"}},
		{"a missing comma", `{"objects":[{"a":1} {"b":2}]}`, []string{`{"a":1}`, "bundle failed"}},
		{"a trailing comma", `{"objects":[{"a":1},]}`, []string{`{"a":1}`, "bundle failed"}},
		{"nothing", ` `, []string{"bundle failed"}},
		{"text", `hello`, []string{"bundle failed"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, readAll(strings.NewReader(test.in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, readAll(iotest.OneByteReader(strings.NewReader(test.in)))); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadBundleSkipsTheTooLarge(t *testing.T) {
	large := `{"a":"` + strings.Repeat("x", MaxObjectSize) + `"}`
	got := readAll(strings.NewReader(`{"objects":[` + large + `,{"b":2}]}`))
	if diff := cmp.Diff([]string{"object 0 failed", `{"b":2}`}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadBundleTellsTheReadersError(t *testing.T) {
	broken := errors.New("the line went dead")
	got := readAll(io.MultiReader(strings.NewReader(`{"objects":[{"a":1},`), iotest.ErrReader(broken)))
	if diff := cmp.Diff([]string{`{"a":1}`, broken.Error()}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadBundleStopsWhenAsked(t *testing.T) {
	seen := 0
	for range ReadBundle(strings.NewReader(`{"objects":[{"a":1},{"b":2}]} {"c":3}`)) {
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("saw %d objects", seen)
	}
}

func TestBundleRoundTrip(t *testing.T) {
	var objects []Object
	var want []string
	for _, text := range []string{identityText, `{"type":"note"}`} {
		object, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		objects, want = append(objects, object), append(want, strings.TrimSpace(text))
	}
	bundle, err := Bundle(NewID("bundle"), objects...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, readAll(bytes.NewReader(bundle))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty, err := Bundle(NewID("bundle"))
	if err != nil || bytes.Contains(empty, []byte("objects")) {
		t.Errorf("an empty bundle is %s (%v)", empty, err)
	}
	if _, err := Bundle("report--7f9b1a6e-3c1d-4b0a-9a55-0f2f6c1d8e01"); err == nil {
		t.Error("a bundle with the id of a report was written")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(identityText))
	f.Add([]byte(`{"a":[1,-0,1e5,"\ud83d\udd14",{"b":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		object, err := Parse(raw)
		if err != nil {
			return
		}
		if !bytes.Equal(object.Raw(), raw) {
			t.Fatal("bytes changed")
		}
		object.Refs()
		canonical, err := Canonical(raw)
		if err != nil {
			t.Fatalf("read but not canonical: %v", err)
		}
		again, err := Canonical(canonical)
		if err != nil || !bytes.Equal(canonical, again) {
			t.Fatalf("canonical form is not stable: %s, %s (%v)", canonical, again, err)
		}
		if _, err := FromMap(object.Map()); err != nil {
			t.Fatalf("a copy cannot be written: %v", err)
		}
	})
}

func FuzzReadBundle(f *testing.F) {
	f.Add([]byte(`{"type":"bundle","objects":[{"a":1},{"b":"\""}]}`))
	f.Add([]byte(identityText))
	f.Fuzz(func(t *testing.T, raw []byte) {
		ended := false
		set := NewSet()
		frame := func(frame Object, err error) {
			if err == nil {
				Check(frame)
			}
		}
		for object, err := range ReadFramed(bytes.NewReader(raw), frame) {
			if ended {
				t.Fatal("something came after the bundle failed")
			}
			ended = errors.Is(err, ErrBundle)
			if err == nil && !bytes.Contains(raw, object.Raw()) {
				t.Fatalf("%q is not in what was read", object.Raw())
			}
			set.Add(object)
		}
		set.Rest()
	})
}

// vectors opens a table of test vectors that lies beside the repository, or
// skips the test where it does not.
func vectors(tb testing.TB, name string) io.Reader {
	tb.Helper()
	raw, err := os.ReadFile("../../shared/vectors/" + name)
	if err != nil {
		tb.Skip("the shared vectors are not here")
	}
	return bytes.NewReader(raw)
}

// readFrames tells what stands around the objects of a stream.
func readFrames(r io.Reader) (told []string) {
	frame := func(frame Object, err error) {
		if err != nil {
			told = append(told, "failed")
			return
		}
		told = append(told, string(frame.Raw()))
	}
	for range ReadFramed(r, frame) {
		continue
	}
	return told
}

func TestReadFramed(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{`{"type":"bundle","id":"b","objects":[{"a":1},{"b":2}]}`, []string{`{"type":"bundle","id":"b"}`}},
		{`{ "objects" : [ {"a":1} ] , "id" : "b", "x":[1,"]"] }`, []string{`{ "id" : "b", "x":[1,"]"]}`}},
		{`{"type":"bundle","objects":[{"a":1}],"id":"b"}`, []string{`{"type":"bundle","id":"b"}`}},
		{`{"type":"bundle","objects":[ ],"id":"b"}`, []string{`{"type":"bundle","id":"b","objects":[]}`}},
		{`{"objects":[]}`, []string{`{"objects":[]}`}},
		{`{"type":"bundle","id":"b"}`, []string{`{"type":"bundle","id":"b"}`}},
		{`{"type":"bundle","objects":{}}`, []string{`{"type":"bundle","objects":{}}`}},
		{`{"more":true,"objects":[{"a":1}]} {"type":"bundle","objects":[{"b":1}]}`, []string{`{"more":true}`, `{"type":"bundle"}`}},
		{`{"id":1,"id":2,"objects":[{"a":1}]}`, []string{"failed"}},
		{`{"objects":[{"a":1}],"x":"` + strings.Repeat("x", MaxObjectSize) + `"}`, []string{"failed"}},
		{`{"a":1}`, nil},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, readFrames(strings.NewReader(test.in))); diff != "" {
			t.Errorf("%.80s (-want +got):\n%s", test.in, diff)
		}
	}
}
