// SPDX-License-Identifier: Apache-2.0

package store

// This file keeps STIX objects by collection, in the order they were added.

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/stix"
)

// Object is one version of a STIX object in a collection. Body is its bytes as
// they came.
type Object struct {
	Collection string
	Added      time.Time // strictly increasing within a collection, in microseconds
	ID         string
	Version    string // see ObjectVersion
	Written    string // its version as the object writes it; empty if it writes none
	Type       string
	Spec       string // the version of STIX that it says, or is known by; see SpecVersion
	Origin     string // the partner or tool it came from
	Label      string // the TLP of the warning it came in; empty if it came in none
	Handling   string // the whole handling of that warning, as JSON
	Audience   handling.TLP
	Body       []byte

	object  stix.Object
	decided bool              // Audience is judged, whatever definitions there are
	sum     [sha256.Size]byte // of Body
	place   int64
	edge    int64
}

// The edges at which a version can stand among those of its object.
const (
	firstVersion = 1
	lastVersion  = 2
)

// Judge says who may see an object, as policy decides: the TLP label a reader
// must be cleared for, or Nobody. given is the handling of the warning it came
// in, nil if it came in none. defined returns the marking definitions of an id
// that the same origin brought into the same collection. If nobody may see the
// object for want of a definition, waits is its id.
type Judge func(object stix.Object, given *handling.Handling, defined func(id string) []stix.Object) (audience handling.TLP, waits string)

// NewObject makes what is kept of an object. h is the handling of the warning
// it came in; nil if it came in none. It is the part of the work for which no
// transaction is needed.
func NewObject(collection, origin string, h *handling.Handling, object stix.Object) (Object, error) {
	o := Object{
		Collection: collection, ID: object.ID(), Version: ObjectVersion(object), Written: WrittenVersion(object), Type: object.Type(),
		Spec: SpecVersion(object), Origin: origin, Body: object.Raw(), object: object,
	}
	o.sum = sha256.Sum256(o.Body)
	if h != nil {
		raw, err := json.Marshal(*h)
		if err != nil {
			return Object{}, fmt.Errorf("store: %w", err)
		}
		o.Label, o.Handling = string(h.TLP), string(raw)
	}
	return o, nil
}

// Judged is the object judged beforehand, if no definition of a marking counts:
// it costs the transaction nothing then.
func (o Object) Judged(judge Judge) Object {
	asked := false
	audience, _ := judge(o.object, o.given(), func(string) []stix.Object { asked = true; return nil })
	if !asked {
		o.Audience, o.decided, o.object = audience, true, stix.Object{}
	}
	if len(o.Body) > waitingBytes {
		o.object = stix.Object{}
	}
	return o
}

// waitingBytes is the largest object that waits for its turn as what it says, and
// not as its bytes alone: in memory it may be fifty times those.
const waitingBytes = 2 << 10

// ObjectVersion is what an object's versions are told apart and ordered by: its
// time in UTC with all nine digits, so that text sorts as time does. It is
// empty for an object that has no versions. TAXII 2.1 §3.4.1
func ObjectVersion(object stix.Object) string {
	text := WrittenVersion(object)
	at, err := stix.ParseTime(text)
	if err != nil {
		return text
	}
	return versionAt(at)
}

func versionAt(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000000Z") }

// WrittenVersion is the version as the object writes it. TAXII 2.1 §5.3.1
func WrittenVersion(object stix.Object) string {
	if modified := object.ModifiedText(); modified != "" {
		return modified
	}
	return object.CreatedText()
}

// SpecVersion is what the object says, or what one that says nothing is of:
// only observables need not say it in 2.1, and they have no created time.
// STIX 2.1 §3.2
func SpecVersion(object stix.Object) string {
	if text := object.SpecVersion(); text != "" {
		return text
	}
	if object.CreatedText() != "" {
		return "2.0"
	}
	return "2.1"
}

// row names the object in audit lines.
// Several origins can have brought the same version of what nobody may see.
func (o *Object) row() string {
	if o.Audience == Nobody {
		return o.Collection + "/" + o.ID + "/" + o.Version + "/" + o.Origin
	}
	return o.Collection + "/" + o.ID + "/" + o.Version
}

// hash covers everything that decides who is shown the object, and as what, not
// its bytes alone.
func (o *Object) hash() string {
	if o.Audience == unjudged {
		return o.oldHash()
	}
	var buffer [512]byte
	line := append(buffer[:0], "object/2\n"...)
	line = strconv.AppendInt(line, o.Added.UnixMicro(), 10)
	for _, text := range [...]string{o.Type, o.Spec, o.Written, o.Origin, o.Label, o.Handling, string(o.Audience)} {
		line = append(append(line, '\n'), text...)
	}
	sum := sha256.Sum256(append(append(line, '\n'), o.sum[:]...))
	return hex.EncodeToString(sum[:])
}

// oldHash is how objects were hashed before they were judged when they came.
func (o *Object) oldHash() string {
	h := sha256.New()
	fmt.Fprintf(h, "object\n%d\n%s\n%s\n%s\n%s\n", o.Added.UnixMicro(), o.Type, o.Origin, o.Label, o.Handling)
	h.Write(o.Body)
	return hex.EncodeToString(h.Sum(nil))
}

// keyed is a hash of a text under the store's own key, by which it is found:
// nobody outside can look for two texts that have the same.
func keyed(key []byte, parts ...string) int64 {
	var buffer [256]byte
	text := append(buffer[:0], key...)
	for _, part := range parts {
		text = append(append(text, '\n'), part...)
	}
	sum := sha256.Sum256(text)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// Keeping says what became of an object that was to be kept.
type Keeping struct {
	Added    time.Time    // of what is kept
	Audience handling.TLP // of what is kept
	New      bool
	// Other says that it was not kept: another object is there under its id and
	// version, with other bytes.
	Other bool
}

// ErrOther says what Keeping.Other says.
var ErrOther = errors.New("another object is here under this id and version, with other bytes: it stays; give what has changed a later modified time")

// CountObjects counts the versions of objects in all collections.
func (tx *Tx) CountObjects() (n int64, err error) {
	_, err = tx.get(`SELECT count(*) FROM objects`, nil, &n)
	return n, err
}

// KeepObject keeps an object under a date of its own. A version that is there
// already stays as it is. judge says who may see it. What nobody may see stands
// in nobody's way: it is kept beside the others, and an object of its own origin
// takes its place.
func (tx *Tx) KeepObject(o Object, judge Judge) (Keeping, error) {
	if tx.readOnly {
		return Keeping{}, errReading
	}
	f, err := tx.feed(o.Collection)
	if err != nil {
		return Keeping{}, err
	}
	if err := tx.define(&o); err != nil {
		return Keeping{}, err
	}
	k, err := tx.kin(f, o.ID, o.Version)
	if err != nil {
		return Keeping{}, err
	}
	instead, there, err := tx.there(k, &o)
	if err != nil {
		return Keeping{}, err
	}
	if there != nil {
		return *there, nil
	}
	audience, waits := o.Audience, ""
	if !o.decided {
		audience, waits = judged(&o, judge, tx.defined(o.Collection, o.Origin))
	}
	s, err := tx.span(o.Collection, audience)
	if err != nil {
		return Keeping{}, err
	}
	at, err := tx.nextDate(o.Collection, f)
	if err != nil {
		return Keeping{}, err
	}
	if instead != nil {
		if err := tx.remove(&o, *instead); err != nil {
			return Keeping{}, err
		}
	}
	o.Audience, o.Added, o.place = audience, time.UnixMicro(at).UTC(), s.place(at)
	if o.edge, err = tx.pushAside(k, &o); err != nil {
		return Keeping{}, err
	}
	if len(k.same) > 0 || len(k.edged) > 0 {
		tx.batch.moved[o.Collection] = true
	}
	tx.batch.grown[o.Collection] = true
	tx.touched(rowObject, o.row(), o.hash())
	return Keeping{Added: o.Added, Audience: audience, New: true}, tx.insert(&o, waits)
}

const insertObject = `INSERT INTO objects(place, hash, edge, waits, id, version, written, spec, type, origin, label, handling, body)
	VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func (tx *Tx) insert(o *Object, waits string) error {
	return tx.run(insertObject, o.place, keyed(tx.session.key, o.ID), o.edge, tx.waitKey(o, waits),
		o.ID, o.Version, o.Written, o.Spec, o.Type, o.Origin, o.Label, o.Handling, o.Body)
}

// given is the handling of the warning that the object came in. What came from
// a partner with one that cannot be read has an empty one, which is nobody's.
// GivenBy says who gave us the object under which handling; by is false if nobody
// did, and a tool or we brought it.
func (o *Object) GivenBy() (given Given, by bool) {
	h := o.given()
	if h == nil {
		return Given{}, false
	}
	return Given{Partner: o.Origin, Handling: *h}, true
}

func (o *Object) given() *handling.Handling {
	if o.Label == "" && o.Handling == "" && o.Collection != Received {
		return nil
	}
	var given handling.Handling
	if err := json.Unmarshal([]byte(o.Handling), &given); err != nil || string(given.TLP) != o.Label {
		return &handling.Handling{}
	}
	return &given
}
