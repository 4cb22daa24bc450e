// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about an overseer's own key: it is made on the
// overseer's machine, let in by two people, and signs in by itself.

import (
	"context"
	"os"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
)

func (t *tool) overseerCommand() *cobra.Command {
	list := t.ask("list", "list the overseers' keys that are and were, and who let them in", func(ctx context.Context, c *api.Client, _ []string) error {
		all, err := c.Overseers(ctx)
		if err != nil {
			return err
		}
		return t.show(listing[api.Overseer]{all}, func(p *page) {
			if len(all) == 0 {
				p.line("no overseer has a key: an administrator can make a sign-in link for an overseer, and read by it")
			}
			printOverseers(p, all)
		})
	})
	add := t.ask("add FILE", "put an overseer's public key forward; a releaser confirms it", func(ctx context.Context, c *api.Client, args []string) error {
		key, err := t.overseerKey(args[0])
		if err != nil {
			return err
		}
		added, err := c.AddOverseer(ctx, key)
		if err != nil {
			return err
		}
		return t.show(added, func(p *page) {
			printOverseers(p, []api.Overseer{added})
			p.next("a releaser has %s read out the digits, and says: tocsin --as NAME overseer confirm %s --digits DIGITS", added.Name, added.Name)
		})
	})
	return t.group("overseer", "an overseer's own key: make it, let it in, sign in with it", t.keygenCommand(), t.overseerDigitsCommand(), add, t.confirmOverseerCommand(), list, t.overseerSignInCommand(), t.overseerOpenCommand())
}

func printOverseers(p *page, all []api.Overseer) {
	for _, k := range all {
		p.line("%s: %s, %s", k.Name, k.State, k.Digits)
		p.field("put forward", when(k.At)+" by "+k.By)
		if k.ConfirmedBy != "" {
			p.field("confirmed", when(k.ConfirmedAt)+" by "+k.ConfirmedBy)
		}
		if !k.EndedAt.IsZero() {
			p.field("ended", when(k.EndedAt))
		}
		p.flush()
	}
}

// overseerKey reads a public key.
func (t *tool) overseerKey(path string) (key api.OverseerKey, err error) {
	raw, err := t.readFile(path)
	if err != nil {
		return key, err
	}
	if err = api.Decode(raw, &key); err == nil {
		err = key.Validate()
	}
	if err != nil {
		return key, trouble(codeFile, "give the file that ends in .pub, as tocsin overseer keygen wrote it", "%s holds no overseer's public key", shownPath(path))
	}
	return key, nil
}

func (t *tool) keygenCommand() *cobra.Command {
	var name, passphraseFile string
	c := t.command("keygen FILE", "make an overseer's key on this machine: FILE is kept here, FILE.pub is for the administrator", func(_ context.Context, args []string) error {
		if err := needed("--name", name, "NAME: by which the overseer signs in"); err != nil {
			return err
		}
		passphrase, err := t.newPassphrase(passphraseFile, "--new-passphrase-file")
		if err != nil {
			return err
		}
		sealed, public, err := node.NewOverseer(name, passphrase)
		if err != nil {
			return err
		}
		raw, err := json.Marshal(public)
		if err != nil {
			return err
		}
		if err := writeNew(args[0], sealed); err != nil {
			return err
		}
		if err := writeNew(args[0]+".pub", append(raw, '\n')); err != nil {
			return err
		}
		return t.show(map[string]string{"key": args[0], "public": args[0] + ".pub", "digits": public.Digits()}, func(p *page) {
			p.line("wrote %s, sealed with the passphrase: keep it, and a copy elsewhere; whoever has both reads as you", args[0])
			p.line("wrote %s.pub: give it to an administrator", args[0])
			p.field("digits", public.Digits())
			p.flush()
			p.line("read the digits out to the releaser who calls you, and to nobody by mail")
		})
	})
	c.Flags().StringVar(&name, "name", "", "the overseer's sign-in name")
	c.Flags().StringVar(&passphraseFile, "new-passphrase-file", "", "a file that holds the passphrase, if it is not typed")
	return c
}

// writeNew writes a file that nobody else may read, and replaces none.
func writeNew(path string, raw []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

func (t *tool) overseerDigitsCommand() *cobra.Command {
	return t.command("digits FILE", "show the digits of a public key, to be compared by voice", func(_ context.Context, args []string) error {
		key, err := t.overseerKey(args[0])
		if err != nil {
			return err
		}
		return t.show(map[string]string{"name": key.Name, "digits": key.Digits()}, func(p *page) { p.line("%s: %s", key.Name, key.Digits()) })
	})
}

func (t *tool) confirmOverseerCommand() *cobra.Command {
	var digits string
	c := t.ask("confirm NAME --digits DIGITS", "let the key that was put forward come in force: its digits are those that the overseer read out", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--digits", digits, "DIGITS: as the overseer read them out"); err != nil {
			return err
		}
		key, err := c.ConfirmOverseer(ctx, args[0], digits)
		if err != nil {
			return err
		}
		return t.show(key, func(p *page) {
			printOverseers(p, []api.Overseer{key})
			p.line("from now on no sign-in link opens an overseer's session")
		})
	})
	c.Flags().StringVar(&digits, "digits", "", "the 32 digits, as the overseer read them out")
	return c
}

func (t *tool) overseerSignInCommand() *cobra.Command {
	var keyFile, passphraseFile string
	var browser bool
	c := t.command("sign-in --key FILE", "sign in with the own key, for twelve hours", func(ctx context.Context, _ []string) error {
		if err := needed("--key", keyFile, "FILE: as tocsin overseer keygen wrote it"); err != nil {
			return err
		}
		raw, err := t.readFile(keyFile)
		if err != nil {
			return err
		}
		key, err := node.OpenOverseer(raw, t.passphrase(passphraseFile))
		if err != nil {
			return err
		}
		client, err := t.anyone()
		if err != nil {
			return err
		}
		answer, err := client.Node(ctx)
		if err != nil {
			return t.reached(err)
		}
		if answer.Address != client.Address() {
			return usage("say --address "+answer.Address, "the node says that it stands elsewhere than at %s", client.Address())
		}
		asked, err := client.Challenge(ctx, key.Name())
		if err != nil {
			return t.reached(err)
		}
		done, err := client.SignInOverseer(ctx, api.OverseerSignIn{
			Name: key.Name(), Challenge: asked.Challenge, Browser: browser,
			Signature: key.Sign(api.SignInInput(answer.Card.ID(), client.Address(), key.Name(), asked.Challenge)),
		})
		if err != nil {
			return t.reached(err)
		}
		if !browser {
			kept := identity{Address: client.Address(), Node: answer.Name, KeyID: answer.Card.ID(), Person: done.Person.Name, Token: done.Token}
			if err := kept.keep(); err != nil {
				return err
			}
			done.Token = ""
		}
		return t.show(done, func(p *page) {
			p.line("signed in to %s as %s (%s), by the own key", answer.Name, done.Person.Name, done.Person.Roles)
			if browser {
				p.line("%s", done.Link)
				p.line("good once, for five minutes, to open in a browser")
			}
			printLinks(p, done.Person, 0)
			p.line("the keys there were for %s:", done.Person.Name)
			printOverseers(p, done.Keys)
		})
	})
	c.Flags().StringVar(&keyFile, "key", "", "the key, as tocsin overseer keygen wrote it")
	c.Flags().StringVar(&passphraseFile, "passphrase-file", "", "a file that holds its passphrase, if it is not typed")
	c.Flags().BoolVar(&browser, "browser", false, "print a link for a browser instead")
	return c
}

// printLinks tells of sign-in links that somebody else may have spent: all that
// were made, if there are more than this sign-in needed.
func printLinks(p *page, person api.Person, needed int) {
	if len(person.Links) <= needed {
		return
	}
	p.line("sign-in links that were made for you within thirty days; if you did not get one of them, tell an overseer:")
	for _, link := range person.Links {
		p.row("  "+when(link.At), "by "+link.By)
	}
	p.flush()
}

func (t *tool) overseerOpenCommand() *cobra.Command {
	var keyFile, passphraseFile, output string
	c := t.command("open FILE --key FILE", "open a file that was sealed for you", func(_ context.Context, args []string) error {
		if err := needed("--key", keyFile, "FILE: as tocsin overseer keygen wrote it"); err != nil {
			return err
		}
		raw, err := t.readFile(keyFile)
		if err != nil {
			return err
		}
		sealed, err := t.readFile(args[0])
		if err != nil {
			return err
		}
		key, err := node.OpenOverseer(raw, t.passphrase(passphraseFile))
		if err != nil {
			return err
		}
		plain, err := key.Unseal(sealed)
		if err != nil {
			return trouble(codeFile, "ask for it sealed for this key", "%s was not sealed for this key", shownPath(args[0]))
		}
		return t.deliver(output, plain)
	})
	c.Flags().StringVar(&keyFile, "key", "", "the key, as tocsin overseer keygen wrote it")
	c.Flags().StringVar(&passphraseFile, "passphrase-file", "", "a file that holds its passphrase, if it is not typed")
	c.Flags().StringVarP(&output, "output", "o", "", "write it to this file")
	return c
}

// sealedFor seals a file for the overseer whose public key is in another; as it is
// if none is named.
func (t *tool) sealedFor(path string, raw []byte) ([]byte, error) {
	if path == "" {
		return raw, nil
	}
	key, err := t.overseerKey(path)
	if err != nil {
		return nil, err
	}
	return node.SealForOverseer(key, raw)
}
