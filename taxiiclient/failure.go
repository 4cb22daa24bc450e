// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file holds what a server answers when it does not do what was asked.

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/taxii"
)

// An Error is an answer that is not a success. TAXII 2.1 §3.6
type Error struct {
	Method string
	URL    string // without its query
	Status int    // the HTTP status
	// Message is what the server said; empty if that was no error message.
	Message taxii.Error
	// RetryAfter is how long the server asks to be left alone; zero if it does not say.
	RetryAfter time.Duration
	// Challenges are how a 401 wants to be answered, as the server wrote them.
	// RFC 9110 §11.6.1
	Challenges []string
	// Allow are the methods of a 405.
	Allow string
}

func (e *Error) Error() string {
	text := fmt.Sprintf("taxiiclient: %s %s: %d %s", e.Method, e.URL, e.Status, http.StatusText(e.Status))
	if said := e.said(); said != "" {
		text += ": " + said
	}
	return text
}

// said is what the server said, in one line of a bounded length.
func (e *Error) said() string {
	words := strings.Fields(e.Message.Title + " " + e.Message.Description)
	text := strings.Join(words, " ")
	if len(text) > 500 {
		text = strings.ToValidUTF8(text[:500], "") + "…"
	}
	return text
}

// Temporary reports whether the same request may succeed later.
func (e *Error) Temporary() bool {
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// StatusOf is the HTTP status of the answer that err is about; 0 if it is about
// none.
func StatusOf(err error) int {
	var answered *Error
	if errors.As(err, &answered) {
		return answered.Status
	}
	return 0
}

// A StuckError ends a walk that cannot go on without losing or repeating
// objects, and says what the server did. What was yielded before it is good.
type StuckError struct {
	URL  string // without its query
	Text string
	// After is the date behind which the walk did not come; zero if the server
	// gave none.
	After time.Time
}

func (e *StuckError) Error() string {
	text := "taxiiclient: " + e.URL + ": " + e.Text
	if !e.After.IsZero() {
		text += "; the walk came as far as " + taxii.FormatTime(e.After)
	}
	return text
}

// failure reads an answer that is not a success.
func (a answer) failure(now time.Time) *Error {
	failure := &Error{
		Method: a.method, URL: a.url, Status: a.status, RetryAfter: retryAfter(a.header.Get("Retry-After"), a.header.Get("Date"), now),
		Challenges: a.header.Values("Www-Authenticate"), Allow: a.header.Get("Allow"),
	}
	if err := json.Unmarshal(a.body, &failure.Message); err != nil {
		failure.Message = looseMessage(a.body)
	}
	return failure
}

// looseMessage takes the words out of an error message whose other properties
// are not of the types of the standard.
func looseMessage(body []byte) (message taxii.Error) {
	var loose struct {
		Title       any `json:"title"`
		Description any `json:"description"`
	}
	if err := json.Unmarshal(body, &loose); err == nil {
		message.Title, _ = loose.Title.(string)
		message.Description, _ = loose.Description.(string)
	}
	return message
}
