// SPDX-License-Identifier: Apache-2.0

package redact

// This file finds what looks like a person's name in a release, whoever may have
// said it before: a person who is named in free words is counted by nobody.

import "strings"

// FlagPerson is the flag of words that look like the name of a person whom the
// release does not list.
const FlagPerson LeakRule = "person not listed"

// Persons finds in texts what looks like a person's name: two to four words with
// capitals side by side, and the word behind a title. What stands in known, in any
// order, is none: the persons who are listed, and the places, bodies and events that
// are named. A text in which most words have capitals says nothing by them. It is
// a look, and no proof: a name in small letters, or in a script without capitals, is
// not found, and a sentence that begins with a name of something else may be.
func Persons(texts []NamedText, known []string) []Leak {
	listed := make(map[string]bool)
	for _, text := range known {
		for _, t := range tokens(text) {
			listed[strings.ToLower(t.word)] = true
		}
	}
	var flags []Leak
	for _, field := range texts {
		var found []Leak
		all := tokens(field.Text)
		shouting := shouts(all)
		for i := 0; i < len(all); i++ {
			switch {
			case i > 0 && titled(all[i-1], all[i]) && !listed[strings.ToLower(all[i].word)]:
				found = append(found, Leak{Rule: FlagPerson, Field: field.Name, Start: all[i-1].start, End: all[i].end})
			case shouting || !names(all[i]) || openers[strings.ToLower(all[i].word)] && begins(all, i):
			default:
				unknown := func(t token) bool {
					word := strings.ToLower(t.word)
					return !listed[word] && !titles[word]
				}
				last, strange := i, unknown(all[i])
				for last+1 < len(all) && last-i < 3 && all[last+1].gap == " " && names(all[last+1]) {
					last++
					strange = strange || unknown(all[last])
				}
				if last > i && strange {
					found = append(found, Leak{Rule: FlagPerson, Field: field.Name, Start: all[i].start, End: all[last].end})
				}
				i = last
			}
		}
		flags = append(flags, merge(found, field.Text)...)
	}
	return flags
}

// openers are words that tell somebody to do something, where they begin a sentence.
var openers = wordSet(`close clear call warn tell ask inform notify alert contact search watch guard evacuate arrest check keep stop move leave avoid cancel open secure protect look stay send take bring find see do let please police officers`)

// begins reports whether a word is the first of a sentence.
func begins(all []token, i int) bool {
	return i == 0 || strings.ContainsAny(all[i].gap, ".!?:;\n")
}

// names reports whether a word may be part of a person's name.
func names(t token) bool { return capital(t.word) && !generic[strings.ToLower(t.word)] }

// shouts reports whether most words of a text have capitals.
func shouts(all []token) bool {
	capitals := 0
	for _, t := range all {
		if capital(t.word) {
			capitals++
		}
	}
	return len(all) >= 10 && capitals*10 > len(all)*4
}
