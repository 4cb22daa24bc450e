// SPDX-License-Identifier: Apache-2.0

package web

// This file hands out files while they are made, and takes files as they come:
// however large they are, no more than a piece of one is in memory.

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// stalled is how long a browser may send or take nothing of a file.
const stalled = 2 * time.Minute

// maxDrain is how much of an upload that was refused is still read, in bytes: a
// browser that is cut off shows no answer.
const maxDrain = 256 << 20

// outflow is a file that is handed out while it is made. Nobody knows beforehand
// how long it is, so one that breaks off is cut off with its connection: no browser
// takes it for whole.
type outflow struct {
	v               *visit
	name, mediaType string
	begun           bool
	control         *http.ResponseController
}

func (v *visit) outflow(name, mediaType string) *outflow {
	return &outflow{v: v, name: name, mediaType: mediaType, control: http.NewResponseController(v.w)}
}

// begin answers that there is a file. Before it, a failure is a page.
func (o *outflow) begin() {
	o.begun = true
	o.v.w.Header().Set("Content-Type", o.mediaType)
	o.v.w.Header().Set("Content-Disposition", `attachment; filename="`+o.name+`"`)
	o.v.w.WriteHeader(http.StatusOK)
}

// Write gives the connection more time with each piece that passes.
func (o *outflow) Write(raw []byte) (int, error) {
	if err := o.control.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return o.v.w.Write(raw)
}

// ended is the failure to show as a page, if there can be one.
func (o *outflow) ended(err error) error {
	if err == nil || !o.begun {
		return err
	}
	o.v.site.log.Warn("a file broke off", "page", o.v.r.Pattern, "who", o.v.who.String(), "err", err)
	if err := o.control.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		o.v.site.log.Error("a file that broke off could not be cut off", "page", o.v.r.Pattern, "err", err)
	}
	return nil
}

// inflow is a body that is read as it comes.
type inflow struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read gives the connection more time with each piece that passes.
func (i inflow) Read(into []byte) (int, error) {
	if err := i.control.SetReadDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return i.ReadCloser.Read(into)
}

// uploaded gives the file of a form to take, without keeping it. What take leaves of
// it is read and thrown away, so that the browser sees the answer.
func (v *visit) uploaded(name string, take func(file io.Reader) error) error {
	v.r.Body = inflow{v.r.Body, http.NewResponseController(v.w)}
	parts, err := v.r.MultipartReader()
	if err != nil {
		return errNoForm(err)
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return errNoFile(name)
		case err != nil:
			return errNoForm(err)
		case part.FormName() != name || part.FileName() == "":
			continue
		}
		err = take(part)
		if _, left := io.CopyN(io.Discard, v.r.Body, maxDrain); left != nil && !errors.Is(left, io.EOF) {
			v.site.log.Debug("the rest of an upload was not read", "err", left)
		}
		return err
	}
}
