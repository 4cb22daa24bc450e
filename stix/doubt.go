// SPDX-License-Identifier: Apache-2.0

package stix

// This file says which object paths of a pattern lead to nothing that the
// standard knows.

import (
	"fmt"
	"iter"
	"strings"

	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// A Doubt is an object path that no data which keeps to the standard has a value
// at. STIX 2.1 §9.7
type Doubt struct {
	Path   pattern.Path
	Reason string
	// Foreign says that the type is none of the standard's: data may have it.
	Foreign bool
}

// Doubts yields the object paths of a pattern that are in doubt, each once: those
// for which [Check] says that a type has no such property, names of hashes that
// are written otherwise than the standard does, and types that it does not know
// and that do not begin with x-. STIX 2.1 §9.7, §10.7
func Doubts(parsed *pattern.Pattern) iter.Seq[Doubt] {
	return func(yield func(Doubt) bool) {
		told := map[string]bool{}
		for observation := range pattern.Observations(parsed.Root) {
			for comparison := range pattern.Comparisons(observation.Test) {
				doubt, ok := doubtOf(comparison.Path)
				if !ok || told[doubt.Path.String()] {
					continue
				}
				told[doubt.Path.String()] = true
				if !yield(doubt) {
					return
				}
			}
		}
	}
}

func doubtOf(path pattern.Path) (doubt Doubt, ok bool) {
	doubt.Path = path
	step, known := UnknownStep(path)
	switch {
	case step != "" && step == path.Type:
		doubt.Reason = path.Type + " is no type of observables"
	case step != "" && len(known) == 0:
		doubt.Reason = fmt.Sprintf("%s is not in what stands before it in %s", step, path)
	case step != "":
		doubt.Reason = fmt.Sprintf("%s in %s is no property there; there are %s", step, path, strings.Join(known, ", "))
	case shapeOf(path.Type) == nil && !strings.HasPrefix(path.Type, "x-"):
		doubt.Reason, doubt.Foreign = "the standard has no type "+path.Type, true
	default:
		written, meant := hashMeant(path)
		if meant == "" {
			return doubt, false
		}
		doubt.Reason = fmt.Sprintf("%s in %s is no name of a hash; the standard writes '%s'", written, path, meant)
	}
	return doubt, true
}

// UnknownStep returns the first step of an object path that the standard does not
// know, and the properties that there are in its place, by their names and without
// those that all objects have. It is "" if there is none, and the type if objects
// of it are no observables. Beyond a custom type or property, a dictionary or an
// extension that is not predefined nothing is known. STIX 2.1 §6, §9.7
func UnknownStep(path pattern.Path) (step string, known []string) {
	return newChecker().missing(path)
}

// hashMeant finds a hash that is named almost as the standard does. STIX 2.1 §10.7
func hashMeant(path pattern.Path) (written, meant string) {
	for i, step := range path.Steps[:len(path.Steps)-1] {
		if step.Kind != pattern.Property || step.Name != "hashes" && !strings.HasSuffix(step.Name, "_hashes") {
			continue
		}
		written = path.Steps[i+1].Name
		for _, name := range hashAlgorithms.terms {
			if name == written {
				return written, ""
			}
			if bareName(name) == bareName(written) {
				meant = name
			}
		}
	}
	return written, meant
}

// bareName is a name without what people write in different ways.
func bareName(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToUpper(name))
}
