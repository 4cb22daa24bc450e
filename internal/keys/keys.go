// SPDX-License-Identifier: Apache-2.0

// Package keys holds the node's private keys, and is the only package that does.
//
// One signs messages and receipts, one signs the log's checkpoints, two cosign
// those of others, one opens what was sealed for us. They never leave: others
// ask for a signature or an opened envelope, by these verbs:
//
//   - SignMessage and SignReceipt: who can call them can speak as this node.
//   - SignCheckpoint: who can call it can show a false log, but a partner that
//     saw an earlier checkpoint will notice.
//   - Cosign: who can call it can say that another's log was seen to grow.
//   - Open: who can call it can read what was sent to us.
//   - Unlock: who can call it can read the secrets that Lock locked for the store.
//   - SignChange: who can call it can put other keys in the place of ours.
package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// Ring is a node's private keys. Its methods may be called at once from many
// goroutines.
type Ring struct {
	mu   sync.RWMutex
	now  *set
	next *set // made for a change of keys that is not done yet
	// fresh is said of a ring that holds keys that its file did not.
	fresh bool
}

// set is the keys that are in force together, and what they replaced.
type set struct {
	name, country string
	node          string // the node's id, once it is not the key id of sign
	number        uint64 // of changes of keys up to these
	sign          ed25519.PrivateKey
	log           note.Signer
	logKey        string // as note writes a private key
	logPub        string
	seal          *age.HybridIdentity
	witness       cosigner
	old           []retired // newest first
}

// retired is an opening key that was replaced: something sealed for it may
// still be on its way.
type retired struct {
	seal *age.HybridIdentity
	at   time.Time
}

// Format prints whose keys they are, whatever it is asked for: a ring that stands
// in a log line by mistake shows nothing.
func (r *Ring) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "the keys of %s", r.set().name) }

// ErrRing is the answer to a key file that cannot be used.
var ErrRing = errors.New("keys: not a usable key file")

// file is how a ring is kept.
type file struct {
	Version int    `json:"v"`
	Name    string `json:"name"`
	Country string `json:"country"`
	Sign    []byte `json:"sign_seed"`
	Log     string `json:"log_key"`
	LogPub  string `json:"log_public"`
	Seal    string `json:"seal_identity"`
	// What cosigns: seeds of 32 bytes. A file of version 1 has none.
	Witness   []byte `json:"witness_seed,omitempty"`
	WitnessPQ []byte `json:"witness_pq_seed,omitempty"`
	// Of a node that changed its keys.
	Node   string    `json:"id,omitempty"`
	Number uint64    `json:"number,omitzero"`
	Old    []oldSeal `json:"old_seals,omitempty"`
}

type oldSeal struct {
	Seal string    `json:"identity"`
	At   time.Time `json:"at"`
}

// version is of the files that are written.
const version = 2

// maxOld bounds the opening keys that are kept.
const maxOld = 16

// Generate makes new keys for a node of that name and country.
func Generate(name, country string) (*Ring, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	// The log's name carries part of the key id so that two nodes of the same
	// name never have logs of the same origin.
	origin := "tocsin/" + name + "/" + envelope.KeyID(public)[:16]
	logKey, logPub, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	seal, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	f := file{Version: version, Name: name, Country: country, Sign: private.Seed(), Log: logKey, LogPub: logPub, Seal: seal.String()}
	f.addWitness()
	return load(f)
}

// Parse reads what Encode wrote. A file of version 1 has no keys to cosign with:
// it is given new ones, and Fresh says that the ring must be written.
func Parse(raw []byte) (*Ring, error) {
	var f file
	if err := json.Unmarshal(raw, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, ErrRing // the cause would quote key material
	}
	if f.Version != 1 {
		return load(f)
	}
	if f.Witness != nil || f.WitnessPQ != nil {
		return nil, ErrRing
	}
	f.addWitness()
	f.Version = version
	r, err := load(f)
	if err == nil {
		r.fresh = true
	}
	return r, err
}

// Fresh reports whether the ring holds keys that its file did not: it must be
// written before anything is signed with them.
func (r *Ring) Fresh() bool { return r.fresh }

func load(f file) (*Ring, error) {
	if f.Version != version || len(f.Sign) != ed25519.SeedSize || !envelope.ValidName(f.Name) || len(f.Old) > maxOld {
		return nil, ErrRing
	}
	signer, err := note.NewSigner(f.Log)
	if err != nil {
		return nil, ErrRing
	}
	verifier, err := note.NewVerifier(f.LogPub)
	if err != nil || verifier.KeyHash() != signer.KeyHash() || verifier.Name() != signer.Name() {
		return nil, ErrRing
	}
	seal, err := age.ParseHybridIdentity(f.Seal)
	if err != nil {
		return nil, ErrRing
	}
	cosigner, err := newCosigner(signer.Name()+"/witness", f.Witness, f.WitnessPQ)
	if err != nil {
		return nil, ErrRing
	}
	s := &set{
		name: f.Name, country: f.Country, node: f.Node, number: f.Number,
		sign: ed25519.NewKeyFromSeed(f.Sign), log: signer, logKey: f.Log, logPub: f.LogPub, seal: seal, witness: cosigner,
	}
	for _, old := range f.Old {
		identity, err := age.ParseHybridIdentity(old.Seal)
		if err != nil {
			return nil, ErrRing
		}
		s.old = append(s.old, retired{identity, old.At})
	}
	if raw, err := hex.DecodeString(s.node); err != nil || s.node != "" && (len(raw) != 32 || s.node == s.keyID()) {
		return nil, ErrRing
	}
	return &Ring{now: s}, nil
}

// Encode writes the ring for its file. Whoever holds these bytes is the node.
func (r *Ring) Encode() ([]byte, error) {
	s := r.set()
	f := file{
		Version: version, Name: s.name, Country: s.country, Sign: s.sign.Seed(), Log: s.logKey, LogPub: s.logPub, Seal: s.seal.String(),
		Witness: s.witness.classic.Seed(), WitnessPQ: s.witness.pq.Bytes(), Node: s.node, Number: s.number,
	}
	for _, old := range s.old {
		f.Old = append(f.Old, oldSeal{old.seal.String(), old.at})
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("keys: writing: %w", err)
	}
	return raw, nil
}

// set is the keys in force.
func (r *Ring) set() *set {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.now
}

func (s *set) public() ed25519.PublicKey { return s.sign.Public().(ed25519.PublicKey) }

func (s *set) keyID() string { return envelope.KeyID(s.public()) }

func (s *set) card(address string) envelope.Card {
	return envelope.Card{
		Version: envelope.Version, Name: s.name, Country: s.country, Address: strings.TrimSuffix(address, "/"),
		Sign: s.public(), Log: s.logPub, Seal: s.seal.Recipient().String(), Witness: s.witness.keys(), Node: s.node,
	}
}

// Card is the node's public card for that address.
func (r *Ring) Card(address string) envelope.Card { return r.set().card(address) }

// ID is the node's id: the key id of its first signing key.
func (r *Ring) ID() string { return r.set().id() }

func (s *set) id() string {
	if s.node != "" {
		return s.node
	}
	return s.keyID()
}

// SignMessage signs a header's bytes.
func (r *Ring) SignMessage(headerBytes []byte) []byte {
	return ed25519.Sign(r.set().sign, envelope.SigningInput(headerBytes))
}

// SignDelivery signs what is about to be posted to a partner's door.
func (r *Ring) SignDelivery(input []byte) []byte { return ed25519.Sign(r.set().sign, input) }

// SignReceipt signs a statement of receipt.
func (r *Ring) SignReceipt(s receipt.Statement) ([]byte, error) {
	input, err := s.SigningInput()
	if err != nil {
		return nil, err
	}
	return ed25519.Sign(r.set().sign, input), nil
}

// SignCheckpoint signs the head of the node's log. C2SP tlog-checkpoint
func (r *Ring) SignCheckpoint(tree tlog.Tree) (string, error) {
	s := r.set()
	signed, err := note.Sign(&note.Note{Text: receipt.CheckpointText(s.log.Name(), tree)}, s.log)
	if err != nil {
		return "", fmt.Errorf("keys: signing a checkpoint: %w", err)
	}
	return string(signed), nil
}

// Open opens an envelope that was sealed for this node and holds one message.
func (r *Ring) Open(sealed []byte) (*envelope.Message, error) {
	return envelope.Open(sealed, r.identities()...)
}

// OpenAll opens an envelope that was sealed for this node and holds n messages;
// see envelope.OpenAll.
func (r *Ring) OpenAll(sealed []byte, n int) ([]*envelope.Message, []error) {
	return envelope.OpenAll(sealed, n, r.identities()...)
}
