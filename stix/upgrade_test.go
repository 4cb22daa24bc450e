// SPDX-License-Identifier: Apache-2.0

package stix

// This file tests the upgrade of STIX 2.0: what comes out, what is reported, and
// that valid objects stay valid.

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what came out of each upgrade anew")

func upgradeAll(t testing.TB, text string) (all []Upgraded) {
	t.Helper()
	for upgraded, err := range Upgrade(ReadBundle(strings.NewReader(text))) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, upgraded)
	}
	return all
}

// told is an upgrade as testdata/upgrade has it: each change in a line, then the
// objects.
func told(all []Upgraded) string {
	var text strings.Builder
	for _, upgraded := range all {
		for _, change := range upgraded.Changes {
			if change.Path == "spec_version" {
				continue
			}
			fmt.Fprintf(&text, "# %s %s: %s\n", change.Kind, strings.TrimSpace(change.Object+" "+change.Path), change.Text)
		}
		for _, object := range upgraded.Objects {
			text.Write(object.Raw())
			text.WriteByte('\n')
		}
	}
	return text.String()
}

// notValid are the texts that are not valid STIX 2.0: of all others, everything
// comes over.
var notValid = []string{"broken.txt", "versions.txt"}

// Each text in testdata/upgrade is what goes in, a line of three hyphens, and what
// is told and comes out of it.
func TestUpgrade(t *testing.T) {
	files, err := os.ReadDir("testdata/upgrade")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file.Name(), ".txt"), func(t *testing.T) {
			path := "testdata/upgrade/" + file.Name()
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			in, want, found := strings.Cut(string(raw), "\n---\n")
			_, object, begun := strings.Cut(in, "\n\n")
			if !found || !begun {
				t.Fatal("no line of three hyphens, or no empty line under the title")
			}
			all := upgradeAll(t, object)
			for _, upgraded := range all {
				for _, change := range upgraded.Changes {
					if !change.Kind.Carried() && !slices.Contains(notValid, file.Name()) {
						t.Errorf("not carried: %+v", change)
					}
				}
			}
			got := told(all)
			if *update {
				if err := os.WriteFile(path, []byte(in+"\n---\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if again := told(upgradeAll(t, object)); again != got {
				t.Error("the same input gave another output")
			}
		})
	}
}

// Valid objects of STIX 2.0 become valid objects of STIX 2.1, and nothing of them
// is lost.
func TestUpgradeStaysValid(t *testing.T) {
	total := 0
	eachLine(t, "stix-validity.jsonl", func(row struct {
		ID      string         `json:"id"`
		Version string         `json:"stix_version"`
		Input   jsontext.Value `json:"input"`
		Valid   *bool          `json:"must_valid"`
		Options struct {
			Version string `json:"version"`
		} `json:"options"`
	}) {
		if row.Version != "2.0" && row.Options.Version != "2.0" || row.Valid == nil || !*row.Valid || row.Input.Kind() != '{' {
			return
		}
		total++
		for _, upgraded := range upgradeAll(t, string(row.Input)) {
			for _, change := range upgraded.Changes {
				if !change.Kind.Carried() {
					t.Errorf("%s: %+v", row.ID, change)
				}
			}
			if len(upgraded.Objects) == 0 {
				t.Errorf("%s: nothing came of an object", row.ID)
			}
		}
	})
	t.Logf("%d rows", total)
}

// An object of STIX 2.1 comes out with the bytes it went in with.
func TestUpgradeLeavesNewObjectsAlone(t *testing.T) {
	eachLine(t, "stix-spec-examples.jsonl", func(row struct {
		ID     string         `json:"id"`
		Object jsontext.Value `json:"object"`
	}) {
		object, err := Parse(row.Object)
		if version, _ := object.Get("spec_version"); err != nil || version != "2.1" {
			return
		}
		up := upgrader{seen: map[string][32]byte{}}
		result := up.object(object)
		if len(result.Objects) != 1 || !result.Objects[0].Equal(object) || len(result.Changes) != 0 {
			t.Errorf("%s: %+v", row.ID, result)
		}
	})
}

// Whatever goes in: what comes out is of 2.1 and can be read, each observable
// stands where it is referred to, and it comes out the same again.
func FuzzUpgrade(f *testing.F) {
	files, err := os.ReadDir("testdata/upgrade")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile("testdata/upgrade/" + file.Name())
		if err != nil {
			f.Fatal(err)
		}
		in, _, _ := strings.Cut(string(raw), "\n---\n")
		_, bundle, _ := strings.Cut(in, "\n\n")
		for object, err := range ReadBundle(strings.NewReader(bundle)) {
			if err == nil {
				f.Add(string(object.Raw()))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		object, err := Parse([]byte(text))
		if err != nil {
			return
		}
		first := (&upgrader{seen: map[string][32]byte{}}).object(object)
		second := (&upgrader{seen: map[string][32]byte{}}).object(object)
		if told([]Upgraded{first}) != told([]Upgraded{second}) {
			t.Fatal("the same input gave another output")
		}
		if first.From == "2.1" && (len(first.Objects) != 1 || !first.Objects[0].Equal(object)) {
			t.Fatal("an object of 2.1 was changed")
		}
		lost := slices.ContainsFunc(first.Changes, func(change Change) bool { return !change.Kind.Carried() })
		if len(first.Objects) == 0 && !lost {
			t.Fatal("an object went without a word")
		}
		for _, upgraded := range first.Objects {
			if _, err := Parse(upgraded.Raw()); err != nil {
				t.Fatal(err)
			}
			if first.From == "2.0" && upgraded.SpecVersion() != "2.1" {
				t.Fatalf("it says it is of %q", upgraded.SpecVersion())
			}
		}
	})
}

// BenchmarkUpgrade upgrades what valid texts there are; the floor reads and checks
// the same objects, which an upgrade does as well.
func BenchmarkUpgrade(b *testing.B) {
	var objects []Object
	var size int64
	files, err := os.ReadDir("testdata/upgrade")
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile("testdata/upgrade/" + file.Name())
		if err != nil {
			b.Fatal(err)
		}
		in, _, _ := strings.Cut(string(raw), "\n---\n")
		_, bundle, _ := strings.Cut(in, "\n\n")
		for object, err := range ReadBundle(strings.NewReader(bundle)) {
			if err == nil && VersionOf(object) == "2.0" {
				objects = append(objects, object)
				size += int64(object.Size())
			}
		}
	}
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			for _, object := range objects {
				read, err := Parse(object.Raw())
				if err != nil {
					b.Fatal(err)
				}
				Check(read)
			}
		}
	})
	b.Run("upgrade", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			up := upgrader{seen: map[string][32]byte{}}
			for _, object := range objects {
				read, err := Parse(object.Raw())
				if err != nil {
					b.Fatal(err)
				}
				up.object(read)
			}
		}
	})
}
