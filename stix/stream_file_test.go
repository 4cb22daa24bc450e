// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests how files are read that people have: broken lines, and what is
// no STIX.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// readFileAll tells a file in words, with the number of each line stepped over.
func readFileAll(r io.Reader) []string {
	var told []string
	for object, err := range ReadFile(r, nil) {
		var one *ObjectError
		switch {
		case errors.As(err, &one) && one.Line > 0:
			told = append(told, fmt.Sprintf("%d: line %d", one.Index, one.Line))
		case errors.As(err, &one):
			told = append(told, fmt.Sprintf("%d failed", one.Index))
		case err != nil:
			told = append(told, err.Error())
		default:
			told = append(told, string(object.Raw()))
		}
	}
	return told
}

func TestReadFile(t *testing.T) {
	const a, b, bundle = `{"a":1}`, `{"b":2}`, "stix: cannot read the bundle: "
	tests := []struct {
		name, in string
		want     []string
	}{
		{"lines", a + "\n" + b + "\n", []string{a, b}},
		{"a line that is no JSON", a + "\nhello\n" + b, []string{a, "1: line 2", b}},
		{"the first line is no JSON", "hello\n" + a + "\n" + b, []string{"0: line 1", a, b}},
		{"two in a row", a + "\nhello\n\nagain\n" + b, []string{a, "1: line 2", "2: line 4", b}},
		{"the last line", a + "\nhello", []string{a, "1: line 2"}},
		{"a line cut in a string", a + "\n{\"c\":\"x\n" + b, []string{a, "1: line 2", b}},
		{"the first line cut in a string", "{\"c\":\"x\n" + a, []string{"0: line 1", a}},
		{"a line cut in a list", a + "\n{\"c\":[1,2\r\n" + b + "\n" + a, []string{a, "1: line 2", b, a}},
		{"a line cut after a value", "{\"c\":1\n" + b, []string{"0: line 1", b}},
		{"a line cut in a word", "{\"c\":tru\n" + b, []string{"0: line 1", b}},
		{"a line cut after a comma", a + "\n{\"c\":1,\n" + b, []string{a, "1: line 2", b}},
		{"a line cut after a comma in a list", a + "\n{\"c\":[1,\n" + b + "\n" + a, []string{a, "1: line 2", a}},
		{"a brace too many", a + "}\n" + b, []string{a, "1: line 1", b}},
		{"a missing comma", "{\"c\":1 \"d\":2}\n" + b, []string{"0: line 1", b}},
		{"a bundle on a line, cut", `{"objects":[{"a":1},{"b"` + "\n" + `{"objects":[{"b":2}]}`, []string{a, "1: line 1", b}},
		{"a damaged line whose frame is sound", a + "\n{\"c\":tru e}\n{\"c\":1,\"c\":1}\n" + b, []string{a, "1: line 2", "2 failed", b}},
		{"a damaged line that has its braces", a + "\n{c}\n" + b, []string{a, "1: line 2", b}},
		{"a bundle over lines, broken", "{\"objects\":[\n{\"a\":1}\n{\"b\":2}\n]}", []string{a, bundle + "a comma is missing at byte 21, on line 3; what comes after it was not read"}},
		{"a bundle over lines, whose frame is broken", "{\"type\":\"bundle\",,\"objects\":[\n{\"a\":1}]}", []string{bundle + "a property name is missing at byte 17, on line 1; what comes after it was not read"}},
		{"an object that does not end", a + "\n{\"c\":[1,\n2,", []string{a, bundle + "the object that begins on line 2 does not end"}},
		{"cut", `{"objects":[{"a":1}`, []string{a, bundle + "it ends too early"}},
		{"objects begin lines of a bundle", "{\"objects\":[\n{\"a\":1},\n{\"b\":\n{}}\n]}\n" + a, []string{a, "{\"b\":\n{}}", a}},
		{"a byte order mark", "\xef\xbb\xbf" + a, []string{a}},
		{"UTF-16", "\xff\xfe{\x00", []string{bundle + "it is UTF-16; write it as UTF-8"}},
		{"gzip", "\x1f\x8b\x08\x00\n" + a, []string{bundle + "it is compressed by gzip; unpack it first"}},
		{"zip", "PK\x03\x04\n" + a, []string{bundle + "it is a zip archive; unpack it first"}},
		{"a list", "[" + a + "]", []string{bundle + "it is a list; put the objects into a bundle, or each on a line of its own"}},
		{"a number", "42", []string{bundle + `no JSON object begins at "42"`}},
		{"binary", "\x7fELF\x00\x00\n" + a, []string{bundle + "it is no text"}},
		{"nothing", "", []string{bundle + "it is empty"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, readFileAll(strings.NewReader(test.in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, readFileAll(iotest.OneByteReader(strings.NewReader(test.in)))); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadFileTellsTheReadersError(t *testing.T) {
	broken := errors.New("the line went dead")
	got := readFileAll(io.MultiReader(strings.NewReader("{\"a\":1}\nhel"), iotest.ErrReader(broken)))
	if diff := cmp.Diff([]string{`{"a":1}`, broken.Error()}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What ReadBundle reads to its end, ReadFile reads alike, however it is chopped.
func FuzzReadFile(f *testing.F) {
	for _, seed := range []string{"{\"a\":1}\nx\n{\"b\":2}", "{\"objects\":[\n{\"a\":\n{}}\n]}", "{\"a\":\"\n{}", "[1]", "\xef\xbb\xbf{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		whole := readFileAll(bytes.NewReader(raw))
		if diff := cmp.Diff(whole, readFileAll(iotest.OneByteReader(bytes.NewReader(raw)))); diff != "" {
			t.Errorf("byte by byte (-whole +chopped):\n%s", diff)
		}
		var strict []string
		for object, err := range ReadBundle(bytes.NewReader(raw)) {
			if err != nil {
				return
			}
			strict = append(strict, string(object.Raw()))
		}
		if diff := cmp.Diff(strict, whole); diff != "" {
			t.Errorf("(-bundle +file):\n%s", diff)
		}
	})
}
