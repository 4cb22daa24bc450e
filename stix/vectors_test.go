// SPDX-License-Identifier: Apache-2.0

package stix

// This file holds Check against the tables of test vectors, where they lie beside
// the repository. Where they differ, docs/divergences.md says why.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
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

// broken tells the rules that an object breaks, or why it cannot be read.
func broken(raw []byte) (musts, shoulds []string) {
	object, err := Parse(raw)
	if err != nil {
		return []string{err.Error()}, nil
	}
	for _, v := range Check(object) {
		text := fmt.Sprintf("§%s %s: %s", v.Section, v.Path, v.Rule)
		if v.Level == Must {
			musts = append(musts, text)
		} else {
			shoulds = append(shoulds, text)
		}
	}
	return musts, shoulds
}

func TestValidityVectors(t *testing.T) {
	type row struct {
		ID        string                    `json:"id"`
		Input     jsontext.Value            `json:"input"`
		Text      string                    `json:"text"`
		MustValid *bool                     `json:"must_valid"`
		Valid     bool                      `json:"valid"`
		Options   map[string]jsontext.Value `json:"options"`
	}
	must, should := divergences(t, "Validity"), divergences(t, "Recommendations")
	rows, strict := 0, 0
	eachLine(t, "stix-validity.jsonl", func(row row) {
		inputs := []jsontext.Value{row.Input}
		switch row.Input.Kind() {
		case '[':
			if err := json.Unmarshal(row.Input, &inputs); err != nil {
				t.Fatal(err)
			}
		case '{':
		default:
			inputs = []jsontext.Value{jsontext.Value(row.Text)}
		}
		var musts, shoulds []string
		for _, input := range inputs {
			more, advice := broken(input)
			musts, shoulds = append(musts, more...), append(shoulds, advice...)
		}
		valid := row.Valid
		if row.MustValid != nil {
			valid = *row.MustValid
		}
		rows++
		must.agrees(t, row.ID, differs(valid, musts, row.Input))
		if string(row.Options["strict"]) == "true" && len(row.Options) == 1 && valid && len(musts) == 0 {
			strict++
			should.agrees(t, row.ID, differs(row.Valid, shoulds, row.Input))
		}
	})
	t.Logf("%d rows, %d listed; %d strict rows, %d listed", rows, len(must), strict, len(should))
}

// differs says how a tool and we differ, or "".
func differs(valid bool, found []string, input []byte) string {
	if valid == (len(found) == 0) {
		return ""
	}
	return fmt.Sprintf("the tool says valid is %v; we found %.600q in %.600s", valid, found, input)
}

func TestSpecificationExamples(t *testing.T) {
	type row struct {
		ID      string         `json:"id"`
		Section string         `json:"section"`
		Object  jsontext.Value `json:"object"`
	}
	listed, total := divergences(t, "Examples"), 0
	eachLine(t, "stix-spec-examples.jsonl", func(row row) {
		total++
		musts, _ := broken(row.Object)
		listed.agrees(t, row.ID, differs(true, musts, row.Object))
	})
	t.Logf("%d examples, %d listed", total, len(listed))
}

// The table of relationships is that of the text, no more and no less.
func TestRelationshipVectors(t *testing.T) {
	var table struct {
		Spec [][3]string `json:"spec"`
	}
	raw, err := io.ReadAll(vectors(t, "stix-relationships.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	want := map[[3]string]bool{}
	for _, row := range table.Spec {
		want[row] = true
	}
	for source, kinds := range relationships {
		for kind, targets := range kinds {
			for target := range strings.FieldsSeq(targets) {
				if familyNamed(target) == 0 && !want[[3]string{source, kind, target}] {
					t.Errorf("%s %s %s is not in the text", source, kind, target)
				}
			}
		}
	}
	for row := range want {
		shape := shapeOf(row[2])
		targets := strings.Fields(relationships[row[0]][row[1]])
		if !slices.Contains(targets, row[2]) && !(slices.Contains(targets, "SCO") && (shape == nil || shape.families == familySCO)) {
			t.Errorf("%v is in the text and not in our table", row)
		}
	}
}
