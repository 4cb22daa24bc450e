// SPDX-License-Identifier: Apache-2.0

package tocsin_test

// This file holds the documents to the code: what is linked, why each
// dependency is there, and where the tour of a warning points.

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go/ast"

	"golang.org/x/mod/modfile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestLinked compares the modules that are linked into the program with
// docs/linked.txt, so that a new one shows in review.
func TestLinked(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "./cmd/tocsin")
	list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	linked := lines(out)
	slices.Sort(linked)
	linked = slices.Compact(linked)
	const golden = "docs/linked.txt"
	if *update {
		head := "# The modules linked into tocsin on linux/amd64. A new one needs a sentence in\n# dependencies.md; then: go test -run TestLinked -update .\n"
		if err := os.WriteFile(golden, []byte(head+strings.Join(linked, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	known := lines(raw)
	for _, path := range linked {
		if !slices.Contains(known, path) {
			t.Errorf("%s is linked into tocsin and not in %s: say in docs/dependencies.md why it is there, then run go test -run TestLinked -update .", path, golden)
		}
	}
	for _, path := range known {
		if !slices.Contains(linked, path) {
			t.Errorf("%s is in %s and no longer linked: run go test -run TestLinked -update .", path, golden)
		}
	}
}

// TestDependenciesAreExplained wants a line in docs/dependencies.md for every
// direct requirement, and for everything that is linked.
func TestDependenciesAreExplained(t *testing.T) {
	raw, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := func(path string) bool {
		for line := range strings.Lines(string(raw)) {
			if _, why, found := strings.Cut(line, "`"+path+"`"); found && len(strings.Fields(why)) > 5 {
				return true
			}
		}
		return false
	}
	manifest, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", manifest, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, require := range mod.Require {
		if !require.Indirect && !explained(require.Mod.Path) {
			t.Errorf("docs/dependencies.md has no sentence for `%s`", require.Mod.Path)
		}
	}
	linked, err := os.ReadFile("docs/linked.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines(linked) {
		if !explained(path) {
			t.Errorf("docs/dependencies.md has no sentence for `%s`, which is linked", path)
		}
	}
}

// link is a link in a document: [text](target).
var link = regexp.MustCompile(`\[([^\]]+)\]\(([^)\s]+)\)`)

// TestLinks holds every link within the repository to something that is there;
// a link to a line, [`Name`](file.go#L12), must point at Name's declaration.
func TestLinks(t *testing.T) {
	for _, suffix := range []string{".md"} {
		walk(t, suffix, func(path string, raw []byte) {
			fixed := link.ReplaceAllStringFunc(string(raw), func(found string) string {
				return checkLink(t, path, found)
			})
			if *update && fixed != string(raw) {
				if err := os.WriteFile(path, []byte(fixed), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func checkLink(t *testing.T, path, found string) string {
	t.Helper()
	parts := link.FindStringSubmatch(found)
	target, line, toLine := strings.Cut(parts[2], "#L")
	target, _, _ = strings.Cut(target, "#")
	if strings.Contains(target, "://") || target == "" || strings.HasPrefix(target, "mailto:") {
		return found
	}
	file := filepath.Join(filepath.Dir(path), filepath.FromSlash(target))
	raw, err := os.ReadFile(file)
	if info, statErr := os.Stat(file); statErr == nil && info.IsDir() {
		return found
	}
	if err != nil {
		t.Errorf("%s: %s leads nowhere", path, found)
		return found
	}
	if !toLine {
		return found
	}
	name := strings.Trim(parts[1], "`")
	declared := declaration(parse(t, file, raw), name)
	if declared == 0 {
		t.Errorf("%s: %s declares no %s", path, target, name)
		return found
	}
	if line == strconv.Itoa(declared) {
		return found
	}
	if !*update {
		t.Errorf("%s: %s is at line %d of %s: run go test -run TestLinks -update .", path, name, declared, target)
	}
	return "[" + parts[1] + "](" + target + "#L" + strconv.Itoa(declared) + ")"
}

// declaration is the line of a function, method ("Type.Method") or type, or 0.
func declaration(file source, name string) int {
	line := func(n ast.Node) int { return file.set.Position(n.Pos()).Line }
	for _, decl := range file.syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			declared := decl.Name.Name
			if decl.Recv != nil {
				receiver := decl.Recv.List[0].Type
				if star, ok := receiver.(*ast.StarExpr); ok {
					receiver = star.X
				}
				if ident, ok := receiver.(*ast.Ident); ok {
					declared = ident.Name + "." + declared
				}
			}
			if declared == name {
				return file.set.Position(decl.Name.Pos()).Line
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.Name == name {
					return line(spec)
				}
			}
		}
	}
	return 0
}
