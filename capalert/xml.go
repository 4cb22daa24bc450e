// SPDX-License-Identifier: Apache-2.0

package capalert

// This file writes alerts as XML and reads them.

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// maxElementDepth is deeper than any element of CAP stands, a signature included.
const maxElementDepth = 20

// Marshal writes a valid alert as XML, indented, with the namespace and the
// declaration; the same alert gives the same bytes. An invalid one is refused
// with what [Alert.Validate] says.
func Marshal(alert Alert) ([]byte, error) {
	if err := alert.Validate(); err != nil {
		return nil, err
	}
	alert.XMLName = xml.Name{}
	written, err := xml.MarshalIndent(alert, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrXML, err)
	}
	return append(append([]byte(xml.Header), written...), '\n'), nil
}

// Parse reads one alert of at most [MaxSize] bytes. It refuses everything but an
// alert in the namespace of CAP 1.2, document type declarations and with them
// every entity that XML does not define itself, other encodings than UTF-8, and
// elements that stand twice where the schema has one or inside a plain text, and
// elements of another namespace that take a name of CAP. Elements it does not
// know, such as a signature, are passed over; it does not verify one. Whether
// the alert keeps the rules is a question for [Alert.Validate].
func Parse(raw []byte) (Alert, error) {
	if len(raw) > MaxSize {
		return Alert{}, fmt.Errorf("%w (%d bytes, limit %d)", ErrTooLarge, len(raw), MaxSize)
	}
	if err := inspect(raw); err != nil {
		return Alert{}, err
	}
	var alert Alert
	if err := newDecoder(raw).Decode(&alert); err != nil {
		return Alert{}, fmt.Errorf("%w: %w", ErrXML, err)
	}
	alert.XMLName = xml.Name{}
	return alert, nil
}

func newDecoder(raw []byte) *xml.Decoder {
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	decoder.Entity = nil // only the five of XML itself
	return decoder
}

// A nesting is what the schema allows of one element.
type nesting struct {
	container  bool // it has elements in it, not text
	repeatable bool // it may stand more than once in its parent
}

// elements are all that CAP 1.2 defines. CAP 1.2 §3.4
var elements = map[string]nesting{
	"alert": {container: true}, "info": {true, true}, "eventCode": {true, true}, "parameter": {true, true},
	"resource": {true, true}, "area": {true, true}, "geocode": {true, true},
	"code": {repeatable: true}, "category": {repeatable: true}, "responseType": {repeatable: true},
	"polygon": {repeatable: true}, "circle": {repeatable: true},
	"identifier": {}, "sender": {}, "sent": {}, "status": {}, "msgType": {}, "source": {}, "scope": {}, "restriction": {},
	"addresses": {}, "note": {}, "references": {}, "incidents": {}, "language": {}, "event": {}, "urgency": {},
	"severity": {}, "certainty": {}, "audience": {}, "effective": {}, "onset": {}, "expires": {}, "senderName": {},
	"headline": {}, "description": {}, "instruction": {}, "web": {}, "contact": {}, "valueName": {}, "value": {},
	"resourceDesc": {}, "mimeType": {}, "size": {}, "uri": {}, "derefUri": {}, "digest": {}, "areaDesc": {},
	"altitude": {}, "ceiling": {},
}

// An open element is one whose end has not been met.
type open struct {
	name xml.Name
	seen map[string]bool // elements met directly in it
}

// An inspector walks over a document and refuses what must not be decoded.
type inspector struct {
	path  []open
	roots int
}

func inspect(raw []byte) error {
	inspector := &inspector{}
	decoder := newDecoder(raw)
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrXML, err)
		}
		switch token := token.(type) {
		case xml.Directive:
			return fmt.Errorf("%w: it has a document type declaration", ErrXML)
		case xml.StartElement:
			if err := inspector.start(token.Name); err != nil {
				return fmt.Errorf("%w: %w", ErrXML, err)
			}
		case xml.EndElement:
			inspector.path = inspector.path[:len(inspector.path)-1]
		case xml.CharData:
			if len(inspector.path) == 0 && len(bytes.TrimSpace(token)) > 0 {
				return fmt.Errorf("%w: text stands outside the alert", ErrXML)
			}
		}
	}
	if inspector.roots != 1 {
		return fmt.Errorf("%w: it has %d alerts", ErrXML, inspector.roots)
	}
	return nil
}

func (inspector *inspector) start(name xml.Name) error {
	element, known := elements[name.Local]
	ours := name.Space == Namespace
	if len(inspector.path) == 0 {
		inspector.roots++
		if !ours || name.Local != "alert" {
			return fmt.Errorf("it begins with the element %.40q of %.60q", name.Local, name.Space)
		}
	} else {
		parent := inspector.path[len(inspector.path)-1]
		switch {
		case known && !ours:
			return fmt.Errorf("%.40q stands in the namespace %.60q", name.Local, name.Space)
		case parent.name.Space == Namespace && !elements[parent.name.Local].container:
			return fmt.Errorf("an element stands inside the text of %.40q", parent.name.Local)
		case known && !element.repeatable && parent.seen[name.Local]:
			return fmt.Errorf("%.40q stands twice", name.Local)
		}
		parent.seen[name.Local] = true
	}
	if len(inspector.path) >= maxElementDepth {
		return fmt.Errorf("nested deeper than %d elements", maxElementDepth)
	}
	inspector.path = append(inspector.path, open{name: name, seen: map[string]bool{}})
	return nil
}
