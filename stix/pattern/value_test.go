// SPDX-License-Identifier: Apache-2.0

package pattern_test

// This file tests comparisons on one object, each row a rule of the text.

import (
	"errors"
	"testing"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/stix/pattern"
)

// subject is what the rows of TestComparisons ask about: the objects of an
// observation, by their keys. What object 9 would be is not observed.
const subject = `{"type": "observed-data", "objects": {
	"0": {"type": "x", "s": "hello", "e": "", "i": 5, "f": 1.5, "w": 5.0, "yes": true, "null": null, "lines": "a\nb",
		"list": ["a", "b"], "empty": [], "numbers": [1, 2], "of": [{"k": "v"}, {"k": "w"}], "d": {"k": "v", "x-y": "z"},
		"next_ref": "1", "gone_ref": "9", "all_refs": ["1", "2", "9"], "name": "1",
		"a_bin": "YWxpY2U=", "a_hex": "616C696365", "bad_bin": "%", "latin": "\u00ff", "wide": "\u0103",
		"nfc": "\u00f2", "nfd": "o\u0300", "t": "2026-03-01T00:00:00.500Z", "v4": "198.51.100.7", "net4": "198.51.100.0/25", "v6": "2001:db8::7", "net6": "2001:db8::/64"},
	"1": {"type": "y", "s": "one", "back_ref": "0"},
	"2": {"type": "y", "s": "two"}}}`

func TestComparisons(t *testing.T) {
	data, err := stix.Parse([]byte(subject))
	if err != nil {
		t.Fatal(err)
	}
	observed, _ := stix.Observe(data, nil)
	tests := []struct {
		rule  string
		holds []string
		fails []string
	}{
		{"a path that leads nowhere is false, whatever the operator (9.6)", nil,
			[]string{"x:none = 1", "x:none != 1", "x:none NOT = 1", "x:none NOT IN (1)", "x:none NOT LIKE 'a'", "x:none NOT MATCHES 'a'", "x:s.none != 1", "x:list[2] != 'a'", "x:s[0] != 'a'", "x:list.a != 'a'", "EXISTS x:none", "NOT EXISTS x:none", "NOT EXISTS x:s"}},
		{"incompatible types are unequal and nothing else; NOT negates (9.6.1)",
			[]string{"x:i != 'a'", "x:s != 5", "x:s NOT = 5", "x:s NOT > 5", "x:yes != 1", "x:list != 'a'", "x:i NOT MATCHES '5'", "x:i NOT LIKE '5'", "x:i NOT ISSUBSET '0.0.0.0/0'", "x:null != 'a'", "x:s != t'2026-03-01T00:00:00Z'", "x:i != h'05'"},
			[]string{"x:i = '5'", "x:s > 5", "x:s < 5", "x:yes = 1", "x:i = true", "x:i LIKE '%'", "x:i MATCHES '.'", "x:null = 'a'", "x:i IN ('5')", "x:s NOT != 5", "x:s > t'2026-03-01T00:00:00Z'"}},
		{"numbers compare by value (9.2)", []string{"x:i = 5.0", "x:w = 5", "x:f > 1", "x:f != 1", "x:f IN (1, 1.5)", "x:i NOT < 5", "x:i <= 5", "x:i >= 5"}, []string{"x:f = 1", "x:i > 5", "x:i < 5", "x:f <= 1"}},
		{"strings compare by code point, without normalising (9.6.2)", []string{"x:s < 'hello!'", "x:e < 'a'", "x:nfd > 'oz'", "x:nfd < 'z'", "x:nfc > 'z'", "x:nfc != 'o\u0300'", "x:s > 'Hello'"}, []string{"x:nfc = 'o\u0300'", "x:s = 'HELLO'"}},
		{"LIKE and MATCHES compare in NFC (9.6.1)", []string{"x:nfd LIKE '_'", "x:nfc LIKE 'o\u0300'", "x:nfd MATCHES '^.$'", "x:nfc MATCHES '^o\u0300$'"}, nil},
		{"LIKE is about the whole text", []string{"x:s LIKE 'h%o'", "x:s LIKE 'hello'", "x:s LIKE '%'", "x:s LIKE '_____'", "x:s LIKE '%l%l%'", "x:s LIKE 'hel%lo'", "x:e LIKE ''", "x:e LIKE '%'", "x:lines LIKE 'a_b'", "x:s LIKE '%_o'"}, []string{"x:s LIKE 'hell'", "x:s LIKE 'ello'", "x:s LIKE 'hell%lo'", "x:s LIKE '%l%l%l%'", "x:e LIKE '_'", "x:s LIKE 'h.*o'", "x:s LIKE 'HELLO'"}},
		{"MATCHES searches, and a dot is any sign (9.6.1)", []string{"x:s MATCHES 'ell'", "x:lines MATCHES '^a.b$'", "x:s MATCHES ''"}, []string{"x:s MATCHES '^ell'", "x:s MATCHES 'HELLO'"}},
		{"octets compare as octets (9.6.3, 9.6.4)",
			[]string{"x:a_bin = 'alice'", "x:a_bin = h'616c696365'", "x:a_hex = b'YWxpY2U='", "x:a_hex = 'alice'", "x:a_bin > h'616b'", "x:a_bin < h'616c69636500'", "x:s = h'68656c6c6f'", "x:latin = h'ff'", "x:a_bin != '\u0103'", "x:a_bin NOT = '\u0103'", "x:a_bin IN ('bob', 'alice')", "x:a_bin MATCHES '^al\\\\x69ce$'", "x:a_hex LIKE 'a%'", "x:wide != h'03'", "x:bad_bin != 'a'"},
			[]string{"x:a_bin = 'YWxpY2U='", "x:a_hex = '616C696365'", "x:a_bin = '\u0103'", "x:a_bin < '\u0103'", "x:wide = h'03'", "x:bad_bin = '%'", "x:bad_bin LIKE '%'"}},
		{"timestamps compare as time", []string{"x:t = t'2026-03-01T00:00:00.5Z'", "x:t > t'2026-03-01T00:00:00Z'", "x:t IN (t'2026-03-01T00:00:00.50Z')"}, []string{"x:t = '2026-03-01T00:00:00.5Z'", "x:t != t'2026-03-01T00:00:00.5Z'"}},
		{"networks contain addresses of their family (9.6.1)",
			[]string{"x:v4 ISSUBSET '198.51.100.0/24'", "x:v4 ISSUBSET '198.51.100.7'", "x:v4 ISSUPERSET '198.51.100.7/32'", "x:net4 ISSUBSET '198.51.100.99/24'", "x:net4 ISSUPERSET '198.51.100.64/26'", "x:net4 ISSUBSET '198.51.100.0/25'", "x:v6 ISSUBSET '2001:db8::/32'", "x:v6 ISSUBSET '2001:db8:0::7'", "x:net6 ISSUPERSET '2001:0db8::1'", "x:s NOT ISSUBSET '::/0'", "x:v6 NOT ISSUBSET '0.0.0.0/0'"},
			[]string{"x:v4 ISSUBSET '198.51.101.0/24'", "x:net4 ISSUBSET '198.51.100.0/26'", "x:v4 ISSUPERSET '198.51.100.0/24'", "x:v6 ISSUBSET '2001:db9::/32'", "x:v4 ISSUBSET '::/0'", "x:s ISSUBSET '::/0'"}},
		{"an index is of a list, and [*] is any item; NOT is about all (9.7.2)",
			[]string{"x:list[0] = 'a'", "x:list[*] = 'b'", "x:list[*] != 'a'", "x:list[*] NOT = 'c'", "x:of[*].k = 'w'", "x:of[1].k = 'w'", "x:numbers[*] > 1", "EXISTS x:list[1]", "EXISTS x:of[*].k"},
			[]string{"x:list[1] = 'a'", "x:list[*] NOT = 'a'", "x:empty[*] != 'a'", "x:empty[*] NOT = 'a'", "x:s[*] = 'hello'", "x:d[*] = 'v'", "EXISTS x:list[2]", "EXISTS x:empty[0]"}},
		{"keys of a dictionary (9.7.3)", []string{"x:d.k = 'v'", "x:d.'x-y' = 'z'", "EXISTS x:d", "EXISTS x:null"}, []string{"x:d.K = 'v'"}},
		{"references lead to objects of the observation and nowhere else (9.7.4)",
			[]string{"x:next_ref.s = 'one'", "x:next_ref.type = 'y'", "x:next_ref = '1'", "x:all_refs[1].s = 'two'", "x:all_refs[*].s = 'two'", "x:next_ref.back_ref.i = 5", "x:all_refs[*].back_ref.all_refs[*].s = 'two'", "EXISTS x:gone_ref"},
			[]string{"x:gone_ref.s != 'one'", "x:all_refs[2].s != 'one'", "x:name.s = 'one'", "x:all_refs[*].s = 'three'", "EXISTS x:gone_ref.type"}},
		{"all comparisons begin at one object (9.5)", []string{"y:s = 'one' AND EXISTS y:back_ref", "y:s = 'one' OR x:s = 'none'", "(y:s = 'one' OR x:s = 'hello') AND x:i = 5"}, []string{"y:s = 'one' AND y:s = 'two'", "y:s = 'two' AND EXISTS y:back_ref", "z:s = 'one'"}},
		{"an empty set holds nothing", []string{"x:s NOT IN ()"}, []string{"x:s IN ()", "x:none NOT IN ()"}},
	}
	for _, test := range tests {
		for _, holds := range []bool{true, false} {
			texts := test.holds
			if !holds {
				texts = test.fails
			}
			for _, text := range texts {
				parsed, err := pattern.Parse("[" + text + "]")
				if err != nil {
					t.Errorf("%s: %v", test.rule, err)
					continue
				}
				bound, err := pattern.Match(parsed, []pattern.ObservedData{observed})
				if err != nil || (bound != nil) != holds {
					t.Errorf("%s: [%s] holds is %v (%v), want %v", test.rule, text, bound != nil, err, holds)
				}
			}
		}
	}
}

// TestCannotMatch is about valid patterns that are beyond us.
func TestCannotMatch(t *testing.T) {
	parsed, err := pattern.Parse("[x:s MATCHES '(?=a)b'] OR [x:s = 'a']")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pattern.Match(parsed, nil); !errors.Is(err, pattern.ErrUnsupported) {
		t.Errorf("got %v, want ErrUnsupported", err)
	}
}
