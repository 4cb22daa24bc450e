// SPDX-License-Identifier: Apache-2.0

package detect

// This file reads field maps: which fields of a tool's events are which
// properties of which STIX objects. docs/detect.md has the format for people.

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

//go:embed maps/*.yaml
var shipped embed.FS

// ErrMap is what errors about a field map wrap.
var ErrMap = errors.New("the field map cannot be used")

// A Map turns events of a tool, one JSON object each, into STIX observables.
type Map struct {
	name   string
	fields *field // the tree of the fields that some kind of event needs
	names  []string
	kinds  []*kind
}

// Name is what the map calls itself.
func (m *Map) Name() string { return m.name }

// Kinds are the names of the kinds of events that the map knows.
func (m *Map) Kinds() []string {
	var names []string
	for _, kind := range m.kinds {
		names = append(names, kind.name)
	}
	return names
}

// ShippedMap returns a map that comes with the program: zeek or ecs. ok is false
// for another name.
func ShippedMap(name string) (m *Map, ok bool) {
	raw, err := shipped.ReadFile("maps/" + name + ".yaml")
	if err != nil || strings.ContainsAny(name, "/.") {
		return nil, false
	}
	m, err = ParseMap(raw)
	return m, err == nil
}

// mapFile is a map as it is written.
type mapFile struct {
	Name   string     `yaml:"name"`
	About  string     `yaml:"about"`
	Events []kindFile `yaml:"events"`
}

type kindFile struct {
	Name string `yaml:"name"`
	// When names fields and the text each must hold; Has names fields that must
	// be there where a field of When is missing.
	When   map[string]string `yaml:"when"`
	Has    []string          `yaml:"has"`
	Time   []string          `yaml:"time"`
	Set    yaml.MapSlice     `yaml:"set"`
	Fields yaml.MapSlice     `yaml:"fields"`
	Join   []joinFile        `yaml:"join"`
}

// joinFile makes one value of several fields.
type joinFile struct {
	To     string            `yaml:"to"`
	Text   string            `yaml:"text"`
	If     map[string]string `yaml:"if"`
	Unless map[string]string `yaml:"unless"`
}

// ParseMap reads a field map. It refuses what it does not know, and says where.
func ParseMap(raw []byte) (*Map, error) {
	var file mapFile
	if err := yaml.UnmarshalWithOptions(raw, &file, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrMap, yamlWords(err))
	}
	if file.Name == "" || len(file.Events) == 0 {
		return nil, fmt.Errorf("%w: it needs a name and at least one kind of events", ErrMap)
	}
	m := &Map{name: file.Name, fields: &field{id: none}}
	for i, written := range file.Events {
		if written.Name == "" {
			return nil, fmt.Errorf("%w: kind %d of the events has no name", ErrMap, i+1)
		}
		kind, err := m.kind(written)
		if err != nil {
			return nil, fmt.Errorf("%w: events %q: %w", ErrMap, written.Name, err)
		}
		m.kinds = append(m.kinds, kind)
	}
	return m, nil
}

// yamlWords is what is wrong with a text of YAML, and where, without the text.
func yamlWords(err error) string {
	var at yaml.Error
	if !errors.As(err, &at) {
		return yaml.FormatError(err, false, false)
	}
	text, _, _ := strings.Cut(at.GetMessage(), "\n")
	if token := at.GetToken(); token != nil && token.Position != nil {
		text = fmt.Sprintf("line %d, column %d: %s", token.Position.Line, token.Position.Column, text)
	}
	return text
}

func (m *Map) kind(file kindFile) (*kind, error) {
	k := &kind{name: file.Name, when: m.conditions(file.When)}
	for _, name := range file.Has {
		k.has = append(k.has, m.field(name))
	}
	for _, name := range file.Time {
		k.time = append(k.time, m.field(name))
	}
	for _, item := range file.Fields {
		if err := m.mapped(k, fmt.Sprint(item.Key), item.Value); err != nil {
			return nil, err
		}
	}
	for _, join := range file.Join {
		parts, err := m.parts(join.Text)
		if err != nil {
			return nil, err
		}
		source := source{parts: parts, when: m.conditions(join.If), unless: m.conditions(join.Unless)}
		if err := k.add(join.To, source); err != nil {
			return nil, err
		}
	}
	for _, item := range file.Set {
		if err := k.constants(fmt.Sprint(item.Key), item.Value); err != nil {
			return nil, err
		}
	}
	if len(k.properties) == 0 {
		return nil, errors.New("no field is mapped")
	}
	return k, nil
}

// constants adds what every event of a kind has.
func (k *kind) constants(to string, written any) error {
	texts, list := written.([]any)
	if !list {
		texts = []any{written}
	}
	var values []scalar
	for _, text := range texts {
		value, ok := constantOf(text)
		if !ok {
			return fmt.Errorf("%s: a constant is a text, a number, true or false", to)
		}
		values = append(values, value)
	}
	return k.add(to, source{fixed: values})
}

// mapped adds one line of fields: a target, several, or one with a conversion.
func (m *Map) mapped(k *kind, name string, written any) error {
	switch to := written.(type) {
	case string:
		return k.add(to, source{field: m.field(name), mapped: true})
	case []any:
		for _, each := range to {
			if err := m.mapped(k, name, each); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		target, _ := to["to"].(string)
		as, _ := to["as"].(string)
		if target == "" || !slices.Contains(conversions, as) || len(to) != 2 {
			return fmt.Errorf("%s: write {to: TARGET, as: %s}", name, strings.Join(conversions, " or "))
		}
		return k.add(target, source{field: m.field(name), mapped: true, as: as})
	}
	return fmt.Errorf("%s: write the target as TYPE:PROPERTY", name)
}

func (m *Map) conditions(written map[string]string) (all []condition) {
	for _, name := range sortedKeys(written) {
		all = append(all, condition{field: m.field(name), text: written[name]})
	}
	return all
}

// parts splits "http://{host}{uri}" into texts and fields.
func (m *Map) parts(text string) (all []part, err error) {
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			all = append(all, part{text: before, field: none})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" {
			return nil, fmt.Errorf("%q: a field stands in {braces}", text)
		}
		all = append(all, part{field: m.field(name)})
		text = after
	}
	if len(all) == 0 {
		return nil, errors.New("join: the text is empty")
	}
	return all, nil
}

// field is a node in the tree of field names; names are split at their dots.
type field struct {
	id    int // none, or the slot that its values go to
	under map[string]*field
}

// none stands where there is no field.
const none = -1

// field returns the slot of a field, new or known.
func (m *Map) field(name string) int {
	at := m.fields
	for step := range strings.SplitSeq(name, ".") {
		next := at.under[step]
		if next == nil {
			next = &field{id: none}
			if at.under == nil {
				at.under = make(map[string]*field)
			}
			at.under[step] = next
		}
		at = next
	}
	if at.id == none {
		at.id = len(m.names)
		m.names = append(m.names, name)
	}
	return at.id
}

// find follows a member name, which may hold dots itself.
func (f *field) find(name []byte) *field {
	if next := f.under[string(name)]; next != nil {
		return next
	}
	for i, b := range name {
		if b == '.' {
			if next := f.under[string(name[:i])]; next != nil {
				return next.find(name[i+1:])
			}
			return nil
		}
	}
	return nil
}
