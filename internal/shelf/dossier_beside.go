// SPDX-License-Identifier: Apache-2.0

package shelf

// This file puts into a dossier what is in no chain: a second message at a place,
// and one of ours that gave its place to another.

import (
	"github.com/tocsin-exchange/tocsin/dossier"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// apart parts a case's messages from those that were set aside.
func apart(thread []store.Message) (chained, aside []store.Message) {
	for _, m := range thread {
		if m.Direction == store.Aside {
			aside = append(aside, m)
		} else {
			chained = append(chained, m)
		}
	}
	return chained, aside
}

// The states of what stands beside the chains: a second message at a place, and
// the one of another case that has it.
const (
	second    = "second"
	elsewhere = "elsewhere"
)

// besides puts in what stands beside the messages of the case, or says it, with
// whatever has its place: two signed headers prove that one key signed both. Of
// what another case says, the header alone.
func (b *binding) besides(id string, thread, aside []store.Message, head store.Head) (err error) {
	if b.d.Beside, err = b.messages(aside, head); err != nil {
		return err
	}
	shown := make(map[string]bool)
	for _, m := range thread {
		shown[m.Hash] = true
	}
	for _, m := range aside {
		shown[m.Hash] = true
	}
	twins, err := store.Twins.List(b.tx, 0, b.channel.Name)
	if err != nil {
		return err
	}
	for _, twin := range twins {
		if twin.Channel != b.channel.ID {
			continue
		}
		m, known, err := b.tx.FindMessage(twin.Hash)
		if err != nil {
			return err
		}
		if known && m.Direction != store.Aside { // it has the place, and what it took it from was set aside
			if shown[twin.Hash] {
				err = b.gaveWay(twin.Place, shown)
			}
			if err != nil {
				return err
			}
			continue
		}
		if shown[twin.Hash] {
			continue
		}
		opened, err := envelope.Unpack(twin.Message)
		if err != nil {
			return err
		}
		says := saidIn(opened, id)
		if !says && !shown[twin.Place] {
			continue // of another case, at a place of another
		}
		shows := dossier.Message{Header: opened.HeaderBytes, Signature: opened.Signature, State: second, At: twin.Found, Receipt: string(twin.Receipt)}
		if says && b.text {
			shows.Salt, shows.Payload = opened.Salt, opened.Payload
		}
		shown[twin.Hash] = true
		b.d.Beside = append(b.d.Beside, shows)
	}
	return b.holders(shown)
}

// gaveWay puts in, by its header, a message of another case that gave its place to
// one of this.
func (b *binding) gaveWay(hash string, shown map[string]bool) error {
	m, known, err := b.tx.FindMessage(hash)
	if err != nil || !known || shown[hash] {
		return err
	}
	shown[hash] = true
	b.d.Beside = append(b.d.Beside, dossier.Message{Header: m.Header, Signature: m.Signature, State: elsewhere, At: m.At})
	return nil
}

// holders puts in, by its header, what has the place of each message beside the
// chains, if it is not there.
func (b *binding) holders(shown map[string]bool) error {
	for _, beside := range b.d.Beside {
		opened, err := beside.Opened()
		if err != nil {
			return err
		}
		direction := store.In
		if opened.Header.From == b.own.ID() {
			direction = store.Out
		}
		m, known, err := b.tx.AtSeq(b.channel.ID, direction, opened.Header.Seq)
		if err != nil {
			return err
		}
		if !known || shown[m.Hash] {
			continue
		}
		shown[m.Hash] = true
		b.d.Beside = append(b.d.Beside, dossier.Message{Header: m.Header, Signature: m.Signature, State: elsewhere, At: m.At})
	}
	return nil
}

// saidIn reports whether a message says that it is of the case.
func saidIn(m *envelope.Message, id string) bool {
	if m.Payload == nil {
		return false
	}
	payload, err := warning.Decode(m.Header.Kind, m.Payload)
	if err != nil {
		return false
	}
	of, is := dossier.CaseOf(payload)
	return is && of == id
}
