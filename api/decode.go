// SPDX-License-Identifier: Apache-2.0

package api

// This file reads what people and programs write, and says in words what is
// wrong with it.

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrDecode is wrapped by every error of Decode.
var ErrDecode = errors.New("api: cannot be read")

// DecodeWords is what an error of Decode says, without the package's name.
func DecodeWords(err error) string {
	return strings.TrimPrefix(err.Error(), ErrDecode.Error()+": ")
}

// Decode reads one JSON value strictly into v: unknown members, duplicate names
// and invalid UTF-8 are refused. The error says where and what, in words that
// can be shown to whoever wrote it.
func Decode(raw []byte, v any) error {
	err := json.Unmarshal(raw, v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrDecode, words(raw, err))
}

func words(raw []byte, err error) string {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		text := "not well-formed JSON"
		if errors.Is(err, jsontext.ErrDuplicateName) {
			text = "a name stands twice in an object"
		}
		return fmt.Sprintf("%s, near line %d%s", text, line(raw, syntax.ByteOffset), where(syntax.JSONPointer))
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return "not the JSON that is expected here"
	}
	pointer := semantic.JSONPointer
	if errors.Is(err, json.ErrUnknownName) {
		return fmt.Sprintf("%q is not a field%s", pointer.LastToken(), where(pointer.Parent()))
	}
	switch cause := semantic.Err; {
	case cause != nil:
		return trim(cause.Error()) + where(pointer)
	case semantic.JSONKind != 0:
		return "a " + kind(semantic.JSONKind) + " is not expected" + where(pointer)
	}
	return "not what is expected" + where(pointer)
}

// where is a JSON Pointer as people write a path: " at warning.target.name".
func where(pointer jsontext.Pointer) string {
	if pointer == "" {
		return ""
	}
	var path []string
	for token := range pointer.Tokens() {
		path = append(path, token)
	}
	return " at " + strings.Join(path, ".")
}

func kind(k jsontext.Kind) string {
	switch k {
	case '"':
		return "text"
	case '0':
		return "number"
	case '{':
		return "object"
	case '[':
		return "list"
	case 'n':
		return "null"
	}
	return "true or false"
}

func line(raw []byte, offset int64) int {
	return 1 + strings.Count(string(raw[:min(offset, int64(len(raw)))]), "\n")
}

// trim takes off what only a programmer wants to know.
func trim(text string) string {
	for _, prefix := range []string{"json: ", "parsing time "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}
