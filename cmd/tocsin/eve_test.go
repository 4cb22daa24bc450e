// SPDX-License-Identifier: Apache-2.0

package main

// This file is what hostile eve does in the scenes: a program, hostile, with the
// directory of a node that she stole. With its keys she writes, signs, seals and
// posts whatever she likes; and she answers, as a door of her own, what she likes.

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
	"github.com/spf13/pflag"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/internal/ledger"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/receipt"
	"github.com/tocsin-exchange/tocsin/warning"
)

// hostile is the program. Files are in the current directory; a CARD is what
// tocsin card prints; NAME is whose directory was stolen.
//
//	hostile steal NAME                   copies NAME's directory, which is stopped
//	hostile restore NAME                 puts the copy in the place of NAME's directory, which is stopped
//	hostile queued NAME PARTNER PREFIX   seals what waits there for PARTNER: PREFIX1, PREFIX2, …
//	hostile write FILE --as NAME --to CARD [flags]   the next message of NAME's chain, or another
//	hostile post CARD --as NAME FILE…    delivers, and prints what each is answered
//	hostile flood CARD --as NAME N       delivers N pledges, as many as are taken
//	hostile drip CARD --as NAME N SECONDS  holds N posts open, a byte a second each
//	hostile knock CARD N SECONDS         holds N connections open and says nothing
//	hostile door --as NAME --to CARD --answers WHAT  answers deliveries at NAME's address
//	hostile quota DIR N                  an administrator sets a quota, in DIR/node.json
func hostile() {
	if err := hostileRun(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// thief is what one command of hostile is told.
type thief struct {
	args []string

	as, to, kind, text, id, prev, channel, addressed, signedBy, threat, answers, heads string
	seq, epoch                                                                         int64
	expired, keep                                                                      bool
	size                                                                               int
	missing                                                                            []string
}

func hostileRun(verb string, args []string) error {
	t := &thief{}
	flags := pflag.NewFlagSet(verb, pflag.ContinueOnError)
	flags.StringVar(&t.as, "as", "", "whose stolen directory")
	flags.StringVar(&t.to, "to", "", "the card of whom it is for")
	flags.StringVar(&t.kind, "kind", "warning", "kind of message")
	flags.StringVar(&t.text, "text", "A text.", "what it says")
	flags.StringVar(&t.id, "id", "", "the id of the warning or the pledge")
	flags.StringVar(&t.threat, "threat", string(warning.OtherThreat), "the warning's type of threat")
	flags.StringVar(&t.prev, "prev", "", "another hash before it")
	flags.StringVar(&t.channel, "channel-of", "", "a card: the channel with that one instead")
	flags.StringVar(&t.addressed, "addressed", "", "a card: as if for that one")
	flags.StringVar(&t.signedBy, "signed-by", "", "whose stolen keys sign")
	flags.StringVar(&t.answers, "answers", "", "forged, other or garbage")
	flags.StringVar(&t.heads, "as-long-as", "", "what ledger heads printed: the log of the door is as long as the first partner's")
	flags.Int64Var(&t.seq, "seq", 0, "another place in the chain")
	flags.Int64Var(&t.epoch, "epoch", 0, "another epoch")
	flags.IntVar(&t.size, "size", 0, "post so many bytes instead")
	flags.BoolVar(&t.expired, "expired", false, "expired an hour ago")
	flags.BoolVar(&t.keep, "aside", false, "do not count it as the last of the chain")
	flags.StringArrayVar(&t.missing, "missing", nil, "SEQ:HASH:WHY, said to be missing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	t.args = flags.Args()
	do, known := map[string]func() error{
		"steal": t.steal, "restore": t.restore, "queued": t.queued, "write": t.write, "post": t.post, "flood": t.flood, "drip": t.drip, "knock": t.knock, "door": t.door, "quota": t.quota,
	}[verb]
	if !known {
		return fmt.Errorf("hostile does not %s", verb)
	}
	return do()
}

func stolen(name string) string { return filepath.Join("stolen", name) }

// chainEnd is where a stolen chain stands.
type chainEnd struct {
	Seq   uint64 `json:"seq"`
	Prev  string `json:"prev"`
	Epoch uint64 `json:"epoch"`
}

func (t *thief) steal() error { return os.CopyFS(stolen(t.args[0]), os.DirFS(t.args[0])) }

func (t *thief) restore() error {
	if err := os.RemoveAll(t.args[0]); err != nil {
		return err
	}
	return os.CopyFS(t.args[0], os.DirFS(stolen(t.args[0])))
}

func ringOf(name string) (*keys.Ring, error) {
	raw, err := os.ReadFile(filepath.Join(stolen(name), "keys"))
	if err != nil {
		return nil, err
	}
	return keys.Parse(raw)
}

func cardIn(path string) (card envelope.Card, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return card, err
	}
	return envelope.ParseCard(bytes.TrimSpace(raw))
}

// inside looks into the stolen store.
func (t *thief) inside(name string, look func(*store.Tx) error) error {
	ring, err := ringOf(name)
	if err != nil {
		return err
	}
	kept, err := store.Open(slog.New(slog.DiscardHandler), stolen(name), ring.SignCheckpoint)
	if err != nil {
		return err
	}
	defer kept.Close()
	return kept.Glance(context.Background(), caller.Self(), store.What{Act: caller.Send}, look)
}

func (t *thief) queued() error {
	name, partner, prefix := t.args[0], t.args[1], t.args[2]
	return t.inside(name, func(tx *store.Tx) error {
		channel, err := store.Channels.Get(tx, partner)
		if err != nil {
			return err
		}
		to, err := channel.Card.Recipient()
		if err != nil {
			return err
		}
		parcels, err := tx.Parcels(partner, 0, 100)
		if err != nil {
			return err
		}
		for i, parcel := range parcels {
			row, err := tx.Message(parcel.Hash)
			if err != nil {
				return err
			}
			message, err := row.Opened()
			if err != nil {
				return err
			}
			sealed, err := envelope.Seal(to, message)
			if err != nil {
				return err
			}
			fmt.Printf("%s%d: %s number %d %s\n", prefix, i+1, row.Kind, row.Seq, row.Hash)
			if err := os.WriteFile(fmt.Sprintf("%s%d", prefix, i+1), sealed, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
}

// end is where the stolen chain to a node stands, with what was written since.
func (t *thief) end(ring *keys.Ring, to envelope.Card) (end chainEnd, path string, err error) {
	channel := envelope.Channel(ring.ID(), to.ID())
	path = filepath.Join(stolen(t.as), "chain-"+channel)
	raw, err := os.ReadFile(path)
	if err == nil {
		return end, path, json.Unmarshal(raw, &end)
	}
	err = t.inside(t.as, func(tx *store.Tx) error {
		end.Epoch = 1
		if known, ok, err := store.Channels.Find(tx, to.Name); err != nil {
			return err
		} else if ok {
			end.Epoch = known.Epoch
		}
		end.Seq, end.Prev, err = tx.Tip(channel, store.Out)
		return err
	})
	return end, path, err
}

func (t *thief) write() error {
	ring, err := ringOf(t.as)
	if err != nil {
		return err
	}
	to, err := cardIn(t.to)
	if err != nil {
		return err
	}
	end, path, err := t.end(ring, to)
	if err != nil {
		return err
	}
	message, err := t.message(ring, to, end)
	if err != nil {
		return err
	}
	sealed, err := sealFor(message, to)
	if err != nil {
		return err
	}
	fmt.Printf("number %d %s\n", message.Header.Seq, message.Hash())
	if !t.keep {
		raw, err := json.Marshal(chainEnd{message.Header.Seq, message.Hash(), message.Header.Epoch})
		if err == nil {
			err = os.WriteFile(path, raw, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return os.WriteFile(t.args[0], sealed, 0o600)
}

func sealFor(message *envelope.Message, to envelope.Card) ([]byte, error) {
	recipient, err := to.Recipient()
	if err != nil {
		return nil, err
	}
	return envelope.Seal(recipient, message)
}

// message is the next of a chain, but for what the flags say.
func (t *thief) message(ring *keys.Ring, to envelope.Card, end chainEnd) (*envelope.Message, error) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	var said any
	switch t.kind {
	case "pledge":
		id := t.id
		if id == "" {
			id = "pledge--" + uuid.NewString()
		}
		said = warning.Pledge{ID: id, Places: []string{"NO"}, Text: t.text, By: warning.Officer{Name: "Eve", Role: "releaser"}, At: now}
	case "pledge_ended":
		said = warning.PledgeEnd{Pledge: t.id, Ended: now, Why: warning.PledgeWithdrawn, By: warning.Officer{Name: "Eve", Role: "releaser"}, At: now}
	default:
		id := t.id
		if id == "" {
			id = "warning--" + uuid.NewString()
		}
		said = warning.Warning{
			ID: id, Target: warning.Target{Kind: "event", Name: "Winter market", Place: warning.Place{Country: "DK"}}, ThreatType: warning.ThreatType(t.threat),
			Precedence: handling.Flash, Probability: "likely", Confidence: handling.Moderate, Handling: handling.Handling{TLP: handling.Amber},
			Purpose: "prevention of threats to life", Text: t.text, AnswerBy: now.Add(time.Hour), Review: "2099-01-01",
		}
	}
	payload, err := warning.Encode(said)
	if err != nil {
		return nil, err
	}
	m := &envelope.Message{Salt: envelope.NewSalt(), Payload: payload}
	m.Header = envelope.Header{
		Version: 1, Channel: envelope.Channel(ring.ID(), to.ID()), From: ring.ID(), To: to.ID(), Epoch: end.Epoch, Seq: end.Seq + 1, Prev: end.Prev,
		Kind: envelope.Kind(t.kind), Commitment: envelope.Commit(m.Salt, payload), Sent: now, Precedence: handling.Flash,
		Handling: handling.Handling{TLP: handling.Amber}, Expires: now.Add(time.Hour),
	}
	if err := t.twist(&m.Header, ring); err != nil {
		return nil, err
	}
	if m.HeaderBytes, err = m.Header.Encode(); err != nil {
		return nil, err
	}
	if t.signedBy != "" {
		if ring, err = ringOf(t.signedBy); err != nil {
			return nil, err
		}
	}
	m.Signature = ring.SignMessage(m.HeaderBytes)
	return m, nil
}

// twist makes the header say what the flags say.
func (t *thief) twist(h *envelope.Header, ring *keys.Ring) error {
	if t.seq > 0 {
		h.Seq = uint64(t.seq)
	}
	if t.epoch > 0 {
		h.Epoch = uint64(t.epoch)
	}
	if t.prev != "" {
		h.Prev = t.prev
	}
	if t.expired {
		h.Sent, h.Expires = h.Sent.Add(-2*time.Hour), h.Expires.Add(-2*time.Hour)
	}
	if t.channel != "" {
		other, err := cardIn(t.channel)
		if err != nil {
			return err
		}
		h.Channel = envelope.Channel(ring.ID(), other.ID())
	}
	if t.addressed != "" {
		other, err := cardIn(t.addressed)
		if err != nil {
			return err
		}
		h.To, h.Channel = other.ID(), envelope.Channel(ring.ID(), other.ID())
	}
	return nil
}

// deliver posts envelopes to a card's address.
func (t *thief) deliver(ring *keys.Ring, to envelope.Card, sealed ...[]byte) (status int, retry string, answer envelope.Answer, err error) {
	delivery := envelope.Delivery{From: ring.ID(), To: to.ID(), Envelopes: sealed}
	for _, said := range t.missing {
		var m envelope.Missing
		parts := strings.SplitN(said, ":", 3)
		if _, err := fmt.Sscan(parts[0], &m.Seq); err != nil {
			return 0, "", answer, err
		}
		m.Hash, m.Why = parts[1], parts[2]
		delivery.Missing = append(delivery.Missing, m)
	}
	body, err := json.Marshal(delivery)
	if err != nil {
		return 0, "", answer, err
	}
	if t.size > 0 {
		body = bytes.Repeat([]byte(" "), t.size)
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, to.Address+"/peer/v1/messages", bytes.NewReader(body))
	if err != nil {
		return 0, "", answer, err
	}
	request.Header.Set("Content-Type", envelope.DeliveryType)
	request.Header.Set(envelope.SenderHeader, envelope.SenderValue(ring.ID(), ring.SignDelivery(envelope.DeliverySigningInput(to.ID(), body))))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", answer, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		err = json.UnmarshalRead(response.Body, &answer)
	}
	return response.StatusCode, response.Header.Get("Retry-After"), answer, err
}

func (t *thief) post() error {
	ring, err := ringOf(t.as)
	if err != nil {
		return err
	}
	to, err := cardIn(t.args[0])
	if err != nil {
		return err
	}
	var sealed [][]byte
	for _, path := range t.args[1:] {
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		sealed = append(sealed, raw)
	}
	status, retry, answer, err := t.deliver(ring, to, sealed...)
	if err != nil && t.size > 0 {
		fmt.Println("cut off") // the door need not wait for what is too large
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println("answered", status)
	if retry != "" {
		fmt.Println("again in", retry, "seconds")
	}
	for i, result := range answer.Results {
		if result.Refused {
			fmt.Printf("%s: refused\n", t.args[i+1])
			continue
		}
		r, err := receipt.Parse([]byte(result.Receipt))
		if err != nil {
			return err
		}
		fmt.Printf("%s: %s\n", t.args[i+1], r.Statement.Disposition)
		if err := os.WriteFile(t.args[i+1]+".receipt", []byte(result.Receipt), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (t *thief) flood() error {
	ring, err := ringOf(t.as)
	if err != nil {
		return err
	}
	to, err := cardIn(t.args[0])
	if err != nil {
		return err
	}
	end, path, err := t.end(ring, to)
	if err != nil {
		return err
	}
	var n, taken int
	if _, err := fmt.Sscan(t.args[1], &n); err != nil {
		return err
	}
	t.kind = "pledge"
	for taken < n {
		message, err := t.message(ring, to, end)
		if err != nil {
			return err
		}
		sealed, err := sealFor(message, to)
		if err != nil {
			return err
		}
		status, retry, answer, err := t.deliver(ring, to, sealed)
		if err != nil {
			return err
		}
		if status != http.StatusOK || answer.Results[0].Refused {
			fmt.Println("answered", status)
			if retry != "" {
				fmt.Println("again in", retry, "seconds")
			}
			break
		}
		taken++
		end.Seq, end.Prev = message.Header.Seq, message.Hash()
	}
	fmt.Println("taken", taken)
	raw, err := json.Marshal(end)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// hold keeps connections open on which say was said, for some seconds, with a
// byte a second if there is one to say, and counts those that the node closed.
func (t *thief) hold(to envelope.Card, count, seconds, say, drop string) error {
	var n, wait int
	if _, err := fmt.Sscan(count, &n); err != nil {
		return err
	}
	if _, err := fmt.Sscan(seconds, &wait); err != nil {
		return err
	}
	var open []net.Conn
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(to.Address, "http://"))
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, say); err != nil {
			return err
		}
		open = append(open, conn)
	}
	fmt.Println("holding", n)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	closed := make(map[net.Conn]bool)
	for range wait {
		<-tick.C
		for _, conn := range open {
			if closed[conn] {
				continue
			}
			_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, readErr := conn.Read(make([]byte, 512))
			_, writeErr := io.WriteString(conn, drop)
			closed[conn] = readErr == nil || readErr == io.EOF || drop != "" && writeErr != nil
		}
	}
	count = "some"
	if len(slices.DeleteFunc(open, func(c net.Conn) bool { return closed[c] })) == 0 {
		count = "all"
	}
	fmt.Println("closed by the node:", count)
	return nil
}

func (t *thief) drip() error {
	ring, err := ringOf(t.as)
	if err != nil {
		return err
	}
	to, err := cardIn(t.args[0])
	if err != nil {
		return err
	}
	say := fmt.Sprintf("POST /peer/v1/messages HTTP/1.1\r\nHost: x\r\n%s: %s\r\nContent-Length: 8000000\r\n\r\n",
		envelope.SenderHeader, envelope.SenderValue(ring.ID(), make([]byte, 64)))
	return t.hold(to, t.args[1], t.args[2], say, " ")
}

func (t *thief) knock() error {
	to, err := cardIn(t.args[0])
	if err != nil {
		return err
	}
	return t.hold(to, t.args[1], t.args[2], "", "")
}

// door answers deliveries at the address of a node that is stopped.
func (t *thief) door() error {
	ring, err := ringOf(t.as)
	if err != nil {
		return err
	}
	own, err := cardIn(t.to)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", strings.TrimPrefix(own.Address, "http://"))
	if err != nil {
		return err
	}
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/peer/v1/messages" {
			return
		}
		delivery, err := envelope.ParseDelivery(raw)
		if err != nil {
			return
		}
		var answer envelope.Answer
		for _, sealed := range delivery.Envelopes {
			text, err := t.answer(ring, sealed)
			if err != nil {
				text = err.Error()
			}
			answer.Results = append(answer.Results, envelope.Result{Receipt: text})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.MarshalWrite(w, answer)
	}))
}

// answer is a receipt that is not one.
func (t *thief) answer(ring *keys.Ring, sealed []byte) (string, error) {
	if t.answers == "garbage" {
		return "received with thanks", nil
	}
	sealer, err := ringOf(t.signedBy) // whose keys open it
	if err != nil {
		return "", err
	}
	message, err := sealer.Open(sealed)
	if err != nil {
		return "", err
	}
	h := message.Header
	s := receipt.Statement{Version: 1, Kind: "delivered", Channel: h.Channel, By: h.To, To: h.From, Header: message.Hash(), Epoch: h.Epoch, Seq: h.Seq,
		Received: time.Now().UTC().Truncate(time.Millisecond), Disposition: receipt.Kept, Size: 1}
	if t.answers == "other" {
		s.Header = strings.Repeat("1", 64) // a good receipt, of something else
	}
	tree, hashes, err := t.log(s.Header)
	if err != nil {
		return "", err
	}
	head := tree.Head()
	s.Size, s.Index = head.N, head.N-1
	path, err := ledger.Prove(head.N, s.Index, hashes)
	if err != nil {
		return "", err
	}
	s.Root = hex.EncodeToString(head.Hash[:])
	signature, err := ring.SignReceipt(s)
	if err != nil {
		return "", err
	}
	note, err := ring.SignCheckpoint(head)
	if err != nil {
		return "", err
	}
	r, err := receipt.New(s, signature, path, note)
	if err != nil {
		return "", err
	}
	raw, err := r.Encode()
	return string(raw), err
}

// log is a log of eve's making that ends in a message: of that leaf alone, or as
// long as another.
func (t *thief) log(hash string) (tree ledger.Tree, hashes *ledger.Recent, err error) {
	var shown struct {
		Partners []struct {
			Size int64 `json:"size"`
		} `json:"partners"`
	}
	hashes = ledger.NewRecent(tree, nil)
	if t.heads != "" {
		raw, err := os.ReadFile(t.heads)
		if err != nil {
			return tree, nil, err
		}
		if err := json.Unmarshal(raw, &shown); err != nil || len(shown.Partners) == 0 {
			return tree, nil, fmt.Errorf("no partner in %s: %w", t.heads, err)
		}
		for tree.Head().N < shown.Partners[0].Size-1 {
			next, _, kept := tree.Append("act", strings.Repeat("2", 64))
			tree = next
			hashes.Add(kept)
		}
	}
	next, _, kept := tree.Append(receipt.KindReceived, hash)
	hashes.Add(kept)
	return next, hashes, nil
}

func (t *thief) quota() error {
	path := filepath.Join(t.args[0], "node.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config map[string]jsontext.Value
	if err := json.Unmarshal(raw, &config); err != nil {
		return err
	}
	config["quota"] = jsontext.Value(fmt.Sprintf(`{"messages_at_once":%s,"messages_per_day":%s}`, t.args[1], t.args[1]))
	raw, err = json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}
