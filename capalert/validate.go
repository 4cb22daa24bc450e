// SPDX-License-Identifier: Apache-2.0

package capalert

// This file holds the rules of CAP 1.2 and tells which of them an alert breaks.

import (
	"errors"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
)

// The vocabularies. CAP 1.2 §3.2.1, §3.2.2
var (
	statuses      = strings.Fields("Actual Exercise System Test Draft")
	msgTypes      = strings.Fields("Alert Update Cancel Ack Error")
	scopes        = strings.Fields("Public Restricted Private")
	categories    = strings.Fields("Geo Met Safety Security Rescue Fire Health Env Transport Infra CBRNE Other")
	responseTypes = strings.Fields("Shelter Evacuate Prepare Execute Avoid Monitor Assess AllClear None")
	urgencies     = strings.Fields("Immediate Expected Future Past Unknown")
	severities    = strings.Fields("Extreme Severe Moderate Minor Unknown")
	certainties   = strings.Fields("Observed Likely Possible Unlikely Unknown")
)

// Validate returns nil, or one error that names everything that is wrong, a line
// each, and wraps [ErrInvalid].
func (alert Alert) Validate() error {
	check := &check{}
	check.alert(alert)
	if len(check.found) == 0 {
		return nil
	}
	return fmt.Errorf("%w:\n%w", ErrInvalid, errors.Join(check.found...))
}

// A check gathers what is wrong, each with the path of the element.
type check struct {
	found []error
}

func (check *check) wrong(path, format string, values ...any) {
	check.found = append(check.found, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, values...)))
}

func (check *check) required(path, text string) {
	if strings.TrimSpace(text) == "" {
		check.wrong(path, "is required")
	}
}

func (check *check) oneOf(path, text string, words []string) {
	if !slices.Contains(words, text) {
		check.wrong(path, "is %.40q, not one of %s", text, strings.Join(words, ", "))
	}
}

// plain refuses what would not come through XML as it went in, and markup that
// a display would take for its own. CAP 1.2 §3.3.1
func (check *check) plain(path, text string) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, notXML) {
		check.wrong(path, "has a character that XML cannot carry")
	}
	if markup.MatchString(text) {
		check.wrong(path, "has a tag or an entity of HTML")
	}
}

var markup = regexp.MustCompile(`</?[A-Za-z][^<>]*>|&(#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);`)

// notXML is what XML 1.0 §2.2 leaves out, and the carriage return, which a
// reader turns into a line feed.
func notXML(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF
}

func (check *check) time(path, text string) {
	if text == "" {
		return
	}
	if _, err := ParseTime(text); err != nil {
		check.wrong(path, "is %.40q: %v", text, err)
	}
}

// name is an identifier or a sender. CAP 1.2 §3.2.1
func (check *check) name(path, text string) {
	check.required(path, text)
	if strings.ContainsAny(text, " ,<&\t\r\n") {
		check.wrong(path, "has a space, a comma, < or &")
	}
	check.plain(path, text)
}

func (check *check) alert(alert Alert) {
	check.name("identifier", alert.Identifier)
	check.name("sender", alert.Sender)
	check.required("sent", alert.Sent)
	check.time("sent", alert.Sent)
	check.oneOf("status", alert.Status, statuses)
	check.oneOf("msgType", alert.MsgType, msgTypes)
	check.oneOf("scope", alert.Scope, scopes)
	check.scope(alert)
	check.references(alert)
	for path, text := range map[string]string{
		"source": alert.Source, "restriction": alert.Restriction, "addresses": alert.Addresses, "note": alert.Note,
		"references": alert.References, "incidents": alert.Incidents,
	} {
		check.plain(path, text)
	}
	for i, code := range alert.Codes {
		path := fmt.Sprintf("code[%d]", i)
		check.required(path, code)
		check.plain(path, code)
	}
	for i, info := range alert.Infos {
		check.info(fmt.Sprintf("info[%d].", i), info)
	}
	slices.SortStableFunc(check.found, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
}

func (check *check) scope(alert Alert) {
	if alert.Scope == "Restricted" {
		check.required("restriction", alert.Restriction)
	} else if alert.Restriction != "" {
		check.wrong("restriction", "stands only where scope is Restricted")
	}
	if alert.Scope == "Private" {
		check.required("addresses", alert.Addresses)
	}
}

// references checks that what refers to an earlier message says to which.
func (check *check) references(alert Alert) {
	if alert.References == "" {
		if slices.Contains([]string{"Update", "Cancel", "Ack", "Error"}, alert.MsgType) {
			check.wrong("references", "is required where msgType is %s", alert.MsgType)
		}
		return
	}
	for reference := range strings.FieldsSeq(alert.References) {
		parts := strings.Split(reference, ",")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" {
			check.wrong("references", "%.80q is not sender,identifier,sent", reference)
			continue
		}
		check.time("references", parts[2])
	}
}

func (check *check) info(path string, info Info) {
	if info.Language != "" {
		if _, err := language.Parse(info.Language); err != nil {
			check.wrong(path+"language", "is %.40q, not a language of RFC 3066", info.Language)
		}
	}
	if len(info.Categories) == 0 {
		check.wrong(path+"category", "is required")
	}
	for _, category := range info.Categories {
		check.oneOf(path+"category", category, categories)
	}
	check.required(path+"event", info.Event)
	for _, responseType := range info.ResponseTypes {
		check.oneOf(path+"responseType", responseType, responseTypes)
	}
	check.oneOf(path+"urgency", info.Urgency, urgencies)
	check.oneOf(path+"severity", info.Severity, severities)
	check.oneOf(path+"certainty", info.Certainty, certainties)
	check.time(path+"effective", info.Effective)
	check.time(path+"onset", info.Onset)
	check.time(path+"expires", info.Expires)
	for name, text := range map[string]string{
		"event": info.Event, "audience": info.Audience, "senderName": info.SenderName, "headline": info.Headline,
		"description": info.Description, "instruction": info.Instruction, "contact": info.Contact,
	} {
		check.plain(path+name, text)
	}
	if info.Web != "" {
		check.uri(path+"web", info.Web, true)
	}
	check.named(path+"eventCode", info.EventCodes)
	check.named(path+"parameter", info.Parameters)
	for i, resource := range info.Resources {
		check.resource(fmt.Sprintf("%sresource[%d].", path, i), resource)
	}
	for i, area := range info.Areas {
		check.area(fmt.Sprintf("%sarea[%d].", path, i), area)
	}
}

func (check *check) named(path string, list []Named) {
	for i, named := range list {
		check.required(fmt.Sprintf("%s[%d].valueName", path, i), named.ValueName)
		check.plain(fmt.Sprintf("%s[%d].valueName", path, i), named.ValueName)
		check.plain(fmt.Sprintf("%s[%d].value", path, i), named.Value)
	}
}

func (check *check) uri(path, text string, absolute bool) {
	parsed, err := url.Parse(text)
	if err != nil || absolute && parsed.Scheme == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || notXML(r) }) || !utf8.ValidString(text) {
		check.wrong(path, "is %.80q, not a full URI", text)
	}
}

var (
	decimal = regexp.MustCompile(`^[0-9]+$`)
	sha1    = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)
	base64  = regexp.MustCompile(`^[A-Za-z0-9+/\s]+={0,2}\s*$`)
)

func (check *check) resource(path string, resource Resource) {
	check.required(path+"resourceDesc", resource.ResourceDesc)
	check.plain(path+"resourceDesc", resource.ResourceDesc)
	if _, _, err := mime.ParseMediaType(resource.MimeType); err != nil || !strings.Contains(resource.MimeType, "/") {
		check.wrong(path+"mimeType", "is %.40q, not a MIME type", resource.MimeType)
	}
	if resource.Size != "" && !decimal.MatchString(resource.Size) {
		check.wrong(path+"size", "is not a number of bytes")
	}
	if resource.URI != "" {
		check.uri(path+"uri", resource.URI, false)
	}
	if resource.DerefURI != "" && !base64.MatchString(resource.DerefURI) {
		check.wrong(path+"derefUri", "is not base64")
	}
	if resource.Digest != "" && !sha1.MatchString(resource.Digest) {
		check.wrong(path+"digest", "is not a SHA-1 in hexadecimal")
	}
	check.plain(path+"mimeType", resource.MimeType)
	check.plain(path+"derefUri", resource.DerefURI)
}

func (check *check) area(path string, area Area) {
	check.required(path+"areaDesc", area.AreaDesc)
	check.plain(path+"areaDesc", area.AreaDesc)
	for i, polygon := range area.Polygons {
		check.polygon(fmt.Sprintf("%spolygon[%d]", path, i), polygon)
	}
	for i, circle := range area.Circles {
		check.circle(fmt.Sprintf("%scircle[%d]", path, i), circle)
	}
	check.named(path+"geocode", area.Geocodes)
	for name, text := range map[string]string{"altitude": area.Altitude, "ceiling": area.Ceiling} {
		if _, ok := number(text); text != "" && !ok {
			check.wrong(path+name, "is not a number of feet")
		}
	}
	if area.Ceiling != "" && area.Altitude == "" {
		check.wrong(path+"ceiling", "stands only with altitude")
	}
}

func (check *check) polygon(path, text string) {
	check.plain(path, text)
	points := strings.Fields(text)
	if len(points) < 4 || points[0] != points[len(points)-1] {
		check.wrong(path, "is not four points or more, the last equal to the first")
	}
	for _, point := range points {
		if !isPoint(point) {
			check.wrong(path, "%.40q is not latitude,longitude", point)
		}
	}
}

func (check *check) circle(path, text string) {
	point, radiusText, found := strings.Cut(text, " ")
	radius, ok := number(radiusText)
	if !found || !ok || radius < 0 || !isPoint(point) {
		check.wrong(path, "%.40q is not latitude,longitude and a radius", text)
	}
}

// isPoint reads a point of WGS 84. CAP 1.2 §3.2.4
func isPoint(text string) bool {
	latitudeText, longitudeText, _ := strings.Cut(text, ",")
	latitude, ok1 := number(latitudeText)
	longitude, ok2 := number(longitudeText)
	return ok1 && ok2 && latitude >= -90 && latitude <= 90 && longitude >= -180 && longitude <= 180
}

var numberForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

func number(text string) (float64, bool) {
	if !numberForm.MatchString(text) {
		return 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	return value, err == nil
}
