// SPDX-License-Identifier: Apache-2.0

package taxiiclient

// This file adds objects: in envelopes of a size that the server takes, each
// followed until the server has come to its end.

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/tocsin-exchange/tocsin/stix"
	"github.com/tocsin-exchange/tocsin/taxii"
)

// Limits of one POST, beside the server's own max_content_length.
const (
	maxEnvelope      = 4 << 20
	maxInEnvelope    = 1000
	envelopeFrame    = 64 // bytes of an envelope around its objects
	maxNamedFailures = 1000
	maxRefused       = 20 // objects in a row: then it is not the objects
)

// Added is what became of the objects given to Add.
type Added struct {
	Total, Succeeded, Failed, Pending int
	// Failures names the first of those that failed, and why, up to a thousand.
	Failures []taxii.StatusDetail
}

// Add adds objects, as their bytes, in as many POSTs as the server's
// max_content_length asks for, of up to 1,000 objects and 4 MiB. It waits for
// each to come to its end ([Options.Patience], then [ErrPending]). An object that
// is too large for the server, or for which alone the server refuses an
// envelope, fails alone.
//
// An error of the sequence ends it, and so does one of the server; what was
// added before stays. All of it may be given again: an object that is there is
// no failure. TAXII 2.1 §5.5
func (c *Collection) Add(ctx context.Context, objects iter.Seq2[stix.Object, error]) (Added, error) {
	information, err := c.root.Information(ctx)
	if err != nil {
		return Added{}, err
	}
	a := &adding{collection: c, most: maxEnvelope}
	if information.MaxContentLength > 0 {
		a.most = int(min(information.MaxContentLength, maxEnvelope))
		a.largest = int(min(information.MaxContentLength, stix.MaxObjectSize+envelopeFrame))
	} else {
		c.root.client.remark(c.root.at, "its API root does not say max_content_length")
		a.largest = stix.MaxObjectSize + envelopeFrame
	}
	for object, err := range objects {
		if err != nil {
			return a.Added, errors.Join(a.flush(ctx), err)
		}
		if err := a.add(ctx, object); err != nil {
			return a.Added, err
		}
	}
	return a.Added, a.flush(ctx)
}

// adding is one Add under way.
type adding struct {
	Added
	collection *Collection
	most       int // bytes of an envelope of several objects
	largest    int // bytes of any envelope
	refused    int // in a row
	waiting    []stix.Object
	size       int
}

func (a *adding) add(ctx context.Context, object stix.Object) error {
	if object.Size()+envelopeFrame > a.largest {
		a.fail(object, fmt.Sprintf("the object has %d bytes, and the server takes %d at once", object.Size(), a.largest))
		return nil
	}
	if len(a.waiting) > 0 && (a.size+object.Size()+1 > a.most || len(a.waiting) == maxInEnvelope) {
		if err := a.flush(ctx); err != nil {
			return err
		}
	}
	a.waiting, a.size = append(a.waiting, object), a.size+object.Size()+1
	if len(a.waiting) == 1 {
		a.size += envelopeFrame
	}
	return nil
}

func (a *adding) flush(ctx context.Context) error {
	waiting := a.waiting
	a.waiting, a.size = nil, 0
	if len(waiting) == 0 {
		return nil
	}
	return a.post(ctx, waiting)
}

// post adds some objects at once. Where the server refuses them for what they
// are, half of them is tried, and so on: some servers refuse a whole envelope
// for one object.
func (a *adding) post(ctx context.Context, objects []stix.Object) error {
	bodies := make([][]byte, len(objects))
	for i, object := range objects {
		bodies[i] = object.Raw()
	}
	body, err := taxii.AppendEnvelope(nil, false, "", bodies)
	if err != nil {
		return err
	}
	client, at := a.collection.root.client, a.collection.at.JoinPath("objects/")
	got, err := client.do(ctx, request{method: http.MethodPost, url: at, body: body, limit: maxAnswer})
	var answered *Error
	if errors.As(err, &answered) && refusesContent(answered.Status) {
		if len(objects) == 1 {
			a.fail(objects[0], answered.Error())
			if a.refused++; a.refused > maxRefused {
				return fmt.Errorf("taxiiclient: the server refuses one object after the other: %w", err)
			}
			return nil
		}
		if err := a.post(ctx, objects[:len(objects)/2]); err != nil {
			return err
		}
		return a.post(ctx, objects[len(objects)/2:])
	}
	if err != nil {
		return err
	}
	a.refused = 0
	if got.status != http.StatusAccepted {
		client.remark(at, fmt.Sprintf("it answers a POST with %d, not with 202", got.status))
	}
	var status taxii.Status
	if err := client.read(got, at, &status); err != nil {
		return err
	}
	status, err = a.collection.root.Wait(ctx, status)
	a.count(status, len(objects))
	return err
}

// refusesContent says which answers are about what was sent. TAXII 2.1 §5.5
func refusesContent(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}

// Wait asks for a status until the server has come to its end with it, for
// [Options.Patience] at the most, and then returns it with [ErrPending].
// TAXII 2.1 §4.3, §5.5
func (r *Root) Wait(ctx context.Context, status taxii.Status) (taxii.Status, error) {
	until := time.Now().Add(r.client.options.Patience)
	for try := 1; status.Status != taxii.StatusComplete; try++ {
		if status.ID == "" {
			return status, fmt.Errorf("%w: the status of a POST has no id", ErrAnswer)
		}
		pause := backoff(try)
		if time.Now().Add(pause).After(until) {
			return status, fmt.Errorf("%w: status %s has %d objects pending", ErrPending, status.ID, status.PendingCount)
		}
		if err := sleep(ctx, pause); err != nil {
			return status, err
		}
		next, err := r.Status(ctx, status.ID)
		if err != nil {
			return status, err
		}
		status = next
	}
	return status, nil
}

// count adds up a status. TAXII 2.1 §4.3.1
func (a *adding) count(status taxii.Status, sent int) {
	failed := min(max(status.FailureCount, len(status.Failures)), sent)
	pending := 0
	if status.Status != taxii.StatusComplete {
		pending = max(sent-failed-status.SuccessCount, 0)
	}
	succeeded := sent - failed - pending
	if status.SuccessCount != succeeded {
		a.collection.root.client.remark(a.collection.at, "its statuses do not add up to what was sent")
	}
	a.Total, a.Succeeded, a.Failed, a.Pending = a.Total+sent, a.Succeeded+succeeded, a.Failed+failed, a.Pending+pending
	a.Failures = append(a.Failures, status.Failures[:min(len(status.Failures), maxNamedFailures-len(a.Failures))]...)
}

func (a *adding) fail(object stix.Object, why string) {
	a.Total, a.Failed = a.Total+1, a.Failed+1
	if len(a.Failures) < maxNamedFailures {
		a.Failures = append(a.Failures, taxii.StatusDetail{ID: object.ID(), Version: object.ModifiedText(), Message: why})
	}
}
