// SPDX-License-Identifier: Apache-2.0

// Package capalert writes and reads public alerts of the Common Alerting
// Protocol, CAP 1.2.
//
// An [Alert] is said in the words of the standard. [Alert.Validate] tells
// everything that is wrong with it at once; [Marshal] writes only what is valid,
// the same bytes each time; [Parse] reads what others wrote, bounded and without
// the parts of XML that can harm, and leaves it to the caller to validate.
package capalert

import (
	"encoding/xml"
	"errors"
	"strings"
	"time"
)

// Namespace is that of CAP 1.2. CAP 1.2 §3.4
const Namespace = "urn:oasis:names:tc:emergency:cap:1.2"

// MaxSize is the largest alert read, in bytes.
const MaxSize = 1 << 20

// Reasons for which an alert is not read or not written.
var (
	ErrXML      = errors.New("capalert: not a CAP 1.2 alert")
	ErrTooLarge = errors.New("capalert: alert larger than the limit")
	ErrInvalid  = errors.New("capalert: the alert breaks rules of CAP 1.2")
)

// An Alert is one message. The order of the fields is that of the schema; where
// the standard knows no type but text, a field is text. CAP 1.2 §3.2.1
type Alert struct {
	XMLName     xml.Name `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
	Identifier  string   `xml:"identifier"` // unique for the sender; no spaces, commas, < or &
	Sender      string   `xml:"sender"`     // unique in the world; the same characters
	Sent        string   `xml:"sent"`       // as FormatTime writes it, like all times
	Status      string   `xml:"status"`     // Actual, Exercise, System, Test, Draft
	MsgType     string   `xml:"msgType"`    // Alert, Update, Cancel, Ack, Error
	Source      string   `xml:"source,omitempty"`
	Scope       string   `xml:"scope"`                 // Public, Restricted, Private
	Restriction string   `xml:"restriction,omitempty"` // only and always with Restricted
	Addresses   string   `xml:"addresses,omitempty"`   // always with Private; parted by spaces
	Codes       []string `xml:"code"`
	Note        string   `xml:"note,omitempty"`
	References  string   `xml:"references,omitempty"` // as Reference writes them, parted by spaces
	Incidents   string   `xml:"incidents,omitempty"`
	Infos       []Info   `xml:"info"`
}

// Info is what an alert says, in one language. CAP 1.2 §3.2.2
type Info struct {
	Language      string     `xml:"language,omitempty"` // absent is en-US
	Categories    []string   `xml:"category"`           // Security and others; at least one
	Event         string     `xml:"event"`
	ResponseTypes []string   `xml:"responseType"`
	Urgency       string     `xml:"urgency"`
	Severity      string     `xml:"severity"`
	Certainty     string     `xml:"certainty"`
	Audience      string     `xml:"audience,omitempty"`
	EventCodes    []Named    `xml:"eventCode"`
	Effective     string     `xml:"effective,omitempty"`
	Onset         string     `xml:"onset,omitempty"`
	Expires       string     `xml:"expires,omitempty"`
	SenderName    string     `xml:"senderName,omitempty"`
	Headline      string     `xml:"headline,omitempty"`
	Description   string     `xml:"description,omitempty"`
	Instruction   string     `xml:"instruction,omitempty"`
	Web           string     `xml:"web,omitempty"` // an absolute URI
	Contact       string     `xml:"contact,omitempty"`
	Parameters    []Named    `xml:"parameter"`
	Resources     []Resource `xml:"resource"`
	Areas         []Area     `xml:"area"`
}

// Named is a value with the name of the list it comes from.
type Named struct {
	ValueName string `xml:"valueName"`
	Value     string `xml:"value"`
}

// Resource is a file beside the alert. CAP 1.2 §3.2.3
type Resource struct {
	ResourceDesc string `xml:"resourceDesc"`
	MimeType     string `xml:"mimeType"`
	Size         string `xml:"size,omitempty"` // bytes, as digits
	URI          string `xml:"uri,omitempty"`
	DerefURI     string `xml:"derefUri,omitempty"` // the content itself, in base64
	Digest       string `xml:"digest,omitempty"`   // SHA-1, in hexadecimal
}

// Area is where the alert holds. CAP 1.2 §3.2.4
type Area struct {
	AreaDesc string   `xml:"areaDesc"`
	Polygons []string `xml:"polygon"` // "lat,lon lat,lon …", closed, four points or more
	Circles  []string `xml:"circle"`  // "lat,lon radius", the radius in kilometres
	Geocodes []Named  `xml:"geocode"`
	Altitude string   `xml:"altitude,omitempty"` // feet above sea level
	Ceiling  string   `xml:"ceiling,omitempty"`  // feet; only with altitude
}

// FormatTime writes a time as CAP wants it: to the second, without the letter Z;
// UTC stands as -00:00. Another zone keeps its offset. CAP 1.2 §3.3.2
func FormatTime(at time.Time) string {
	text := at.Format("2006-01-02T15:04:05-07:00")
	if _, offset := at.Zone(); offset == 0 {
		return text[:len(text)-len("+00:00")] + "-00:00"
	}
	return text
}

// ParseTime reads a time that [FormatTime] wrote, and refuses every other form.
// CAP 1.2 §3.3.2
func ParseTime(text string) (time.Time, error) {
	if len(text) != len("2006-01-02T15:04:05-07:00") {
		return time.Time{}, errTime
	}
	at, err := time.Parse("2006-01-02T15:04:05-07:00", text)
	if err != nil || strings.HasSuffix(text, "+00:00") {
		return time.Time{}, errTime
	}
	return at, nil
}

var errTime = errors.New("a time is written like 2017-12-15T22:00:00-00:00")

// Reference names an earlier alert, for [Alert.References]. CAP 1.2 §3.2.1
func Reference(alert Alert) string {
	return alert.Sender + "," + alert.Identifier + "," + alert.Sent
}
