// SPDX-License-Identifier: Apache-2.0

package desk

// This file holds the accounts of tools at the STIX door: made, changed, listed,
// taken away.

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/envelope"
	"github.com/tocsin-exchange/tocsin/handling"
	"github.com/tocsin-exchange/tocsin/internal/caller"
	"github.com/tocsin-exchange/tocsin/internal/partner"
	"github.com/tocsin-exchange/tocsin/internal/problem"
	"github.com/tocsin-exchange/tocsin/internal/store"
	"github.com/tocsin-exchange/tocsin/warning"
)

// AddAccount makes an account for a tool that reads and fills collections by
// TAXII, and returns its password and its token, which are not kept. It is
// never a person, and does nothing but what its collections allow. The label is
// the widest it may read; without one it is TLP:AMBER+STRICT, as what has no
// marking counts. With a partner it is that partner's tool, and opens nothing
// while the channel is not active. A certificate is PEM; the account is known by its public key.
func (d *Desk) AddAccount(ctx context.Context, who caller.Caller, asked api.NewAccount) (made api.AccountSecrets, err error) {
	if !envelope.ValidName(asked.Name) {
		return made, problem.New(problem.Invalid, "use 2 to 40 lower-case letters, digits and hyphens", "%q cannot be an account's name", asked.Name)
	}
	asked.TLP = cmp.Or(asked.TLP, handling.AmberStrict)
	made = api.AccountSecrets{Name: asked.Name, Password: newSecret(), Token: newSecret()}
	account := store.Account{Name: asked.Name, Password: digest(made.Password), Token: digest(made.Token)}
	err = d.store.Change(ctx, who, store.What{Act: caller.AddAccount, Subject: asked.Name}, func(tx *store.Tx) error {
		if _, exists, err := store.Accounts.Find(tx, asked.Name); err != nil || exists {
			return orConflict(err, "there is an account of this name already", "see it: tocsin taxii account list; change it: tocsin taxii account change "+asked.Name+", remove it, or use another name")
		}
		if asked.Partner != "" {
			channel, err := store.Channels.Get(tx, asked.Partner)
			if err != nil {
				return err
			}
			if channel.State == partner.Expelled || channel.Before == partner.Expelled {
				return problem.New(problem.Conflict, "restore the partner first, with a fresh check of the digits", "%s is expelled", asked.Partner)
			}
		}
		account.Partner, account.Made = asked.Partner, tx.Now
		return d.keep(tx, &account, asked)
	})
	if err != nil {
		return api.AccountSecrets{}, err
	}
	return made, nil
}

// ChangeAccount gives an account other collections, in place of all it had, or
// another label, or another certificate: whatever of the three is asked for. Its
// secrets stay. It holds from the next request on.
func (d *Desk) ChangeAccount(ctx context.Context, who caller.Caller, asked api.NewAccount) (changed api.Account, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.SetAccount, Subject: asked.Name}, func(tx *store.Tx) error {
		account, err := account(tx, asked.Name)
		if err != nil {
			return err
		}
		if !account.Ended.IsZero() {
			return problem.New(problem.Conflict, "remove it, and make another when the partner is restored", "this account ended when %s was expelled", account.Partner)
		}
		if asked.Partner != "" && asked.Partner != account.Partner {
			return problem.New(problem.Conflict, "make another account", "whose tool an account is does not change")
		}
		if err := d.keep(tx, &account, asked); err != nil {
			return err
		}
		aliases, err := d.aliases(tx)
		if err == nil {
			changed, err = listed(tx, account, aliases)
		}
		return err
	})
	return changed, err
}

// keep keeps an account with what is asked for; what is not asked for stays.
func (d *Desk) keep(tx *store.Tx, account *store.Account, asked api.NewAccount) (err error) {
	before := *account
	if asked.TLP != "" {
		label, err := handling.ParseTLP(string(asked.TLP))
		if err != nil {
			return problem.New(problem.Invalid, "use a TLP 2.0 label, such as TLP:GREEN", "%q is no label", asked.TLP).Because(err)
		}
		account.TLP = string(label)
	}
	switch asked.Actions {
	case "":
	case api.Passive, api.Active:
		account.Passive = asked.Actions == api.Passive
	default:
		return problem.New(problem.Invalid, "use passive or active", "%q is not what a tool does", asked.Actions)
	}
	if asked.Certificate != "" {
		if account.Key, err = publicKey(asked.Certificate); err != nil {
			return err
		}
		if err := unusedKey(tx, *account); err != nil {
			return err
		}
	}
	if account.Collections == nil || len(asked.Read)+len(asked.Write)+len(asked.See) > 0 {
		if account.Collections, err = d.rights(tx, asked, account.Partner); err != nil {
			return err
		}
	}
	if asked.Reason != "" {
		if account.Reason, err = tx.StandingReason(account.Name, asked.Reason); err != nil {
			return err
		}
	}
	if err := readsMore(tx, &before, account); err != nil {
		return err
	}
	return store.Accounts.Put(tx, account.Name, *account)
}

// readsMore rings where an account reads more of what partners sent than before: its
// secrets are shown to an administrator, who reads no content.
func readsMore(tx *store.Tx, before, account *store.Account) error {
	reads := func(a *store.Account) bool { return a.Collections[store.Received].Read }
	wider := handling.TLP(account.TLP).Rank() > handling.TLP(before.TLP).Rank()
	if !reads(account) || reads(before) && !wider {
		return nil
	}
	return tx.Raise(warning.Alarm{Kind: warning.AlarmTool, Subject: account.Name, Level: handling.Priority,
		Text: tx.Who().Name + " let the account " + account.Name + " read what partners sent, up to " + account.TLP + ": ask for which tool, and who has its token"})
}

// account is the one of that name.
func account(tx *store.Tx, name string) (store.Account, error) {
	found, exists, err := store.Accounts.Find(tx, name)
	if err == nil && !exists {
		err = problem.New(problem.Missing, "see tocsin taxii account list", "there is no account of this name")
	}
	return found, err
}

// rights are what was asked for, by the collections' ids.
func (d *Desk) rights(tx *store.Tx, asked api.NewAccount, partner string) (map[string]caller.Right, error) {
	kept, err := store.Collections.List(tx, 0)
	if err != nil {
		return nil, err
	}
	rights := make(map[string]caller.Right)
	for _, list := range []struct {
		names []string
		right caller.Right
	}{{asked.Read, caller.Right{Read: true}}, {asked.Write, caller.Right{Write: true}}, {asked.See, caller.Right{}}} {
		for _, name := range list.names {
			id, err := d.collection(kept, name)
			if err != nil {
				return nil, err
			}
			if id == store.Received && list.right.Write {
				return nil, problem.New(problem.Invalid, "let it read that collection, or write to another", "nobody adds to what partners sent")
			}
			if id == store.Received && partner != "" {
				return nil, problem.New(problem.Denied, "warn "+partner+" of it, by two people", "what partners gave us is not handed on to another's tool")
			}
			right := rights[id]
			right.Read, right.Write = right.Read || list.right.Read, right.Write || list.right.Write
			rights[id] = right
		}
	}
	if len(rights) == 0 {
		return nil, problem.New(problem.Invalid, "name one that it may read or write; see tocsin taxii collection list", "an account needs a collection")
	}
	return rights, nil
}

// collection is where the store keeps the objects of the collection of that id
// or alias.
func (d *Desk) collection(kept []store.Collection, name string) (id string, err error) {
	if name == store.Received || strings.ToLower(name) == d.receivedID {
		return store.Received, nil
	}
	for _, c := range kept {
		if name != "" && (c.Alias == name || c.ID == strings.ToLower(name)) {
			return c.ID, nil
		}
	}
	return "", problem.New(problem.Missing, "see tocsin taxii collection list", "there is no collection %q", name)
}

// publicKey is the SHA-256 of the public key of a certificate, in hex.
func publicKey(certificate string) (string, error) {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil || block.Type != "CERTIFICATE" {
		return "", problem.New(problem.Invalid, "give the tool's own certificate as PEM; its private key stays with the tool", "this is no certificate")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return "", problem.New(problem.Invalid, "give the tool's own certificate as PEM", "the certificate cannot be read").Because(err)
	}
	return keyOf(parsed), nil
}

// RFC 7469 §2.4
func keyOf(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.RawSubjectPublicKeyInfo)
	return hex.EncodeToString(sum[:])
}

// unusedKey refuses the key of an account that another is known by.
func unusedKey(tx *store.Tx, account store.Account) error {
	all, err := store.Accounts.List(tx, 0)
	for _, other := range all {
		if other.Key == account.Key && other.Name != account.Name {
			return problem.New(problem.Conflict, "make a key for each account", "the account %s is known by this certificate's key", other.Name)
		}
	}
	return err
}

// Accounts lists the accounts by name, never their secrets.
func (d *Desk) Accounts(ctx context.Context, who caller.Caller) (accounts []api.Account, err error) {
	err = d.store.Glance(ctx, who, store.What{Act: caller.ListAccounts}, func(tx *store.Tx) error {
		kept, err := store.Accounts.List(tx, 0)
		if err != nil {
			return err
		}
		aliases, err := d.aliases(tx)
		for _, account := range kept {
			if err != nil {
				return err
			}
			var line api.Account
			line, err = listed(tx, account, aliases)
			accounts = append(accounts, line)
		}
		return err
	})
	slices.SortFunc(accounts, func(a, b api.Account) int { return strings.Compare(a.Name, b.Name) })
	return accounts, err
}

// RemoveAccount takes an account away: from the next request on, none of its
// secrets opens anything. What it brought stays.
func (d *Desk) RemoveAccount(ctx context.Context, who caller.Caller, name string) (removed api.Account, err error) {
	err = d.store.Change(ctx, who, store.What{Act: caller.DropAccount, Subject: name}, func(tx *store.Tx) error {
		account, err := account(tx, name)
		if err != nil {
			return err
		}
		aliases, err := d.aliases(tx)
		if err != nil {
			return err
		}
		if removed, err = listed(tx, account, aliases); err != nil {
			return err
		}
		return store.Accounts.Delete(tx, name)
	})
	return removed, err
}

// aliases are the collections' short names, by what accounts know them by.
func (d *Desk) aliases(tx *store.Tx) (map[string]string, error) {
	kept, err := store.Collections.List(tx, 0)
	aliases := map[string]string{store.Received: store.Received}
	for _, c := range kept {
		aliases[c.ID] = cmp.Or(c.Alias, c.ID)
	}
	return aliases, err
}

func listed(tx *store.Tx, account store.Account, aliases map[string]string) (api.Account, error) {
	reason, _, err := store.Reasons.Find(tx, account.Reason)
	line := api.Account{
		Name: account.Name, TLP: handling.TLP(account.TLP), Key: account.Key, Partner: account.Partner, Ended: account.Ended, Made: account.Made, Actions: api.Active,
		Reason: reason.Text,
	}
	if account.Passive {
		line.Actions = api.Passive
	}
	for _, id := range slices.Sorted(maps.Keys(account.Collections)) {
		right, name := account.Collections[id], aliases[id]
		if right.Read {
			line.Read = append(line.Read, name)
		}
		if right.Write {
			line.Write = append(line.Write, name)
		}
		if !right.Read && !right.Write {
			line.See = append(line.See, name)
		}
	}
	return line, err
}
