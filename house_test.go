// SPDX-License-Identifier: Apache-2.0

package tocsin_test

// This file holds the architecture as a test: who may import whom, and what
// the lower floors must not do. You may know the floors below you, never your
// neighbours, never a floor above; and only the trips open the store.

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tocsin-exchange/tocsin"

// floor is one floor of the house: its rooms, and which of our own packages
// each may import. "*" is everything below. Tests may import what they like.
type floor struct {
	name  string
	rooms map[string]string
	// pure rooms do no I/O, keep no log and read no clock.
	pure bool
}

// house is the architecture, from the ground up. A new package must be given a
// line here, and so a floor; an import that is allowed and not used must go.
var house = []floor{
	{name: "ground", pure: true, rooms: map[string]string{
		"internal/timestamp": "",
		"stix/pattern":       "internal/timestamp",              // a neighbour: the timestamps of STIX
		"stix":               "internal/timestamp stix/pattern", // neighbours: indicators hold patterns, observed data is what they match
		"handling":           "",
		"receipt":            "",
		"witness":            "receipt",          // a neighbour: a cosignature is of a checkpoint
		"envelope":           "handling witness", // neighbours: handling travels in the signed header, a card names who cosigns
		"spoken":             "",
		"carry":              "envelope", // a neighbour: what is carried is deliveries
		"internal/problem":   "",
		"internal/caller":    "internal/problem", // a neighbour: a refusal is a problem
	}},
	{name: "nouns", pure: true, rooms: map[string]string{
		"warning":          "envelope handling receipt spoken",
		"taxii":            "stix",
		"capalert":         "",
		"internal/redact":  "stix",
		"internal/partner": "envelope internal/problem",
		"internal/keys":    "spoken envelope receipt witness",
		"internal/press":   "stix",
		"internal/ledger":  "receipt",
		"dossier":          "envelope handling receipt witness warning", // a neighbour: what the messages of a case say
	}},
	{name: "decided, kept, proved", rooms: map[string]string{
		"internal/policy": "stix handling warning internal/partner internal/redact",
		"internal/match":  "stix handling warning internal/redact",
		"internal/detect": "stix stix/pattern",
		"internal/store":  "stix handling envelope receipt witness warning taxii internal/caller internal/problem internal/partner internal/ledger",
		"api":             "envelope handling warning taxii",
		"taxiiclient":     "stix taxii",
	}},
	{name: "trips", rooms: map[string]string{
		"internal/intake":  "stix taxii envelope handling warning internal/caller internal/problem internal/match internal/policy internal/store",
		"internal/shelf":   "stix dossier taxii capalert envelope handling receipt witness warning api internal/caller internal/problem internal/partner internal/ledger internal/policy internal/store",
		"internal/outbox":  "api spoken envelope handling warning internal/caller internal/problem internal/keys internal/partner internal/redact internal/policy internal/store",
		"internal/courier": "api carry envelope handling receipt witness warning internal/caller internal/keys internal/partner internal/problem internal/store",
		"internal/inbox":   "api spoken carry stix envelope handling receipt witness warning internal/caller internal/problem internal/keys internal/partner internal/match internal/policy internal/store",
		"internal/desk":    "envelope handling warning api internal/caller internal/problem internal/partner internal/redact internal/policy internal/store",
		"internal/feeds":   "stix taxii envelope handling warning api taxiiclient internal/caller internal/problem internal/keys internal/match internal/policy internal/store",
		"internal/keeper":  "handling witness warning internal/caller internal/problem internal/match internal/store",
	}},
	{name: "doors", rooms: map[string]string{
		"internal/peerserver":  "envelope witness api internal/problem internal/inbox",
		"internal/apiserver":   "envelope handling warning taxii api internal/caller internal/problem internal/partner internal/courier internal/desk internal/feeds internal/inbox internal/intake internal/outbox internal/shelf",
		"internal/taxiiserver": "stix taxii api handling internal/caller internal/problem internal/desk internal/intake internal/shelf",
		"internal/web":         "stix envelope handling warning api internal/caller internal/problem internal/partner internal/press internal/courier internal/desk internal/feeds internal/inbox internal/intake internal/outbox internal/shelf",
	}},
	{name: "roof", rooms: map[string]string{
		"internal/node":     "*",
		"internal/nodetest": "*", // for tests alone: nothing else may import it
		"internal/stixtest": "",  // for tests alone
		"internal/pytest":   "",  // for tests alone
	}},
	{name: "command", rooms: map[string]string{
		"cmd/tocsin": "stix stix/pattern envelope handling receipt spoken witness warning dossier taxii capalert api taxiiclient internal/problem internal/partner internal/press internal/ledger internal/detect internal/policy internal/node",
	}},
}

// neighbours are the only imports within a floor.
var neighbours = map[string]bool{
	"dossier warning":                  true,
	"envelope handling":                true,
	"envelope witness":                 true,
	"witness receipt":                  true,
	"carry envelope":                   true,
	"internal/caller internal/problem": true,
	"stix/pattern internal/timestamp":  true,
	"stix internal/timestamp":          true,
	"stix stix/pattern":                true,
}

// testsAlone are the rooms that only tests, and each other, may import.
var testsAlone = []string{"internal/nodetest", "internal/pytest", "internal/stixtest"}

// mayOpenStore are the floors whose rooms may import the store.
var mayOpenStore = []string{"trips", "roof"}

// sleepers are the tests that may sleep in real time, each with its reason.
// Every other test that waits does so in a testing/synctest bubble.
var sleepers = map[string]string{}

// notForPure are packages that the ground and the nouns may not import.
var notForPure = []string{"net", "net/http", "database/sql", "os", "os/exec", "os/signal", "log", "log/slog", "io/ioutil", "math/rand", "math/rand/v2"}

// clocks are the functions of package time that read or wait for the clock.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// maxLines is where a file asks for two halves.
const maxLines = 500

// TestTable holds the table itself to the sentence it stands for.
func TestTable(t *testing.T) {
	level := make(map[string]int)
	for i, f := range house {
		for room := range f.rooms {
			if _, twice := level[room]; twice {
				t.Errorf("%s stands on two floors", room)
			}
			level[room] = i
		}
	}
	for i, f := range house {
		for _, room := range slices.Sorted(maps.Keys(f.rooms)) {
			for _, dep := range strings.Fields(f.rooms[room]) {
				below, known := level[dep]
				switch {
				case dep == "*":
				case !known:
					t.Errorf("%s may import %s, which is not in the house", room, dep)
				case below > i:
					t.Errorf("%s may import %s, which is on a floor above", room, dep)
				case below == i && !neighbours[room+" "+dep]:
					t.Errorf("%s may import %s, its neighbour", room, dep)
				}
				if dep == "internal/store" && !slices.Contains(mayOpenStore, f.name) {
					t.Errorf("%s may import the store: only the trips open it", room)
				}
			}
		}
	}
}

// TestImports compares every import with the table.
func TestImports(t *testing.T) {
	all := packages(t)
	for dir, pkg := range all {
		f, allowed, listed := lookUp(dir)
		if dir == "." {
			continue // the root holds the tour and these tests
		}
		if !listed {
			t.Errorf("%s is not in the house: give it a line in house_test.go, and so a floor", dir)
			continue
		}
		words := strings.Fields(allowed)
		used := make(map[string]bool)
		for _, file := range pkg {
			for _, path := range file.imports() {
				dep, ours := strings.CutPrefix(path, module+"/")
				switch {
				case !ours:
					if f.pure && slices.Contains(notForPure, path) {
						t.Errorf("%s imports %s: the %s does no I/O", file.path, path, f.name)
					}
					if dir != "internal/store" && isDatabase(path) {
						t.Errorf("%s imports %s: only internal/store knows a database", file.path, path)
					}
				case slices.Contains(testsAlone, dep) && !slices.Contains(testsAlone, dir):
					t.Errorf("%s imports %s, which is for tests alone", file.path, dep)
				case allowed == "*":
				case !slices.Contains(words, dep):
					t.Errorf("%s imports %s, which the house does not allow", file.path, dep)
				}
				used[dep] = true
			}
		}
		for _, dep := range words {
			if dep != "*" && !used[dep] {
				t.Errorf("%s may import %s and does not: take it out of the table", dir, dep)
			}
		}
	}
	for _, f := range house {
		for room := range f.rooms {
			if all[room] == nil {
				t.Errorf("%s stands in the table and not in the house", room)
			}
		}
	}
}

func isDatabase(path string) bool {
	return path == "database/sql" || path == "database/sql/driver" || strings.Contains(path, "sqlite") || strings.Contains(path, "/pgx") || path == "github.com/lib/pq"
}

func lookUp(dir string) (f floor, allowed string, listed bool) {
	for _, f := range house {
		if allowed, listed := f.rooms[dir]; listed {
			return f, allowed, true
		}
	}
	return floor{}, "", false
}

// TestHabits holds every file to the habits of the house.
func TestHabits(t *testing.T) {
	for dir, pkg := range packages(t) {
		f, _, _ := lookUp(dir)
		documented := false
		for _, file := range pkg {
			documented = documented || file.syntax.Doc != nil
			if file.generated {
				continue
			}
			if !bytes.HasPrefix(file.source, []byte("// SPDX-License-Identifier: Apache-2.0\n\n")) {
				t.Errorf("%s: the first line must be the SPDX line, then a blank one", file.path)
			}
			if file.syntax.Doc == nil && !file.introduced() {
				t.Errorf("%s: say in a sentence under the package clause what the file holds", file.path)
			}
			if lines := bytes.Count(file.source, []byte("\n")); lines > maxLines {
				t.Errorf("%s has %d lines, over %d: look for its two halves", file.path, lines, maxLines)
			}
			if i := bytes.Index(file.source, []byte("TO"+"DO")); i >= 0 {
				t.Errorf("%s holds a note to finish it later", file.path)
			}
			file.check(t, f.pure)
		}
		if !documented {
			t.Errorf("%s: no file has a package comment", dir)
		}
		checkState(t, pkg)
	}
}

// check looks for what a function must not do.
func (s source) check(t *testing.T, pure bool) {
	t.Helper()
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				t.Errorf("%s: no init functions: wire it in internal/node", s.at(n))
			}
		case *ast.CallExpr:
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "panic" {
				t.Errorf("%s: no panics: return an error", s.at(n))
			}
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); pure && ok && pkg.Name == "time" && pkg.Obj == nil && slices.Contains(clocks, n.Sel.Name) {
				t.Errorf("%s: time.%s: this floor is told the time", s.at(n), n.Sel.Name)
			}
		}
		return true
	})
}

// checkState refuses package-level variables that change: those that are
// assigned to, and those that are made to change.
func checkState(t *testing.T, pkg []source) {
	t.Helper()
	globals := make(map[string]*ast.ValueSpec)
	for _, file := range pkg {
		for _, decl := range file.syntax.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.VAR {
				continue
			}
			for _, spec := range group.Specs {
				spec := spec.(*ast.ValueSpec)
				for _, name := range spec.Names {
					globals[name.Name] = spec
				}
				if sel, ok := spec.Type.(*ast.SelectorExpr); ok {
					if from, ok := sel.X.(*ast.Ident); ok && (from.Name == "sync" || from.Name == "atomic") {
						t.Errorf("%s: a global that is there to change", file.at(spec))
					}
				}
			}
		}
	}
	for _, file := range pkg {
		changed := func(target ast.Expr) {
			root := rootOf(target)
			if root == nil || root.Name == "_" || globals[root.Name] == nil {
				return
			}
			if root.Obj == nil || root.Obj.Decl == any(globals[root.Name]) {
				t.Errorf("%s: %s is a global and is changed here", file.at(target), root.Name)
			}
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, target := range n.Lhs {
						changed(target)
					}
				}
			case *ast.IncDecStmt:
				changed(n.X)
			case *ast.CallExpr:
				if name, ok := n.Fun.(*ast.Ident); ok && (name.Name == "delete" || name.Name == "clear") && len(n.Args) > 0 {
					changed(n.Args[0])
				}
			}
			return true
		})
	}
}

// rootOf is the variable that an assignment to target changes.
func rootOf(target ast.Expr) *ast.Ident {
	for {
		switch e := target.(type) {
		case *ast.Ident:
			return e
		case *ast.SelectorExpr:
			target = e.X
		case *ast.IndexExpr:
			target = e.X
		case *ast.StarExpr:
			target = e.X
		case *ast.ParenExpr:
			target = e.X
		default:
			return nil
		}
	}
}

// TestNobodySleeps finds tests that wait in real time. A package whose tests run
// in bubbles may open them in another file than the one that sleeps.
func TestNobodySleeps(t *testing.T) {
	bubbles := make(map[string]bool)
	walk(t, "_test.go", func(path string, raw []byte) {
		if slices.Contains(parse(t, path, raw).imports(), "testing/synctest") {
			bubbles[filepath.Dir(path)] = true
		}
	})
	walk(t, "_test.go", func(path string, raw []byte) {
		file := parse(t, path, raw)
		if sleepers[path] != "" || bubbles[filepath.Dir(path)] {
			return
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && sel.Sel.Name == "Sleep" {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
					t.Errorf("%s: time.Sleep in a test: use a testing/synctest bubble, or give it a line and a reason in sleepers", file.at(sel))
				}
			}
			return true
		})
	})
	for path, reason := range sleepers {
		if _, err := os.Stat(path); err != nil || reason == "" {
			t.Errorf("sleepers: %s is not there, or has no reason", path)
		}
	}
}

// TestEveryFileNamesItsLicence covers what is not compiled here: tests and pages.
func TestEveryFileNamesItsLicence(t *testing.T) {
	for suffix, mark := range map[string]string{"_test.go": "// ", ".templ": "// "} {
		walk(t, suffix, func(path string, raw []byte) {
			if !bytes.HasPrefix(raw, []byte(mark+"SPDX-License-Identifier: Apache-2.0\n")) {
				t.Errorf("%s: the first line must be the SPDX line", path)
			}
		})
	}
}

// source is one parsed file.
type source struct {
	path      string
	source    []byte
	set       *token.FileSet
	syntax    *ast.File
	generated bool
}

func (s source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

func (s source) imports() (paths []string) {
	for _, spec := range s.syntax.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// introduced reports whether a comment stands between the package clause and
// whatever comes first after it.
func (s source) introduced() bool {
	first := s.syntax.End()
	if len(s.syntax.Decls) > 0 {
		first = s.syntax.Decls[0].Pos()
		if decl, ok := s.syntax.Decls[0].(*ast.FuncDecl); ok && decl.Doc != nil {
			first = decl.Doc.Pos()
		}
		if decl, ok := s.syntax.Decls[0].(*ast.GenDecl); ok && decl.Doc != nil {
			first = decl.Doc.Pos()
		}
	}
	return slices.ContainsFunc(s.syntax.Comments, func(c *ast.CommentGroup) bool {
		return c.Pos() > s.syntax.Name.End() && c.End() < first
	})
}

// packages parses every package of the house, without its tests, by directory.
func packages(t *testing.T) map[string][]source {
	t.Helper()
	all := make(map[string][]source)
	walk(t, ".go", func(path string, raw []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		all[dir] = append(all[dir], parse(t, path, raw))
	})
	return all
}

func parse(t *testing.T, path string, raw []byte) source {
	t.Helper()
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, path, raw, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	return source{path: path, source: raw, set: set, syntax: syntax, generated: ast.IsGenerated(syntax)}
}

// walk reads every file of the repository whose name ends in suffix.
func walk(t *testing.T, suffix string, each func(path string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools" || name == "bin" || name == "demo-data") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, suffix) {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err == nil {
			each(filepath.ToSlash(path), raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lines splits a golden file, leaving out blank lines and comments.
func lines(raw []byte) (all []string) {
	scanner := bufio.NewScanner(bytes.NewReader(raw))
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}
