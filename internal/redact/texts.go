// SPDX-License-Identifier: Apache-2.0

package redact

// This file takes the texts out of objects, for the leak check.

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-exchange/tocsin/stix"
)

// own are the properties that Apply gives a value of its own, or that hold
// fixed words and identifiers made for this recipient.
var own = map[string]bool{"id": true, "type": true, "spec_version": true, "created": true, "modified": true, "published": true}

// Texts are all texts inside objects that Apply has cut: every string, every
// number as it is written, the keys of dictionaries, what a payload in base64
// says, and latitude with longitude as one. Names say where:
// objects.0.description. An object that cannot be read is given whole.
func Texts(objects []jsontext.Value) []NamedText {
	var all []NamedText
	for i, raw := range objects {
		name := fmt.Sprintf("objects.%d", i)
		object, err := stix.Parse(raw)
		if err != nil {
			all = append(all, NamedText{name, string(raw)})
			continue
		}
		tree := object.Map()
		if latitude, longitude := tree["latitude"], tree["longitude"]; latitude != nil && longitude != nil {
			all = append(all, NamedText{name + ".latitude", Point(float(latitude), float(longitude))})
		}
		for _, key := range sortedKeys(tree) {
			if !own[key] {
				collect(&all, join(name, key), key, tree[key])
			}
		}
	}
	return all
}

// Point is a pair of coordinates as the leak check reads it.
func Point(latitude, longitude float64) string {
	return "lat " + strconv.FormatFloat(latitude, 'f', 6, 64) + " lon " + strconv.FormatFloat(longitude, 'f', 6, 64)
}

func float(value any) float64 {
	switch value := value.(type) {
	case int64:
		return float64(value)
	case float64:
		return value
	}
	return 0
}

func collect(all *[]NamedText, path, key string, value any) {
	switch value := value.(type) {
	case string:
		if strings.HasSuffix(key, "_ref") || strings.HasSuffix(key, "_refs") {
			return
		}
		*all = append(*all, NamedText{path, value})
		if plain, err := base64.StdEncoding.DecodeString(value); key == "payload_bin" && err == nil {
			*all = append(*all, NamedText{path, string(plain)})
		}
	case int64:
		*all = append(*all, NamedText{path, strconv.FormatInt(value, 10)})
	case float64:
		*all = append(*all, NamedText{path, strconv.FormatFloat(value, 'f', -1, 64)})
	case []any:
		for i, item := range value {
			collect(all, join(path, strconv.Itoa(i)), key, item)
		}
	case map[string]any:
		for _, name := range sortedKeys(value) {
			if dictionaries[key] && key != "hashes" { // Apply has left only the keys everybody has
				*all = append(*all, NamedText{path, name})
			}
			collect(all, join(path, name), name, value[name])
		}
	}
}
