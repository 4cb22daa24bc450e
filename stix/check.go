// SPDX-License-Identifier: Apache-2.0

package stix

// This file checks an object against the tables of the standard.

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Levels of a rule, in the words of RFC 2119.
const (
	Must   = "MUST"
	Should = "SHOULD"
)

// A Violation is one rule of STIX 2.1 that an object breaks.
type Violation struct {
	Section string `json:"section"` // of the specification, such as "3.2"
	Path    string `json:"path"`    // to the value, in the form of a selector: "aliases.[0]"
	Level   string `json:"level"`   // Must or Should
	Rule    string `json:"rule"`    // what holds, in a sentence
	Hint    string `json:"hint"`    // what to do about it
}

// MaxViolations is how many violations of one object are listed.
const MaxViolations = 1000

// Check returns every rule the object breaks, ordered by path; none means that
// it conforms as far as one object alone can show. Of more than [MaxViolations]
// it returns the first so many by path, and one more, without a path, that says
// so and has the level of the gravest left out. Names longer than any may be are
// cut in a path. A bundle is checked with all it holds, as [CheckBundle] does.
func Check(object Object) []Violation {
	check := newChecker()
	check.object(object.tree)
	return check.sorted()
}

// musts is what Check says of MUST rules.
func musts(object Object) []Violation {
	check := newChecker()
	check.lenient = true
	check.object(object.tree)
	return check.sorted()
}

// A checker walks one object and notes what it finds. It never changes it.
type checker struct {
	violations []Violation
	path       []step
	// most is how many violations are listed. Past it, omitted is the gravest
	// level of those left out.
	most    int
	omitted string
	// container is the observable-container being walked, where references are
	// the keys of its members. STIX 2.1 §2.13
	container map[string]any
	// defanged says that the object walked says so of its data. STIX 2.1 §3.2
	defanged bool
	// lenient leaves out what only SHOULD be, and what comes after so many that
	// nobody reads them.
	lenient bool
	// undeclared says that no extension of the object declares properties.
	undeclared bool
	// shapes is shapeOf, handed in because the tables it reads name rules that
	// ask it in their turn.
	shapes func(objectType string) *shape
}

func newChecker() *checker {
	return &checker{shapes: shapeOf, path: make([]step, 0, 8), most: MaxViolations}
}

// A step is a property name, or a list index where the name is empty.
type step struct {
	name  string
	index int
}

func (check *checker) enter(name string)      { check.path = append(check.path, step{name: name}) }
func (check *checker) enterIndex(index int)   { check.path = append(check.path, step{index: index}) }
func (check *checker) leave()                 { check.path = check.path[:len(check.path)-1] }
func (check *checker) must(s, rule, h string) { check.note(Must, s, rule, h) }

func (check *checker) should(s, rule, h string) { check.note(Should, s, rule, h) }

func (check *checker) mustAt(name, section, rule, hint string) {
	check.enter(name)
	check.must(section, rule, hint)
	check.leave()
}

func (check *checker) shouldAt(name, section, rule, hint string) {
	check.enter(name)
	check.should(section, rule, hint)
	check.leave()
}

func (check *checker) note(level, section, rule, hint string) {
	if check.lenient && (level != Must || len(check.violations) >= check.most) {
		return
	}
	found := Violation{Section: section, Path: check.selector(), Level: level, Rule: rule, Hint: hint}
	if check.omitted != "" && compareViolations(found, check.violations[check.most-1]) >= 0 {
		check.omit(level)
		return
	}
	check.violations = append(check.violations, found)
	if len(check.violations) >= 2*check.most {
		check.trim()
	}
}

// trim sorts, and leaves out all but the first.
func (check *checker) trim() {
	slices.SortStableFunc(check.violations, compareViolations)
	if len(check.violations) <= check.most {
		return
	}
	for _, violation := range check.violations[check.most:] {
		check.omit(violation.Level)
	}
	clear(check.violations[check.most:])
	check.violations = check.violations[:check.most]
}

func (check *checker) omit(level string) {
	if check.omitted != Must {
		check.omitted = level
	}
}

// maxStep is where a name is cut in a path: no name may be so long.
const maxStep = 256

func (check *checker) selector() string {
	if len(check.path) == 1 && check.path[0].name != "" && len(check.path[0].name) <= maxStep {
		return check.path[0].name
	}
	var text strings.Builder
	for i, step := range check.path {
		if i > 0 {
			text.WriteByte('.')
		}
		if len(step.name) > maxStep {
			text.WriteString(strings.ToValidUTF8(step.name[:maxStep], ""))
			text.WriteString("…")
			continue
		}
		if step.name != "" {
			text.WriteString(step.name)
			continue
		}
		text.WriteByte('[')
		text.WriteString(strconv.Itoa(step.index))
		text.WriteByte(']')
	}
	return text.String()
}

func (check *checker) sorted() []Violation {
	check.trim()
	if check.omitted != "" {
		check.violations = append(check.violations, Violation{
			Section: "12", Level: check.omitted, Rule: "more rules are broken than are listed", Hint: "mend these, and check again",
		})
	}
	return check.violations
}

// compareViolations orders by path.
func compareViolations(a, b Violation) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Level, b.Level), strings.Compare(a.Rule, b.Rule))
}

// object checks one whole STIX object.
func (check *checker) object(object map[string]any) {
	objectType, ok := object["type"].(string)
	if !ok {
		check.mustAt("type", "3.2", "every object has a type, a string", "say what the object is")
		return
	}
	if objectType == "bundle" {
		check.bundle(object)
		return
	}
	shape := shapeOf(objectType)
	if shape == nil {
		shape = check.customShape(objectType, object)
	}
	check.defanged = object["defanged"] == true
	check.undeclared = !shape.custom && !declaresProperties(object)
	check.identity(objectType, shape, object)
	check.members(shape, object, true)
	check.markings(object)
	if shape.families&familySCO == 0 {
		check.precise(object, "created")
		check.precise(object, "modified")
		if _, defanged := object["defanged"]; defanged {
			check.mustAt("defanged", "3.2", "only a cyber-observable object may have defanged", "remove defanged")
		}
	}
}

// customShape is the shape of a type that the standard does not define.
// STIX 2.1 §11.2
func (check *checker) customShape(objectType string, object map[string]any) *shape {
	check.enter("type")
	defer check.leave()
	if broken := typeNameBroken(objectType); broken != "" {
		check.must("3.1", broken, "use a–z, 0–9 and single hyphens")
	}
	if objectType == "action" {
		check.must("3.8", "action is a reserved name of a type", "choose another name")
	}
	if known := extendedShape(objectType, object); known != nil {
		return known
	}
	switch declaredKind(object) {
	case "new-sco":
		return customObservable
	case "new-sro":
		return customRelationship
	case "new-sdo":
		return customDomain
	}
	check.should("11.2", "a custom object is declared by an extension definition", "add an extension of type new-sdo, new-sco or new-sro")
	_, created := object["created"]
	_, modified := object["modified"]
	if !created && !modified {
		return customObservable
	}
	return customDomain
}

// declaredKind is the first extension_type that says what a custom object is.
func declaredKind(object map[string]any) string {
	extensions, _ := object["extensions"].(map[string]any)
	for _, name := range []string{"new-sco", "new-sro", "new-sdo"} {
		for _, extension := range extensions {
			if fields, ok := extension.(map[string]any); ok && fields["extension_type"] == name {
				return name
			}
		}
	}
	return ""
}

// precise checks that a time has at least milliseconds. STIX 2.1 §3.2
func (check *checker) precise(object map[string]any, name string) {
	text, ok := object[name].(string)
	if !ok || len(text) >= len("2006-01-02T15:04:05.000Z") {
		return
	}
	if _, err := ParseTime(text); err == nil {
		check.mustAt(name, "3.2", "this time has at least three digits after the second", "write .000Z")
	}
}

// members checks the properties of an object or of a part of one. whole says
// that it is a whole object, to which custom properties may be added.
func (check *checker) members(shape *shape, object map[string]any, whole bool) {
	for _, name := range shape.required {
		if _, ok := object[name]; !ok && !(check.container != nil && name == "id") {
			check.mustAt(name, shape.requires(name, whole), "this property is required", "add it")
		}
	}
	for name, value := range object {
		rule := shape.rules[name]
		check.enter(name)
		switch {
		case value == nil:
			check.must("2", "null is no value of any property", "leave the property out")
		case rule == nil:
			check.customProperty(shape, name, value, whole)
		case rule.kind == kindExtensions:
			check.extensions(shape, value)
		default:
			check.value(rule, value)
		}
		check.leave()
	}
	for _, rule := range shape.between {
		rule(check, object)
	}
}

// customProperty checks a property that the standard does not define.
// STIX 2.1 §11.1
func (check *checker) customProperty(shape *shape, name string, value any, whole bool) {
	if broken := propertyNameBroken(name); broken != "" {
		check.must("11.1", broken, "use a–z, 0–9 and underscores")
	}
	if whole && slices.Contains(reservedProperties, name) {
		check.must("3.8", "this name is reserved for later versions of STIX", "choose another name")
	}
	if check.undeclared && !shape.extension {
		check.should("11.1", "a custom property is declared by an extension definition", "move it into an extension")
	}
	check.anything(value)
	if dictionary, ok := value.(map[string]any); ok && shape.families&familySCO != 0 {
		for key := range dictionary {
			check.lowerKey(key)
		}
	}
}

// reservedProperties are names that no custom property may take; of the phone
// numbers the text had another form before its errata. STIX 2.1 §3.8
var reservedProperties = []string{"severity", "action", "username", "phone_number", "phone_numbers"}

func declaresProperties(object map[string]any) bool {
	extensions, _ := object["extensions"].(map[string]any)
	for _, extension := range extensions {
		fields, _ := extension.(map[string]any)
		if kind, _ := fields["extension_type"].(string); kind == "toplevel-property-extension" || strings.HasPrefix(kind, "new-") {
			return true
		}
	}
	return false
}

// anything checks what holds for values of which nothing else is known.
func (check *checker) anything(value any) {
	switch value := value.(type) {
	case nil:
		check.must("2", "null is no value of any property", "leave the property out")
	case []any:
		if len(value) == 0 {
			check.must("2.12", "a list is never empty", "leave the property out")
		}
		for i, item := range value {
			check.enterIndex(i)
			check.anything(item)
			check.leave()
		}
	case map[string]any:
		if len(value) == 0 {
			check.must("2.3", "a dictionary is never empty", "leave the property out")
		}
		for name, member := range value {
			check.enter(name)
			check.anything(member)
			check.leave()
		}
	}
}

func hasAny(object map[string]any, names []string) bool {
	for _, name := range names {
		if _, ok := object[name]; ok {
			return true
		}
	}
	return false
}
