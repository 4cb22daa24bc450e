// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds the vectors of files that are carried by hand.

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/tocsin-exchange/tocsin/carry"
	"github.com/tocsin-exchange/tocsin/envelope"
)

// carryFile is one file, sealed as it is carried.
type carryFile struct {
	From    string        `json:"from"`
	To      string        `json:"to"`
	Sealed  []byte        `json:"sealed"` // base64
	Head    string        `json:"head"`
	Records []carryRecord `json:"records"`
}

type carryRecord struct {
	Kind    carry.Kind `json:"kind"`
	Sender  string     `json:"sender"`
	Content string     `json:"content"`
}

// carryInside is the inside of a file, as text, and how it ends for a reader who
// is To and takes it for one of From's: after so many records, for a reason.
type carryInside struct {
	What    string `json:"what"`
	From    string `json:"from"`
	To      string `json:"to"`
	Inside  string `json:"inside"`
	Records int    `json:"records"`
	Reason  string `json:"reason"` // cut, format, signature or address
}

type carryVectors struct {
	File    carryFile     `json:"file"`
	Insides []carryInside `json:"insides"`
}

const cut = "cut"

// readInside reads as a node does that is to and knows from.
func readInside(inside io.Reader, from, to *node) (records []carry.Record, reason string) {
	r, head, record, err := carry.NewReader(inside)
	for err == nil {
		switch {
		case head.To != to.card.ID():
			return records, address
		case head.From != from.card.ID() || record.Verify(from.card.Public(), to.card.ID()) != nil:
			return records, signature
		}
		records = append(records, record)
		record, err = r.Next()
	}
	switch {
	case errors.Is(err, io.EOF):
		return records, ""
	case errors.Is(err, carry.ErrCut):
		return records, cut
	}
	return records, format
}

// written writes a file of alpha's to bravo: what each holds of the other, as if
// both had been restored, a delivery and receipts.
func (w world) written(t *testing.T, out io.Writer) {
	t.Helper()
	var deliveries []deliveryVector
	read(t, "deliveries.json", &deliveries)
	proof, err := os.ReadFile("receipt.tlog-proof")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(envelope.Answer{Results: []envelope.Result{{Receipt: string(proof)}}})
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := w.bravo.card.Recipient()
	if err != nil {
		t.Fatal(err)
	}
	head := carry.Head{Version: 1, File: strings.Repeat("0f", 16), From: w.alpha.card.ID(), To: w.bravo.card.ID(), Number: 2, Made: when.UTC(), First: 1}
	file, err := carry.NewWriter(out, recipient, head, func(input []byte) string { return envelope.SenderValue(w.alpha.card.ID(), w.alpha.sign(input)) })
	if err != nil {
		t.Fatal(err)
	}
	var asked standingFile
	read(t, "standing.json", &asked)
	told := envelope.Standing{Version: 1, From: w.alpha.card.ID(), To: w.bravo.card.ID(), Ask: strings.Repeat("5b", 32), Hash: envelope.FirstPrev}
	err = errors.Join(file.Add(carry.KindQuestion, []byte(asked.Question.Body)), file.Add(carry.KindStanding, []byte(marshalled(t, told))), file.Add(carry.KindAnswer, answer), file.Add(carry.KindDelivery, []byte(deliveries[0].Body)), file.Close())
	if err != nil {
		t.Fatal(err)
	}
}

func (w world) unsealed(t *testing.T, sealed []byte) []byte {
	t.Helper()
	r, err := w.bravo.ring.Unseal(bytes.NewReader(sealed))
	if err != nil {
		return nil
	}
	inside, err := io.ReadAll(r)
	if err != nil {
		return nil
	}
	return inside
}

// TestCarryVectors writes a file and bends its inside; a seal is random, so the
// file is kept as long as the same lies inside.
func TestCarryVectors(t *testing.T) {
	w := load(t)
	var fresh bytes.Buffer
	w.written(t, &fresh)
	inside := w.unsealed(t, fresh.Bytes())
	var before carryVectors
	if raw, err := os.ReadFile("carry.json"); err == nil {
		if err := json.Unmarshal(raw, &before); err != nil {
			t.Fatal(err)
		}
	}
	vectors := carryVectors{File: carryFile{From: "alpha", To: "bravo", Sealed: before.File.Sealed}}
	if !bytes.Equal(w.unsealed(t, before.File.Sealed), inside) {
		vectors.File.Sealed = fresh.Bytes()
	}
	records, reason := readInside(bytes.NewReader(inside), w.alpha, w.bravo)
	if reason != "" {
		t.Fatalf("the file is refused: %s", reason)
	}
	for _, record := range records {
		vectors.File.Records = append(vectors.File.Records, carryRecord{record.Kind, record.Sender, string(record.Content)})
	}
	vectors.File.Head = string(records[0].Content)

	text := string(inside[:bytes.Index(inside, []byte("padding "))])
	answer := strings.Index(text, "answer ")
	add := func(what, text string, from, to *node) {
		read, reason := readInside(strings.NewReader(text), from, to)
		vectors.Insides = append(vectors.Insides, carryInside{what, from.Name, to.Name, text, len(read), reason})
	}
	changed := func(what, old, new string) {
		if !strings.Contains(text, old) {
			t.Fatalf("%s: nothing to change", what)
		}
		add(what, strings.Replace(text, old, new, 1), w.alpha, w.bravo)
	}
	add("cut off behind its end: all was read", text, w.alpha, w.bravo)
	add("cut off in the delivery", text[:len(text)-1000], w.alpha, w.bravo)
	add("cut off in the head", text[:60], w.alpha, w.bravo)
	add("empty", "", w.alpha, w.bravo)
	add("read by eve", text, w.alpha, w.eve)
	add("taken for a file of eve's", text, w.eve, w.bravo)
	add("without a head", text[:len("tocsin-carry/v1\n")]+text[answer:], w.alpha, w.bravo)
	changed("another version", "tocsin-carry/v1\n", "tocsin-carry/v2\n")
	changed("a letter of the receipts changed, and not their checksum", "index", "inbex")
	changed("a length with a zero before it", "\nanswer ", "\nanswer 0")
	changed("a kind nobody knows", "\nanswer ", "\nanswar ")
	resummed := func(what string, record int, change func(sender, content string) (string, string)) {
		out := "tocsin-carry/v1\n"
		for i, r := range vectors.File.Records {
			sender, content := r.Sender, r.Content
			if i == record {
				sender, content = change(sender, content)
			}
			body := sender + "\n" + content
			out += carryLine(string(r.Kind), body)
		}
		add(what, out, w.alpha, w.bravo)
	}
	resummed("a letter of the receipts changed, and their checksum", 3, func(s, c string) (string, string) {
		return s, strings.Replace(c, "index", "inbex", 1)
	})
	resummed("the signature of the question under the answer to one", 2, func(_, c string) (string, string) { return vectors.File.Records[1].Sender, c })
	resummed("the signature of the head under the question", 1, func(_, c string) (string, string) { return vectors.File.Records[0].Sender, c })
	reordered := func(what string, order ...int) {
		out := "tocsin-carry/v1\n"
		for _, i := range order {
			r := vectors.File.Records[i]
			out += carryLine(string(r.Kind), r.Sender+"\n"+r.Content)
		}
		add(what, out, w.alpha, w.bravo)
	}
	reordered("the question behind the answer to one", 0, 2, 1, 3, 4)
	reordered("the question twice", 0, 1, 1)
	reordered("the answer to a question behind the receipts", 0, 1, 3, 2)
	resummed("the signature of the head under the receipts", 3, func(_, c string) (string, string) { return vectors.File.Records[0].Sender, c })
	resummed("the end counts another record", 5, func(s, c string) (string, string) { return s, strings.Replace(c, `"records":5`, `"records":6`, 1) })
	raw := encoded(t, vectors)
	same(t, "carry.json", raw)

	for _, v := range vectors.Insides[1:] {
		if v.Reason == "" || v.Records == len(records) {
			t.Errorf("%s: it is read to its end", v.What)
		}
	}
}

func carryLine(kind, body string) string {
	return fmt.Sprintf("%s %d %x\n%s\n", kind, len(body), sha256.Sum256([]byte(body)), body)
}
