// SPDX-License-Identifier: Apache-2.0

package main

// This file holds what all subcommands share: the global flags, how a command
// is made, and how the node is found.

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/internal/node"
)

// tool is one run of the command line.
type tool struct {
	in   io.Reader
	out  io.Writer
	errs io.Writer
	now  time.Time

	// The global flags.
	dir, address, token, tokenFile, as, ca, reason string
	json                                           bool

	// repeat are the flags of the command line that say which node and who, as
	// a next step repeats them.
	repeat struct{ node, who string }

	// began says that the command line was understood, asked that a node is asked.
	began, asked bool
}

func newTool(in io.Reader, out, errs io.Writer) *tool {
	return &tool{in: in, out: guarded(out), errs: errs, now: time.Now().UTC()}
}

// command makes a subcommand. Its arguments are those that its use line names:
// NAME is needed, [NAME] is not, and NAME… stands for several.
func (t *tool) command(use, short string, do func(ctx context.Context, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: argsOf(use),
		RunE: func(c *cobra.Command, args []string) error {
			t.began = true
			return do(c.Context(), args)
		},
	}
}

// ask is command for what needs the node.
func (t *tool) ask(use, short string, do func(ctx context.Context, node *api.Client, args []string) error) *cobra.Command {
	return t.command(use, short, func(ctx context.Context, args []string) error {
		client, err := t.client(ctx)
		if err != nil {
			return err
		}
		return t.reached(do(ctx, client, args))
	})
}

// group makes a command that only holds others.
func (t *tool) group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return unknownCommand(c, args[0], "see "+c.CommandPath()+" --help", c.CommandPath()+" has no command %q")
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(commands...)
	return c
}

// unknownCommand refuses a command that is none, and names those that are like it.
func unknownCommand(parent *cobra.Command, name, hint, format string) error {
	var like []string
	for _, known := range parent.SuggestionsFor(name) {
		like = append(like, parent.CommandPath()+" "+known)
	}
	if len(like) > 0 {
		hint = "did you mean " + strings.Join(like, " or ") + "? Or " + hint
	}
	return usage(hint, format, name)
}

// argsOf reads from a use line how many arguments a command has.
func argsOf(use string) cobra.PositionalArgs {
	least, most := 0, 0
	for _, word := range strings.Fields(use)[1:] {
		if strings.HasPrefix(word, "--") {
			break
		}
		most++
		if !strings.HasPrefix(word, "[") {
			least++
		}
		if strings.HasSuffix(strings.Trim(word, "[]"), "…") {
			most = 1 << 20
		}
	}
	return func(c *cobra.Command, args []string) error {
		if len(args) < least {
			return usage("say: "+c.UseLine(), "something is missing after %s", c.CommandPath())
		}
		if len(args) > most {
			return usage("say: "+c.UseLine()+"; put quotation marks around several words", "%q is too much after %s", args[most], c.CommandPath())
		}
		return nil
	}
}

// where is the node's address: as given, or as its directory says.
func (t *tool) where() (string, error) {
	if t.address != "" {
		return strings.TrimSuffix(t.address, "/"), safe(t.address)
	}
	if t.dir == "" {
		return "", usage("say --dir DIR or set TOCSIN_DIR; for a node on another machine say --address URL", "which node?")
	}
	config, err := node.ReadConfig(t.dir)
	return config.Address, err
}

// safe refuses an address to which a token would travel in the clear.
func safe(address string) error {
	base, err := url.Parse(address)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return usage("write it as https://tocsin.example.org", "%q is not a node's address", address)
	}
	ip := net.ParseIP(base.Hostname())
	if base.Scheme == "http" && base.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage("use its https:// address", "plain HTTP is for this machine alone: others could read the token sent to %s", address)
	}
	return nil
}

// client finds the node, and in whose name to speak to it.
func (t *tool) client(ctx context.Context) (*api.Client, error) {
	t.asked = true
	address, err := t.where()
	if err != nil {
		return nil, err
	}
	token, err := t.credential(ctx, address)
	if err != nil {
		return nil, t.reached(err)
	}
	return t.clientAs(address, token)
}

// clientAs is a client that shows that token to the node at address.
func (t *tool) clientAs(address, token string) (*api.Client, error) {
	connect, err := t.httpClient(address)
	if err != nil {
		return nil, err
	}
	return api.NewClient(address, token, connect).WhenAsked(t.whyOpened), nil
}

// anyone is a client for what needs no credential.
func (t *tool) anyone() (*api.Client, error) {
	t.asked = true
	address, err := t.where()
	if err != nil {
		return nil, err
	}
	return t.clientAs(address, "")
}

// reached turns the error of a node that does not answer into one that says
// what to do.
func (t *tool) reached(err error) error {
	var dial *net.OpError
	var lookup *net.DNSError
	if !errors.As(err, &dial) && !errors.As(err, &lookup) {
		return t.distrusted(err)
	}
	address, _ := t.where()
	hint := "check the address, and that the node is running"
	if t.address == "" {
		hint = "start it: tocsin serve --dir " + t.dir
		if config, err := node.ReadConfig(t.dir); err == nil && t.asksByName(address) {
			hint += "; if it runs, this machine does not find it by that name: let the name lead to " + config.Listen + " here, or have the proxy in front started"
		}
	}
	return trouble("unreachable", hint, "the node at %s does not answer", address)
}

// asksByName reports whether the node in --dir is asked by its public name.
func (t *tool) asksByName(address string) bool {
	listen, _ := t.here(address)
	return listen == ""
}

func fromEnv(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
