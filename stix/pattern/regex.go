// SPDX-License-Identifier: Apache-2.0

package pattern

// This file turns the regular expressions of MATCHES, which are those of PCRE,
// into Go's, whose time is linear in the text whatever the expression.

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrUnsupported is what errors wrap that tell of a valid pattern that we cannot
// match: a regular expression that looks ahead or behind, refers back, or is too
// large: what a matcher that takes linear time cannot do.
var ErrUnsupported = errors.New("pattern: cannot be matched")

// compileRegex makes a regular expression of MATCHES ready. STIX 2.1 §9.6.1
func compileRegex(text string) (*regexp.Regexp, error) {
	translated, beyond, err := translate(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if beyond != "" {
		return nil, fmt.Errorf("%w: MATCHES %.60q has %s, which cannot be matched in linear time", ErrUnsupported, text, beyond)
	}
	translated = "(?s)" + translated
	if size := programSize(translated); size > MaxProgram {
		return nil, fmt.Errorf("%w: MATCHES %.60q has %d steps, of at most %d", ErrUnsupported, text, size, MaxProgram)
	}
	expression, err := regexp.Compile(translated)
	if err != nil {
		return nil, fmt.Errorf("%w: MATCHES %.60q: %w", ErrUnsupported, text, err)
	}
	return expression, nil
}

// checkRegex says why a text is no regular expression of PCRE, in words. What
// is beyond us is left out, and the rest must be well formed.
func checkRegex(text string) error {
	translated, _, err := translate(text)
	if err != nil {
		return err
	}
	_, err = syntax.Parse(translated, syntax.Perl|syntax.DotNL)
	var wrong *syntax.Error
	if !errors.As(err, &wrong) || wrong.Code == syntax.ErrLarge || wrong.Code == syntax.ErrNestingDepth {
		return nil
	}
	if wrong.Code == syntax.ErrInvalidRepeatSize && repeatable(wrong.Expr) {
		return nil
	}
	return fmt.Errorf("%s: %.60s", wrong.Code, wrong.Expr)
}

// repeatable reports whether {n,m} is within the limits of PCRE, which are wider
// than Go's.
func repeatable(repeat string) bool {
	low, high, _ := strings.Cut(strings.Trim(repeat, "{}?"), ",")
	if high == "" {
		high = low
	}
	least, err1 := strconv.Atoi(low)
	most, err2 := strconv.Atoi(high)
	return err1 == nil && err2 == nil && least <= most && most <= 65_535
}

// ranges are code points, from and to each.
type ranges []rune

// The classes that PCRE has and Go has not, or not the same.
var (
	spaces     = ranges{'\t', '\r', ' ', ' '}
	horizontal = ranges{'\t', '\t', ' ', ' ', 0xA0, 0xA0, 0x1680, 0x1680, 0x180E, 0x180E, 0x2000, 0x200A, 0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000}
	vertical   = ranges{'\n', '\r', 0x85, 0x85, 0x2028, 0x2029}
)

// others are the code points not in r.
func (r ranges) others() (all ranges) {
	next := rune(0)
	for i := 0; i < len(r); i += 2 {
		if r[i] > next {
			all = append(all, next, r[i]-1)
		}
		next = r[i+1] + 1
	}
	return append(all, next, unicode.MaxRune)
}

// class writes the ranges as the inside of a class.
func (r ranges) class() string {
	var b strings.Builder
	for i := 0; i < len(r); i += 2 {
		fmt.Fprintf(&b, `\x{%x}-\x{%x}`, r[i], r[i+1])
	}
	return b.String()
}

// A translator writes Go's regular expression beside reading PCRE's.
type translator struct {
	text      string
	at        int
	out       strings.Builder
	beyond    string // what was left out
	multiline bool
}

// translate rewrites an expression of PCRE; beyond names what Go has not.
func translate(text string) (translated, beyond string, err error) {
	t := &translator{text: text, multiline: strings.Contains(text, "(?") && multilineOption.MatchString(text)}
	for t.at < len(t.text) {
		if err := t.next(); err != nil {
			return "", "", err
		}
	}
	return t.out.String(), t.beyond, nil
}

// multilineOption is an option that changes what $ means.
var multilineOption = regexp.MustCompile(`\(\?[a-zA-Z]*m`)

// leave notes something that Go has not, and writes what holds its place.
func (t *translator) leave(what, instead string) {
	if t.beyond == "" {
		t.beyond = what
	}
	t.out.WriteString(instead)
}

func (t *translator) next() error {
	switch b := t.text[t.at]; b {
	case '\\':
		return t.escape(false)
	case '[':
		return t.class()
	case '(':
		return t.group()
	case '$':
		t.at++
		if t.multiline {
			t.out.WriteByte('$')
		} else { // PCRE: the end, or before the last line feed
			t.out.WriteString(`(?:\n?\z)`)
		}
	case '*', '+', '?', '{':
		t.repeat()
	default:
		t.out.WriteByte(b)
		t.at++
	}
	return nil
}

// repeat copies a quantifier; one that gives nothing back is beyond Go.
func (t *translator) repeat() {
	length := 1
	if t.text[t.at] == '{' {
		if length = quantifier.FindStringIndex(t.text[t.at:])[1]; length == 0 {
			t.out.WriteString(`\{`)
			t.at++
			return
		}
	}
	t.out.WriteString(t.text[t.at : t.at+length])
	t.at += length
	if t.at < len(t.text) && t.text[t.at] == '+' {
		t.leave("a possessive quantifier", "")
		t.at++
	} else if t.at < len(t.text) && t.text[t.at] == '?' {
		t.out.WriteByte('?')
		t.at++
	}
}

var quantifier = regexp.MustCompile(`^(?:\{[0-9]+(?:,[0-9]*)?\})?`)

// group reads what begins a group. Names of groups are left out: nothing refers
// to them.
func (t *translator) group() error {
	rest := t.text[t.at:]
	switch {
	case strings.HasPrefix(rest, "(*"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return errors.New("a verb does not end")
		}
		t.leave("a verb", "")
		t.at += end + 1
	case !strings.HasPrefix(rest, "(?"):
		t.out.WriteByte('(')
		t.at++
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return errors.New("a comment does not end")
		}
		t.at += end + 1
	default:
		return t.special(rest)
	}
	return nil
}

// special reads a group that begins with a question mark.
func (t *translator) special(rest string) error {
	for _, begin := range []struct{ text, beyond string }{
		{"(?=", "a look ahead"}, {"(?!", "a look ahead"}, {"(?<=", "a look behind"}, {"(?<!", "a look behind"},
		{"(?>", "an atomic group"}, {"(?|", ""}, {"(?:", ""},
	} {
		if strings.HasPrefix(rest, begin.text) {
			t.out.WriteString("(?:")
			if begin.beyond != "" {
				t.leave(begin.beyond, "")
			}
			t.at += len(begin.text)
			return nil
		}
	}
	if found := groupName.FindString(rest); found != "" {
		t.out.WriteString("(?:")
		t.at += len(found)
		return nil
	}
	if found := reference.FindString(rest); found != "" {
		t.leave("a call of a group or a condition", "(?:)")
		t.at += len(found)
		if strings.HasPrefix(found, "(?(") { // the branches follow
			t.out.WriteString("(?:")
		}
		return nil
	}
	options := optionLetters.FindStringSubmatch(rest)
	if options == nil {
		return fmt.Errorf("what is the group %.10s", rest)
	}
	letters := options[1]
	if strings.ContainsRune(letters, 'x') {
		t.leave("the option x", "")
	}
	known := strings.Map(func(r rune) rune {
		if strings.ContainsRune("imsU-", r) {
			return r
		}
		return -1
	}, letters)
	known = strings.TrimSuffix(known, "-")
	switch end := options[2]; {
	case known != "":
		t.out.WriteString("(?" + known + end)
	case end == ":":
		t.out.WriteString("(?:")
	}
	t.at += len(options[0])
	return nil
}

var (
	groupName     = regexp.MustCompile(`^\(\?(?:P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*')`)
	reference     = regexp.MustCompile(`^\(\?(?:R\)|[+-]?[0-9]+\)|&\w+\)|P[=>]\w+\)|\((?:[^()]*)\))`)
	optionLetters = regexp.MustCompile(`^\(\?([imsxUJn]*(?:-[imsxUJn]+)?)([:)])`)
)

// class reads a class in brackets.
func (t *translator) class() error {
	start := t.at
	t.out.WriteByte('[')
	t.at++
	if strings.HasPrefix(t.text[t.at:], "^") {
		t.out.WriteByte('^')
		t.at++
	}
	for first := true; t.at < len(t.text); first = false {
		switch b := t.text[t.at]; {
		case b == ']' && !first:
			t.out.WriteByte(']')
			t.at++
			return nil
		case b == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		case b == '[':
			if posix := posixClass.FindString(t.text[t.at:]); posix != "" {
				t.out.WriteString(posix)
				t.at += len(posix)
				continue
			}
			t.out.WriteString(`\[`)
			t.at++
		case b == ']':
			t.out.WriteString(`\]`)
			t.at++
		default:
			_, size := utf8.DecodeRuneInString(t.text[t.at:])
			t.out.WriteString(t.text[t.at : t.at+size])
			t.at += size
		}
	}
	return fmt.Errorf("a class does not end: %.60s", t.text[start:])
}

var posixClass = regexp.MustCompile(`^\[:\^?[a-z]+:\]`)

// escape reads a backslash and what belongs to it.
func (t *translator) escape(inClass bool) error {
	rest := t.text[t.at:]
	if len(rest) == 1 {
		return errors.New("nothing follows the last backslash")
	}
	r, size := utf8.DecodeRuneInString(rest[1:])
	t.at += 1 + size
	set := func(r ranges) {
		if inClass {
			t.out.WriteString(r.class())
		} else {
			t.out.WriteString("[" + r.class() + "]")
		}
	}
	switch r {
	case 'Q':
		quoted, _, _ := strings.Cut(rest[2:], `\E`)
		t.at = min(t.at+len(quoted)+2, len(t.text))
		for _, r := range quoted {
			t.literal(r)
		}
	case 'E':
	case 's':
		set(spaces)
	case 'S':
		set(spaces.others())
	case 'h':
		set(horizontal)
	case 'H':
		set(horizontal.others())
	case 'v':
		set(vertical)
	case 'V':
		set(vertical.others())
	case 'e':
		t.literal(0x1B)
	case 'c':
		return t.control()
	case 'x', 'o':
		return t.numbered(r, rest)
	case 'p', 'P':
		t.property(rest)
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.octalOrReference(rest, inClass)
	case 'a', 'f', 'n', 'r', 't', 'd', 'D', 'w', 'W':
		t.out.WriteString(rest[:2])
	default:
		return t.assertion(r, inClass)
	}
	return nil
}

// assertion reads the escapes that stand outside classes only, and those of
// signs that are no letters.
func (t *translator) assertion(r rune, inClass bool) error {
	switch {
	case r == 'b' && inClass:
		t.literal('\b')
	case r >= utf8.RuneSelf || !unicode.IsLetter(r):
		t.literal(r)
	case inClass:
		return fmt.Errorf(`there is no \%c in a class`, r)
	case strings.ContainsRune("bBAz", r):
		t.out.WriteString(`\` + string(r))
	case r == 'Z':
		t.out.WriteString(`(?:\n?\z)`)
	case r == 'R':
		t.out.WriteString(`(?:\r\n|[` + vertical.class() + `])`)
	case r == 'N':
		t.out.WriteString(`[^\n]`)
	case r == 'K': // it moves where the match begins, and nobody asks
		t.out.WriteString("(?:)")
	case strings.ContainsRune("GXC", r):
		t.leave(`\`+string(r), "(?:)")
	case r == 'k' || r == 'g':
		found := backReference.FindString(t.text[t.at:])
		if found == "" {
			return fmt.Errorf(`\%c names no group`, r)
		}
		t.at += len(found)
		t.leave("a back reference", "(?:)")
	default:
		return fmt.Errorf(`there is no \%c`, r)
	}
	return nil
}

var backReference = regexp.MustCompile(`^(?:\{[+-]?\w+\}|<[+-]?\w+>|'[+-]?\w+'|[+-]?[0-9]+)`)

// literal writes one code point so that it stands for itself, in a class too.
func (t *translator) literal(r rune) {
	fmt.Fprintf(&t.out, `\x{%x}`, r)
}

// control reads the sign behind \c.
func (t *translator) control() error {
	if t.at == len(t.text) || t.text[t.at] < ' ' || t.text[t.at] > '~' {
		return errors.New(`\c takes a sign of ASCII`)
	}
	t.literal(unicode.ToUpper(rune(t.text[t.at])) ^ 0x40)
	t.at++
	return nil
}

// numbered reads \x, with up to two digits or any in braces, and \o{…}.
func (t *translator) numbered(kind rune, rest string) error {
	base, found := 16, hexDigits.FindStringSubmatch(rest)
	if kind == 'o' {
		base, found = 8, octalDigits.FindStringSubmatch(rest)
	}
	if found == nil || len(found[0]) == 2 && strings.HasPrefix(rest[2:], "{") {
		return fmt.Errorf(`\%c names no code point`, kind)
	}
	digits := found[1] + found[2]
	if digits == "" {
		digits = "0"
	}
	number, err := strconv.ParseInt(digits, base, 32)
	if err != nil || number > unicode.MaxRune {
		return fmt.Errorf(`\%c names no code point`, kind)
	}
	t.at += len(found[0]) - 2
	t.literal(rune(number))
	return nil
}

var (
	hexDigits   = regexp.MustCompile(`^\\x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{0,2}))`)
	octalDigits = regexp.MustCompile(`^\\o(?:\{([0-7]+)\})()`)
)

// property reads \p and \P with what they name; Go knows those of Unicode.
func (t *translator) property(rest string) {
	length := min(3, len(rest))
	if strings.HasPrefix(rest[2:], "{") {
		if end := strings.IndexByte(rest, '}'); end > 0 {
			length = end + 1
		}
	}
	name := strings.Trim(rest[2:length], "{}")
	t.at += length - 2
	negated := strings.HasPrefix(rest, `\P`) != strings.HasPrefix(name, "^")
	name = strings.TrimPrefix(name, "^")
	written := `\p{` + name + `}`
	if negated {
		written = `\P{` + name + `}`
	}
	switch name {
	case "L&", "Xan", "Xsp", "Xps", "Xwd", "Xuc":
		t.leave(`\p{`+name+`}`, "")
	default:
		t.out.WriteString(written)
	}
}

// octalOrReference reads a backslash and digits: an octal number in a class, or
// behind 0; otherwise it refers back.
func (t *translator) octalOrReference(rest string, inClass bool) {
	digits := octalNumber.FindString(rest[1:])
	if rest[1] != '0' && !inClass || digits == "" {
		t.at += len(decimalNumber.FindString(rest[1:])) - 1
		t.leave("a back reference", "(?:)")
		return
	}
	number, _ := strconv.ParseInt(digits, 8, 32) // it is at most 777
	t.at += len(digits) - 1
	t.literal(rune(number))
}

var (
	octalNumber   = regexp.MustCompile(`^[0-7]{1,3}`)
	decimalNumber = regexp.MustCompile(`^[0-9]+`)
)
