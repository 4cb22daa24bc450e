// SPDX-License-Identifier: Apache-2.0

package testvectors_test

// This file holds what must be refused, each with the reason.

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// The reasons for which something is refused, in the words of the vectors.
const (
	format     = "format"
	signature  = "signature"
	address    = "address"
	payload    = "payload"
	erased     = "erased"
	sender     = "sender"
	checkpoint = "checkpoint"
	proof      = "proof"
	mismatch   = "mismatch"
)

// invalidVector is one thing that must be refused.
type invalidVector struct {
	What   string `json:"what"` // in words
	Reason string `json:"reason"`

	// A card.
	Card string `json:"card,omitempty"`
	// A message: what lay inside the seal, said to be from From to To.
	Packed string `json:"packed,omitempty"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	// A sealed envelope, given to To.
	Envelope string `json:"envelope,omitempty"` // base64
	// A delivery, given to To.
	Sender string `json:"sender,omitempty"`
	Body   string `json:"body,omitempty"`
	// A receipt, said to be of By.
	Receipt string `json:"receipt,omitempty"`
	By      string `json:"by,omitempty"`
}

type invalidFile struct {
	Cards      []invalidVector `json:"cards"`
	Messages   []invalidVector `json:"messages"`
	Sealed     []invalidVector `json:"sealed"`
	Deliveries []invalidVector `json:"deliveries"`
	Receipts   []invalidVector `json:"receipts"`
}

func (w world) invalidCards(t *testing.T) (vectors []invalidVector) {
	t.Helper()
	good, err := w.alpha.card.Encode()
	if err != nil {
		t.Fatal(err)
	}
	changed := func(what, old, new string) {
		raw := strings.Replace(string(good), old, new, 1)
		if raw == string(good) {
			t.Fatalf("%s: nothing was changed", what)
		}
		vectors = append(vectors, invalidVector{What: what, Reason: format, Card: raw})
	}
	sign := base64.StdEncoding.EncodeToString(w.alpha.card.Sign)
	changed("version 2", `"v":1`, `"v":2`)
	changed("a country in small letters", `"NO"`, `"no"`)
	changed("a name with a capital letter", `"alpha"`, `"Alpha"`)
	changed("an address that is no URL", `"https://alpha.example.org"`, `"alpha.example.org"`)
	changed("a signing key of 31 bytes", sign, base64.StdEncoding.EncodeToString(w.alpha.card.Sign[:31]))
	changed("a log key whose name is another", `"tocsin/alpha/`, `"tocsin/bravo/`)
	changed("a sealing key with a letter changed", w.alpha.Seal[:100], w.alpha.Seal[:99]+otherLetter(w.alpha.Seal[99]))
	changed("a member more", `{"address"`, `{"aside":1,"address"`)
	keys := w.alpha.card.Witness
	changed("a witness key of another name", keys[0], w.bravo.card.Witness[0])
	changed("one witness key of two", `"`+keys[0]+`",`, ``)
	changed("the witness keys in the other order", `"`+keys[0]+`","`+keys[1]+`"`, `"`+keys[1]+`","`+keys[0]+`"`)
	changed("a log key as a witness key", keys[0], w.alpha.card.Log)
	return vectors
}

// otherLetter is a letter of the bech32 alphabet that is not c.
func otherLetter(c byte) string {
	if c == 'q' {
		return "p"
	}
	return "q"
}

// repack changes what lies inside the seal.
func repack(t *testing.T, v messageVector, change func(map[string][]byte)) string {
	t.Helper()
	parts := make(map[string][]byte)
	if err := json.Unmarshal([]byte(v.Packed), &parts); err != nil {
		t.Fatal(err)
	}
	change(parts)
	raw, err := json.Marshal(parts, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func (w world) invalidMessages(t *testing.T, there []messageVector) (vectors []invalidVector) {
	t.Helper()
	good := there[1]
	add := func(reason, what, packed, from, to string) {
		vectors = append(vectors, invalidVector{What: what, Reason: reason, Packed: packed, From: from, To: to})
	}
	changed := func(reason, what string, change func(map[string][]byte)) {
		add(reason, what, repack(t, good, change), "alpha", "bravo")
	}
	// signedAnew is a header that alpha did sign, but that must not be taken.
	signedAnew := func(reason, what string, change func(*envelope.Header)) {
		header := good.message.Header
		change(&header)
		add(reason, what, signed(t, w.alpha, header, good.message.Salt, good.message.Payload).Packed, "alpha", "bravo")
	}
	signedBytesAnew := func(reason, what, header string) {
		add(reason, what, signedBytes(t, w.alpha, good.message.Header, []byte(header), good.message.Salt, good.message.Payload).Packed, "alpha", "bravo")
	}

	changed(signature, "the precedence in the header was changed after it was signed", func(p map[string][]byte) {
		p["header"] = bytes.Replace(p["header"], []byte(`"IMMEDIATE"`), []byte(`"ROUTINE"`), 1)
	})
	changed(signature, "the commitment in the header was changed to fit another payload", func(p map[string][]byte) {
		p["payload"] = []byte(`{"id":"other"}`)
		p["header"] = bytes.Replace(p["header"], []byte(good.Commitment), []byte(envelope.Commit(p["salt"], p["payload"])), 1)
	})
	changed(signature, "one bit of the signature is another", func(p map[string][]byte) { p["signature"][7] ^= 1 })
	changed(signature, "the signature is over the header without the domain word", func(p map[string][]byte) { p["signature"] = w.alpha.sign(p["header"]) })
	changed(signature, "the message was signed by eve", func(p map[string][]byte) {
		p["signature"] = w.eve.sign(envelope.SigningInput(p["header"]))
	})
	changed(payload, "another payload than the one committed to", func(p map[string][]byte) {
		p["payload"] = bytes.Replace(p["payload"], []byte("likely"), []byte("remote"), 1)
	})
	changed(payload, "another salt", func(p map[string][]byte) { p["salt"][0] ^= 1 })
	changed(erased, "the payload was erased: the header can be checked, the text cannot", func(p map[string][]byte) {
		p["salt"], p["payload"] = []byte{}, []byte{}
	})
	changed(format, "the salt has 31 bytes", func(p map[string][]byte) { p["salt"] = p["salt"][:31] })
	changed(format, "the signature has 63 bytes", func(p map[string][]byte) { p["signature"] = p["signature"][:63] })
	changed(format, "the payload is not canonical", func(p map[string][]byte) {
		p["payload"] = append([]byte("{ "), p["payload"][1:]...)
	})
	changed(format, "the payload is not JSON", func(p map[string][]byte) { p["payload"] = []byte("warning") })
	changed(format, "a member more inside the seal", func(p map[string][]byte) { p["extra"] = []byte("1") })
	add(format, "not JSON inside the seal", "tocsin", "alpha", "bravo")
	add(format, "one member twice inside the seal", strings.Replace(good.Packed, `{"header"`, `{"salt":"","header"`, 1), "alpha", "bravo")

	add(address, "a message to bravo, shown to eve", good.Packed, "alpha", "eve")
	add(address, "a message of alpha, said to be of eve", good.Packed, "eve", "bravo")
	signedAnew(address, "signed by alpha for eve, and passed on to bravo", func(h *envelope.Header) { h.To = w.eve.card.ID() })
	signedAnew(address, "the channel is another pair's", func(h *envelope.Header) {
		h.Channel = envelope.Channel(w.alpha.card.ID(), w.eve.card.ID())
	})
	signedAnew(format, "version 2", func(h *envelope.Header) { h.Version = 2 })
	signedAnew(format, "the sequence begins at 1", func(h *envelope.Header) { h.Seq = 0 })
	signedAnew(format, "the epoch begins at 1", func(h *envelope.Header) { h.Epoch = 0 })
	signedAnew(format, "a hash with 63 digits", func(h *envelope.Header) { h.Prev = h.Prev[:63] })
	signedAnew(format, "no kind", func(h *envelope.Header) { h.Kind = "" })
	signedAnew(format, "a precedence nobody knows", func(h *envelope.Header) { h.Precedence = "URGENT" })
	signedAnew(format, "a TLP label nobody knows", func(h *envelope.Header) { h.Handling.TLP = "TLP:PINK" })
	signedAnew(format, "a note in the header", func(h *envelope.Header) {
		h.Handling.Codes, h.Handling.Note = []handling.Code{handling.H3}, "ask first"
	})
	signedBytesAnew(format, "the header is not canonical: a space", strings.Replace(good.Header, `,"epoch"`, `, "epoch"`, 1))
	signedBytesAnew(format, "the header is not canonical: members out of order", `{"v":1,`+strings.TrimSuffix(strings.TrimPrefix(good.Header, "{"), `,"v":1}`)+"}")
	signedBytesAnew(format, "a member more in the header", strings.Replace(good.Header, `,"epoch"`, `,"aside":1,"epoch"`, 1))
	signedBytesAnew(format, "one member of the header twice", strings.Replace(good.Header, `,"epoch"`, `,"epoch":1,"epoch"`, 1))
	return vectors
}

func (w world) invalidSealed(t *testing.T, sealed []sealedVector) (vectors []invalidVector) {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(sealed[1].Envelope)
	if err != nil {
		t.Fatal(err)
	}
	add := func(what, to string, envelope []byte) {
		vectors = append(vectors, invalidVector{What: what, Reason: format, To: to, Envelope: base64.StdEncoding.EncodeToString(envelope)})
	}
	add("sealed for bravo, given to eve", "eve", raw)
	flipped := bytes.Clone(raw)
	flipped[len(flipped)-100] ^= 1
	add("one bit of the sealed text is another", "bravo", flipped)
	add("the last byte is missing", "bravo", raw[:len(raw)-1])
	add("a byte more at the end", "bravo", append(bytes.Clone(raw), 0))
	add("not an age file", "bravo", []byte("tocsin"))
	return vectors
}

// deliveryVector is a good delivery.
type deliveryVector struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Sender string   `json:"sender"` // the Tocsin-Sender header
	Body   string   `json:"body"`
	Hashes []string `json:"hashes"` // of the messages inside, in order
	// Missing are the places the sender says will not come.
	Missing []uint64 `json:"missing,omitempty"`
}

func (w world) deliver(t *testing.T, from, to *node, d envelope.Delivery) (body, header string) {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), envelope.SenderValue(from.card.ID(), from.sign(envelope.DeliverySigningInput(to.card.ID(), raw)))
}

func (w world) deliveries(t *testing.T, there []messageVector, sealed []sealedVector, seen string) (good []deliveryVector, bad []invalidVector) {
	t.Helper()
	envelopes := make([][]byte, 2)
	for i := range envelopes {
		raw, err := base64.StdEncoding.DecodeString(sealed[i].Envelope)
		if err != nil {
			t.Fatal(err)
		}
		envelopes[i] = raw
	}
	both := envelope.Delivery{From: w.alpha.card.ID(), To: w.bravo.card.ID(), Envelopes: envelopes}
	body, header := w.deliver(t, w.alpha, w.bravo, both)
	good = append(good, deliveryVector{From: "alpha", To: "bravo", Sender: header, Body: body, Hashes: []string{there[0].Hash, there[1].Hash}})
	gap := envelope.Delivery{From: both.From, To: both.To, Envelopes: envelopes[1:], Missing: []envelope.Missing{{Seq: 1, Hash: there[0].Hash, Why: "expired"}}, Seen: []string{seen}}
	gapBody, gapHeader := w.deliver(t, w.alpha, w.bravo, gap)
	good = append(good, deliveryVector{From: "alpha", To: "bravo", Sender: gapHeader, Body: gapBody, Hashes: []string{there[1].Hash}, Missing: []uint64{1}})
	together := both
	together.Envelopes, together.Holds = [][]byte{w.together(t, there[:2])}, []int{2}
	togetherBody, togetherHeader := w.deliver(t, w.alpha, w.bravo, together)
	good = append(good, deliveryVector{From: "alpha", To: "bravo", Sender: togetherHeader, Body: togetherBody, Hashes: good[0].Hashes})

	add := func(reason, what, to, body, header string) {
		bad = append(bad, invalidVector{What: what, Reason: reason, From: "alpha", To: to, Sender: header, Body: body})
	}
	add(sender, "the body was changed on its way", "bravo", strings.Replace(gapBody, `"expired"`, `"dropped"`, 1), gapHeader)
	add(sender, "a delivery to bravo, posted to eve", "eve", gapBody, gapHeader)
	_, byEve := w.deliver(t, w.eve, w.bravo, gap)
	add(sender, "signed by eve under alpha's key id", "bravo", gapBody, envelope.SenderValue(w.alpha.card.ID(), mustSignature(t, byEve)))
	add(sender, "no signature", "bravo", gapBody, w.alpha.card.ID())
	otherTo := gap
	otherTo.To = w.eve.card.ID()
	otherBody, otherHeader := w.deliver(t, w.alpha, w.bravo, otherTo)
	add(address, "signed for bravo, with another recipient in the body", "bravo", otherBody, otherHeader)
	empty := gap
	empty.Envelopes = nil
	emptyBody, emptyHeader := w.deliver(t, w.alpha, w.bravo, empty)
	add(format, "no envelope in it", "bravo", emptyBody, emptyHeader)
	rewritten := func(what, old, new string) {
		body := strings.Replace(gapBody, old, new, 1)
		add(format, what, "bravo", body, envelope.SenderValue(w.alpha.card.ID(), w.alpha.sign(envelope.DeliverySigningInput(w.bravo.card.ID(), []byte(body)))))
	}
	rewritten("a member nobody knows", `"missing"`, `"absent"`)
	rewritten("a message that will not come, for a reason nobody knows", `"expired"`, `"lost"`)
	rewritten("a message that will not come, without a hash", there[0].Hash, "")
	for _, wrong := range []struct {
		what  string
		holds []int
	}{
		{"an envelope that holds nothing", []int{0}}, {"more messages than a delivery may hold", []int{257}}, {"not said of each envelope how many messages it holds", []int{1, 1}},
	} {
		d := gap
		d.Holds = wrong.holds
		body, header := w.deliver(t, w.alpha, w.bravo, d)
		add(format, wrong.what, "bravo", body, header)
	}
	rewritten("a checkpoint that was seen, without a size", "/f4d0ec02edd63d94\\n7", "/f4d0ec02edd63d94\\n")
	return good, bad
}

// together seals messages of alpha's for bravo in one envelope. A seal is
// random, so one that is there already and opens to the same messages stays.
func (w world) together(t *testing.T, vectors []messageVector) []byte {
	t.Helper()
	var messages []*envelope.Message
	for _, v := range vectors {
		messages = append(messages, v.message)
	}
	var before []deliveryVector
	if raw, err := os.ReadFile("deliveries.json"); err == nil {
		if err := json.Unmarshal(raw, &before); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range before {
		d, err := envelope.ParseDelivery([]byte(v.Body))
		if err != nil || len(d.Holds) != 1 {
			continue
		}
		opened, errs := w.bravo.ring.OpenAll(d.Envelopes[0], d.Holds[0])
		if errors.Join(errs...) == nil && slices.EqualFunc(opened, messages, func(a, b *envelope.Message) bool { return a.Hash() == b.Hash() }) {
			return d.Envelopes[0]
		}
	}
	recipient, err := w.bravo.card.Recipient()
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := envelope.Seal(recipient, messages...)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func mustSignature(t *testing.T, header string) []byte {
	t.Helper()
	sender, err := envelope.ParseSender(header)
	if err != nil {
		t.Fatal(err)
	}
	return sender.Signature
}

func (w world) invalidReceipts(t *testing.T, m, other messageVector, tree ledger.Tree, hashes *ledger.Recent, signedHead string) (vectors []invalidVector) {
	t.Helper()
	const index = 3
	head := tree.Head()
	path, err := ledger.Prove(head.N, index, hashes)
	if err != nil {
		t.Fatal(err)
	}
	good := w.statement(m, index, head)
	add := func(reason, what string, raw []byte) {
		vectors = append(vectors, invalidVector{What: what, Reason: reason, By: "bravo", Receipt: string(raw)})
	}
	anew := func(reason, what string, change func(*receipt.Statement)) {
		s := good
		change(&s)
		add(reason, what, w.proved(t, s, w.bravo, path, signedHead))
	}
	right := string(w.proved(t, good, w.bravo, path, signedHead))

	add(signature, "the statement was signed by eve", w.proved(t, good, w.eve, path, signedHead))
	add(signature, "quarantined turned into kept after it was signed", relabelled(t, w, good, path, signedHead))
	add(checkpoint, "the checkpoint is of alpha's log", w.proved(t, good, w.bravo, path, must(t)(w.alpha.ring.SignCheckpoint(head))))
	add(checkpoint, "the checkpoint was changed after it was signed", []byte(strings.Replace(right, "\n7\n", "\n8\n", 1)))
	add(mismatch, "a checkpoint of bravo's, of another size than the statement says",
		w.proved(t, good, w.bravo, path, must(t)(w.bravo.ring.SignCheckpoint(tlog.Tree{N: head.N + 1, Hash: head.Hash}))))
	add(mismatch, "the file's index is not the statement's", []byte(strings.Replace(right, "\nindex 3\n", "\nindex 5\n", 1)))
	anew(mismatch, "the index is beyond the end of the log", func(s *receipt.Statement) { s.Index = s.Size })
	anew(mismatch, "the statement names another root than the checkpoint", func(s *receipt.Statement) { s.Root = strings.Repeat("0", 64) })
	anew(proof, "another message's header, which is not at this place of the log", func(s *receipt.Statement) { s.Header = other.Hash })
	anew(proof, "the right message at the wrong index", func(s *receipt.Statement) { s.Index = 5 })
	broken := append(tlog.RecordProof(nil), path...)
	broken[0][0] ^= 1
	add(proof, "a hash of the proof is another", w.proved(t, good, w.bravo, broken, signedHead))
	add(proof, "a hash of the proof is missing", w.proved(t, good, w.bravo, path[:len(path)-1], signedHead))
	add(proof, "a hash too many in the proof", w.proved(t, good, w.bravo, append(append(tlog.RecordProof(nil), path...), path[0]), signedHead))
	add(proof, "the leaf at this place says sent, not received", w.sentReceipt(t, m))
	anew(format, "version 2", func(s *receipt.Statement) { s.Version = 2 })
	anew(format, "another kind of statement", func(s *receipt.Statement) { s.Kind = "read" })
	anew(format, "a disposition nobody knows", func(s *receipt.Statement) { s.Disposition = "read" })
	add(format, "a statement that is not canonical", uncanonical(t, w, good, path, signedHead))
	add(format, "white space beside the statement", spaced(t, right))
	add(format, "no extra line", []byte(strings.Replace(right, "extra ", "note ", 1)))
	add(format, "an index with a leading zero", []byte(strings.Replace(right, "\nindex 3\n", "\nindex 03\n", 1)))
	add(format, "lines that end in CR LF", []byte(strings.ReplaceAll(right, "\n", "\r\n")))
	return vectors
}

func must(t *testing.T) func(string, error) string {
	return func(s string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// file writes a receipt from its parts, without asking whether they fit.
func file(t *testing.T, statement, signature []byte, index string, path tlog.RecordProof, signedHead string) []byte {
	t.Helper()
	extra := `{"signature":"` + base64.StdEncoding.EncodeToString(signature) + `","statement":` + string(statement) + `}`
	var b strings.Builder
	b.WriteString("c2sp.org/tlog-proof@v1\nextra " + base64.StdEncoding.EncodeToString([]byte(extra)) + "\nindex " + index + "\n")
	for _, hash := range path {
		b.WriteString(base64.StdEncoding.EncodeToString(hash[:]) + "\n")
	}
	return []byte(b.String() + "\n" + signedHead)
}

func statementBytes(t *testing.T, s receipt.Statement) []byte {
	t.Helper()
	input, err := s.SigningInput()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimPrefix(input, []byte("tocsin-receipt/v1\n"))
}

func relabelled(t *testing.T, w world, s receipt.Statement, path tlog.RecordProof, signedHead string) []byte {
	t.Helper()
	quarantined := s
	quarantined.Disposition = receipt.Quarantined
	signature := w.bravo.sign(append([]byte("tocsin-receipt/v1\n"), statementBytes(t, quarantined)...))
	return file(t, statementBytes(t, s), signature, "3", path, signedHead)
}

func uncanonical(t *testing.T, w world, s receipt.Statement, path tlog.RecordProof, signedHead string) []byte {
	t.Helper()
	spaced := bytes.Replace(statementBytes(t, s), []byte(`,"epoch"`), []byte(`, "epoch"`), 1)
	return file(t, spaced, w.bravo.sign(append([]byte("tocsin-receipt/v1\n"), spaced...)), "3", path, signedHead)
}

// spaced puts white space into the extra line, where nothing is signed.
func spaced(t *testing.T, raw string) []byte {
	t.Helper()
	lines := strings.Split(raw, "\n")
	extra, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	if err != nil {
		t.Fatal(err)
	}
	lines[1] = "extra " + base64.StdEncoding.EncodeToString(bytes.Replace(extra, []byte(`,"statement"`), []byte(`, "statement"`), 1))
	return []byte(strings.Join(lines, "\n"))
}

// sentReceipt proves a leaf of the wrong kind.
func (w world) sentReceipt(t *testing.T, m messageVector) []byte {
	t.Helper()
	var tree ledger.Tree
	hashes := ledger.NewRecent(tree, nil)
	for _, kind := range []string{"act", "sent"} {
		var kept []ledger.Kept
		tree, _, kept = tree.Append(kind, m.Hash)
		hashes.Add(kept)
	}
	head := tree.Head()
	path, err := ledger.Prove(head.N, 1, hashes)
	if err != nil {
		t.Fatal(err)
	}
	s := w.statement(m, 1, head)
	s.Root = hex.EncodeToString(head.Hash[:])
	return w.proved(t, s, w.bravo, path, must(t)(w.bravo.ring.SignCheckpoint(head)))
}
