// SPDX-License-Identifier: Apache-2.0

package caller

// This file holds the table of who may do what as a page that people read:
// "go test -update ./internal/caller" writes it.

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const rolesPage = `# Who may do what

Every act that the node knows, and who may do it. The store asks this table before it opens a transaction, so no page and no program comes around it; what is not in the table nobody may do. A person may have several roles, and may then do what any of them
may; what takes two people takes two different ones, whatever their roles. An administrator runs the node and reads nothing that is in it; an overseer reads, and changes nothing; a machine's token and a tool's account decide nothing. This page is written by the test of the table in
` + "`internal/caller`" + `, which also asks each cell; ` + "`TestAnAdministratorIsShownNothing`" + ` knocks at every route of the API and every page.

`

// TestTablePage holds docs/roles.md to the table.
func TestTablePage(t *testing.T) {
	var b strings.Builder
	b.WriteString(rolesPage + "| act |")
	for _, who := range everyone() {
		b.WriteString(" " + who.Name + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(everyone())) + "\n")
	for _, act := range acts() {
		b.WriteString("| " + string(act) + " |")
		for _, who := range everyone() {
			cell := " |"
			if who.May(act) == nil {
				cell = " yes |"
			}
			b.WriteString(cell)
		}
		b.WriteString("\n")
	}
	const path = "../../docs/roles.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/roles.md is not the table (-page +table): run go test -update ./internal/caller\n%s", diff)
	}
}
