// SPDX-License-Identifier: Apache-2.0

package keys_test

// This file holds the package to its word: nothing that it exports returns a
// private key, except what writes the ring's file.

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/internal/keys"
	"github.com/tocsin-exchange/tocsin/receipt"
)

// private are the private keys of a ring's file, in every way one would write them.
func private(t *testing.T, file []byte) (secrets []string) {
	t.Helper()
	var f struct {
		Sign      []byte `json:"sign_seed"`
		Log       string `json:"log_key"`
		Seal      string `json:"seal_identity"`
		Witness   []byte `json:"witness_seed"`
		WitnessPQ []byte `json:"witness_pq_seed"`
	}
	check(t, json.Unmarshal(file, &f))
	logKey, err := base64.StdEncoding.DecodeString(strings.SplitN(f.Log, "+", 5)[4])
	check(t, err)
	for _, seed := range [][]byte{f.Sign, f.Witness, f.WitnessPQ, logKey[1:]} {
		if len(seed) != 32 {
			t.Fatalf("a seed of %d bytes", len(seed))
		}
		secrets = append(secrets, string(seed), hex.EncodeToString(seed), base64.StdEncoding.EncodeToString(seed), fmt.Sprint(seed))
	}
	return append(secrets, f.Log, f.Seal)
}

// seen writes what a caller can see of a value.
func seen(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case nil:
		return ""
	case *keys.Ring:
		return fmt.Sprintf("%d", v.Number()) // its fields are nobody's to read
	case []byte:
		return string(v)
	case io.Reader:
		raw, _ := io.ReadAll(v)
		return string(raw)
	case error:
		return v.Error()
	default:
		raw, _ := json.Marshal(v) // fails for what shows nothing
		return string(raw) + fmt.Sprintf("%v", v)
	}
}

// printer is where a ring prints itself.
type printer struct{ io.Writer }

func (printer) Width() (int, bool)     { return 0, false }
func (printer) Precision() (int, bool) { return 0, false }
func (printer) Flag(int) bool          { return true }

func TestPrivateKeysStay(t *testing.T) {
	bravo := ring(t, "bravo")
	recipient, err := bravo.Card("https://bravo.example.org").Recipient()
	check(t, err)
	const writesTheFile = "Encode"
	methods := reflect.TypeFor[*keys.Ring]()
	if methods.NumMethod() < 20 {
		t.Fatalf("%d methods: this is not the ring", methods.NumMethod())
	}
	for i := range methods.NumMethod() {
		method := methods.Method(i)
		alpha := ring(t, "alpha")
		next, err := alpha.Next(time.Now(), keys.Parts()...)
		check(t, err)
		check(t, alpha.Prepare(next))
		secrets := append(private(t, encoded(t, alpha)), private(t, encoded(t, next))...)
		locked, err := alpha.Lock([]byte("a secret of somebody else's"))
		check(t, err)
		given := map[reflect.Type]any{
			reflect.TypeFor[string]():                   "https://alpha.example.org",
			reflect.TypeFor[uint64]():                   uint64(1),
			reflect.TypeFor[time.Time]():                time.Now().UTC().Truncate(time.Millisecond),
			reflect.TypeFor[tlog.Tree]():                tlog.Tree{N: 1, Hash: tlog.RecordHash([]byte("leaf"))},
			reflect.TypeFor[receipt.Statement]():        receipt.Statement{Version: 1, Kind: "delivered"},
			reflect.TypeFor[envelope.ChangeStatement](): envelope.ChangeStatement{At: time.Now().UTC().Truncate(time.Millisecond), Why: envelope.Rotation},
			reflect.TypeFor[age.Recipient]():            recipient,
			reflect.TypeFor[*keys.Ring]():               next,
			reflect.TypeFor[keys.Part]():                keys.Sign,
			reflect.TypeFor[fmt.State]():                printer{io.Discard},
			reflect.TypeFor[rune]():                     'v',
			reflect.TypeFor[int]():                      2,
		}
		// Each is called with something it can use, and with something it refuses.
		for _, raw := range [][]byte{locked, []byte("something that nobody sealed")} {
			given[reflect.TypeFor[[]byte]()], given[reflect.TypeFor[io.Reader]()] = raw, bytes.NewReader(raw)
			arguments := []reflect.Value{reflect.ValueOf(alpha)}
			for j := 1; j < method.Type.NumIn(); j++ {
				kind := method.Type.In(j)
				if method.Type.IsVariadic() && j == method.Type.NumIn()-1 {
					kind = kind.Elem()
				}
				argument, known := given[kind]
				if !known {
					t.Fatalf("%s takes a %s: say here what to call it with", method.Name, kind)
				}
				arguments = append(arguments, reflect.ValueOf(argument))
			}
			shows := false
			for _, result := range method.Func.Call(arguments) {
				text := seen(result)
				for _, secret := range secrets {
					shows = shows || strings.Contains(text, secret)
				}
			}
			if shows != (method.Name == writesTheFile) {
				t.Errorf("%s returns a private key: %t", method.Name, shows)
			}
		}
	}
	// Nor does a ring that is printed by mistake.
	alpha := ring(t, "alpha")
	for _, format := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
		printed := fmt.Sprintf(format, alpha)
		for _, secret := range private(t, encoded(t, alpha)) {
			if strings.Contains(printed, secret) {
				t.Errorf("printed, the ring shows a private key: %.60q", printed)
			}
		}
	}
}
