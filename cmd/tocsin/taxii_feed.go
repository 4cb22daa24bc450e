// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the commands about feeds: what the node pulls from other TAXII
// servers and pushes to them.

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/handling"
)

func (t *tool) feedCommand() *cobra.Command {
	list := t.ask("list", "list the feeds, and how they stand", func(ctx context.Context, c *api.Client, _ []string) error {
		feeds, err := c.Feeds(ctx)
		if err != nil {
			return err
		}
		head := []any{"name", "does", "ours", "theirs", "state", "taken", "skipped", "next"}
		return table(t, feeds, "no feed; set one up: tocsin taxii feed add NAME --url URL --collection ID --into COLLECTION", head, func(f api.Feed) []any {
			return []any{f.Name, does(f), f.Collection, f.URL + " " + f.Remote, standing(f), f.Taken, f.Skipped, f.Next}
		})
	})
	show := t.onFeed("show NAME", "show a feed: how far it is, what it skipped and why", (*api.Client).Feed, printFeed)
	run := t.onFeed("run NAME", "let a feed run at once", (*api.Client).RunFeed, func(p *page, f api.Feed) {
		p.line("%s runs now", f.Name)
		p.next("see how it went: tocsin taxii feed show %s", f.Name)
	})
	takeOver := t.onFeed("take-over NAME", "answer for a feed in place of who set it up; a push is then to be released anew", (*api.Client).TakeOverFeed, func(p *page, f api.Feed) {
		p.line("%s answers for the feed %s", f.TakenOverBy, f.Name)
		if f.WayOut != "" {
			p.next("%s", f.WayOut)
		}
	})
	remove := t.onFeed("remove NAME", "take a feed away with its secret; the objects it brought stay", (*api.Client).RemoveFeed, func(p *page, f api.Feed) {
		p.line("the feed %s is gone", f.Name)
	})
	return t.group("feed", "other servers: what is pulled from them and pushed to them", t.addFeedCommand(), list, show, run, t.releaseFeedCommand(), takeOver, remove)
}

// onFeed makes a command about one feed.
func (t *tool) onFeed(use, short string, do func(*api.Client, context.Context, string) (api.Feed, error), print func(*page, api.Feed)) *cobra.Command {
	return t.ask(use, short, func(ctx context.Context, c *api.Client, args []string) error {
		feed, err := do(c, ctx, args[0])
		if err != nil {
			return err
		}
		return t.show(feed, func(p *page) { print(p, feed) })
	})
}

// releaseFeedCommand releases what was read: without its hash it shows the feed, and
// releases nothing.
func (t *tool) releaseFeedCommand() *cobra.Command {
	var release api.FeedRelease
	c := t.ask("release NAME --seen HASH", "let a feed push: by a releaser, who did not set it up; without --seen it is shown, and not released", func(ctx context.Context, c *api.Client, args []string) error {
		if release.Seen == "" {
			feed, err := c.Feed(ctx, args[0])
			if err != nil {
				return err
			}
			if err := t.show(feed, func(p *page) { printFeed(p, feed) }); err != nil {
				return err
			}
			return needed("--seen", release.Seen, "HASH: of the feed as you read it")
		}
		f, err := c.ReleaseFeed(ctx, args[0], release)
		if err != nil {
			return err
		}
		return t.show(f, func(p *page) {
			p.line("%s pushes what %s may see of %s to %s, from now on and what is there already", f.Name, f.TLP, f.Collection, f.URL)
			p.next("see how it went: tocsin taxii feed show %s", f.Name)
		})
	})
	c.Flags().StringVar(&release.Seen, "seen", "", "the hash of the feed that you read")
	return c
}

func (t *tool) addFeedCommand() *cobra.Command {
	var feed api.NewFeed
	var into, push, label string
	var every time.Duration
	var shows credentials
	add := t.ask("add NAME --url API_ROOT --collection ID --into COLLECTION", "pull from another server's collection, or push to it", func(ctx context.Context, c *api.Client, args []string) error {
		feed.Name = args[0]
		if err := needed("--url", feed.URL, "API_ROOT, such as https://taxii.example.org/root/"); err != nil {
			return err
		}
		if err := needed("--collection", feed.Remote, "ID: the other server's collection; see tocsin taxii get API_ROOT"); err != nil {
			return err
		}
		switch {
		case (into == "") == (push == ""):
			return usage("say --into COLLECTION to pull into it, or --push COLLECTION to push what is in it", "a feed pulls or pushes: say which, and with which collection of ours")
		case push == "" && label != "":
			return usage("leave --tlp out: what is pulled keeps its own markings", "a label is for a push")
		}
		feed.Push, feed.Collection, feed.TLP, feed.Seconds = push != "", into+push, handling.TLP(label), int64(every/time.Second)
		if err := shows.read(t); err != nil {
			return err
		}
		feed.User, feed.Password, feed.Token = shows.user, shows.password, shows.bearer
		feed.Certificate, feed.Key, feed.Authority = shows.certificate, shows.key, shows.authority
		made, err := c.AddFeed(ctx, feed)
		if err != nil {
			return err
		}
		if !made.Push {
			made = firstRun(ctx, c, made)
		}
		return t.show(made, func(p *page) {
			if made.Push {
				p.line("%s will push what %s may see of %s, once another person has released it", made.Name, made.TLP, made.Collection)
				p.next("a releaser looks at it and releases it: tocsin taxii feed release %s", made.Name)
				return
			}
			p.line("%s pulls into %s, now and every %s", made.Name, made.Collection, pace(made.Seconds))
			printFirstRun(p, made)
		})
	})
	flags := add.Flags()
	flags.StringVar(&feed.URL, "url", "", "the API root of the other server, or the server's address if it has a default one")
	flags.StringVar(&feed.Remote, "collection", "", "the other server's collection, by id or alias")
	flags.StringVar(&into, "into", "", "pull into this collection of ours, by id or alias")
	flags.StringVar(&push, "push", "", "push what is in this collection of ours; nothing leaves before another person releases it")
	flags.StringVar(&label, "tlp", "", "the widest label that is pushed: TLP:GREEN, or TLP:CLEAR")
	flags.DurationVar(&every, "every", 5*time.Minute, "how often it runs")
	shows.flags(flags)
	return add
}

// firstRunPatience is how long feed add waits for the first run to end.
const firstRunPatience = 5 * time.Second

// firstRun is the feed after its first run, or as it stands if that takes longer.
func firstRun(ctx context.Context, c *api.Client, made api.Feed) api.Feed {
	ctx, cancel := context.WithTimeout(ctx, firstRunPatience)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for made.LastTry.IsZero() {
		select {
		case <-ctx.Done():
			return made
		case <-again.C:
		}
		now, err := c.Feed(ctx, made.Name)
		if err != nil {
			return made // it was made: that is what is told
		}
		made = now
	}
	return made
}

// printFirstRun tells how the first run of a feed went.
func printFirstRun(p *page, f api.Feed) {
	switch {
	case f.LastTry.IsZero():
		p.line("  its first run goes on; %d objects taken until now", f.Taken)
		p.next("see how it goes: tocsin taxii feed show %s", f.Name)
	case f.Fails > 0:
		p.line("  its first run FAILED: %s", withoutPackage(f.Failure))
		p.line("  it is tried again at %s", when(f.Next))
		p.next("if the address, the collection or the password is wrong: tocsin taxii feed remove %s, and add it anew", f.Name)
	default:
		p.line("  its first run: %d taken, %d known, %d skipped", f.Taken, f.Known, f.Skipped)
		p.next("see how it goes on: tocsin taxii feed show %s", f.Name)
	}
}

// credentials are the flags by which somebody shows itself to another server,
// and what the files hold that they name. They are apart from the global flags,
// which are for the node: its token is not for others.
type credentials struct {
	user                                                              string
	passwordFile, bearerFile, certificateFile, keyFile, authorityFile string

	password, bearer, certificate, key, authority string
}

func (c *credentials) flags(flags *pflag.FlagSet) {
	flags.StringVar(&c.user, "user", "", "the name for HTTP Basic at the other server")
	flags.StringVar(&c.passwordFile, "password-file", "", "a file that holds its password; - is the standard input")
	flags.StringVar(&c.bearerFile, "bearer-file", "", "a file that holds a bearer token for the other server, in place of name and password")
	flags.StringVar(&c.certificateFile, "client-cert", "", "a file with a client certificate, PEM")
	flags.StringVar(&c.keyFile, "client-key", "", "a file with its private key, PEM")
	flags.StringVar(&c.authorityFile, "ca", "", "a file with who vouches for the other server, PEM, if not one of the system's authorities")
}

// read reads the files.
func (c *credentials) read(t *tool) error {
	for _, file := range []struct {
		path string
		into *string
		word bool // a secret on a line of its own
	}{
		{c.passwordFile, &c.password, true}, {c.bearerFile, &c.bearer, true},
		{c.certificateFile, &c.certificate, false}, {c.keyFile, &c.key, false}, {c.authorityFile, &c.authority, false},
	} {
		if file.path == "" {
			continue
		}
		raw, err := t.readFile(file.path)
		if err != nil {
			return err
		}
		*file.into = string(raw)
		if file.word {
			*file.into = strings.TrimRight(string(raw), "\r\n")
		}
		if *file.into == "" {
			return usage("write the secret into it", "%s is empty", file.path)
		}
	}
	switch {
	case c.user != "" && c.passwordFile == "":
		return usage("say --password-file FILE", "a name needs its password")
	case c.user == "" && c.passwordFile != "":
		return usage("say --user NAME", "a password needs its name")
	case (c.certificateFile == "") != (c.keyFile == ""):
		return usage("say both --client-cert FILE and --client-key FILE", "a certificate needs its key")
	case c.bearer != "" && c.user != "":
		return usage("say --bearer-file, or --user and --password-file", "one of the two")
	}
	return nil
}

func does(f api.Feed) string {
	if f.Push {
		return "pushes"
	}
	return "pulls"
}

// standing is how a feed stands, in a few words.
func standing(f api.Feed) string {
	switch {
	case f.Seen != "":
		return "waits for release"
	case f.Held != "":
		return "waits to be taken over"
	case f.Silent != "":
		return "waits"
	case f.Fails > 0:
		return "failing"
	case f.LastGood.IsZero() && f.Running:
		return "its first run goes on"
	case f.LastGood.IsZero():
		return "not run yet"
	case len(f.Remarks) > 0:
		return "good, with remarks"
	}
	return "good"
}

func printFeed(p *page, f api.Feed) {
	p.line("%s %s: %s", f.Name, does(f), standing(f))
	p.field("ours", f.Collection)
	p.field("theirs", f.URL+" "+f.Remote)
	p.field("every", pace(f.Seconds))
	p.field("up to", f.TLP)
	p.field("as", f.User)
	p.field("signs in with", f.Shows)
	for _, one := range f.Answers {
		as := "as " + strings.Join(one.As, " or ")
		if !one.Stands {
			as += ", which it no longer is here"
		}
		p.row("  "+one.Did, one.At, "by", one.By, as)
	}
	p.field("last run", f.LastTry)
	p.field("last good", f.LastGood)
	if next := when(f.Next); f.Fails > 0 {
		p.field("next", next+" (after each failure it rests twice as long, up to an hour, or as long as the server asks)")
	} else {
		p.field("next", next)
	}
	if !f.Cursor.IsZero() {
		p.field("as far as", f.Cursor.UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	p.field("taken", f.Taken)
	p.field("known", f.Known)
	p.field("skipped", f.Skipped)
	if f.Silent != "" {
		p.line("  waits: %s", f.Silent)
		p.next("see how far the node is: tocsin recover")
	}
	if f.Failure != "" {
		p.line("  failed %s in a row, since %s: %s", many(f.Fails, "time"), when(f.Failing), withoutPackage(f.Failure))
	}
	for _, remark := range f.Remarks {
		p.line("  remark: %s", withoutPackage(remark))
	}
	if len(f.Skips) > 0 {
		p.line("  skipped, the last of them:")
		for _, one := range f.Skips {
			p.row("    "+when(one.At), one.ID, withoutPackage(one.Reason))
		}
	}
	if f.Held != "" {
		p.line("  sends nothing: %s", f.Held)
	}
	if f.Seen == "" && f.WayOut != "" {
		p.next("%s", f.WayOut)
	}
	if f.Seen != "" {
		p.next("a releaser who has read this says: tocsin --as NAME taxii feed release %s --seen %s", f.Name, f.Seen)
	}
}

// pace is how often, as people say it: 5m.
func pace(seconds int64) string {
	text := (time.Duration(seconds) * time.Second).String()
	for _, tail := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, tail) {
			text = strings.TrimSuffix(text, tail[1:])
		}
	}
	return text
}
