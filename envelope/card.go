// SPDX-License-Identifier: Apache-2.0

package envelope

// This file holds a node's public card and the digits two people compare by voice.

import (
	"crypto/ed25519"
	"crypto/sha512"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-exchange/tocsin/witness"
)

// Card is all a node shows of itself: its name and its public keys.
type Card struct {
	Version int    `json:"v"`
	Name    string `json:"name"`    // see ValidName
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Address string `json:"address"` // base URL; the one member the digits do not cover
	Sign    []byte `json:"sign"`    // Ed25519: messages and receipts
	Log     string `json:"log"`     // verifier key of its log. C2SP signed-note
	Seal    string `json:"seal"`    // age recipient, hybrid ML-KEM-768 with X25519
	// Node is the id of a node whose first signing key was another one; empty
	// while it is the key id of Sign. ID gives it in either case.
	Node string `json:"id,omitempty"`
	// Witness are the verifier keys it cosigns other logs with: Ed25519, then
	// ML-DSA-44. A node that does not cosign names none. C2SP tlog-cosignature
	Witness []string `json:"witness,omitempty"`
}

// ErrCard is the answer to a card that cannot be used.
var ErrCard = errors.New("envelope: not a usable card")

// ValidName reports whether s can name a node: 2 to 40 lower-case letters,
// digits and hyphens, beginning with a letter.
func ValidName(s string) bool {
	if len(s) < 2 || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// validID reports whether s is a hash as it is written: 64 lower-case hex digits.
func validID(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

func validCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// ParseCard reads a card strictly and checks that every key in it can be used.
func ParseCard(raw []byte) (Card, error) {
	var c Card
	if err := json.Unmarshal(raw, &c, json.RejectUnknownMembers(true)); err != nil {
		return Card{}, fmt.Errorf("%w: %w", ErrCard, err)
	}
	return c, c.Check()
}

// Check refuses a card with a key or an address that cannot be used.
func (c Card) Check() error {
	if c.Version != Version || !ValidName(c.Name) || !validCountry(c.Country) || len(c.Sign) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: version, name, country or signing key", ErrCard)
	}
	if c.Node != "" && (!validID(c.Node) || c.Node == c.KeyID()) {
		return fmt.Errorf("%w: id", ErrCard)
	}
	if !ValidAddress(c.Address) {
		return fmt.Errorf("%w: address", ErrCard)
	}
	if _, err := note.NewVerifier(c.Log); err != nil || strings.ContainsAny(c.Log, " \t\r\n") {
		return fmt.Errorf("%w: log key: %w", ErrCard, err)
	}
	if _, err := c.Recipient(); err != nil {
		return fmt.Errorf("%w: sealing key: %w", ErrCard, err)
	}
	if _, err := c.Cosigners(); err != nil {
		return err
	}
	return nil
}

// Cosigners are the keys that the node cosigns with; none if it does not.
func (c Card) Cosigners() ([]*witness.Verifier, error) {
	cosigners, err := witness.ParsePair(c.Witness)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCard, err)
	}
	return cosigners, nil
}

// ValidAddress reports whether s can be the base URL of a node: https, or http
// on loopback, with a host and nothing behind its path.
func ValidAddress(s string) bool {
	base, err := url.Parse(s)
	if err != nil || len(s) > 512 || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.ForceQuery || base.Fragment != "" || strings.HasSuffix(s, "#") {
		return false
	}
	host, err := netip.ParseAddr(base.Hostname())
	loopback := base.Hostname() == "localhost" || err == nil && host.IsLoopback()
	return base.Scheme == "https" || base.Scheme == "http" && loopback
}

// Encode writes the card as canonical JSON.
func (c Card) Encode() ([]byte, error) { return encode("the card", c) }

// ID names the node for good: the key id of its first signing key, whatever
// its keys are now. Messages, receipts and channels name nodes by it.
func (c Card) ID() string {
	if c.Node != "" {
		return c.Node
	}
	return c.KeyID()
}

// KeyID names the card's signing key.
func (c Card) KeyID() string { return KeyID(c.Sign) }

// Public is the card's signing key.
func (c Card) Public() ed25519.PublicKey { return ed25519.PublicKey(c.Sign) }

// Hash names the card's keys, wherever the node stands: the SHA-256 of a domain
// word and the card with its address left empty, in hex.
func (c Card) Hash() (string, error) {
	c.Address = ""
	raw, err := c.Encode()
	if err != nil {
		return "", err
	}
	return hash("tocsin-card/v1\n", raw), nil
}

// Origin is the name of the node's log; empty if the card has none that can be
// used. C2SP tlog-checkpoint
func (c Card) Origin() string {
	verifier, err := note.NewVerifier(c.Log)
	if err != nil {
		return ""
	}
	return verifier.Name()
}

// Recipient is the card's sealing key.
func (c Card) Recipient() (age.Recipient, error) {
	recipient, err := age.ParseHybridRecipient(c.Seal)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCard, err)
	}
	return recipient, nil
}

// SameKeys reports whether the two cards hold the same name, node and keys;
// the address may differ.
func (c Card) SameKeys(other Card) bool {
	return c.Name == other.Name && c.Country == other.Country && c.ID() == other.ID() && c.KeyID() == other.KeyID() && c.Log == other.Log && c.Seal == other.Seal &&
		slices.Equal(c.Witness, other.Witness)
}

// Digits are 30 digits over the card's name, country and keys. An attacker who
// wants another card with the same digits must hash 5,200 times a try.
func (c Card) Digits() string {
	parts := append([]string{"tocsin-digits/v1", c.Name, c.Country, string(c.Sign), c.Log, c.Seal}, c.Witness...)
	if c.Node != "" {
		parts = append(parts, "id "+c.Node)
	}
	id := sha512.Sum512([]byte(strings.Join(parts, "\n")))
	sum := id
	for range 5200 {
		sum = sha512.Sum512(append(sum[:], id[:]...))
	}
	var digits strings.Builder
	for i := range 6 {
		var n uint64
		for _, b := range sum[i*5 : i*5+5] {
			n = n<<8 | uint64(b)
		}
		fmt.Fprintf(&digits, "%05d", n%100000)
	}
	return digits.String()
}

// SafetyNumber is the 60 digits of two cards, the same from both sides, in
// groups of five. Two people read them to each other.
func SafetyNumber(one, other Card) string {
	a, b := one.Digits(), other.Digits()
	if b < a {
		a, b = b, a
	}
	return Groups(a + b)
}

// Groups writes digits in groups of five.
func Groups(digits string) string {
	var groups []string
	for ; len(digits) > 5; digits = digits[5:] {
		groups = append(groups, digits[:5])
	}
	return strings.Join(append(groups, digits), " ")
}
