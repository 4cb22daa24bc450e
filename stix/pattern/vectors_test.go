// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file holds the package to the tables of test vectors, where they lie
// beside the repository, and each difference to its line in docs/divergences.md.

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// eachLine decodes every line of a table.
func eachLine[T any](t *testing.T, table string, visit func(T)) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", table))
	if err != nil {
		t.Skip("the vectors are not beside the repository")
	}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, len(raw)+1)
	for lines.Scan() {
		var row T
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		visit(row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// divergences reads the rows listed for a table in docs/divergences.md, section
// Patterns: a line of the table is | rows | what the tool says | the text |.
func divergences(t *testing.T, prefix string) map[string]bool {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "divergences.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(raw), "\n## Patterns\n")
	if !found {
		t.Fatal("docs/divergences.md has no section Patterns")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	listed := make(map[string]bool)
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		for id := range strings.FieldsSeq(cells[1]) {
			if strings.HasPrefix(id, prefix) {
				listed[id] = true
			}
		}
	}
	return listed
}

// compare counts agreement and complains of each difference that is not listed,
// and of each listed row that agrees.
type compare struct {
	t       *testing.T
	listed  map[string]bool
	seen    []string
	agreed  int
	differs int
}

func (c *compare) row(id string, agrees bool, complain func()) {
	c.seen = append(c.seen, id)
	switch {
	case agrees && c.listed[id]:
		c.t.Errorf("%s agrees, though docs/divergences.md lists it", id)
	case agrees:
		c.agreed++
	case c.listed[id]:
		c.differs++
	default:
		complain()
	}
}

func (c *compare) done() {
	for id := range c.listed {
		if !slices.Contains(c.seen, id) {
			c.t.Errorf("docs/divergences.md lists %s, which no table has", id)
		}
	}
	c.t.Logf("agreement on %d of %d rows, %d listed", c.agreed, len(c.seen), c.differs)
}

func TestSyntaxVectors(t *testing.T) {
	type row struct {
		ID      string `json:"id"`
		Pattern string `json:"pattern"`
		Valid   bool   `json:"valid"`
	}
	c := &compare{t: t, listed: divergences(t, "PS")}
	eachLine(t, "pattern-syntax.jsonl", func(row row) {
		faults := pattern.Check(row.Pattern)
		c.row(row.ID, row.Valid == (len(faults) == 0), func() {
			t.Errorf("%s: the tool says valid is %v; we found %v\n%s", row.ID, row.Valid, faults, row.Pattern)
		})
		roundTrip(t, row.Pattern)
	})
	c.done()
}
