// SPDX-License-Identifier: Apache-2.0

package capalert

// This file tests what is written, what is read back and what is refused.

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// full is an alert with everything in it.
func full() Alert {
	return Alert{
		Identifier: "EX-2026-0001", Sender: "desk@example.org", Sent: "2026-03-01T08:00:00-00:00",
		Status: "Actual", MsgType: "Update", Source: "the duty desk", Scope: "Private", Addresses: "north@example.org south@example.org",
		Codes: []string{"one", "two"}, Note: "second version", References: "desk@example.org,EX-2026-0000,2026-03-01T07:00:00-00:00",
		Incidents: "incident-1",
		Infos: []Info{{
			Language: "en-GB", Categories: []string{"Security", "CBRNE"}, Event: "Attack on a public place threatened",
			ResponseTypes: []string{"Avoid", "Monitor"}, Urgency: "Expected", Severity: "Severe", Certainty: "Likely",
			Audience: "visitors", EventCodes: []Named{{"list", "7"}}, Effective: "2026-03-01T08:00:00-00:00",
			Onset: "2026-03-02T10:00:00+01:00", Expires: "2026-03-03T00:00:00+01:00", SenderName: "Duty desk",
			Headline: "Keep away from the station", Description: "Two lines\nwith \"quotation marks\" & an ampersand, 1 < 2.",
			Instruction: "Leave by the north gate.", Web: "https://example.org/alerts/1", Contact: "+00 000 0000",
			Parameters: []Named{{"part", "1"}, {"part", ""}},
			Resources: []Resource{{ResourceDesc: "map", MimeType: "image/png", Size: "1024", URI: "map.png",
				DerefURI: "AAAA", Digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709"}},
			Areas: []Area{{AreaDesc: "the station", Polygons: []string{"52.1,4.3 52.2,4.3 52.2,4.4 52.1,4.3"},
				Circles: []string{"52.1,4.3 0.5"}, Geocodes: []Named{{"ISO3166-2", "NL-ZH"}}, Altitude: "0", Ceiling: "300"}},
		}},
	}
}

// least is the smallest alert there is.
func least() Alert {
	return Alert{Identifier: "1", Sender: "desk@example.org", Sent: "2026-03-01T08:00:00-00:00", Status: "Test", MsgType: "Alert", Scope: "Public"}
}

func TestMarshalLeast(t *testing.T) {
	want := `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>1</identifier>
  <sender>desk@example.org</sender>
  <sent>2026-03-01T08:00:00-00:00</sent>
  <status>Test</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
</alert>
`
	got, err := Marshal(least())
	if err != nil || string(got) != want {
		t.Errorf("%v (-want +got):\n%s", err, cmp.Diff(want, string(got)))
	}
}

func TestRoundTrip(t *testing.T) {
	for _, alert := range []Alert{least(), full()} {
		first, err := Marshal(alert)
		if err != nil {
			t.Fatal(err)
		}
		read, err := Parse(first)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(alert, read, cmpopts.IgnoreFields(Alert{}, "XMLName")); diff != "" {
			t.Errorf("(-written +read):\n%s", diff)
		}
		second, err := Marshal(read)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("written again it is different: %v\n%s", err, second)
		}
	}
}

// The elements stand in the order of the schema. CAP 1.2 §3.4
func TestElementOrder(t *testing.T) {
	raw, err := Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`alert identifier sender sent status msgType source scope addresses code code note references incidents
		info language category category event responseType responseType urgency severity certainty audience eventCode valueName value
		effective onset expires senderName headline description instruction web contact parameter valueName value parameter valueName value
		resource resourceDesc mimeType size uri derefUri digest
		area areaDesc polygon circle geocode valueName value altitude ceiling`)
	var got []string
	decoder := xml.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		if start, ok := token.(xml.StartElement); ok {
			got = append(got, start.Name.Local)
			if start.Name.Space != Namespace {
				t.Errorf("%s stands in the namespace %q", start.Name.Local, start.Name.Space)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		want   string // the line begins so
		change func(alert *Alert)
	}{
		{"identifier: is required", func(a *Alert) { a.Identifier = "" }},
		{"identifier: has a space", func(a *Alert) { a.Identifier = "a b" }},
		{"sender: has a space, a comma", func(a *Alert) { a.Sender = "a,b" }},
		{"sender: has a space, a comma, < or &", func(a *Alert) { a.Sender = "a&b" }},
		{"sent: is required", func(a *Alert) { a.Sent = "" }},
		{"sent: is", func(a *Alert) { a.Sent = "2026-03-01T08:00:00Z" }},
		{"sent: is", func(a *Alert) { a.Sent = "2026-03-01T08:00:00+00:00" }},
		{"sent: is", func(a *Alert) { a.Sent = "2026-03-01T08:00:00.0-00:00" }},
		{"sent: is", func(a *Alert) { a.Sent = "2026-02-30T08:00:00-00:00" }},
		{"status: is", func(a *Alert) { a.Status = "actual" }},
		{"msgType: is", func(a *Alert) { a.MsgType = "" }},
		{"scope: is", func(a *Alert) { a.Scope = "Everybody" }},
		{"restriction: is required", func(a *Alert) { a.Scope, a.Addresses = "Restricted", "" }},
		{"restriction: stands only", func(a *Alert) { a.Restriction = "police only" }},
		{"addresses: is required", func(a *Alert) { a.Addresses = "" }},
		{"references: is required", func(a *Alert) { a.References = "" }},
		{"references: is required", func(a *Alert) { a.MsgType, a.References = "Cancel", "" }},
		{`references: "a,b"`, func(a *Alert) { a.References = "a,b" }},
		{"references: is", func(a *Alert) { a.References = "a,b,yesterday" }},
		{"note: has a tag", func(a *Alert) { a.Note = "<b>now</b>" }},
		{"note: has a tag or an entity", func(a *Alert) { a.Note = "now&nbsp;then" }},
		{"note: has a character", func(a *Alert) { a.Note = "\x07" }},
		{"note: has a character", func(a *Alert) { a.Note = "\xff" }},
		{"code[0]: is required", func(a *Alert) { a.Codes[0] = " " }},
		{"info[0].language: is", func(a *Alert) { a.Infos[0].Language = "English!" }},
		{"info[0].category: is required", func(a *Alert) { a.Infos[0].Categories = nil }},
		{"info[0].category: is", func(a *Alert) { a.Infos[0].Categories[1] = "Terror" }},
		{"info[0].event: is required", func(a *Alert) { a.Infos[0].Event = "" }},
		{"info[0].responseType: is", func(a *Alert) { a.Infos[0].ResponseTypes[0] = "Run" }},
		{"info[0].urgency: is", func(a *Alert) { a.Infos[0].Urgency = "" }},
		{"info[0].severity: is", func(a *Alert) { a.Infos[0].Severity = "High" }},
		{"info[0].certainty: is", func(a *Alert) { a.Infos[0].Certainty = "Very Likely" }},
		{"info[0].expires: is", func(a *Alert) { a.Infos[0].Expires = "soon" }},
		{"info[0].description: has a tag", func(a *Alert) { a.Infos[0].Description = "a<br/>b" }},
		{"info[0].web: is", func(a *Alert) { a.Infos[0].Web = "example.org" }},
		{"info[0].parameter[1].valueName: is required", func(a *Alert) { a.Infos[0].Parameters[1].ValueName = "" }},
		{"info[0].resource[0].resourceDesc: is required", func(a *Alert) { a.Infos[0].Resources[0].ResourceDesc = "" }},
		{"info[0].resource[0].mimeType: is", func(a *Alert) { a.Infos[0].Resources[0].MimeType = "png" }},
		{"info[0].resource[0].size: is", func(a *Alert) { a.Infos[0].Resources[0].Size = "-1" }},
		{"info[0].resource[0].digest: is", func(a *Alert) { a.Infos[0].Resources[0].Digest = "abc" }},
		{"info[0].resource[0].derefUri: is", func(a *Alert) { a.Infos[0].Resources[0].DerefURI = "?" }},
		{"info[0].area[0].areaDesc: is required", func(a *Alert) { a.Infos[0].Areas[0].AreaDesc = "" }},
		{"info[0].area[0].polygon[0]: is not four", func(a *Alert) { a.Infos[0].Areas[0].Polygons[0] = "52,4 53,4 52,4" }},
		{"info[0].area[0].polygon[0]: is not four", func(a *Alert) { a.Infos[0].Areas[0].Polygons[0] = "52,4 53,4 53,5 52,5" }},
		{"info[0].area[0].polygon[0]: \"91,4\"", func(a *Alert) { a.Infos[0].Areas[0].Polygons[0] = "91,4 53,4 53,5 91,4" }},
		{"info[0].area[0].polygon[0]: has a character", func(a *Alert) { a.Infos[0].Areas[0].Polygons[0] = "52,4\f53,4 53,5 52,4" }},
		{"info[0].area[0].circle[0]: ", func(a *Alert) { a.Infos[0].Areas[0].Circles[0] = "52,4" }},
		{"info[0].area[0].circle[0]: ", func(a *Alert) { a.Infos[0].Areas[0].Circles[0] = "52,4 -1" }},
		{"info[0].area[0].altitude: is", func(a *Alert) { a.Infos[0].Areas[0].Altitude = "high" }},
		{"info[0].area[0].ceiling: stands only", func(a *Alert) { a.Infos[0].Areas[0].Altitude = "" }},
	}
	for _, test := range tests {
		alert := full()
		test.change(&alert)
		err := alert.Validate()
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v", test.want, err)
			continue
		}
		_, lines, _ := strings.Cut(err.Error(), "\n")
		if !strings.Contains("\n"+lines, "\n"+test.want) {
			t.Errorf("%s is not in:\n%s", test.want, lines)
		}
		if _, err := Marshal(alert); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: it was written all the same", test.want)
		}
	}
}

func TestValidateTellsEverything(t *testing.T) {
	err := (Alert{}).Validate()
	if err == nil {
		t.Fatal("the zero alert is valid")
	}
	for _, name := range []string{"identifier", "sender", "sent", "status", "msgType", "scope"} {
		if !strings.Contains(err.Error(), "\n"+name+": ") {
			t.Errorf("%s is not in:\n%v", name, err)
		}
	}
}

func TestTimes(t *testing.T) {
	at := time.Date(2017, 12, 15, 22, 0, 0, 999, time.UTC)
	if got := FormatTime(at); got != "2017-12-15T22:00:00-00:00" {
		t.Errorf("UTC is %s", got)
	}
	if got := FormatTime(at.In(time.FixedZone("", -5*3600-1800))); got != "2017-12-15T16:30:00-05:30" {
		t.Errorf("another zone is %s", got)
	}
	if got, err := ParseTime("2017-12-15T22:00:00-00:00"); err != nil || !got.Equal(at.Truncate(time.Second)) {
		t.Errorf("read back as %v, %v", got, err)
	}
}

func TestReference(t *testing.T) {
	update := least()
	update.MsgType, update.References = "Update", Reference(least())
	if err := update.Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseRefuses(t *testing.T) {
	body := `<identifier>1</identifier>`
	inside := func(text string) string { return `<alert xmlns="` + Namespace + `">` + text + `</alert>` }
	tests := []struct {
		name, text string
		want       error
	}{
		{"nothing", ``, ErrXML},
		{"not XML", `hello`, ErrXML},
		{"cut short", `<alert xmlns="` + Namespace + `">`, ErrXML},
		{"no namespace", `<alert>` + body + `</alert>`, ErrXML},
		{"CAP 1.1", `<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1">` + body + `</alert>`, ErrXML},
		{"another element", `<info xmlns="` + Namespace + `"/>`, ErrXML},
		{"two alerts", inside(body) + inside(body), ErrXML},
		{"text after it", inside(body) + "x", ErrXML},
		{"a document type", `<!DOCTYPE alert>` + inside(body), ErrXML},
		{"an entity of its own", `<!DOCTYPE alert [<!ENTITY a "aaaa">]>` + inside(`<identifier>&a;</identifier>`), ErrXML},
		{"an unknown entity", inside(`<identifier>&nbsp;</identifier>`), ErrXML},
		{"another encoding", `<?xml version="1.0" encoding="windows-1252"?>` + inside(body), ErrXML},
		{"bytes that are no UTF-8", inside("<note>\xff</note>"), ErrXML},
		{"an element twice", inside(body + body), ErrXML},
		{"an element inside text", inside(`<note>a<i>b</i></note>`), ErrXML},
		{"a name of CAP in another namespace", inside(`<status xmlns="urn:other">Actual</status>`), ErrXML},
		{"too deep", inside(strings.Repeat("<x>", 30) + strings.Repeat("</x>", 30)), ErrXML},
		{"too large", inside(`<note>` + strings.Repeat("x", MaxSize) + `</note>`), ErrTooLarge},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if alert, err := Parse([]byte(test.text)); !errors.Is(err, test.want) {
				t.Errorf("got %+v, %v", alert, err)
			}
		})
	}
}

func TestParsePassesOverSignature(t *testing.T) {
	raw, err := Marshal(least())
	if err != nil {
		t.Fatal(err)
	}
	signed := strings.Replace(string(raw), "</alert>", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/></ds:Signature></alert>`, 1)
	alert, err := Parse([]byte(signed))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(least(), alert, cmpopts.IgnoreFields(Alert{}, "XMLName")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, alert := range []Alert{least(), full()} {
		raw, err := Marshal(alert)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		alert, err := Parse(raw)
		if err != nil || alert.Validate() != nil {
			return
		}
		written, err := Marshal(alert)
		if err != nil {
			t.Fatalf("valid, but not written: %v", err)
		}
		again, err := Parse(written)
		if err != nil {
			t.Fatalf("written, but not read: %v\n%s", err, written)
		}
		if diff := cmp.Diff(alert, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("it came back different:\n%s", diff)
		}
	})
}
