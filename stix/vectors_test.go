// SPDX-License-Identifier: Apache-2.0

package stix

// This file measures Check against the tables of test vectors, where they lie
// beside the repository.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// eachLine decodes every line of a table.
func eachLine[T any](t *testing.T, table string, visit func(T)) {
	t.Helper()
	lines := bufio.NewReader(vectors(t, table))
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			var row T
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%s: %v", table, err)
			}
			visit(row)
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// broken tells the MUST rules that an object breaks, or why it cannot be read.
func broken(raw []byte) []string {
	object, err := Parse(raw)
	if err != nil {
		return []string{err.Error()}
	}
	var told []string
	for _, violation := range Check(object) {
		if violation.Level == Must {
			told = append(told, fmt.Sprintf("§%s %s: %s", violation.Section, violation.Path, violation.Rule))
		}
	}
	return told
}

// disagreements are the rows on which the text of the standard, as we read it,
// says other than the tool that made the table.
var disagreements = map[string]string{
	// We refuse.
	"created_by_ref is an identity, not a source (3.2)":  "SV0514 SV0515 SV0517 SV0520 SV0521 SV0522 SV0523 SV0524 SV0525 SV0526 SV0527 SV0528 SV0529 SV0530 SV0534 SV0538 SV0540 SV0543 SV0545 SV0546 SV0547 SV0548 SV0550 SV0551 SV0552 SV0554 SV0555 SV0556 SV0557 SV0558 SV0564 SV0566 SV0567 SV0568 SV0945",
	"a UUID with eleven digits at its end is none (2.9)": "SV0676 SV0678 SV0679 SV0680 SV0681 SV0682 SV0683 SV0684 SV0685 SV0686 SV0688 SV0689 SV0690 SV0693 SV0694 SV0695",
	"base64 with padding that cannot be (2.1)":           "SV0703 SV0824",
	"objects of STIX 2.0 are not of 2.1 (3.2)":           "SV0888 SV0890 SV0892 SV0893 SV0894 SV0896 SV0899 SV0901 SV0903 SV0906 SV0908",
	// We accept.
	"not about the object but the tool's options":       "SV0491",
	"bbb is registered: it is the Barai language":       "SV0809",
	"a MIME type only SHOULD be of the registry (6.1)":  "SV0699",
	"a source named CVE is not the one named cve (2.5)": "SV0950",
}

func TestValidityVectors(t *testing.T) {
	type row struct {
		ID        string         `json:"id"`
		Input     jsontext.Value `json:"input"`
		MustValid *bool          `json:"must_valid"`
		Options   struct {
			SchemaDir string `json:"schema_dir"` // rules that are not the standard's
			Interop   bool   `json:"interop"`
			Version   string `json:"version"`
		} `json:"options"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	known := map[string]string{}
	for reason, rows := range disagreements {
		for id := range strings.FieldsSeq(rows) {
			known[id] = reason
		}
	}
	agreed, total := 0, 0
	eachLine(t, "stix-validity.jsonl", func(row row) {
		if row.MustValid == nil || row.Input.Kind() != '{' || row.Options.SchemaDir != "" || row.Options.Interop || row.Options.Version == "2.0" {
			return
		}
		total++
		found := broken(row.Input)
		if *row.MustValid == (len(found) == 0) {
			agreed++
			if known[row.ID] != "" {
				t.Errorf("%s agrees now, though listed: %s", row.ID, known[row.ID])
			}
			return
		}
		if known[row.ID] == "" {
			t.Errorf("%s: the tool says valid is %v; we found %q; it found %.300v\n%.600s", row.ID, *row.MustValid, found, row.Errors, row.Input)
		}
	})
	t.Logf("agreement on %d of %d objects, %d listed", agreed, total, len(known))
}

// misprints are the examples of the specification that break its own rules.
var misprints = map[string]string{
	"an identifier with one hyphen (2.9)":                                   "SP0001",
	"an indicator without pattern_type (4.7)":                               "SP0029 SP0032 SP0114 SP0115",
	"base64 with three dots at its end (2.1)":                               "SP0041 SP0042 SP0153",
	"a custom object without spec_version (3.2)":                            "SP0117 SP0118",
	"property_extension is not property-extension (10.5)":                   "SP0157",
	"observed data without created, traffic without protocols (4.14, 6.12)": "SP0116",
	"objects drawn without most of their properties, to tell a story":       "SP0160 SP0161 SP0162 SP0163 SP0164 SP0165 SP0166 SP0167 SP0168 SP0169 SP0170 SP0171 SP0172 SP0173",
}

func TestSpecificationExamples(t *testing.T) {
	type row struct {
		ID      string         `json:"id"`
		Section string         `json:"section"`
		Object  jsontext.Value `json:"object"`
	}
	known := map[string]string{}
	for reason, rows := range misprints {
		for id := range strings.FieldsSeq(rows) {
			known[id] = reason
		}
	}
	total := 0
	eachLine(t, "stix-spec-examples.jsonl", func(row row) {
		total++
		found := broken(row.Object)
		if len(found) > 0 && known[row.ID] == "" {
			t.Errorf("%s (%s) is refused: %q\n%s", row.ID, row.Section, found, row.Object)
		}
		if len(found) == 0 && known[row.ID] != "" {
			t.Errorf("%s is accepted, though listed: %s", row.ID, known[row.ID])
		}
	})
	t.Logf("%d of %d examples accepted, %d misprints listed", total-len(known), total, len(known))
}
