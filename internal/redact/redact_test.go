// SPDX-License-Identifier: Apache-2.0

package redact

// This file tests the cutting of objects: rule by rule, over random graphs,
// over the objects of the standard's own test suites, and fuzzed. What a whole
// set of objects becomes is shown by the text pairs of internal/policy.

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-exchange/tocsin/stix"
)

var now = time.Date(2031, 5, 8, 9, 30, 15, 123456789, time.UTC)

const at = "2031-05-08T09:30:15.123Z"

func id(kind string, n int) string { return fmt.Sprintf("%s--%08d-0000-4000-8000-%012d", kind, n, n) }

// object is one object with the properties every object of its sort has, and
// those of a JSON text.
func object(kind string, n int, properties string) jsontext.Value {
	times := `"created":"2020-01-01T00:00:00.000Z","modified":"2020-01-02T00:00:00.000Z",`
	if kinds()[kind].observable {
		times = ""
	}
	return jsontext.Value(fmt.Sprintf(`{"type":%q,"spec_version":"2.1","id":%q,%s%s}`, kind, id(kind, n), times, properties))
}

const red = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"

func TestApply(t *testing.T) {
	for _, test := range []struct {
		name    string
		plan    Plan
		objects []jsontext.Value
		// leaves are the objects that come out, each with the given members and
		// no others but type, spec_version, id, created and modified; $n is the
		// new id of the n-th object that goes in.
		leaves []string
		cuts   []string
	}{
		{"an object becomes another, canonical",
			Plan{}, []jsontext.Value{object("identity", 0, `"identity_class":"organization" , "name":"One\u00e9"`)},
			[]string{`"identity_class":"organization","name":"Oneé"`}, nil},
		{"an observable's computed id becomes a random one",
			Plan{}, []jsontext.Value{jsontext.Value(`{"type":"ipv4-addr","id":"ipv4-addr--8dded90c-40c0-545a-8027-5b212bb37e8e","value":"192.0.2.1"}`)},
			[]string{`"value":"192.0.2.1"`}, nil},
		{"references follow",
			Plan{}, []jsontext.Value{object("domain-name", 0, `"value":"example.org","resolves_to_refs":["`+id("ipv4-addr", 1)+`"]`), object("ipv4-addr", 1, `"value":"192.0.2.1"`)},
			[]string{`"resolves_to_refs":["$1"],"value":"example.org"`, `"value":"192.0.2.1"`}, nil},
		{"references inside nested objects follow",
			Plan{}, []jsontext.Value{object("email-message", 0, `"is_multipart":true,"body_multipart":[{"body_raw_ref":"`+id("file", 1)+`","x_a":1},{"body_raw_ref":"`+id("file", 9)+`"}]`), object("file", 1, `"name":"a.txt"`)},
			[]string{`"body_multipart":[{"body_raw_ref":"$1"},{}],"is_multipart":true`, `"name":"a.txt"`},
			[]string{"0 body_multipart.0.x_a unknown", "0 body_multipart.1.body_raw_ref dangling"}},
		{"what stands only on a withheld object goes with it, what stands elsewhere stays",
			Plan{Withhold: []string{id("report", 0)}},
			[]jsontext.Value{
				object("report", 0, `"name":"r","published":"2020-01-01T00:00:00Z","object_refs":["`+id("malware", 1)+`","`+id("tool", 2)+`"]`),
				object("malware", 1, `"name":"m","is_family":false`), object("tool", 2, `"name":"t"`),
				object("relationship", 3, `"relationship_type":"uses","source_ref":"`+id("malware", 1)+`","target_ref":"`+id("malware", 1)+`"`)},
			[]string{`"is_family":false,"name":"m"`, `"relationship_type":"uses","source_ref":"$1","target_ref":"$1"`},
			[]string{"0  withheld", "2  withheld"}},
		{"a withheld relationship takes nothing along",
			Plan{Withhold: []string{id("relationship", 1)}},
			[]jsontext.Value{object("tool", 0, `"name":"t"`), object("relationship", 1, `"relationship_type":"related-to","source_ref":"`+id("tool", 0)+`","target_ref":"`+id("tool", 0)+`"`)},
			[]string{`"name":"t"`}, []string{"1  withheld"}},
		{"what falls makes others fall",
			Plan{}, []jsontext.Value{
				object("note", 0, `"content":"on the opinion","object_refs":["`+id("opinion", 1)+`"]`),
				object("opinion", 1, `"opinion":"agree","object_refs":["`+id("relationship", 2)+`"]`),
				object("relationship", 2, `"relationship_type":"uses","source_ref":"`+id("tool", 9)+`","target_ref":"`+id("tool", 8)+`"`)},
			nil,
			[]string{"0  required", "0 object_refs.0 dangling", "1  required", "1 object_refs.0 dangling", "2  required", "2 source_ref dangling", "2 target_ref dangling"}},
		{"the later version leaves",
			Plan{}, []jsontext.Value{
				jsontext.Value(strings.Replace(string(object("tool", 0, `"name":"new"`)), `"modified":"2020`, `"modified":"2021`, 1)), object("tool", 0, `"name":"old"`)},
			[]string{`"name":"new"`}, []string{"0  version"}},
		{"parts with a marking of their own are dropped, but for those the plan opens",
			Plan{Open: map[string][]string{id("tool", 0): {"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"}}},
			[]jsontext.Value{object("tool", 0, `"name":"t","description":"d","aliases":["a","b","c"],"kill_chain_phases":[{"kill_chain_name":"k","phase_name":"p"}],"granular_markings":[`+
				`{"marking_ref":"`+red+`","selectors":["description","aliases.[0]","aliases.[2]"]},{"marking_ref":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","selectors":["kill_chain_phases"]},{"lang":"en","selectors":["name"]}]`)},
			[]string{`"aliases":["b"],"kill_chain_phases":[{"kill_chain_name":"k","phase_name":"p"}],"name":"t"`},
			[]string{"0 aliases.[0] granular", "0 aliases.[2] granular", "0 description granular"}},
		{"a granular marking that leads nowhere drops the object",
			Plan{}, []jsontext.Value{object("tool", 0, `"name":"t","granular_markings":[{"marking_ref":"`+red+`","selectors":["aliases.[1]"]}]`)},
			nil, []string{"0  granular"}},
		{"a marking that is not of TLP cannot be carried",
			Plan{}, []jsontext.Value{object("tool", 0, `"name":"t","object_marking_refs":["marking-definition--00000000-0000-4000-8000-000000000000"]`)},
			nil, []string{"0  marking"}},
		{"the plan marks objects",
			Plan{Markings: map[string]string{id("tool", 0): red}}, []jsontext.Value{object("tool", 0, `"name":"t"`)},
			[]string{`"name":"t","object_marking_refs":["` + red + `"]`}, nil},
		{"values of a wrong form are dropped",
			Plan{}, []jsontext.Value{object("tool", 0, `"name":"t","description":{"a":"b"},"aliases":[["x"],null,{"y":1},"z"],"tool_version":null`)},
			[]string{`"aliases":["z"],"name":"t"`},
			[]string{"0 aliases.0 unknown", "0 aliases.1 unknown", "0 aliases.2 unknown", "0 description unknown", "0 tool_version unknown"}},
		{"a place without its longitude has no latitude",
			Plan{}, []jsontext.Value{object("location", 0, `"country":"XB","latitude":1.5,"longitude":2.5,"precision":10,"granular_markings":[{"marking_ref":"`+red+`","selectors":["longitude"]}]`)},
			[]string{`"country":"XB"`}, []string{"0 latitude required", "0 longitude granular", "0 precision required"}},
		{"a 2.0 object, a bundle and a definition do not leave",
			Plan{}, []jsontext.Value{jsontext.Value(`{"type":"tool","id":"` + id("tool", 0) + `","name":"t"}`), object("bundle", 1, `"objects":[]`), object("extension-definition", 2, `"name":"e"`)},
			nil, []string{"0  unknown", "1  unknown", "2  unknown"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, ids, cuts, err := Apply(test.plan, test.objects, now)
			if err != nil {
				t.Fatal(err)
			}
			var got, want, gotCuts []string
			for _, raw := range out {
				got = append(got, string(raw))
			}
			for i, members := range test.leaves {
				object, err := stix.Parse(out[min(i, len(out)-1)])
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, whole(t, object, expand(t, members, test.objects, ids)))
			}
			for _, cut := range cuts {
				n := slices.IndexFunc(test.objects, func(raw jsontext.Value) bool { return bytes.Contains(raw, []byte(`"id":"`+cut.Object)) })
				gotCuts = append(gotCuts, fmt.Sprintf("%d %s %s", n, cut.Path, cut.Rule))
			}
			slices.Sort(gotCuts)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("leaves (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.cuts, gotCuts); diff != "" {
				t.Errorf("cuts (-want +got):\n%s", diff)
			}
			soundness(t, test.objects, out, ids)
		})
	}
}

// expand writes the new id of the n-th object for $n.
func expand(t *testing.T, members string, objects []jsontext.Value, ids map[string]string) string {
	for n, raw := range objects {
		object, err := stix.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		members = strings.ReplaceAll(members, fmt.Sprintf("$%d", n), ids[object.ID()])
	}
	return members
}

// whole is the canonical text of an object with these members and those that
// every new object has.
func whole(t *testing.T, object stix.Object, members string) string {
	t.Helper()
	common := fmt.Sprintf(`"type":%q,"id":%q`, object.Type(), object.ID())
	if object.SpecVersion() != "" {
		common += `,"spec_version":"2.1"`
	}
	if !kinds()[object.Type()].observable {
		common += `,"created":"` + at + `","modified":"` + at + `"`
	}
	raw, err := stix.Canonical([]byte("{" + common + "," + members + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// soundness holds of every cut: canonical objects with new random ids of their
// type, no id of before, no reference to what is not there.
func soundness(t *testing.T, in, out []jsontext.Value, ids map[string]string) {
	t.Helper()
	there := make(map[string]bool)
	var parsed []stix.Object
	for _, raw := range out {
		object, err := stix.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		canonical, err := stix.Canonical(raw)
		if err != nil || !bytes.Equal(canonical, raw) {
			t.Errorf("not canonical: %s", raw)
		}
		kind, unique, ok := stix.SplitID(object.ID())
		if !ok || kind != object.Type() || unique.Version() != 4 || there[object.ID()] {
			t.Errorf("not a new random id: %s", object.ID())
		}
		there[object.ID()] = true
		parsed = append(parsed, object)
	}
	for _, object := range parsed {
		for _, ref := range object.Refs() {
			if ref.Path[0] != "object_marking_refs" && !there[ref.ID] {
				t.Errorf("%s: %v leads nowhere", object.ID(), ref.Path)
			}
		}
	}
	for _, raw := range in {
		object, err := stix.Parse(raw)
		if err != nil {
			continue
		}
		for _, cut := range out {
			if bytes.Contains(cut, []byte(object.ID())) {
				t.Errorf("%s leaves in %s", object.ID(), cut)
			}
		}
	}
	if len(ids) != len(out) {
		t.Errorf("%d ids for %d objects", len(ids), len(out))
	}
}

func TestApplyRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"no JSON":         `{"type":"tool"`,
		"a list":          `[]`,
		"two same keys":   `{"type":"tool","type":"tool"}`,
		"no id":           `{"type":"tool"}`,
		"another's id":    `{"type":"tool","id":"` + id("malware", 1) + `"}`,
		"an id in a list": `{"type":"tool","id":["` + id("tool", 1) + `"]}`,
	} {
		if out, ids, cuts, err := Apply(Plan{}, []jsontext.Value{object("tool", 2, `"name":"t"`), jsontext.Value(raw)}, now); err == nil || out != nil || ids != nil || cuts != nil {
			t.Errorf("%s: got %s, %v", name, out, err)
		}
	}
}

// Random graphs: whatever is withheld, the cut is sound, nothing of a withheld
// object leaves, and two recipients share no id.
func TestRandomGraphs(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 400 {
		n := 2 + random.IntN(20)
		kindsOf := make([]string, n)
		for i := range kindsOf {
			kindsOf[i] = []string{"note", "report", "tool", "relationship", "domain-name", "process"}[random.IntN(6)]
		}
		ref := func() string { i := random.IntN(n); return id(kindsOf[i], i) }
		var objects []jsontext.Value
		var plan Plan
		var secrets []string
		for i, kind := range kindsOf {
			secret := fmt.Sprintf("secret-%d-word", i)
			properties := map[string]string{
				"note":         fmt.Sprintf(`"content":%q,"object_refs":[%q,%q]`, secret, ref(), ref()),
				"report":       fmt.Sprintf(`"name":%q,"published":"2020-01-01T00:00:00Z","object_refs":[%q]`, secret, ref()),
				"tool":         fmt.Sprintf(`"name":%q`, secret),
				"relationship": fmt.Sprintf(`"relationship_type":"uses","description":%q,"source_ref":%q,"target_ref":%q`, secret, ref(), ref()),
				"domain-name":  fmt.Sprintf(`"value":%q,"resolves_to_refs":[%q]`, secret, ref()),
				"process":      fmt.Sprintf(`"command_line":%q,"parent_ref":%q,"child_refs":[%q,%q]`, secret, ref(), ref(), ref()),
			}
			objects = append(objects, object(kind, i, properties[kind]))
			if random.IntN(4) == 0 {
				plan.Withhold = append(plan.Withhold, id(kind, i))
				secrets = append(secrets, secret)
			}
		}
		out, ids, _, err := Apply(plan, objects, now)
		if err != nil {
			t.Fatal(err)
		}
		soundness(t, objects, out, ids)
		for _, secret := range secrets {
			for _, raw := range out {
				if bytes.Contains(raw, []byte(`"`+secret+`"`)) {
					t.Fatalf("%s leaves in %s", secret, raw)
				}
			}
		}
		_, other, _, err := Apply(plan, objects, now)
		if err != nil {
			t.Fatal(err)
		}
		for old, fresh := range ids {
			if fresh == other[old] || fresh == old {
				t.Fatalf("%s is not new for everyone", fresh)
			}
		}
	}
}

// The valid objects of the standard's test suites stay valid when cut.
func TestSuiteObjectsStayValid(t *testing.T) {
	file, err := os.Open("../../../shared/vectors/stix-validity.jsonl")
	if err != nil {
		t.Skip("the vectors are not here")
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	left := 0
	for lines.Scan() {
		var line struct {
			ID    string         `json:"id"`
			Valid bool           `json:"must_valid"`
			Input jsontext.Value `json:"input"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		before, err := stix.Parse(line.Input)
		if err != nil || len(broken(before)) > 0 || !line.Valid {
			continue
		}
		out, _, _, err := Apply(Plan{}, []jsontext.Value{line.Input}, now)
		if err != nil {
			continue // a bundle's id, say, is none of an object
		}
		for _, raw := range out {
			left++
			after, err := stix.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if violations := broken(after); len(violations) > 0 {
				t.Errorf("%s: %s\nbroke: %v", line.ID, raw, violations)
			}
		}
	}
	if err := lines.Err(); err != nil || left < 50 {
		t.Errorf("%d objects left, %v", left, err)
	}
}

func broken(object stix.Object) []stix.Violation {
	return slices.DeleteFunc(stix.Check(object), func(v stix.Violation) bool { return v.Level != stix.Must })
}

func FuzzApply(f *testing.F) {
	f.Add([]byte(object("tool", 0, `"name":"t","granular_markings":[{"marking_ref":"`+red+`","selectors":["name","aliases.[0].x"]}]`)), []byte(object("note", 1, `"content":"c","object_refs":["`+id("tool", 0)+`"]`)))
	f.Add([]byte(object("email-message", 0, `"is_multipart":true,"body_multipart":[{"body_raw_ref":"x"}],"additional_header_fields":{"a":["b"]}`)), []byte(`{"type":"file","id":"`+id("file", 1)+`","hashes":{"MD5":"x"},"contains_refs":[1,null,{}]}`))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		objects := []jsontext.Value{first, second}
		out, _, _, err := Apply(Plan{Withhold: []string{id("file", 1)}}, objects, now)
		if err != nil {
			return
		}
		for _, raw := range out {
			if _, err := stix.Parse(raw); err != nil {
				t.Fatalf("%s: %v", raw, err)
			}
		}
		Texts(out)
	})
}
